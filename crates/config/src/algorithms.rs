//! PURE: the algorithm names that OpenSSH knows, its defaults, and lists with `+ - ^`.

mod names;

use self::names::{CIPHERS, GSS_KEX, KEX, KEYS, MACS, SHORT_KEY_NAMES, SIGNATURES, validity};
use super::dialect::{Dialect, Gssapi, Version};
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

impl Dialect {
    /// Whether this ssh knows an algorithm of the table.
    fn has_algorithm(&self, name: &str) -> bool {
        self.holds(&validity(name))
            // An update of Debian 12 brought the name without a domain.
            || name == "sntrup761x25519-sha512" && self.has_sntrup_without_domain()
            || self.prints_algorithm(name)
    }
}

impl List {
    /// All names of the family that any OpenSSH knows, in the order of `ssh -Q`.
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

    /// All names of the family that an ssh knows, in its order.
    /// Whether the newest release offers an algorithm where nothing is configured.
    pub fn is_default(self, name: &str) -> bool {
        self.newest_default().contains(&name)
    }

    fn known_to(self, dialect: &Dialect) -> Vec<&'static str> {
        let mut names = self.all().to_vec();
        if matches!(self, List::Keys | List::Signatures) && !dialect.has_new_key_order() {
            names.sort_by_key(|name| old_place(name));
        }
        names.retain(|name| dialect.has_algorithm(name));
        names
    }

    /// What an ssh uses where nothing is configured.
    #[must_use]
    pub(crate) fn default(self, dialect: &Dialect) -> String {
        let keyword = match self {
            List::Ciphers => "ciphers",
            List::Macs => "macs",
            List::Kex => "kexalgorithms",
            List::GssKex => "gssapikexalgorithms",
            List::Keys => "hostkeyalgorithms",
            List::Signatures => "casignaturealgorithms",
        };
        let printed = dialect.printed_default(keyword);
        printed.map_or_else(|| self.default_of_table(dialect), ToOwned::to_owned)
    }

    /// What the table has as the default of a release.
    fn default_of_table(self, dialect: &Dialect) -> String {
        let is_at_least = |major, minor| dialect.version() >= Version::new(major, minor);
        let mut names = self.newest_default().to_vec();
        match self {
            List::Ciphers if !is_at_least(10, 0) => names.sort_by_key(|name| name.contains("gcm")),
            List::Kex => {
                if !is_at_least(10, 0) {
                    // Behind the others of its kind.
                    names[..3].rotate_left(1);
                }
                if !is_at_least(9, 0) {
                    names[..8].rotate_left(3);
                }
                names.retain(|name| match *name {
                    "sntrup761x25519-sha512" | "mlkem768x25519-sha256" => {
                        dialect.has_algorithm(name)
                    }
                    "sntrup761x25519-sha512@openssh.com" => is_at_least(8, 9),
                    _ => true,
                });
            }
            List::GssKex if is_at_least(10, 3) => names.retain(|name| !name.ends_with("sha1-")),
            List::Keys | List::Signatures => {
                names.retain(|name| match *name {
                    "ssh-mldsa44-ed25519" | "ssh-mldsa44-ed25519-cert" => {
                        self == List::Keys && is_at_least(10, 6)
                    }
                    "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"
                    | "webauthn-sk-ecdsa-sha2-nistp256-cert-v01@openssh.com" => is_at_least(10, 3),
                    "ssh-rsa" | "ssh-rsa-cert-v01@openssh.com" => !is_at_least(8, 8),
                    _ => true,
                });
                if !is_at_least(8, 5) {
                    let place = |name: &&str| {
                        (!name.contains("-cert"), name.contains("rsa"), !name.contains("ecdsa"))
                    };
                    names.sort_by_key(place);
                }
            }
            _ => {}
        }
        names.join(",")
    }

    /// Whether an ssh takes this as the argument of a keyword of the family, which it asks line by
    /// line; [`List::assemble`] can still fail (readconf.c: oCiphers and its like).
    #[must_use]
    pub(crate) fn accepts(self, value: &[u8], dialect: &Dialect) -> bool {
        let names = match value.first() {
            // Nothing is asked of what is taken away.
            Some(b'-') if self != List::GssKex => return true,
            Some(b'+' | b'^') if self != List::GssKex => &value[1..],
            _ => value,
        };
        let is_strict =
            matches!(self, List::Ciphers | List::Macs) && dialect.refuses_empty_first_name();
        if is_strict && names.first() == Some(&b',') {
            return false;
        }
        // A list ends at its first empty name.
        !names.is_empty()
            && names
                .split(|&b| b == b',')
                .take_while(|name| !name.is_empty())
                .all(|name| self.knows(name, dialect))
    }

    fn knows(self, name: &[u8], dialect: &Dialect) -> bool {
        let listed = |names: &[&str]| {
            names.iter().any(|known| known.as_bytes() == name && dialect.has_algorithm(known))
        };
        let gss = || {
            dialect.gssapi() == Gssapi::KeyExchange
                && GSS_KEX.iter().any(|prefix| name.starts_with(prefix.as_bytes()))
        };
        match self {
            List::Ciphers | List::Macs => listed(self.all()),
            List::Kex => listed(KEX) || gss(),
            List::GssKex => gss(),
            List::Keys | List::Signatures => {
                let is_certificate =
                    KEYS.iter().any(|known| known.as_bytes() == name && known.contains("-cert"));
                if self == List::Signatures
                    && dialect.refuses_certificate_signatures()
                    && is_certificate
                {
                    return false;
                }
                let is_short = |short: &&str| short.as_bytes().eq_ignore_ascii_case(name);
                dialect.takes_short_key_names() && SHORT_KEY_NAMES.iter().any(is_short)
                    || KEYS.iter().filter(|known| dialect.has_algorithm(known)).any(|known| {
                        pattern::matches_list(known.as_bytes(), name, false) != Verdict::No
                    })
            }
        }
    }

    /// What ssh says of the first name that it does not know, before it refuses the line (kex.c:
    /// kex_names_valid).
    pub(crate) fn complaint(self, value: &[u8], dialect: &Dialect) -> Option<String> {
        let names = match self {
            List::Kex => value.strip_prefix(b"+").or(value.strip_prefix(b"^")).unwrap_or(value),
            List::GssKex => value,
            _ => return None,
        };
        let mut names = names.split(|&b| b == b',').take_while(|name| !name.is_empty());
        let unknown = names.find(|name| !self.knows(name, dialect))?;
        Some(format!("Unsupported KEX algorithm \"{}\"", String::from_utf8_lossy(unknown)))
    }

    /// Applies `+`, `-`, `^` and wildcards to the default (kex.c: kex_assemble_names).
    /// `None` when no name is left or a name is negated.
    #[must_use]
    pub(crate) fn assemble(self, value: &[u8], dialect: &Dialect) -> Option<String> {
        let default = self.default(dialect);
        let list = match value.first() {
            None => return Some(default),
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
        let known = self.known_to(dialect);
        let mut names: Vec<&str> = Vec::new();
        for part in list.split(|&b| b == b',') {
            if part.first() == Some(&b'!') {
                return None;
            }
            for name in &known {
                let hit = pattern::matches_list(name.as_bytes(), part, false) == Verdict::Yes;
                if hit && !names.contains(name) {
                    names.push(name);
                }
            }
        }
        (!names.is_empty()).then(|| names.join(","))
    }
}

