//! Both sessions against the real sshd.
