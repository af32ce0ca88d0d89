//! Fingerprints that somebody pastes, and whether a key is one of them.
//!
//! A cloud console shows what cloud-init printed at the first boot, between other lines of the
//! log and coloured by it; people copy all of it. Only a whole SHA256 ever makes a key trusted.

use std::fmt;

use data_encoding::{BASE64_NOPAD, HEXLOWER_PERMISSIVE};
use sshp_splice::encoding;

use super::key::{HostKey, label_of};

/// What a fingerprint was made with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// 43 characters of base64.
    Sha256(String),
    /// 16 bytes in hexadecimal with colons. Never enough: keys with a wanted MD5 can be made.
    Md5(String),
}

/// One fingerprint of a paste.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint {
    /// The digest itself.
    pub digest: Digest,
    /// The type that stands with it, as ssh calls it (`ED25519`); a bare one has none.
    pub label: Option<&'static str>,
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Digest::Sha256(text) => write!(f, "SHA256:{text}"),
            Digest::Md5(text) => write!(f, "MD5:{text}"),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.digest)?;
        self.label.map_or(Ok(()), |label| write!(f, " ({label})"))
    }
}

/// All that a paste holds of fingerprints, each once, in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pasted {
    /// What can be compared.
    pub fingerprints: Vec<Fingerprint>,
    /// What begins like a SHA256 fingerprint and is none: cut off or misspelt.
    pub broken: Vec<String>,
}

/// What a paste says of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// A whole SHA256 is this key's.
    Match,
    /// There are SHA256 fingerprints for its type, and this key has another.
    Mismatch {
        /// Those that were expected.
        expected: Vec<Fingerprint>,
    },
    /// Only an MD5 stands for its type, which is not enough.
    OnlyMd5 {
        /// Whether at least that is this key's.
        same: bool,
    },
    /// Nothing stands for its type, and none of the bare SHA256 fingerprints is its.
    NoSuchType,
}

impl Pasted {
    /// Reads a paste: `BEGIN SSH HOST KEY FINGERPRINTS` and `KEYS` blocks under any log prefix,
    /// with colours and CRLF; `ssh-keygen -l` lines; `TYPE key fingerprint is …`; known_hosts and
    /// `.pub` lines; bare fingerprints. Lines that a terminal wrapped are joined where that makes a
    /// whole digest or key.
    pub fn parse(text: &[u8]) -> Self {
        let text = without_escapes(&String::from_utf8_lossy(&encoding::to_utf8(text)));
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let mut pasted = Pasted::default();
        let mut at = 0;
        while at < lines.len() {
            let (line, taken) = unwrapped(&lines[at..]);
            pasted.read_line(&line);
            at += taken;
        }
        pasted
    }

    /// Reads the argument of `--fingerprint`, where a SHA256 may stand without its prefix.
    pub fn parse_argument(argument: &str) -> Self {
        // A shell that reads UTF-16 for `$(…)` drops the zero bytes and leaves the mark.
        let argument =
            argument.trim_matches(|c: char| c.is_whitespace() || "\u{feff}\u{fffd}".contains(c));
        let bare = argument.strip_suffix('=').unwrap_or(argument);
        match whole_sha256(bare) {
            Some(digest) => Pasted {
                fingerprints: vec![Fingerprint { digest, label: None }],
                broken: Vec::new(),
            },
            None => Pasted::parse(argument.as_bytes()),
        }
    }

    /// Adds what another paste holds.
    pub fn extend(&mut self, other: Pasted) {
        other.fingerprints.into_iter().for_each(|fingerprint| self.push(fingerprint));
        self.broken.extend(other.broken);
    }

    /// Whether there is nothing to compare with.
    pub fn is_empty(&self) -> bool {
        self.fingerprints.is_empty()
    }

