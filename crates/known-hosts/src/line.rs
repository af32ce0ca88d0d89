//! One line of known_hosts, as hostfile.c: hostkeys_foreach_file takes it apart.
//!
//! A line that ssh does not understand is [`Content::Unparsed`]: it matches nothing, and nothing
//! removes it.

use std::ops::Range;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use memchr::{memchr, memchr_iter, memchr2};
use sha1::Sha1;

use super::key::{HostKey, is_key_type};

/// What `@…` at the start of a line says of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Marker {
    /// `@cert-authority`: the key signs host certificates.
    CertAuthority,
    /// `@revoked`: the key is never to be accepted.
    Revoked,
}

impl Marker {
    /// The word for it in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Marker::CertAuthority => "@cert-authority",
            Marker::Revoked => "@revoked",
        }
    }
}

/// A line and where it stands.
#[derive(Clone, Debug)]
pub struct Line<'a> {
    /// Counted from 1.
    pub number: u32,
    /// All of the line in the file, with its line feed where it has one.
    pub span: Range<usize>,
    /// What it says.
    pub content: Content<'a>,
}

/// What a line says.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// Nothing but blanks, or a comment.
    Comment,
    /// Keys for hosts.
    Entry(Entry<'a>),
    /// What ssh does not understand, and why.
    Unparsed(&'static str),
}

/// A line that names hosts and a key.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// `@cert-authority` or `@revoked`.
    pub marker: Option<Marker>,
    /// Whom it is for.
    pub hosts: Hosts<'a>,
    /// Where the host field stands in the file.
    pub hosts_at: Range<usize>,
    /// The type of the key, one that ssh knows.
    pub key_type: &'a [u8],
    /// The key as it is written.
    pub base64: &'a [u8],
}

impl Entry<'_> {
    /// The key; `None` where its base64 does not hold a key of the type that the line names.
    pub fn key(&self) -> Option<HostKey> {
        HostKey::from_fields(self.key_type, self.base64)
    }
}

/// The host field of a line.
#[derive(Clone, Debug)]
pub enum Hosts<'a> {
    /// Names and patterns with commas between them.
    List(&'a [u8]),
    /// One name, hashed.
    Hashed(HashedField<'a>),
}

impl Hosts<'_> {
    /// Whether ssh takes the line for a name it looks up (match.c: match_hostname, hostfile.c:
    /// match_maybe_hashed). `name` is lower case.
    pub fn matches(&self, name: &[u8]) -> bool {
        match self {
            Hosts::List(list) => match_list(list, name),
            Hosts::Hashed(hashed) => hashed.hmac().is_some_and(|hmac| hmac.is(name)),
        }
    }
}

/// `|1|salt|hash` as it stands in a file, each 28 characters of base64 or what looks like it.
#[derive(Clone, Copy, Debug)]
pub struct HashedField<'a> {
    salt: &'a [u8],
    hash: &'a [u8],
}

impl<'a> HashedField<'a> {
    fn parse(field: &'a [u8]) -> Option<Self> {
        let (salt, hash) = field.strip_prefix(b"|1|")?.split_at_checked(ENCODED)?;
        let hash = hash.strip_prefix(b"|")?;
        (hash.len() == ENCODED).then_some(HashedField { salt, hash })
    }

    /// The salted state, to try several names with; `None` where the field is no base64, and hides
    /// nothing.
    pub fn hmac(&self) -> Option<SaltedHmac> {
        Some(SaltedHmac::new(&decode20(self.salt)?, decode20(self.hash)?))
    }
}

/// 20 bytes in base64.
const ENCODED: usize = 28;

/// A hashed host field with its salt worked in once: HMAC-SHA1 of the name under the salt.
pub struct SaltedHmac {
    mac: Hmac<Sha1>,
    hash: [u8; 20],
}

impl SaltedHmac {
    fn new(salt: &[u8; 20], hash: [u8; 20]) -> Self {
        // HMAC takes keys of every length.
        SaltedHmac { mac: Hmac::new_from_slice(salt).unwrap_or_else(|_| unreachable!()), hash }
    }

