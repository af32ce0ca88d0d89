//! PURE: the algorithm names that OpenSSH 9.2p1 knows, its defaults, and lists with `+ - ^`.

use super::pattern::{self, Verdict};

/// Which family of algorithms a list names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    /// `Ciphers`.
    Ciphers,
    /// `MACs`.
    Macs,
    /// `KexAlgorithms`.
    Kex,
    /// `GSSAPIKexAlgorithms`.
    GssKex,
    /// Host and user key algorithms.
    Keys,
    /// `CASignatureAlgorithms`.
    Signatures,
}

const CIPHERS: &[&str] = &[
    "3des-cbc",
    "aes128-cbc",
    "aes192-cbc",
    "aes256-cbc",
    "aes128-ctr",
    "aes192-ctr",
    "aes256-ctr",
    "aes128-gcm@openssh.com",
    "aes256-gcm@openssh.com",
    "chacha20-poly1305@openssh.com",
];
const MACS: &[&str] = &[
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
const KEX: &[&str] = &[
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
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "sntrup761x25519-sha512",
    "sntrup761x25519-sha512@openssh.com",
];
/// Prefixes: the name of a mechanism follows.
const GSS_KEX: &[&str] = &[
    "gss-gex-sha1-",
    "gss-group1-sha1-",
    "gss-group14-sha1-",
    "gss-group14-sha256-",
    "gss-group16-sha512-",
    "gss-nistp256-sha256-",
    "gss-curve25519-sha256-",
];
const KEYS: &[&str] = &[
    "ssh-ed25519",
    "ssh-ed25519-cert-v01@openssh.com",
    "sk-ssh-ed25519@openssh.com",
    "sk-ssh-ed25519-cert-v01@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp384-cert-v01@openssh.com",
    "ecdsa-sha2-nistp521",
    "ecdsa-sha2-nistp521-cert-v01@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-dss",
    "ssh-dss-cert-v01@openssh.com",
    "ssh-rsa",
    "ssh-rsa-cert-v01@openssh.com",
    "rsa-sha2-256",
    "rsa-sha2-256-cert-v01@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-512-cert-v01@openssh.com",
];
const SIGNATURES: &[&str] = &[
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
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
const SHORT_KEY_NAMES: &[&str] = &["ED25519", "ED25519-SK", "ECDSA", "ECDSA-SK", "DSA", "RSA"];

impl List {
    /// All names of the family, in the order of `ssh -Q`.
    #[must_use]
    pub fn all(self) -> &'static [&'static str] {
        match self {
            List::Ciphers => CIPHERS,
            List::Macs => MACS,
            List::Kex => KEX,
            List::GssKex => GSS_KEX,
            List::Keys => KEYS,
            List::Signatures => SIGNATURES,
        }
    }

    /// What is used where nothing is configured.
    #[must_use]
    pub fn default(self) -> &'static str {
        match self {
            List::Ciphers => {
                "chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,\
                 aes128-gcm@openssh.com,aes256-gcm@openssh.com"
            }
            List::Macs => {
                "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,\
                 hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,\
                 umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
            }
            List::Kex => {
                "sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com,curve25519-sha256,\
                 curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
                 ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,\
                 diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,\
                 diffie-hellman-group14-sha256"
            }
            List::GssKex => {
                "gss-group14-sha256-,gss-group16-sha512-,gss-nistp256-sha256-,\
                 gss-curve25519-sha256-,gss-group14-sha1-,gss-gex-sha1-"
            }
            List::Keys => {
                "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,\
                 ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,\
                 sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,\
                 rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ssh-ed25519,\
                 ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
                 sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,\
                 rsa-sha2-256"
            }
            List::Signatures => {
                "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,\
                 sk-ssh-ed25519@openssh.com,sk-ecdsa-sha2-nistp256@openssh.com,rsa-sha2-512,\
                 rsa-sha2-256"
            }
        }
    }

    /// Whether ssh takes this as the argument of a keyword of the family, which it asks line by
    /// line; [`List::assemble`] can still fail (readconf.c: oCiphers and its like).
    #[must_use]
    pub fn accepts(self, value: &[u8]) -> bool {
        let names = match value.first() {
            // Nothing is asked of what is taken away.
            Some(b'-') if self != List::GssKex => return true,
            Some(b'+' | b'^') if self != List::GssKex => &value[1..],
            _ => value,
        };
        // A list ends at its first empty name.
        !names.is_empty()
            && names
                .split(|&b| b == b',')
                .take_while(|name| !name.is_empty())
                .all(|name| self.knows(name))
    }

    fn knows(self, name: &[u8]) -> bool {
        let listed = |names: &[&str]| names.iter().any(|known| known.as_bytes() == name);
        let gss = || GSS_KEX.iter().any(|prefix| name.starts_with(prefix.as_bytes()));
        match self {
            List::Ciphers | List::Macs => listed(self.all()),
            List::Kex => listed(KEX) || gss(),
            List::GssKex => gss(),
            List::Keys | List::Signatures => {
                SHORT_KEY_NAMES.iter().any(|short| short.as_bytes().eq_ignore_ascii_case(name))
                    || KEYS.iter().any(|known| {
                        pattern::matches_list(known.as_bytes(), name, false) != Verdict::No
                    })
            }
        }
    }

    /// Applies `+`, `-`, `^` and wildcards to the default (kex.c: kex_assemble_names).
    /// `None` when no name is left or a name is negated, for which ssh gives up.
    #[must_use]
    pub(crate) fn assemble(self, value: &[u8]) -> Option<String> {
        let default = self.default();
        let list = match value.first() {
            None => return Some(default.to_owned()),
            Some(b'-') => {
                let stays = |name: &&str| {
                    pattern::matches_list(name.as_bytes(), &value[1..], false) != Verdict::Yes
                };
                return Some(default.split(',').filter(stays).collect::<Vec<_>>().join(","));
            }
            Some(b'+') => joined(default.as_bytes(), &value[1..]),
            Some(b'^') => joined(&value[1..], default.as_bytes()),
            Some(_) => value.to_vec(),
        };
        let mut names: Vec<&str> = Vec::new();
        for part in list.split(|&b| b == b',') {
            if part.first() == Some(&b'!') {
                return None;
            }
            for name in self.all() {
                let hit = pattern::matches_list(name.as_bytes(), part, false) == Verdict::Yes;
                if hit && !names.contains(name) {
                    names.push(name);
                }
            }
        }
        (!names.is_empty()).then(|| names.join(","))
    }
}

fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    match (first, second) {
        (first, []) => first.to_vec(),
        ([], second) => second.to_vec(),
        (first, second) => [first, b",", second].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_changed_as_ssh_changes_them() {
        let ciphers = |value: &str| List::Ciphers.assemble(value.as_bytes());
        assert_eq!(ciphers("aes128-ctr,3des-cbc").as_deref(), Some("aes128-ctr,3des-cbc"));
        assert_eq!(ciphers("^3des-cbc").unwrap().split(',').next(), Some("3des-cbc"));
        assert_eq!(ciphers("+3des-cbc").unwrap().split(',').next_back(), Some("3des-cbc"));
        assert_eq!(ciphers("-*").as_deref(), Some(""));
        assert_eq!(ciphers("-aes*,chacha20*").as_deref(), Some(""));
        assert_eq!(
            List::Keys.assemble(b"ssh-r*,ssh-rsa").as_deref(),
            Some("ssh-rsa,ssh-rsa-cert-v01@openssh.com")
        );
        assert_eq!(List::Keys.assemble(b"RSA"), None);
        assert_eq!(List::Keys.assemble(b"!ssh-rsa"), None);
    }

    #[test]
    fn unknown_names_are_refused_where_ssh_refuses_them() {
        assert!(List::Ciphers.accepts(b"+aes128-cbc"));
        assert!(List::Ciphers.accepts(b"-no-such"));
        assert!(!List::Ciphers.accepts(b"aes*"));
        assert!(!List::Ciphers.accepts(b"+"));
        assert!(List::Keys.accepts(b"ssh-*,rsa"));
        assert!(!List::Keys.accepts(b"x*"));
        assert!(List::GssKex.accepts(b"gss-gex-sha1-abc"));
        assert!(!List::GssKex.accepts(b"+gss-gex-sha1-"));
    }
}
