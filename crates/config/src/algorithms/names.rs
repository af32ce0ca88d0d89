//! PURE: the names of algorithms in the order of `ssh -Q`, which ssh knows them, and the newest defaults.

use super::List;
use crate::dialect::{Dialect, Version};
use crate::options::Validity;

pub(super) const CIPHERS: &[&str] = &[
    "3des-cbc",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "rijndael-cbc@lysator.liu.se",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
];
pub(super) const MACS: &[&str] = &[
    "hmac-sha1",
    "hmac-sha1-96",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-md5",
    "hmac-md5-96",
    "umac-64@openssh.com",
    "umac-128@openssh.com",
    "hmac-sha1-etm@openssh.com",
    "hmac-sha1-96-etm@openssh.com",
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-md5-etm@openssh.com",
    "hmac-md5-96-etm@openssh.com",
    "umac-64-etm@openssh.com",
    "umac-128-etm@openssh.com",
];
pub(super) const KEX: &[&str] = &[
    "diffie-hellman-group1-sha1",
    "diffie-hellman-group14-sha1",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group-exchange-sha1",
    "diffie-hellman-group-exchange-sha256",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "mlkem768nistp256-sha256",
    "mlkem1024nistp384-sha384",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
    "mlkem768x25519-sha256",
    "sntrup4591761x25519-sha512@tinyssh.org",
];
/// Prefixes: the name of a mechanism follows.
pub(super) const GSS_KEX: &[&str] = &[
    "gss-gex-sha1-",
    "gss-group1-sha1-",
    "gss-group14-sha1-",
    "gss-group14-sha256-",
    "gss-group16-sha512-",
    "gss-nistp256-sha256-",
    "gss-curve25519-sha256-",
];
pub(super) const KEYS: &[&str] = &[
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "ssh-mldsa44-ed25519",
    "ssh-mldsa44-ed25519-cert",
    "ssh-mldsa44-ed25519@openssh.com",
    "ssh-mldsa44-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-512-cert-v01@openssh.com",
];
pub(super) const SIGNATURES: &[&str] = &[
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ssh-mldsa44-ed25519",
    "ssh-mldsa44-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-dss",
    "ssh-rsa",
    "rsa-sha2-256",
    "rsa-sha2-512",
];
/// What ssh also takes for a type of key (sshkey.c: sshkey_type_from_name); names nothing in the end.
pub(super) const SHORT_KEY_NAMES: &[&str] =
    &["ED25519", "ED25519-SK", "ECDSA", "ECDSA-SK", "DSA", "RSA"];

/// Which ssh knows an algorithm (the names of `ssh -Q`, by version).
pub(super) fn validity(name: &str) -> Validity {
    match name {
        "rijndael-cbc@lysator.liu.se" | "sntrup4591761x25519-sha512@tinyssh.org" => {
            Validity::until(8, 5)
        }
        // A choice when 9.7 is built, off in 9.8, removed in 10.1; no build from 9.8 on has it.
        "ssh-dss" | "ssh-dss-cert-v01@openssh.com" => Validity::until(9, 8),
        "sntrup761x25519-sha512@openssh.com" => Validity::since(8, 5),
        "sntrup761x25519-sha512" | "mlkem768x25519-sha256" => Validity::since(9, 9),
        "webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com" => Validity::since(10, 3),
        "ssh-mldsa44-ed25519@openssh.com" | "ssh-mldsa44-ed25519-cert-v01@openssh.com" => {
            Validity { until: Some(Version::new(10, 6)), ..Validity::since(10, 4) }
        }
        "mlkem768nistp256-sha256" | "ssh-mldsa44-ed25519" | "ssh-mldsa44-ed25519-cert" => {
            Validity::since(10, 6)
        }
        // Red Hat's builds have it where the printed default says so.
        "mlkem1024nistp384-sha384" => Validity { until: Some(Dialect::OLDEST), ..Validity::ALWAYS },
        _ => Validity::ALWAYS,
    }
}

impl List {
    /// The default of the newest release, with what it had before at its place.
    pub(super) fn newest_default(self) -> &'static [&'static str] {
        match self {
            List::Ciphers => &[
                "chacha20-poly1305@openssh.com",
                "aes128-gcm@openssh.com",
                "aes256-gcm@openssh.com",
                "aes128-ctr",
                "aes192-ctr",
                "aes256-ctr",
            ],
            List::Macs => &[
                "umac-64-etm@openssh.com",
                "umac-128-etm@openssh.com",
                "hmac-sha2-256-etm@openssh.com",
                "hmac-sha2-512-etm@openssh.com",
                "hmac-sha1-etm@openssh.com",
                "umac-64@openssh.com",
                "umac-128@openssh.com",
                "hmac-sha2-256",
                "hmac-sha2-512",
                "hmac-sha1",
            ],
            List::Kex => &[
                "mlkem768x25519-sha256",
                "sntrup761x25519-sha512",
                "sntrup761x25519-sha512@openssh.com",
                "curve25519-sha256",
                "curve25519-sha256@libssh.org",
                "ecdh-sha2-nistp256",
                "ecdh-sha2-nistp384",
                "ecdh-sha2-nistp521",
                "diffie-hellman-group-exchange-sha256",
                "diffie-hellman-group16-sha512",
                "diffie-hellman-group18-sha512",
                "diffie-hellman-group14-sha256",
            ],
            List::GssKex => &[
                "gss-group14-sha256-",
                "gss-group16-sha512-",
                "gss-nistp256-sha256-",
                "gss-curve25519-sha256-",
                "gss-group14-sha1-",
                "gss-gex-sha1-",
            ],
            List::Keys => &[
                "ssh-ed25519-cert-v01@openssh.com",
                "ecdsa-sha2-nistp256-cert-v01@openssh.com",
                "ecdsa-sha2-nistp384-cert-v01@openssh.com",
                "ecdsa-sha2-nistp521-cert-v01@openssh.com",
                "sk-ssh-ed25519-cert-v01@openssh.com",
                "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
                "webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
                "rsa-sha2-512-cert-v01@openssh.com",
                "rsa-sha2-256-cert-v01@openssh.com",
                "ssh-rsa-cert-v01@openssh.com",
                "ssh-mldsa44-ed25519-cert",
                "ssh-ed25519",
                "ecdsa-sha2-nistp256",
                "ecdsa-sha2-nistp384",
                "ecdsa-sha2-nistp521",
                "sk-ssh-ed25519@openssh.com",
                "sk-ecdsa-sha2-nistp256@openssh.com",
                "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
                "rsa-sha2-512",
                "rsa-sha2-256",
                "ssh-rsa",
                "ssh-mldsa44-ed25519",
            ],
            List::Signatures => &[
                "ssh-ed25519",
                "ecdsa-sha2-nistp256",
                "ecdsa-sha2-nistp384",
                "ecdsa-sha2-nistp521",
                "sk-ssh-ed25519@openssh.com",
                "sk-ecdsa-sha2-nistp256@openssh.com",
                "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
                "rsa-sha2-512",
                "rsa-sha2-256",
            ],
        }
    }
}
