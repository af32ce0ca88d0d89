//! forget against ssh-keygen and ssh.