    /// Whether the field hides this name.
    pub fn is(&self, name: &[u8]) -> bool {
        self.of(name) == self.hash
    }

    fn of(&self, name: &[u8]) -> [u8; 20] {
        let mut mac = self.mac.clone();
        mac.update(name);
        mac.finalize().into_bytes().into()
    }
}

/// A name that is hashed to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashed {
    salt: [u8; 20],
    hash: [u8; 20],
}

impl Hashed {
    /// Hashes a name; the salt should be random.
    pub fn new(name: &[u8], salt: [u8; 20]) -> Self {
        Hashed { salt, hash: SaltedHmac::new(&salt, [0; 20]).of(name) }
    }
}

impl std::fmt::Display for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "|1|{}|{}", BASE64.encode(&self.salt), BASE64.encode(&self.hash))
    }
}

fn decode20(text: &[u8]) -> Option<[u8; 20]> {
    let mut out = [0; 21];
    if BASE64.decode_mut(text, out.get_mut(..BASE64.decode_len(text.len()).ok()?)?).ok()? != 20 {
        return None;
    }
    out[..20].try_into().ok()
}

/// The lines of a file.
pub fn lines(text: &[u8]) -> Lines<'_> {
    lines_in(text, 0..text.len())
}

/// Those of a file's lines that stand in a part of it, numbered as in the whole.
pub(super) fn lines_in(text: &[u8], part: Range<usize>) -> Lines<'_> {
    let above = memchr_iter(b'\n', &text[..part.start]).count();
    // A file of more lines than that is not read.
    let number = u32::try_from(above).unwrap_or(u32::MAX);
    Lines { text: &text[..part.end], at: part.start, number }
}

/// See [`lines`].
pub struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    number: u32,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
        let start = self.at;
        let (length, feed) = memchr(b'\n', rest).map_or((rest.len(), 0), |n| (n, 1));
        self.at += length + feed;
        self.number += 1;
        let content = parse(&rest[..length], start);
        Some(Line { number: self.number, span: start..self.at, content })
    }
}

/// Takes one line apart; `start` is where it stands in the file.
fn parse(line: &[u8], start: usize) -> Content<'_> {
    // ssh handles lines as C strings.
    let line = memchr(0, line).map_or(line, |nul| &line[..nul]);
    let mut at = skip_blanks(line, 0);
    if matches!(line.get(at), None | Some(b'#')) {
        return Content::Comment;
    }
    let mut marker = None;
    if line[at] == b'@' {
        let Some((word, end)) = marker_word(&line[at..]) else {
            return Content::Unparsed("unknown marker");
        };
        marker = Some(word);
        at = skip_blanks(line, at + end);
        if line.get(at) == Some(&b'@') {
            return Content::Unparsed("two markers");
        }
    }
    let Some(hosts_length) = memchr2(b' ', b'\t', &line[at..]) else {
        return Content::Unparsed("no key");
    };
    let field = &line[at..at + hosts_length];
    let hosts_at = start + at..start + at + hosts_length;
    let type_at = skip_blanks(line, at + hosts_length);
    if matches!(line.get(type_at), None | Some(b'#')) {
        return Content::Unparsed("no key");
    }
    let Some(type_length) = memchr2(b' ', b'\t', &line[type_at..]) else {
        return Content::Unparsed("no key after its type");
    };
    let key_type = &line[type_at..type_at + type_length];
    if !is_key_type(key_type) {
        return Content::Unparsed("unknown key type");
    }
    let key_at = skip_blanks(line, type_at + type_length);
    if matches!(line.get(key_at), None | Some(b'#')) {
        return Content::Unparsed("no key after its type");
    }
    let base64 = &line[key_at..];
    let base64 = &base64[..memchr2(b' ', b'\t', base64).unwrap_or(base64.len())];
    let hosts = if field.first() == Some(&b'|') {
        let Some(hashed) = HashedField::parse(field) else {
            return Content::Unparsed("bad hash");
        };
        Hosts::Hashed(hashed)
    } else {
        Hosts::List(field)
    };
    Content::Entry(Entry { marker, hosts, hosts_at, key_type, base64 })
}

