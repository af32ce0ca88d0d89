//! What goes from known_hosts when a host is forgotten, and what stays.
//!
//! `ssh-keygen -R` drops a line with all its names, whole wildcard lines too, and does nothing
//! at all in a file with one bad line. Here a line loses only the names that were asked for,
//! and a line that is not understood is none of our business.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::key::HostKey;
use super::line::{Content, Entry, Hosts, Marker, lines, lines_after_bom, match_pattern};
use super::name::{canonical_address, canonical_host, split_port, with_port};
use super::verdict::{File, Place};
use crate::change::Splice;

/// How far a removal goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Patterns with `*` or `?` that match go as well.
    pub wildcards: bool,
    /// Every line that matches goes whole, and no other, as with `ssh-keygen -R`.
    pub whole_line: bool,
}

/// What is to change in one file, and what was seen there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRemoval {
    /// The edits, in order.
    pub splices: Vec<Splice>,
    /// What they take out.
    pub removed: Vec<Removed>,
    /// Lines that match and stay.
    pub kept: Vec<Kept>,
    /// How many hashed lines hold a key that was removed, under names that cannot be read.
    pub hidden: usize,
    /// The file begins with a byte order mark, behind which ssh does not see the first line.
    pub bom: bool,
}

/// One line's loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where the line stood.
    pub place: Place,
    /// The names that go; for a hashed one, the name that it hides.
    pub names: Vec<String>,
    /// The names that stay on the line; when none do, the line is gone.
    pub left: Vec<String>,
    /// The name was hashed.
    pub hashed: bool,
    /// The type that the line names.
    pub key_type: String,
    /// The key, where it can be read.
    pub key: Option<HostKey>,
}

/// A line that matches and stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Where it stands.
    pub place: Place,
    /// The patterns that match.
    pub names: Vec<String>,
    /// Why it stays.
    pub why: Why,
    /// The key, where it can be read.
    pub key: Option<HostKey>,
}

/// Why a line stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It matches by a pattern, and so other hosts besides.
    Wildcard,
    /// It names an authority.
    CertAuthority,
    /// It revokes a key.
    Revoked,
}

/// A name to forget, in the spellings that it may have in a file.
struct Needle {
    /// What ssh looks up.
    name: String,
    /// What somebody wrote, where that is something else: `ssh-keygen` would have hashed it so.
    raw: Option<String>,
}

impl Needle {
    fn new(written: &str) -> Self {
        let (host, port) = split_port(written);
        let name = with_port(&canonical_host(host), port);
        let raw = (name != written).then(|| written.to_owned());
        Needle { name, raw }
    }

    /// Whether a name of a plain list is this one, however it is written.
    fn is(&self, piece: &str) -> bool {
        if piece.starts_with('!') {
            return false;
        }
        if piece.eq_ignore_ascii_case(&self.name) {
            return true;
        }
        let (host, port) = split_port(piece);
        let numeric = host.contains(':') || host.starts_with(|c: char| c.is_ascii_digit());
        numeric
            && canonical_address(host).is_some_and(|address| with_port(&address, port) == self.name)
    }
}

/// Plans the removal of names from files. A name is `host` or `[host]:port`, in any case and with
/// addresses in any form; it may be a pattern, which then stands for itself.
///
/// The addresses of a removed key (`host,10.0.0.1`, as CheckHostIP writes them) go with its host
/// names, at the same port. One pass over each file, one HMAC for each hashed line and name.
pub fn plan_removal(files: &[File], names: &[String], reach: Reach) -> Vec<FileRemoval> {
    let needles: Vec<Needle> = names.iter().map(|name| Needle::new(name)).collect();
    let mut passes: Vec<Pass<'_>> =
        files.iter().map(|file| Pass::over(file, &needles, reach)).collect();
    // The ports under whose host names each key was removed, the key as it is written.
    let mut by_key: HashMap<&[u8], HashSet<u16>> = HashMap::new();
    for hit in passes.iter().flat_map(|pass| &pass.hits).filter(|_| !reach.whole_line) {
        for (host, port) in hit.removed_names().iter().map(|name| split_port(name)) {
            if canonical_address(host).is_none() {
                by_key.entry(hit.base64).or_default().insert(port);
            }
        }
    }
    if !by_key.is_empty() {
        for pass in &mut passes {
            pass.take_addresses(&by_key);
        }
    }
    passes.into_iter().map(|pass| pass.finish(reach)).collect()
}

