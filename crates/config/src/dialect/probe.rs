//! PURE: what an ssh says of itself when it is run once for that, and how that is kept as text.
//!
//! `ssh -v -G -F PROBE probe` connects to nothing and reads no file but PROBE. It prints its version,
//! the keywords of PROBE that it lacks, and every default value.

use super::{Dialect, Gssapi, Vendor};
use crate::options::{Built, Keyword, Kind, TABLE};

/// What `ssh -G` prints that the command line, the home folder or the probe itself decide.
const NOT_DEFAULTS: &[&str] = &[
    "host",
    "user",
    "hostname",
    "port",
    "ignoreunknown",
    "loglevel",
    "userknownhostsfile",
    "updatehostkeys",
    "serveraliveinterval",
];

impl Dialect {
    /// The text of PROBE: a line for each keyword that not every ssh has, in a block that applies to
    /// nothing.
    #[must_use]
    pub fn probe_config() -> String {
        let mut text = "IgnoreUnknown *\nHost probe.invalid\n".to_owned();
        for row in TABLE {
            let names = row.dated_names.iter().map(|dated| dated.name);
            let is_dated = row.validity.since > Dialect::OLDEST
                || row.validity.built != Built::Everywhere
                || matches!(row.keyword, Keyword::GSSAPIAuthentication);
            for name in is_dated.then_some(row.title).into_iter().chain(names) {
                text.push_str(&format!("  {name} {}\n", example(row.kind)));
            }
        }
        text
    }

    /// The dialect of a program that was run with the file of [`Dialect::probe_config`]: what it wrote
    /// to standard error and to standard output. `None` where no OpenSSH answered.
    #[must_use]
    pub fn from_probe(stderr: &str, stdout: &str) -> Option<Self> {
        let mut dialect = Dialect::from_version_text(stderr)?;
        for line in stderr.lines() {
            let quoted = |mark: &str| {
                let (_, name) = line.split_once(mark)?;
                Some(name.split('"').next()?.to_ascii_lowercase())
            };
            if let Some(name) = quoted("Ignored unknown option \"") {
                dialect.unknown.push(name);
            }
        }
        dialect.unknown.sort_unstable();
        dialect.unknown.dedup();
        for line in stdout.lines() {
            let (name, value) = line.split_once(' ').unwrap_or((line, ""));
            if !NOT_DEFAULTS.contains(&name) {
                dialect.defaults.push((name.to_owned(), value.to_owned()));
            }
        }
        Some(dialect.told())
    }

    /// Takes what the program said of itself over what the table says of its version.
    fn told(mut self) -> Self {
        if !self.defaults.is_empty() {
            self.gssapi = if self.printed_default("gssapikeyexchange").is_some() {
                Gssapi::KeyExchange
            } else if self.printed_default("gssapiauthentication").is_some() {
                Gssapi::Authentication
            } else {
                Gssapi::Absent
            };
        }
        if matches!(self.vendor, Vendor::Upstream | Vendor::Apple) {
            let has_keychain = !self.unknown.iter().any(|name| name == "usekeychain");
            self.vendor = match self.vendor {
                Vendor::Apple if has_keychain => Vendor::Apple,
                _ if self.gssapi == Gssapi::KeyExchange => Vendor::RedHat,
                _ => Vendor::Upstream,
            };
        }
        self.with_statuses()
    }

    /// Everything that is known of a program which was probed, as lines of text.
    #[must_use]
    pub fn to_text(&self) -> String {
        if self.is_lenient {
            return "any\n".to_owned();
        }
        let mut text = format!("version {}", self.banner);
        if self.vendor == Vendor::Apple {
            text.push_str(", LibreSSL");
        }
        text.push('\n');
        for name in &self.unknown {
            text.push_str(&format!("unknown {name}\n"));
        }
        for (name, value) in &self.defaults {
            text.push_str(&format!("default {name} {value}\n"));
        }
        text
    }

    /// Reads what [`Dialect::to_text`] wrote; `None` for another text.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        if text.trim_end() == "any" {
            return Some(Dialect::lenient());
        }
        let mut lines = text.lines();
        let mut dialect = Dialect::from_version_text(lines.next()?.strip_prefix("version ")?)?;
        for line in lines {
            match line.split_once(' ')? {
                ("unknown", name) => dialect.unknown.push(name.to_owned()),
                ("default", rest) => {
                    let (name, value) = rest.split_once(' ')?;
                    dialect.defaults.push((name.to_owned(), value.to_owned()));
                }
                _ => return None,
            }
        }
        Some(dialect.told())
    }
}

/// A value that every ssh takes which has a keyword of this kind.
fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Words(words) => words.first().map_or("x", |(word, _)| *word),
        Kind::Algorithms(list) => list.all().first().copied().unwrap_or("x"),
        Kind::Number | Kind::Seconds => "1024",
        Kind::RemoteOpen | Kind::ChannelTimeout => "none",
        Kind::KeystrokeTiming => "yes",
        _ => "x",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STDERR: &str = "OpenSSH_8.9p1, OpenSSL 3.0.2\ndebug1: Reading configuration data p\n\
        debug1: p line 3: Ignored unknown option \"requiredrsasize\"\n\
        debug1: p line 4: Ignored unknown option \"tag\"\n";
    const STDOUT: &str = "user me\nhostname probe\nciphers a,b\nidentityfile ~/.ssh/x\n\
        identityfile ~/.ssh/y\ngssapikeyexchange no\nchanneltimeout none\n";

    #[test]
    fn what_a_program_says_of_itself_wins_over_its_version() {
        let dialect = Dialect::from_probe(STDERR, STDOUT).unwrap();
        assert_eq!(dialect.version().to_string(), "8.9p1");
        assert_eq!(dialect.vendor(), Vendor::RedHat, "key exchange without a mark");
        assert!(dialect.has(b"GSSAPIKeyExchange") && !dialect.has(b"Tag"));
        assert!(dialect.has(b"ChannelTimeout"), "a backport");
        assert!(!dialect.has(b"RequiredRSASize") && !dialect.has(b"RefuseConnection"));
        assert_eq!(dialect.printed_default("ciphers"), Some("a,b"));
        assert_eq!(dialect.printed_defaults("identityfile").count(), 2);
        assert_eq!(dialect.printed_default("user"), None);
        assert_eq!(Dialect::from_probe("sshp: no such flag", STDOUT), None);
    }

    #[test]
    fn a_dialect_kept_as_text_is_read_back_as_it_was() {
        let apple = "OpenSSH_9.8p1, LibreSSL 3.3.6";
        let dialects = [
            Dialect::from_probe(STDERR, STDOUT).unwrap(),
            Dialect::from_probe(apple, "port 22\ncompression no\n").unwrap(),
            Dialect::lenient(),
            "debian-12".parse().unwrap(),
        ];
        for dialect in dialects {
            let again = Dialect::from_text(&dialect.to_text()).unwrap();
            assert_eq!(again.to_text(), dialect.to_text());
            assert_eq!(again.statuses, dialect.statuses);
        }
        assert_eq!(Dialect::from_text("what is this"), None);
    }

    #[test]
    fn the_probe_names_every_keyword_that_not_every_ssh_has() {
        let text = Dialect::probe_config();
        for name in ["Tag x", "UseKeychain yes", "RequiredRSASize 1024", "GSSAPIAuthentication yes"]
        {
            assert!(text.contains(&format!("  {name}\n")), "{name}:\n{text}");
        }
        assert!(!text.contains("HostName") && !text.contains("ProxyJump"));
    }
}