/// The marker that a line starts with, and its length.
///
/// hostfile.c: check_markers ends the word at the first space of the whole line, and only where
/// there is none at a tab. We end a revocation at either: ssh overlooks `@revoked<Tab>host …`,
/// and a key that was meant to be revoked must not be accepted for that.
fn marker_word(line: &[u8]) -> Option<(Marker, usize)> {
    let ends = |word: &str, blanks: &[u8]| {
        line.strip_prefix(word.as_bytes())
            .is_some_and(|rest| rest.first().is_some_and(|b| blanks.contains(b)))
    };
    let tab_ends = memchr(b' ', line).is_none();
    if ends(Marker::Revoked.as_str(), b" \t") {
        Some((Marker::Revoked, Marker::Revoked.as_str().len()))
    } else if ends(Marker::CertAuthority.as_str(), if tab_ends { b" \t" } else { b" " }) {
        Some((Marker::CertAuthority, Marker::CertAuthority.as_str().len()))
    } else {
        None
    }
}

fn skip_blanks(line: &[u8], from: usize) -> usize {
    from + line[from..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count()
}

/// The longest pattern that match_pattern_list takes, in bytes.
const LONGEST_PATTERN: usize = 1022;

/// Whether a list of patterns holds a name: one matches and none of the negated ones does
/// (match.c: match_pattern_list, with its lower-casing and its limit).
fn match_list(list: &[u8], name: &[u8]) -> bool {
    let mut found = false;
    // A comma at the end separates nothing from nothing.
    for piece in list.strip_suffix(b",").unwrap_or(list).split(|b| *b == b',') {
        let (negated, pattern) = match piece.strip_prefix(b"!") {
            Some(pattern) => (true, pattern),
            None => (false, piece),
        };
        if pattern.len() > LONGEST_PATTERN {
            return false;
        }
        if match_pattern(pattern, name) {
            if negated {
                return false;
            }
            found = true;
        }
    }
    found
}

/// Whether a pattern with `*` and `?` is a name, upper case of the pattern taken as lower.
pub(super) fn match_pattern(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n) = (0, 0);
    // Where to go on after the last `*` took one byte more.
    let mut retry = None;
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                retry = Some((p + 1, n));
                p += 1;
            }
            Some(b) if *b == b'?' || b.to_ascii_lowercase() == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match &mut retry {
                Some((after_star, taken)) => {
                    *taken += 1;
                    (p, n) = (*after_star, *taken);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|b| *b == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAA";

    fn content(line: &[u8]) -> Content<'_> {
        parse(line, 0)
    }

    #[test]
    fn lines_keep_their_places() {
        let text = b"a ssh-rsa K\r\n\n# c\nlast ssh-rsa K";
        let spans: Vec<_> = lines(text).map(|line| (line.number, line.span)).collect();
        assert_eq!(spans, [(1, 0..13), (2, 13..14), (3, 14..18), (4, 18..32)]);
        assert!(lines(b"").next().is_none());
    }

    #[test]
    fn what_ssh_does_not_understand_is_unparsed() {
        let hash = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=";
        for (line, why) in [
            ("garbage", "no key"),
            ("host", "no key"),
            ("host ", "no key"),
            ("host # ssh-rsa K", "no key"),
            ("host ssh-rsa", "no key after its type"),
            ("host ssh-rsa # K", "no key after its type"),
            ("host ssh-future-key AAAA", "unknown key type"),
            ("host 2048 65537 1234", "unknown key type"),
            ("@foo host ssh-rsa AAAA", "unknown marker"),
            ("@revoked@ host ssh-rsa AAAA", "unknown marker"),
            ("@revoked @cert-authority host ssh-rsa AAAA", "two markers"),
            ("@cert-authority\thost ssh-rsa AAAA", "unknown marker"),
            ("|1|bad|bad ssh-rsa AAAA", "bad hash"),
            ("|2|x ssh-rsa AAAA", "bad hash"),
            (&format!("{}= ssh-rsa AAAA", &hash[..hash.len() - 2]), "bad hash"),
        ] {
            let found = content(line.as_bytes());
            assert!(matches!(found, Content::Unparsed(w) if w == why), "{line}: {found:?}");
        }
        for line in ["", "  ", "\t# x", "#host ssh-rsa AAAA", "\0host ssh-rsa AAAA"] {
            assert!(matches!(content(line.as_bytes()), Content::Comment), "{line}");
        }
    }

    #[test]
    fn an_entry_is_taken_apart_at_blanks() {
        for (line, marker, at) in [
            (" \thost\t ssh-rsa \tAAAA c d", None, 2..6),
            ("@revoked  host ssh-rsa AAAA", Some(Marker::Revoked), 10..14),
            ("@revoked\thost ssh-rsa AAAA", Some(Marker::Revoked), 9..13),
            ("@cert-authority host ssh-rsa AAAA", Some(Marker::CertAuthority), 16..20),
            ("@cert-authority\thost\tssh-rsa\tAAAA", Some(Marker::CertAuthority), 16..20),
        ] {
            let Content::Entry(entry) = content(line.as_bytes()) else { panic!("{line}") };
            assert_eq!((entry.marker, entry.hosts_at), (marker, at), "{line}");
            assert_eq!((entry.key_type, entry.base64), (&b"ssh-rsa"[..], &b"AAAA"[..]), "{line}");
        }
    }

    #[test]
    fn lists_match_as_in_ssh() {
        for (list, name, expected) in [
            ("host", "host", true),
            ("HOST", "host", true),
            ("host", "hos", false),
            ("a,host,b", "host", true),
            ("host,", "host", true),
            (",host", "host", true),
            ("*", "host", true),
            ("h*t", "host", true),
            ("h??t", "host", true),
            ("h?t", "host", false),
            ("*.example.com", "foo.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com,!foo.example.com", "foo.example.com", false),
            ("!foo.example.com,*.example.com", "foo.example.com", false),
            ("*,!f*", "bar", true),
            ("!bar", "foo", false),
            ("!!foo,*", "foo", true),
            ("[h]:22*", "[h]:2222", true),
            ("**a**b**", "xxaxxbxx", true),
            ("*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false),
        ] {
            let line = format!("{list} {KEY}");
            let Content::Entry(entry) = content(line.as_bytes()) else { panic!("{line}") };
            assert_eq!(entry.hosts.matches(name.as_bytes()), expected, "{list} {name}");
        }
    }

    #[test]
    fn a_pattern_of_more_than_1022_bytes_ends_the_list() {
        for (length, expected) in [(1022, true), (1023, false)] {
            let list = format!("{},host", "x".repeat(length));
            assert_eq!(match_list(list.as_bytes(), b"host"), expected, "{length}");
        }
    }

    #[test]
    fn a_hash_that_is_no_base64_matches_nothing() {
        let whole = Hashed::new(b"web", [7; 20]).to_string();
        for bad in [whole.replacen('=', "!", 1), whole.replacen("c=|", "d=|", 1)] {
            let line = format!("{bad} {KEY}");
            if let Content::Entry(entry) = content(line.as_bytes()) {
                assert!(!entry.hosts.matches(b"web"), "{line}");
            }
        }
    }

    #[test]
    fn a_hashed_name_matches_itself_alone() {
        let hashed = Hashed::new(b"foo.example.com", [7; 20]);
        let line = format!("{hashed} {KEY}");
        let Content::Entry(entry) = content(line.as_bytes()) else { panic!("{line}") };
        assert!(entry.hosts.matches(b"foo.example.com"));
        assert!(!entry.hosts.matches(b"foo.example.co"));
    }
}
