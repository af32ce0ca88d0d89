//! What goes from known_hosts when a host is forgotten, and what stays.
//!
//! `ssh-keygen -R` drops a line with all its names, whole wildcard lines too, and does nothing
//! at all in a file with one bad line. Here a line loses only the names that were asked for,
//! and a line that is not understood is none of our business.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use super::key::HostKey;
use super::line::{
    Content, Entry, Hosts, Marker, SaltedHmac, lines, lines_after_bom, match_pattern,
};
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

    /// Whether a hashed name is this one.
    fn is_hashed(&self, mac: &SaltedHmac<'_>) -> bool {
        mac.is(self.name.as_bytes()) || self.raw.as_ref().is_some_and(|raw| mac.is(raw.as_bytes()))
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

/// The names that are to be forgotten, each `host` or `[host]:port`, in any case and with addresses
/// in any form. A pattern stands for itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Names that go wherever they stand.
    pub names: Vec<String>,
    /// Names that go where they hold a key that is removed under one of the others: the plain host
    /// of a server at another port can as well be another server.
    pub with_their_key: Vec<String>,
    /// Keys whose lines stay as they are.
    pub keep: Vec<HostKey>,
}

/// Plans the removal of names from files; gives one plan for each.
///
/// The addresses of a removed key (`host,10.0.0.1`, as CheckHostIP writes them) go with its host
/// names, at the same port. One pass over each file, one HMAC for each hashed line and name.
pub fn plan_removal(files: &[File], wanted: &Wanted, reach: Reach) -> Vec<FileRemoval> {
    let needles: Vec<Needle> = wanted.names.iter().map(|name| Needle::new(name)).collect();
    let beside: Vec<Needle> = wanted.with_their_key.iter().map(|name| Needle::new(name)).collect();
    let mut passes: Vec<Pass<'_>> =
        files.iter().map(|file| Pass::over(file, &needles, reach)).collect();
    if !wanted.keep.is_empty() {
        for pass in &mut passes {
            pass.hits.retain(|hit| !hit.key.as_ref().is_some_and(|key| wanted.keep.contains(key)));
        }
    }
    // The ports under whose host names each key was removed, the key as it is written.
    let mut by_key: HashMap<&[u8], HashSet<u16>> = HashMap::new();
    for hit in passes.iter().flat_map(|pass| &pass.hits).filter(|_| !reach.whole_line) {
        let ports = by_key.entry(hit.base64).or_default();
        for (host, port) in hit.removed_names().iter().map(|name| split_port(name)) {
            if canonical_address(host).is_none() {
                ports.insert(port);
            }
        }
    }
    if !by_key.is_empty() {
        for pass in &mut passes {
            pass.follow_keys(&by_key, &beside);
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
                    let Some(needle) = needles.iter().find(|needle| needle.is_hashed(&mac)) else {
                        continue;
                    };
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

    /// Takes the addresses of keys that were removed and the names that go with them, and counts
    /// the hashed names that may be some.
    fn follow_keys(&mut self, by_key: &HashMap<&[u8], HashSet<u16>>, beside: &[Needle]) {
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
            let follows = |piece: &[u8]| {
                let piece = str::from_utf8(piece).unwrap_or_default();
                let (host, port) = split_port(piece);
                ports.contains(&port) && canonical_address(host).is_some()
                    || beside.iter().any(|needle| needle.is(piece))
            };
            match (hit, &entry.hosts) {
                (Some(mut hit), _) => {
                    for (piece, goes) in &mut hit.pieces {
                        *goes = *goes || follows(piece);
                    }
                    all.push(hit);
                }
                (None, Hosts::List(list)) => {
                    let pieces: Vec<_> =
                        list.split(|b| *b == b',').map(|piece| (piece, follows(piece))).collect();
                    if pieces.iter().any(|(_, goes)| *goes) {
                        self.hit(line.number, line.span, &entry, pieces, None);
                    }
                }
                (None, Hosts::Hashed(hashed)) => {
                    let mac = hashed.hmac();
                    match beside.iter().find(|needle| needle.is_hashed(&mac)) {
                        Some(needle) => {
                            let name = Some(needle.name.clone());
                            self.hit(line.number, line.span, &entry, Vec::new(), name);
                        }
                        None => self.hidden += 1,
                    }
                }
            }
            all.append(&mut self.hits);
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
mod tests;