    /// The types that have several SHA256 fingerprints, as the log of two boots with a reinstall
    /// between them has: which of them is meant, only the reader knows.
    pub fn ambiguous(&self) -> Vec<&'static str> {
        let mut seen = Vec::new();
        let mut twice = Vec::new();
        for fingerprint in &self.fingerprints {
            let (Digest::Sha256(_), Some(label)) = (&fingerprint.digest, fingerprint.label) else {
                continue;
            };
            if seen.contains(&label) && !twice.contains(&label) {
                twice.push(label);
            }
            seen.push(label);
        }
        twice
    }

    /// Compares a key with all of it.
    pub fn judge(&self, key: &HostKey) -> Judgement {
        let sha256 = key.sha256();
        let md5 = key.md5();
        let label = key.without_certificate().label();
        let is = |fingerprint: &Fingerprint| match &fingerprint.digest {
            Digest::Sha256(text) => sha256.strip_prefix("SHA256:") == Some(text),
            Digest::Md5(text) => md5.strip_prefix("MD5:") == Some(text),
        };
        let for_type = || {
            self.fingerprints.iter().filter(|f| f.label.is_none_or(|expected| expected == label))
        };
        let is_sha256 = |f: &&Fingerprint| matches!(f.digest, Digest::Sha256(_));
        if for_type().filter(is_sha256).any(is) {
            return Judgement::Match;
        }
        // A bare fingerprint may be that of another of the server's keys; a typed one is not.
        let expected: Vec<Fingerprint> =
            for_type().filter(is_sha256).filter(|f| f.label.is_some()).cloned().collect();
        if !expected.is_empty() {
            return Judgement::Mismatch { expected };
        }
        if for_type().any(|f| matches!(f.digest, Digest::Md5(_))) {
            return Judgement::OnlyMd5 { same: for_type().any(is) };
        }
        Judgement::NoSuchType
    }

    fn push(&mut self, fingerprint: Fingerprint) {
        if !self.fingerprints.contains(&fingerprint) {
            self.fingerprints.push(fingerprint);
        }
    }

    fn read_line(&mut self, line: &str) {
        if let Some((key, _)) = key_in(line) {
            if let Some(digest) =
                key.sha256().strip_prefix("SHA256:").map(|text| Digest::Sha256(text.to_owned()))
            {
                let label = Some(key.without_certificate().label());
                self.push(Fingerprint { digest, label });
            }
            return;
        }
        let label = label_in(line);
        for run in sha256_runs(line) {
            match whole_sha256(run) {
                Some(digest) => self.push(Fingerprint { digest, label }),
                None => self.broken.push(format!("SHA256:{run}")),
            }
        }
        for word in line.split_ascii_whitespace() {
            let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
            let hex = word.strip_prefix("MD5:").or_else(|| word.strip_prefix("md5:"));
            if let Some(digest) = whole_md5(hex.unwrap_or(word)) {
                self.push(Fingerprint { digest, label });
            }
        }
    }
}

const SHA256_PREFIX: &str = "SHA256:";
const SHA256_LENGTH: usize = 43;

/// How many lines of a terminal one key can take: an RSA key of 16384 bits at 80 columns.
const MOST_WRAPS: usize = 40;

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '+' || c == '/'
}

fn base64_run(text: &str) -> &str {
    &text[..text.find(|c| !is_base64(c)).unwrap_or(text.len())]
}

/// What stands after each `SHA256:`, as far as it is base64.
fn sha256_runs(line: &str) -> impl Iterator<Item = &str> {
    line.char_indices().filter_map(|(at, _)| {
        let prefix = line.get(at..at + SHA256_PREFIX.len())?;
        prefix
            .eq_ignore_ascii_case(SHA256_PREFIX)
            .then(|| base64_run(&line[at + SHA256_PREFIX.len()..]))
    })
}

fn whole_sha256(run: &str) -> Option<Digest> {
    let whole = run.len() == SHA256_LENGTH && BASE64_NOPAD.decode(run.as_bytes()).is_ok();
    whole.then(|| Digest::Sha256(run.to_owned()))
}

