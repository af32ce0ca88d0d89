//! PURE: known_hosts, sshd(8) SSH_KNOWN_HOSTS FILE FORMAT.