/// One file while it is gone through.
struct Pass<'a> {
    file: &'a File,
    hits: Vec<Hit<'a>>,
    kept: Vec<Kept>,
    hidden: usize,
    bom: bool,
}

/// A line that loses something.
struct Hit<'a> {
    number: u32,
    span: Range<usize>,
    hosts_at: Range<usize>,
    /// The names of a plain list, and whether each goes.
    pieces: Vec<(&'a [u8], bool)>,
    /// What a hashed name hides.
    hashed: Option<String>,
    key_type: &'a [u8],
    base64: &'a [u8],
    key: Option<HostKey>,
}

impl Hit<'_> {
    fn removed_names(&self) -> Vec<String> {
        match &self.hashed {
            Some(name) => vec![name.clone()],
            None => shown(self.pieces.iter().filter(|(_, goes)| *goes).map(|(piece, _)| *piece)),
        }
    }
}

fn shown<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    pieces.map(|piece| String::from_utf8_lossy(piece).into_owned()).collect()
}

impl<'a> Pass<'a> {
    fn over(file: &'a File, needles: &[Needle], reach: Reach) -> Self {
        let text = file.bytes();
        let bom = text.starts_with(BOM);
        let mut pass = Pass { file, hits: Vec::new(), kept: Vec::new(), hidden: 0, bom };
        for line in if bom { lines_after_bom(text) } else { lines(text) } {
            let Content::Entry(entry) = line.content else { continue };
            match &entry.hosts {
                Hosts::Hashed(hashed) => {
                    let mac = hashed.hmac();
                    let hides = |needle: &&Needle| {
                        mac.is(needle.name.as_bytes())
                            || needle.raw.as_ref().is_some_and(|raw| mac.is(raw.as_bytes()))
                    };
                    let Some(needle) = needles.iter().find(hides) else { continue };
                    if let Some(why) = stays(entry.marker) {
                        pass.keep(line.number, vec![needle.name.clone()], why, entry.key());
                    } else {
                        let hashed = Some(needle.name.clone());
                        pass.hit(line.number, line.span, &entry, Vec::new(), hashed);
                    }
                }
                Hosts::List(list) => {
                    pass.read_list(line.number, line.span, &entry, list, needles, reach);
                }
            }
        }
        pass
    }

    /// Decides name by name what goes from a plain list.
    fn read_list(
        &mut self,
        number: u32,
        span: Range<usize>,
        entry: &Entry<'a>,
        list: &'a [u8],
        needles: &[Needle],
        reach: Reach,
    ) {
        let mut pieces: Vec<(&[u8], bool)> = Vec::new();
        let mut patterns: Vec<&[u8]> = Vec::new();
        for piece in list.split(|b| *b == b',') {
            let is_pattern = piece.iter().any(|b| matches!(b, b'*' | b'?'));
            let text = str::from_utf8(piece).unwrap_or_default();
            let named = needles
                .iter()
                .any(|needle| needle.is(text) && !negates(list, needle.name.as_bytes()));
            let matched = !named
                && is_pattern
                && needles.iter().any(|needle| {
                    match_pattern(piece, needle.name.as_bytes())
                        && !negates(list, needle.name.as_bytes())
                });
            if matched {
                patterns.push(piece);
            }
            pieces.push((piece, named || (matched && (reach.wildcards || reach.whole_line))));
        }
        let goes = pieces.iter().any(|(_, goes)| *goes);
        if let Some(why) = stays(entry.marker) {
            if goes || !patterns.is_empty() {
                let names = pieces.iter().filter(|(piece, goes)| *goes || patterns.contains(piece));
                self.keep(number, shown(names.map(|(piece, _)| *piece)), why, entry.key());
            }
            return;
        }
        if !patterns.is_empty() && !reach.wildcards && !reach.whole_line {
            self.keep(number, shown(patterns.into_iter()), Why::Wildcard, entry.key());
        }
        if goes {
            self.hit(number, span, entry, pieces, None);
        }
    }