fn whole_md5(text: &str) -> Option<Digest> {
    let mut pairs = text.split(':');
    let sixteen = pairs.clone().count() == 16
        && pairs.all(|p| p.len() == 2 && HEXLOWER_PERMISSIVE.decode(p.as_bytes()).is_ok());
    sixteen.then(|| Digest::Md5(text.to_ascii_lowercase()))
}

/// The first of the lines, with as many more as make a whole digest or key of its end, and how
/// many these were.
fn unwrapped(lines: &[&str]) -> (String, usize) {
    let mut line = lines[0].to_owned();
    let cut_digest = sha256_runs(&line)
        .last()
        .filter(|run| run.len() < SHA256_LENGTH && line.ends_with(run))
        .map(str::len);
    if let (Some(length), Some(next)) = (cut_digest, lines.get(1))
        && length + base64_run(next).len() == SHA256_LENGTH
    {
        line.push_str(next);
        return (line, 2);
    }
    if cut_key(&line) && key_in(&line).is_none() {
        let mut longer = line.clone();
        for (n, next) in lines.iter().enumerate().take(MOST_WRAPS).skip(1) {
            longer.push_str(next);
            if key_in(&longer).is_some() {
                return (longer, n + 1);
            }
            if base64_run(next).len() < next.len() {
                break;
            }
        }
    }
    (line, 1)
}

/// Whether a line ends within the base64 of a key.
fn cut_key(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace().rev();
    let (last, before) = (words.next(), words.next());
    last.is_some_and(|last| last.chars().all(is_base64))
        && before.is_some_and(|word| label_of(word).is_some())
}

/// A whole key in a line, `type base64`, and the word after it.
fn key_in(line: &str) -> Option<(HostKey, Option<&str>)> {
    let mut words = line.split_ascii_whitespace().peekable();
    while let Some(word) = words.next() {
        if let Some(base64) = words.peek()
            && let Some(key) = HostKey::from_fields(word.as_bytes(), base64.as_bytes())
        {
            return Some((key, words.nth(1)));
        }
    }
    None
}

/// The type that a line names: `(ED25519)` at its end, `ED25519 key fingerprint is`, or the name
/// that files give it.
fn label_in(line: &str) -> Option<&'static str> {
    let in_brackets = line
        .rsplit_once('(')
        .and_then(|(_, tail)| tail.split_once(')'))
        .and_then(|(word, _)| label_named(word));
    let before_words = || {
        let (head, _) = line.split_once(" key fingerprint")?;
        label_named(head.rsplit(' ').next()?)
    };
    let by_name = || line.split_ascii_whitespace().find_map(label_of);
    in_brackets.or_else(before_words).or_else(by_name)
}

fn label_named(word: &str) -> Option<&'static str> {
    let word = word.to_ascii_uppercase();
    let word = word.strip_suffix("-CERT").unwrap_or(&word);
    ["ED25519", "ECDSA", "RSA", "DSA", "ED25519-SK", "ECDSA-SK"]
        .into_iter()
        .find(|label| *label == word)
        .or_else(|| label_of(&word.to_ascii_lowercase()))
}

