//! What goes from known_hosts when a host is forgotten, and what stays.
//!
//! `ssh-keygen -R` drops a line with all its names, whole wildcard lines too, and does nothing
//! at all in a file with one bad line. Here a line loses only the names that were asked for,
//! and a line that is not understood is none of our business.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use sshp_splice::Splice;
use sshp_splice::parallel;

use super::file::{File, Place};
use super::key::HostKey;
use super::line::{Content, Entry, Hosts, Lines, Marker, SaltedHmac, lines_in, match_pattern};
use super::name::{canonical_address, canonical_host, split_port, with_port};

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
    /// The hashed lines that match and stay: what nobody needs to hash again to find.
    pub hashed_left: Vec<HashedLeft>,
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

/// A hashed line that matches and stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashedLeft {
    /// The line, as it is numbered after the removal.
    pub line: u32,
    /// The name that it hides.
    pub name: String,
    /// What it says of its key.
    pub marker: Option<Marker>,
    /// The key, where it can be read.
    pub key: Option<HostKey>,
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
    fn is_hashed(&self, mac: &SaltedHmac) -> bool {
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
        files.iter().map(|file| Pass::over(file, &needles, &beside, reach)).collect();
    if !wanted.keep.is_empty() {
        for pass in &mut passes {
            pass.keep_keys(&wanted.keep);
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
    /// Hashed names that go only with a key that is removed.
    beside: Vec<Hit<'a>>,
    hashed_left: Vec<HashedLeft>,
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

impl<'a> Hit<'a> {
    fn new(
        number: u32,
        span: Range<usize>,
        entry: &Entry<'a>,
        pieces: Vec<(&'a [u8], bool)>,
        hashed: Option<String>,
    ) -> Self {
        Hit {
            number,
            span,
            hosts_at: entry.hosts_at.clone(),
            pieces,
            hashed,
            key_type: entry.key_type,
            base64: entry.base64,
            key: entry.key(),
        }
    }

    /// A line that begins with one of these characters is another kind of line. Within a list such
    /// a name is none, so it goes before it can come first.
    fn take_what_would_lead(&mut self) {
        for (piece, goes) in &mut self.pieces {
            if !*goes
                && !piece.starts_with(b"|")
                && !piece.starts_with(b"@")
                && !piece.starts_with(b"#")
            {
                break;
            }
            *goes = true;
        }
    }

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
    fn over(file: &'a File, needles: &[Needle], beside: &[Needle], reach: Reach) -> Self {
        let mut whole = Pass::new(file);
        let parts = parallel::over_lines(file.bytes(), |part| {
            let mut pass = Pass::new(file);
            pass.read(part, needles, beside, reach);
            pass
        });
        for part in parts {
            whole.hits.extend(part.hits);
            whole.beside.extend(part.beside);
            whole.hashed_left.extend(part.hashed_left);
        }
        whole
    }

    fn new(file: &'a File) -> Self {
        Pass {
            file,
            hits: Vec::new(),
            beside: Vec::new(),
            hashed_left: Vec::new(),
            hidden: 0,
            bom: file.bytes().starts_with(BOM),
        }
    }

    /// The lines in a part of the file, the first of all without the byte order mark before it.
    fn lines(&self, part: Range<usize>) -> Lines<'a> {
        let from = if self.bom { BOM.len() } else { 0 };
        lines_in(self.file.bytes(), part.start.max(from)..part.end)
    }

    fn read(&mut self, part: Range<usize>, needles: &[Needle], beside: &[Needle], reach: Reach) {
        for line in self.lines(part) {
            let Content::Entry(entry) = line.content else { continue };
            match &entry.hosts {
                Hosts::Hashed(hashed) => {
                    let Some(mac) = hashed.hmac() else { continue };
                    let hidden_by = |needles: &[Needle]| {
                        needles.iter().find(|n| n.is_hashed(&mac)).map(|n| n.name.clone())
                    };
                    let (name, own) = match hidden_by(needles) {
                        Some(name) => (name, true),
                        None => match hidden_by(beside) {
                            Some(name) => (name, false),
                            None => continue,
                        },
                    };
                    if entry.marker.is_some() {
                        self.leave_hashed(line.number, name, entry.marker, entry.key());
                    } else {
                        let hit = Hit::new(line.number, line.span, &entry, Vec::new(), Some(name));
                        if own { self.hits.push(hit) } else { self.beside.push(hit) }
                    }
                }
                Hosts::List(list) => {
                    self.read_list(line.number, line.span, &entry, list, needles, reach);
                }
            }
        }
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
        if entry.marker.is_some() {
            return;
        }
        let patterns_too = reach.wildcards || reach.whole_line;
        let goes = |piece: &[u8]| {
            let is_pattern = patterns_too && piece.iter().any(|b| matches!(b, b'*' | b'?'));
            let text = str::from_utf8(piece).unwrap_or_default();
            needles.iter().any(|needle| {
                let name = needle.name.as_bytes();
                (needle.is(text) || is_pattern && match_pattern(piece, name))
                    && !negates(list, name)
            })
        };
        let pieces: Vec<(&[u8], bool)> =
            list.split(|b| *b == b',').map(|piece| (piece, goes(piece))).collect();
        if pieces.iter().any(|(_, goes)| *goes) {
            self.hits.push(Hit::new(number, span, entry, pieces, None));
        }
    }

    fn leave_hashed(
        &mut self,
        line: u32,
        name: String,
        marker: Option<Marker>,
        key: Option<HostKey>,
    ) {
        self.hashed_left.push(HashedLeft { line, name, marker, key });
    }

    /// Lets lines with these keys stay.
    fn keep_keys(&mut self, keys: &[HostKey]) {
        for hit in std::mem::take(&mut self.hits) {
            if !hit.key.as_ref().is_some_and(|key| keys.contains(key)) {
                self.hits.push(hit);
            } else if let Some(name) = hit.hashed {
                self.leave_hashed(hit.number, name, None, hit.key);
            }
        }
    }

    fn place(&self, line: u32) -> Place {
        Place { file: self.file.path.clone(), line, scope: self.file.scope }
    }

    /// Takes the addresses of keys that were removed and the names that go with them, and counts
    /// the hashed names that may be some.
    fn follow_keys(&mut self, by_key: &HashMap<&[u8], HashSet<u16>>, beside: &[Needle]) {
        let met: HashSet<u32> = (self.hits.iter().chain(&self.beside).map(|hit| hit.number))
            .chain(self.hashed_left.iter().map(|left| left.line))
            .collect();
        // What has to be looked at again is little of a large file.
        let parts = parallel::over_lines(self.file.bytes(), |part| {
            let (mut again, mut hidden) = (Vec::new(), 0);
            for line in self.lines(part) {
                let Content::Entry(entry) = &line.content else { continue };
                if met.contains(&line.number) {
                    again.push(line);
                } else if entry.marker.is_none() && by_key.contains_key(entry.base64) {
                    match entry.hosts {
                        Hosts::Hashed(_) => hidden += 1,
                        Hosts::List(_) => again.push(line),
                    }
                }
            }
            (again, hidden)
        });
        self.hidden += parts.iter().map(|(_, hidden)| hidden).sum::<usize>();
        let mut hits = std::mem::take(&mut self.hits).into_iter().peekable();
        let mut all = Vec::new();
        for line in parts.into_iter().flat_map(|(again, _)| again) {
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
                        all.push(Hit::new(line.number, line.span, &entry, pieces, None));
                    }
                }
                (None, Hosts::Hashed(_)) => {
                    let beside = self.beside.iter().position(|hit| hit.number == line.number);
                    all.extend(beside.map(|at| self.beside.remove(at)));
                }
            }
        }
        self.hits = all;
    }

    fn finish(mut self, reach: Reach) -> FileRemoval {
        for hit in std::mem::take(&mut self.beside) {
            self.leave_hashed(hit.number, hit.hashed.unwrap_or_default(), None, hit.key);
        }
        let mut splices = Vec::new();
        let mut removed = Vec::new();
        self.hits.iter_mut().for_each(Hit::take_what_would_lead);
        for hit in &self.hits {
            // What is left of a list without a name to match is nothing.
            let matches_any = |(piece, goes): &(&[u8], bool)| {
                !goes && !piece.is_empty() && !matches!(piece[0], b'!' | b'|' | b'@' | b'#')
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
        for left in &mut self.hashed_left {
            let gone =
                |removed: &&Removed| removed.left.is_empty() && removed.place.line < left.line;
            let above = removed.iter().filter(gone).count();
            left.line -= u32::try_from(above).unwrap_or(0);
        }
        FileRemoval {
            splices,
            removed,
            hashed_left: self.hashed_left,
            hidden: self.hidden,
            bom: self.bom,
        }
    }
}

const BOM: &[u8] = b"\xef\xbb\xbf";

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
