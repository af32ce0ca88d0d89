//! PURE: the host keys that a server is pinned to, which count beside what known_hosts says.

use std::fmt;

use super::HostKey;

/// The host keys that a server may have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Pins {
    /// Any: it is not pinned.
    #[default]
    None,
    /// Only these.
    Only(PinnedKeys),
    /// None: it may be pinned, and what it is pinned to cannot be read.
    Unreadable,
}

/// The SHA256 fingerprints of host keys, one at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedKeys(Vec<String>);

impl Pins {
    /// Pins to the keys with these fingerprints, `SHA256:…`; without one, to none.
    #[must_use]
    pub fn only(fingerprints: Vec<String>) -> Self {
        if fingerprints.is_empty() { Pins::None } else { Pins::Only(PinnedKeys(fingerprints)) }
    }

    /// Whether not every key is allowed.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        *self != Pins::None
    }

    /// Whether a key is allowed, by its fingerprint, `SHA256:…`.
    #[must_use]
    pub fn allow_fingerprint(&self, fingerprint: &str) -> bool {
        match self {
            Pins::None => true,
            Pins::Only(PinnedKeys(keys)) => keys.iter().any(|key| key == fingerprint),
            Pins::Unreadable => false,
        }
    }

    /// Whether a key is allowed; of a certificate, the key in it.
    #[must_use]
    pub fn allow(&self, key: &HostKey) -> bool {
        self.allow_fingerprint(&key.sha256())
    }

    /// The fingerprints of the keys that are allowed; none where any is, and where none is.
    #[must_use]
    pub fn fingerprints(&self) -> &[String] {
        match self {
            Pins::Only(PinnedKeys(keys)) => keys,
            Pins::None | Pins::Unreadable => &[],
        }
    }
}

/// The fingerprints, or that they cannot be read.
impl fmt::Display for Pins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pins::None => f.write_str("nothing"),
            Pins::Only(PinnedKeys(keys)) => f.write_str(&keys.join(", ")),
            Pins::Unreadable => f.write_str("host keys that cannot be read"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_to_be_no_pin_allows_every_key() {
        let (one, other) = ("SHA256:one", "SHA256:other");
        assert_eq!(Pins::only(Vec::new()), Pins::None);
        for (pins, pinned, allows) in [
            (Pins::None, false, [true, true]),
            (Pins::only(vec![one.to_owned()]), true, [true, false]),
            (Pins::Unreadable, true, [false, false]),
        ] {
            assert_eq!(pins.is_pinned(), pinned, "{pins}");
            assert_eq!([one, other].map(|key| pins.allow_fingerprint(key)), allows, "{pins}");
        }
    }
}
