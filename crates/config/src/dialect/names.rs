//! PURE: the names by which people and programs call a dialect: `8.9`, `debian-12`, what `ssh -V` says.

use std::str::FromStr;

use super::{Dialect, Gssapi, Vendor, Version};

/// Systems with the OpenSSH that they ship, with all updates.
const SYSTEMS: &[(&str, Version, Vendor)] = &[
    ("debian-11", portable(8, 4), Vendor::Debian { release: 11, update: 3 }),
    ("debian-12", portable(9, 2), Vendor::Debian { release: 12, update: 10 }),
    (
        "debian-13",
        Version { major: 10, minor: 0, patch: 2 },
        Vendor::Debian { release: 13, update: 4 },
    ),
    ("debian-14", portable(10, 6), Vendor::Debian { release: 0, update: 0 }),
    ("ubuntu-22.04", portable(8, 9), Vendor::Debian { release: 0, update: 0 }),
    ("ubuntu-24.04", portable(9, 6), Vendor::Debian { release: 0, update: 0 }),
    ("ubuntu-26.04", portable(10, 2), Vendor::Debian { release: 0, update: 0 }),
    ("rhel-9", portable(8, 7), Vendor::RedHat),
    ("rhel-10", portable(9, 9), Vendor::RedHat),
    ("macos-15", Version { major: 9, minor: 9, patch: 2 }, Vendor::Apple),
    ("macos-26", Version { major: 10, minor: 0, patch: 2 }, Vendor::Apple),
    ("windows-11", Version { major: 9, minor: 5, patch: 2 }, Vendor::Windows),
];

const fn portable(major: u16, minor: u16) -> Version {
    Version { major, minor, patch: 1 }
}

/// A text that names no dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no OpenSSH version; write a version such as 9.2, or one of {1}")]
pub struct UnknownDialect(pub String, pub String);

impl Dialect {
    /// The names of systems that [`Dialect::from_str`] takes.
    pub fn system_names() -> impl Iterator<Item = &'static str> {
        SYSTEMS.iter().map(|(name, ..)| *name)
    }

    /// The dialect of what `ssh -V` says, or the first line of `ssh -v`:
    /// `OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.20 7 Apr 2026`. `None` for what no OpenSSH says.
    #[must_use]
    pub fn from_version_text(text: &str) -> Option<Self> {
        let line = text.lines().find(|line| line.contains("OpenSSH_"))?;
        let from = line.find("OpenSSH_")?;
        let (banner, libraries) = line[from..].split_once(',').unwrap_or((&line[from..], ""));
        let banner = banner.trim_end();
        let after = &banner["OpenSSH_".len()..];
        let (after, is_windows) = match after.strip_prefix("for_Windows_") {
            Some(after) => (after, true),
            None => (after, false),
        };
        let (number, mark) = after.split_once(' ').unwrap_or((after, ""));
        let version = parse_version(number)?;
        let vendor = if is_windows {
            Vendor::Windows
        } else if mark.starts_with("Debian-") || mark.starts_with("Ubuntu-") {
            let (release, update) = debian_update(mark).unwrap_or_default();
            Vendor::Debian { release, update }
        } else {
            Vendor::Upstream
        };
        let mut dialect = Dialect::new(version, vendor);
        banner.clone_into(&mut dialect.banner);
        if mark.contains("gssapi") {
            dialect.gssapi = Gssapi::KeyExchange;
        }
        // macOS's own build has no mark but its library; the probe tells it from others.
        if vendor == Vendor::Upstream && libraries.contains("LibreSSL") {
            dialect.vendor = Vendor::Apple;
        }
        Some(dialect.with_statuses())
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    /// Reads `9.2`, `9.9p2`, `debian-12`, or what `ssh -V` says.
    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        let name = text.trim();
        if let Some((_, version, vendor)) =
            SYSTEMS.iter().find(|(known, ..)| known.eq_ignore_ascii_case(name))
        {
            return Ok(Dialect::new(*version, *vendor));
        }
        let found = match parse_version(name) {
            Some(version) => Some(Dialect::new(version, Vendor::Upstream)),
            None => Dialect::from_version_text(name),
        };
        found.ok_or_else(|| {
            UnknownDialect(text.to_owned(), Dialect::system_names().collect::<Vec<_>>().join(", "))
        })
    }
}

/// `10.0`, `9.9p2`, and `9.8.2.0p2` as Win32-OpenSSH's packages are called.
fn parse_version(text: &str) -> Option<Version> {
    let (numbers, patch) = match text.split_once('p') {
        Some((numbers, patch)) => (numbers, patch.parse().ok()?),
        None => (text, 0),
    };
    let mut parts = numbers.split('.');
    let major = parts.next()?.parse().ok()?;
    let minor = parts.next()?.parse().ok()?;
    parts.all(|part| part.parse::<u16>().is_ok()).then_some(Version { major, minor, patch })
}

/// The release and the number of `+deb12u10`; none for a backport (`~bpo12+1`).
fn debian_update(mark: &str) -> Option<(u16, u16)> {
    let (_, update) = mark.split_once("+deb")?;
    let (release, number) = update.split_once('u')?;
    let digits = number.bytes().take_while(u8::is_ascii_digit).count();
    Some((release.parse().ok()?, number[..digits].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssh_says_of_itself_names_version_and_vendor() {
        let debian = |release, update| Vendor::Debian { release, update };
        let cases = [
            ("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.20 7 Apr 2026", "9.2p1", debian(12, 10)),
            ("OpenSSH_10.0p2 Debian-7+deb13u4, OpenSSL 3.5.4", "10.0p2", debian(13, 4)),
            ("OpenSSH_10.0p2 Debian-7~bpo12+1, OpenSSL 3.0.20", "10.0p2", debian(0, 0)),
            ("OpenSSH_9.6p1 Ubuntu-3ubuntu13.5, OpenSSL 3.0.13", "9.6p1", debian(0, 0)),
            ("debug1: OpenSSH_10.6p1, OpenSSL 3.6.5 29 Sep 2026", "10.6p1", Vendor::Upstream),
            ("OpenSSH_9.8p1, LibreSSL 3.3.6", "9.8p1", Vendor::Apple),
            ("OpenSSH_for_Windows_9.5p2, LibreSSL 3.8.2", "9.5p2", Vendor::Windows),
            ("OpenSSH_9.9p2 Homebrew, OpenSSL 3.4.0", "9.9p2", Vendor::Upstream),
        ];
        for (text, version, vendor) in cases {
            let dialect = Dialect::from_version_text(text).unwrap();
            assert_eq!(
                (dialect.version().to_string().as_str(), dialect.vendor()),
                (version, vendor)
            );
        }
        for text in ["Dropbear v2022.83", "", "OpenSSH_x", "OpenSSH_9"] {
            assert_eq!(Dialect::from_version_text(text), None, "{text}");
        }
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text: &str| text.parse::<Dialect>().unwrap().version();
        assert!(version("10.0") > version("9.9p2") && version("9.9p2") > version("9.9p1"));
        assert_eq!(version("debian-13"), version("10.0p2"));
        assert!("dropbear".parse::<Dialect>().is_err() && "9".parse::<Dialect>().is_err());
    }
}