/// A text without ANSI escape sequences (ECMA-48: CSI, and strings such as OSC up to their end)
/// and carriage returns.
fn without_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => match chars.next() {
                // Parameters and one letter; what was cut off ends where neither follows.
                Some('[') => {
                    while chars.next_if(|c| (' '..='?').contains(c)).is_some() {}
                    chars.next_if(|c| ('@'..='~').contains(c));
                }
                Some(']' | 'P' | 'X' | '^' | '_') => {
                    while let Some(c) = chars.next_if(|c| *c != '\n') {
                        if c == '\x07' || (c == '\x1b' && chars.next_if_eq(&'\\').is_some()) {
                            break;
                        }
                    }
                }
                // A charset is chosen with one character more.
                Some('(' | ')') => {
                    chars.next();
                }
                Some('\n') => out.push('\n'),
                _ => {}
            },
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::key::tests::{certificate, ed25519, rsa};
    use super::*;

    fn shown(text: &str) -> String {
        let Pasted { fingerprints, broken } = Pasted::parse(text.as_bytes());
        fingerprints.iter().map(ToString::to_string).chain(broken).collect::<Vec<_>>().join("; ")
    }

    const F: &str = "SHA256:0aBJ9y0uMb4c7QHunKH+PHBTUPzpYonUJvOUGBrm2zQ";
    const M: &str = "3a:3a:18:18:45:d6:ff:20:75:e4:e5:63:14:18:85:d2";

    #[test]
    fn fingerprints_are_found_in_what_people_paste() {
        for (text, expected) in [
            (F.to_owned(), F.to_owned()),
            (format!("{F}="), F.to_owned()),
            (format!("256 {F} root@web (ED25519)"), format!("{F} (ED25519)")),
            (format!("256 {F} no comment (ED25519)\r\n"), format!("{F} (ED25519)")),
            (format!("256 {F} a (b) c (ECDSA)"), format!("{F} (ECDSA)")),
            (format!("<14>Nov 20 16:00:00 ec2: 3072 {F} root@ip (RSA)"), format!("{F} (RSA)")),
            (
                format!("[  12.3] cloud-init[9]: 256 {F} root@ip (ED25519)"),
                format!("{F} (ED25519)"),
            ),
            (format!("ci-info: | sha256:{}", &F[7..]), F.to_owned()),
            (format!("ED25519 key fingerprint is {F}."), format!("{F} (ED25519)")),
            (format!("ssh-ed25519 255 {F}"), format!("{F} (ED25519)")),
            (
                format!("\x1b[32mec2:\x1b[0m 256 \x1b[1m{F}\x1b[m x (ED25519)"),
                format!("{F} (ED25519)"),
            ),
            (format!("\x1b]0;title\x07256 {F} x (ED25519)"), format!("{F} (ED25519)")),
            (format!("2048 {M} root@ip (RSA)"), format!("MD5:{M} (RSA)")),
            (format!("2048 MD5:{} x (RSA)", M.to_uppercase()), format!("MD5:{M} (RSA)")),
            (format!("256 {}\n{} x (ED25519)", &F[..30], &F[30..]), format!("{F} (ED25519)")),
            (format!("{F}\n{F}"), F.to_owned()),
            (format!("{}\nother", &F[..30]), F[..30].to_owned()),
            (format!("{F}AAAA"), format!("{F}AAAA")),
            (format!("256 {}\nabc {}", &F[..30], &F[30..]), F[..30].to_owned()),
            ("nothing of the kind 12:34".to_owned(), String::new()),
            ("-----BEGIN SSH HOST KEY FINGERPRINTS-----".to_owned(), String::new()),
        ] {
            assert_eq!(shown(&text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_keys_block_holds_the_fingerprints_of_its_keys() {
        let (a, b) = (ed25519(1), rsa(0x55, 0));
        let expected = format!("{} (ED25519); {} (RSA)", a.sha256(), b.sha256());
        let plain = format!(
            "-----BEGIN SSH HOST KEY KEYS-----\n{} root@web\n{} root@web\n-----END SSH HOST KEY KEYS-----",
            a.to_line(),
            b.to_line()
        );
        assert_eq!(shown(&plain), expected);
        let logged: Vec<String> = plain.lines().map(|l| format!("<14>ec2: {l}\r\n")).collect();
        assert_eq!(shown(&logged.concat()), expected);
        let known_hosts = format!("web,10.0.0.1 {}\n|1|x|y {}\n", a.to_line(), b.to_line());
        assert_eq!(shown(&known_hosts), expected);
        let wrapped: Vec<String> = plain
            .lines()
            .flat_map(|l| l.as_bytes().chunks(80).map(|c| String::from_utf8_lossy(c).into_owned()))
            .collect();
        assert_eq!(shown(&wrapped.join("\n")), expected);
    }

    #[test]
    fn only_a_whole_sha256_of_the_type_is_a_match() {
        let (key, other) = (ed25519(1), ed25519(2));
        let (own, its) = (key.sha256(), other.sha256());
        let md5 = key.md5();
        let typed = |f: &str, label| format!("256 {f} x ({label})\n");
        for (text, expected) in [
            (own.clone(), "match"),
            (typed(&own, "ED25519"), "match"),
            (typed(&its, "ED25519"), "mismatch"),
            (typed(&its, "RSA"), "no such type"),
            (typed(&own, "RSA"), "no such type"),
            (its.clone(), "no such type"),
            (own[..49].to_owned(), "no such type"),
            (md5.clone(), "md5 same"),
            (typed(&md5, "ED25519"), "md5 same"),
            (other.md5(), "md5 other"),
            (typed(&md5, "ED25519") + &typed(&its, "ED25519"), "mismatch"),
            (typed(&its, "RSA") + &typed(&own, "ED25519"), "match"),
        ] {
            let judged = match Pasted::parse(text.as_bytes()).judge(&key) {
                Judgement::Match => "match",
                Judgement::Mismatch { .. } => "mismatch",
                Judgement::OnlyMd5 { same: true } => "md5 same",
                Judgement::OnlyMd5 { same: false } => "md5 other",
                Judgement::NoSuchType => "no such type",
            };
            assert_eq!(judged, expected, "{text}");
        }
        let pasted = Pasted::parse(typed(&own, "ED25519-CERT").as_bytes());
        assert_eq!(pasted.judge(&certificate(1, &other)), Judgement::Match);
    }

    #[test]
    fn two_boots_with_different_keys_are_ambiguous() {
        let line = |key: &HostKey| format!("256 {} x ({})\n", key.sha256(), key.label());
        let boots = |keys: &[&HostKey]| {
            let text: String = keys.iter().map(|key| line(key)).collect();
            Pasted::parse(text.as_bytes()).ambiguous()
        };
        let (a, b, r) = (ed25519(1), ed25519(2), rsa(0x55, 0));
        assert_eq!(boots(&[&a, &r, &b, &r]), ["ED25519"]);
        assert!(boots(&[&a, &r, &a, &r]).is_empty());
    }

    #[test]
    fn an_argument_may_leave_the_prefix_out() {
        let bare = Pasted::parse_argument(&F[7..]);
        assert_eq!(bare, Pasted::parse_argument(F));
        assert!(!bare.is_empty());
        assert!(Pasted::parse_argument(&F[8..]).is_empty());
    }

    proptest! {
        #[test]
        fn a_fingerprint_is_found_in_any_noise_and_none_is_made_up(
            before in prop::collection::vec("[^\\n]{0,60}", 0..4),
            after in prop::collection::vec("\\PC{0,60}", 0..4),
            noise in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let text = [before.join("\n"), format!("256 {F} x (ED25519)"), after.join("\n")];
            let found = Pasted::parse(text.join("\n").as_bytes());
            prop_assert!(found.fingerprints.iter().any(|f| f.to_string().starts_with(F)));
            for fingerprint in Pasted::parse(&noise).fingerprints {
                let Digest::Sha256(digest) = fingerprint.digest else { continue };
                let digest = digest.as_bytes();
                prop_assert!(noise.windows(digest.len()).any(|window| window == digest));
            }
        }

        #[test]
        fn whatever_a_server_sends_as_its_key_is_read_or_refused(
            blob in prop::collection::vec(any::<u8>(), 0..120),
            cut in 0_usize..400,
        ) {
            if let Some(key) = HostKey::parse(&blob) {
                prop_assert_eq!(HostKey::from_line(&key.to_line()), Some(key));
            }
            let whole = certificate(1, &rsa(0x55, 1));
            let cut = cut.min(whole.blob().len() - 1);
            prop_assert!(HostKey::parse(&whole.blob()[..cut]).is_none());
        }
    }
}