/// Where a key algorithm stands in the order of `ssh -Q` before 9.2: plain names before those of
/// certificates, RSA and DSS before ECDSA.
fn old_place(name: &str) -> (bool, u8) {
    let is_certificate = name.contains("-cert");
    let kind = match name {
        name if name.contains("ed25519") => 0,
        name if name.contains("rsa") && !name.contains("ecdsa") => 1,
        "ssh-dss" | "ssh-dss-cert-v01@openssh.com" => 2,
        _ => 3,
    };
    (is_certificate && kind > 0, kind)
}

/// Two lists as one; the second ends at its first empty name (kex.c: kex_names_cat).
fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    let ends = |at: &usize| second[*at] == b',' && second.get(at + 1).is_none_or(|b| *b == b',');
    let end = if second.first() == Some(&b',') { Some(0) } else { (0..second.len()).find(ends) };
    let second = &second[..end.unwrap_or(second.len())];
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
        let dialect: Dialect = "debian-12".parse().unwrap();
        let ciphers = |value: &str| List::Ciphers.assemble(value.as_bytes(), &dialect);
        assert_eq!(ciphers("aes128-ctr,3des-cbc").as_deref(), Some("aes128-ctr,3des-cbc"));
        assert_eq!(ciphers("^3des-cbc").unwrap().split(',').next(), Some("3des-cbc"));
        assert_eq!(ciphers("+3des-cbc").unwrap().split(',').next_back(), Some("3des-cbc"));
        assert_eq!(ciphers("-*").as_deref(), Some(""));
        assert_eq!(ciphers("-aes*,chacha20*").as_deref(), Some(""));
        assert_eq!(
            List::Keys.assemble(b"ssh-r*,ssh-rsa", &dialect).as_deref(),
            Some("ssh-rsa,ssh-rsa-cert-v01@openssh.com")
        );
        assert_eq!(List::Keys.assemble(b"RSA", &dialect), None);
        assert_eq!(List::Keys.assemble(b"!ssh-rsa", &dialect), None);
    }

    #[test]
    fn unknown_names_are_refused_where_ssh_refuses_them() {
        let dialect: Dialect = "debian-12".parse().unwrap();
        assert!(List::Ciphers.accepts(b"+aes128-cbc", &dialect));
        assert!(List::Ciphers.accepts(b"-no-such", &dialect));
        assert!(!List::Ciphers.accepts(b"aes*", &dialect));
        assert!(!List::Ciphers.accepts(b"+", &dialect));
        assert!(List::Keys.accepts(b"ssh-*,rsa", &dialect));
        assert!(!List::Keys.accepts(b"x*", &dialect));
        assert!(List::GssKex.accepts(b"gss-gex-sha1-abc", &dialect));
        assert!(!List::GssKex.accepts(b"+gss-gex-sha1-", &dialect));
    }

    #[test]
    fn names_and_defaults_are_those_of_the_version() {
        let dialect = |version: &str| version.parse::<Dialect>().unwrap();
        let first_kex = |version: &str| {
            let names = List::Kex.default(&dialect(version));
            names.split(',').take(4).map(ToOwned::to_owned).collect::<Vec<_>>()
        };
        let (mlkem, curve) = ("mlkem768x25519-sha256", "curve25519-sha256");
        let (sntrup, old) = ("sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com");
        let libssh = "curve25519-sha256@libssh.org";
        assert_eq!(first_kex("10.6"), [mlkem, sntrup, old, curve]);
        assert_eq!(first_kex("9.9"), [sntrup, old, mlkem, curve]);
        assert_eq!(first_kex("9.0"), [old, curve, libssh, "ecdh-sha2-nistp256"]);
        assert_eq!(first_kex("8.8")[..2], [curve, libssh]);
        for (list, name, from, before) in [
            (List::Kex, mlkem, "9.9", "9.8"),
            (List::Keys, "ssh-mldsa44-ed25519", "10.6", "10.5"),
            (List::Keys, "ssh-dss", "9.7", "9.8"),
            (List::Keys, "rsa", "9.8", "9.9"),
            (List::Signatures, "ssh-rsa-cert-v01@openssh.com", "9.3", "9.4"),
            (List::Ciphers, ",aes128-ctr", "10.3", "10.4"),
        ] {
            assert!(list.accepts(name.as_bytes(), &dialect(from)), "{name}");
            assert!(!list.accepts(name.as_bytes(), &dialect(before)), "{name}");
        }
        assert!(List::Kex.accepts(sntrup.as_bytes(), &dialect("debian-12")), "a backport");
        assert!(!List::Kex.accepts(sntrup.as_bytes(), &dialect("9.2")));
    }
}