    fn hit(
        &mut self,
        number: u32,
        span: Range<usize>,
        entry: &Entry<'a>,
        pieces: Vec<(&'a [u8], bool)>,
        hashed: Option<String>,
    ) {
        self.hits.push(Hit {
            number,
            span,
            hosts_at: entry.hosts_at.clone(),
            pieces,
            hashed,
            key_type: entry.key_type,
            base64: entry.base64,
            key: entry.key(),
        });
    }

    fn keep(&mut self, line: u32, names: Vec<String>, why: Why, key: Option<HostKey>) {
        self.kept.push(Kept { place: self.place(line), names, why, key });
    }

    fn place(&self, line: u32) -> Place {
        Place { file: self.file.path.clone(), line, scope: self.file.scope }
    }

    /// Takes the addresses of keys that were removed, and counts the hashed names that may be
    /// some.
    fn take_addresses(&mut self, by_key: &HashMap<&[u8], HashSet<u16>>) {
        let text = self.file.bytes();
        let mut hits = std::mem::take(&mut self.hits).into_iter().peekable();
        let mut all = Vec::new();
        for line in if self.bom { lines_after_bom(text) } else { lines(text) } {
            let hit = hits.next_if(|hit| hit.number == line.number);
            let Content::Entry(entry) = line.content else { continue };
            let Some(ports) = by_key.get(entry.base64).filter(|_| entry.marker.is_none()) else {
                all.extend(hit);
                continue;
            };
            let is_address = |piece: &[u8]| {
                let (host, port) = split_port(str::from_utf8(piece).unwrap_or_default());
                ports.contains(&port) && canonical_address(host).is_some()
            };
            match (hit, &entry.hosts) {
                (Some(mut hit), _) => {
                    for (piece, goes) in &mut hit.pieces {
                        *goes = *goes || is_address(piece);
                    }
                    all.push(hit);
                }
                (None, Hosts::List(list)) => {
                    let pieces: Vec<_> = list
                        .split(|b| *b == b',')
                        .map(|piece| (piece, is_address(piece)))
                        .collect();
                    if pieces.iter().any(|(_, goes)| *goes) {
                        self.hit(line.number, line.span, &entry, pieces, None);
                        all.append(&mut self.hits);
                    }
                }
                (None, Hosts::Hashed(_)) => self.hidden += 1,
            }
        }
        self.hits = all;
    }

    fn finish(self, reach: Reach) -> FileRemoval {
        let mut splices = Vec::new();
        let mut removed = Vec::new();
        for hit in &self.hits {
            // What is left of a list without a name to match is nothing.
            let matches_any = |(piece, goes): &(&[u8], bool)| {
                !goes && !piece.is_empty() && !piece.starts_with(b"!")
            };
            let whole = reach.whole_line || !hit.pieces.iter().any(matches_any);
            let left = if whole {
                splices.push(Splice::delete(hit.span.clone()));
                Vec::new()
            } else {
                splices.extend(list_splices(hit.hosts_at.start, &hit.pieces));
                shown(hit.pieces.iter().filter(|(_, goes)| !goes).map(|(piece, _)| *piece))
            };
            let names = if whole && hit.hashed.is_none() {
                shown(hit.pieces.iter().map(|(piece, _)| *piece))
            } else {
                hit.removed_names()
            };
            removed.push(Removed {
                place: self.place(hit.number),
                names,
                left,
                hashed: hit.hashed.is_some(),
                key_type: String::from_utf8_lossy(hit.key_type).into_owned(),
                key: hit.key.clone(),
            });
        }
        FileRemoval { splices, removed, kept: self.kept, hidden: self.hidden, bom: self.bom }
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";

fn stays(marker: Option<Marker>) -> Option<Why> {
    marker.map(|marker| match marker {
        Marker::CertAuthority => Why::CertAuthority,
        Marker::Revoked => Why::Revoked,
    })
}

/// Whether a list takes a name out again, `*.example.com,!foo.example.com`.
fn negates(list: &[u8], name: &[u8]) -> bool {
    list.split(|b| *b == b',')
        .filter_map(|piece| piece.strip_prefix(b"!"))
        .any(|pattern| match_pattern(pattern, name))
}

/// Takes names out of a list, each with the comma that parted it from the rest.
fn list_splices(start: usize, pieces: &[(&[u8], bool)]) -> Vec<Splice> {
    let mut splices = Vec::new();
    let (mut at, mut kept_before) = (start, false);
    for (piece, goes) in pieces {
        let end = at + piece.len();
        if !goes {
            kept_before = true;
        } else if kept_before {
            splices.push(Splice::delete(at - 1..end));
        } else {
            splices.push(Splice::delete(at..end + 1));
        }
        at = end + 1;
    }
    splices
}

#[cfg(test)]
mod tests {
    use super::super::key::tests::{ed25519, rsa};
    use super::super::line::Hashed;
    use super::super::verdict::Scope;
    use super::*;
    use crate::change::splice;

    const PLAIN: Reach = Reach { wildcards: false, whole_line: false };
    const WILD: Reach = Reach { wildcards: true, whole_line: false };
    const WHOLE: Reach = Reach { wildcards: false, whole_line: true };

    fn keyed(text: &str) -> String {
        let keys = [("K1", ed25519(1)), ("K2", ed25519(2)), ("K3", rsa(0x55, 0))];
        keys.iter().fold(text.to_owned(), |text, (k, key)| text.replace(k, &key.to_line()))
    }

    fn hashed(name: &str) -> String {
        Hashed::new(name.as_bytes(), [9; 20]).to_string()
    }

    fn forget(text: &[u8], names: &[&str], reach: Reach) -> (Vec<u8>, FileRemoval) {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let file = File::new("u", Scope::User, Some(text.into()));
        let removal = plan_removal(&[file], &names, reach).remove(0);
        (splice(text, &removal.splices), removal)
    }

    #[track_caller]
    fn case(before: &str, names: &[&str], reach: Reach, after: &str) -> FileRemoval {
        let (text, removal) = forget(keyed(before).as_bytes(), names, reach);
        assert_eq!(String::from_utf8_lossy(&text), keyed(after), "{before}");
        removal
    }

    #[test]
    fn a_line_loses_only_the_names_that_were_asked_for() {
        for (before, name, after) in [
            ("web K1\n", "web", ""),
            ("WEB K1\n", "web", ""),
            ("web K1\n", "Web", ""),
            ("web,10.0.0.1 K1\n", "10.0.0.1", "web K1\n"),
            ("a,b,c K1 note\n", "a", "b,c K1 note\n"),
            ("a,b,c K1 note\n", "b", "a,c K1 note\n"),
            ("a,b,c K1 note\n", "c", "a,b K1 note\n"),
            ("a,a,b K1\n", "a", "b K1\n"),
            ("b,a,a K1\n", "a", "b K1\n"),
            ("a,,b K1\n", "a", ",b K1\n"),
            ("a, K1\n", "a", ""),
            ("a,!b K1\n", "a", ""),
            ("web K1\nweb K2\nother K1\nweb K3\n", "web", "other K1\n"),
            ("# web K1\n\n \t web\tK1\n#end", "web", "# web K1\n\n#end"),
            ("x K1\nweb K1", "web", "x K1\n"),
            ("web K1\r\nx K1\r\n", "web", "x K1\r\n"),
            ("web.x K1\n", "web", "web.x K1\n"),
            ("[web]:2222 K1\n", "web", "[web]:2222 K1\n"),
            ("web K1\n", "[web]:2222", "web K1\n"),
            ("[web]:2222 K1\nweb K2\n", "[WEB]:2222", "web K2\n"),
            ("web K1\n", "[web]:22", ""),
            ("2001:db8::1 K1\n", "2001:DB8:0::1", ""),
            ("2001:DB8:0:0::1 K1\n", "2001:db8::1", ""),
            ("[2001:db8::1]:22022 K1\n", "[2001:DB8:0::1]:22022", ""),
            ("127.0.0.1 K1\n", "127.1", ""),
        ] {
            case(before, &[name], PLAIN, after);
        }
        case("a,b,c,d K1\n", &["a", "c"], PLAIN, "b,d K1\n");
        case("a,b,c,d K1\n", &["b", "d", "a"], PLAIN, "c K1\n");
    }

    #[test]
    fn hashed_names_go_in_every_spelling() {
        for (hidden, name) in [
            ("web", "web"),
            ("web", "WEB"),
            ("WEB", "WEB"),
            ("[web]:2222", "[Web]:2222"),
            ("2001:db8::1", "2001:DB8:0::1"),
        ] {
            let before = format!("{} K1\nother K2\n", hashed(hidden));
            let removal = case(&before, &[name], PLAIN, "other K2\n");
            assert!(removal.removed[0].hashed, "{name}");
        }
        let before = format!("{} K1\n", hashed("web"));
        case(&before, &["we"], PLAIN, &before);
    }

    #[test]
    fn wildcards_stay_until_they_are_asked_for() {
        for (before, name, plain, wild) in [
            ("*.x K1\n", "foo.x", "*.x K1\n", ""),
            ("foo.x,*.x K1\n", "foo.x", "*.x K1\n", ""),
            ("*.x,bar K1\n", "foo.x", "*.x,bar K1\n", "bar K1\n"),
            ("*.x,!foo.x K1\n", "foo.x", "*.x,!foo.x K1\n", "*.x,!foo.x K1\n"),
            ("a,!foo.x K1\n", "!foo.x", "a,!foo.x K1\n", "a,!foo.x K1\n"),
            ("foo.x,!foo.x K1\n", "foo.x", "foo.x,!foo.x K1\n", "foo.x,!foo.x K1\n"),
            ("*.x K1\n", "*.x", "", ""),
            ("*.x,!foo.x K1\n", "*.x", "", ""),
        ] {
            case(before, &[name], PLAIN, plain);
            case(before, &[name], WILD, wild);
        }
        let removal = case("a K1\n*.x,f* K1\n", &["foo.x"], PLAIN, "a K1\n*.x,f* K1\n");
        let kept = &removal.kept[0];
        assert_eq!((kept.why, kept.place.line), (Why::Wildcard, 2));
        assert_eq!(kept.names, ["*.x", "f*"]);
        assert!(removal.removed.is_empty());
    }

    #[test]
    fn whole_line_does_as_ssh_keygen_does() {
        case("web,10.0.0.1 K1\n", &["10.0.0.1"], WHOLE, "");
        case("*.x,bar K1\nbar K1\n", &["foo.x"], WHOLE, "bar K1\n");
        case("web K1\n10.0.0.1 K1\n", &["web"], WHOLE, "10.0.0.1 K1\n");
        case("@revoked web K1\nweb K1\n", &["web"], WHOLE, "@revoked web K1\n");
    }

    #[test]
    fn markers_stay_and_are_told() {
        let before = "@cert-authority *.x K1\n@revoked foo.x K2\nfoo.x K3\n@revoked bar K2\n";
        let after = "@cert-authority *.x K1\n@revoked foo.x K2\n@revoked bar K2\n";
        let removal = case(before, &["foo.x"], PLAIN, after);
        let kept: Vec<_> = removal.kept.iter().map(|kept| (kept.place.line, kept.why)).collect();
        assert_eq!(kept, [(1, Why::CertAuthority), (2, Why::Revoked)]);
        case(before, &["foo.x"], WILD, after);
    }

    #[test]
    fn bad_lines_are_kept_and_stop_nothing() {
        let before = "garbage\nweb ssh-future-key AAAA\n|1|bad|bad ssh-rsa AAAA\n@foo web K1\n\
                      @revoked @cert-authority web K1\nweb K1\n";
        case(before, &["web"], PLAIN, before.strip_suffix("web K1\n").expect("the last line"));
        // The key is broken, the line is whole: ssh-keygen removes it too.
        let removal = case("web ssh-ed25519 !!\n", &["web"], PLAIN, "");
        assert_eq!(
            (&removal.removed[0].key, &*removal.removed[0].key_type),
            (&None, "ssh-ed25519")
        );
    }

    #[test]
    fn foreign_bytes_stay_as_they_are() {
        let key = ed25519(1).to_line();
        let [before, after] = ["web ", ""].map(|name| {
            let line = if name.is_empty() { String::new() } else { format!("{name}{key}\n") };
            [b"caf\xe9 x\0y\n\0\r\n", line.as_bytes(), b"\xff\xfe,web2 \0\nlast\0 K"].concat()
        });
        assert_eq!(forget(&before, &["web"], PLAIN).0, after);
    }

    #[test]
    fn a_byte_order_mark_stays_and_hides_nothing() {
        let before = format!("\u{feff}web {}\nx K\n", ed25519(1).to_line());
        let (after, removal) = forget(before.as_bytes(), &["web"], PLAIN);
        assert_eq!(String::from_utf8_lossy(&after), "\u{feff}x K\n");
        assert!(removal.bom);
    }

    #[test]
    fn addresses_go_with_the_key_of_their_host() {
        for (before, name, after) in [
            ("web,10.0.0.1 K1\n", "web", ""),
            ("web K1\n10.0.0.1 K1\n10.0.0.2 K2\n", "web", "10.0.0.2 K2\n"),
            ("10.0.0.1 K1\nweb K1\n", "web", ""),
            ("web,bar,10.0.0.1 K1\n", "web", "bar K1\n"),
            ("[web]:2222 K1\n[10.0.0.1]:2222 K1\n10.0.0.1 K1\n", "[web]:2222", "10.0.0.1 K1\n"),
            ("10.0.0.1 K1\n10.0.0.2 K1\n", "10.0.0.1", "10.0.0.2 K1\n"),
            ("web K1\n@revoked 10.0.0.1 K1\n", "web", "@revoked 10.0.0.1 K1\n"),
            ("web K1\nbad\n10.0.0.1 K1 x\nbar K1\n", "web", "bad\nbar K1\n"),
        ] {
            case(before, &[name], PLAIN, after);
        }
        let before = format!("web K1\n{} K1\n", hashed("10.0.0.1"));
        let removal = case(&before, &["web"], PLAIN, &format!("{} K1\n", hashed("10.0.0.1")));
        assert_eq!(removal.hidden, 1);
    }

    #[test]
    fn addresses_go_from_the_other_files_too() {
        let file = |text: &str| File::new("u", Scope::User, Some(keyed(text).as_bytes().into()));
        let files = [file("10.0.0.1 K1\n"), file("web K1\n")];
        let plans = plan_removal(&files, &["web".to_owned()], PLAIN);
        assert_eq!(plans.iter().map(|plan| plan.removed.len()).collect::<Vec<_>>(), [1, 1]);
    }

    #[test]
    fn what_was_removed_is_told_with_its_key() {
        let removal = case("x K2\nweb,bar K1\n", &["web"], PLAIN, "x K2\nbar K1\n");
        let [removed] = &removal.removed[..] else { panic!("{removal:?}") };
        assert_eq!(removed.place.to_string(), "u:2");
        assert_eq!(
            (&*removed.names, &*removed.left),
            (&["web".to_owned()][..], &["bar".into()][..])
        );
        assert_eq!(removed.key, Some(ed25519(1)));
    }
}
