//! PURE: a change as a value: byte ranges of files replaced by others.
//!
//! A change can be shown, proved and inverted before anything is written; `store::apply` is what
//! writes one. Everything outside the ranges is the original by construction.

use std::fmt::{self, Write};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

/// One byte range of a file, and what stands there afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go; empty where something is only put in.
    pub at: Range<usize>,
    /// The bytes that come.
    pub with: Vec<u8>,
}

impl Splice {
    /// Puts bytes in at an offset.
    pub fn insert(at: usize, with: impl Into<Vec<u8>>) -> Self {
        Splice { at: at..at, with: with.into() }
    }

    /// Puts bytes in the place of others.
    pub fn replace(at: Range<usize>, with: impl Into<Vec<u8>>) -> Self {
        Splice { at, with: with.into() }
    }

    /// Takes bytes out.
    pub fn delete(at: Range<usize>) -> Self {
        Splice { at, with: Vec::new() }
    }

    /// The smallest single splice that makes `new` of `old`, or `None` where they are the same.
    pub fn between(old: &[u8], new: &[u8]) -> Option<Self> {
        let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let (old_rest, new_rest) = (&old[head..], &new[head..]);
        let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b);
        let tail = tail.count();
        let at = head..old.len() - tail;
        let with = new[head..new.len() - tail].to_vec();
        (!at.is_empty() || !with.is_empty()).then_some(Splice { at, with })
    }

    /// The splices that make `new` of `old`, line by line: what stands between two lines that
    /// differ is in none of them.
    pub fn lines_between(old: &[u8], new: &[u8]) -> Vec<Self> {
        let (old_lines, new_lines) = (whole_lines(old), whole_lines(new));
        let (old_at, new_at) = (starts(&old_lines), starts(&new_lines));
        let ops = similar::capture_diff_slices(similar::Algorithm::Myers, &old_lines, &new_lines);
        // Nothing is between lines that are equal.
        let smallest = |op: similar::DiffOp| {
            let (from, to) = (op.old_range(), op.new_range());
            let from = old_at[from.start]..old_at[from.end];
            let to = &new[new_at[to.start]..new_at[to.end]];
            let Splice { at, with } = Splice::between(&old[from.clone()], to)?;
            Some(Splice { at: from.start + at.start..from.start + at.end, with })
        };
        ops.into_iter().filter_map(smallest).collect()
    }
}

/// Where each of these lines begins, and where the last one ends.
fn starts(lines: &[&[u8]]) -> Vec<usize> {
    let mut starts = vec![0];
    for line in lines {
        starts.push(starts[starts.len() - 1] + line.len());
    }
    starts
}

/// Makes the new text: the splices, in order of their offsets and apart from each other.
///
/// # Panics
/// When splices overlap or lie outside the text, which is a fault of the plan.
pub fn splice(text: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut out =
        Vec::with_capacity(text.len() + splices.iter().map(|s| s.with.len()).sum::<usize>());
    pieces(text, splices).for_each(|piece| out.extend_from_slice(piece));
    out
}

/// What the new text is made of: what stands before each splice, what comes in its place, and the
/// rest.
fn pieces<'a>(text: &'a [u8], splices: &'a [Splice]) -> impl Iterator<Item = &'a [u8]> {
    let froms = std::iter::once(0).chain(splices.iter().map(|splice| splice.at.end));
    let rest = splices.last().map_or(0, |last| last.at.end);
    let before = splices
        .iter()
        .zip(froms)
        .flat_map(|(splice, from)| [&text[from..splice.at.start], &splice.with]);
    before.chain(std::iter::once(&text[rest..]))
}

/// Where the line ends that holds an offset, its newline included.
fn line_end(text: &[u8], at: usize) -> usize {
    text[at..].iter().position(|b| *b == b'\n').map_or(text.len(), |n| at + n + 1)
}

fn whole_lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|b| *b == b'\n').collect()
}

/// The text of a file that is kept nowhere else: no diff shows it, no journal or backup holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    /// All of the file.
    pub text: Arc<Zeroizing<Vec<u8>>>,
    /// Where it was copied from: while that is there, the copy may go again.
    pub origin: PathBuf,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// What happens to one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// The file as it was named; a symlink is followed when it is written.
    pub path: PathBuf,
    /// What was read when the change was planned; `None` where there was no file.
    pub base: Option<Arc<[u8]>>,
    /// The edits, in order and apart from each other.
    pub splices: Vec<Splice>,
    /// Whether there is no file afterwards; the edits then leave nothing of it.
    pub removes: bool,
    /// A private key that comes, or with `removes` goes; `base` and `splices` then say nothing.
    pub secret: Option<Secret>,
}

impl FileChange {
    /// A change of an existing text, or of no file (`base` is `None`).
    pub fn new(
        path: impl Into<PathBuf>,
        base: Option<Arc<[u8]>>,
        mut splices: Vec<Splice>,
    ) -> Self {
        splices.sort_by_key(|s| (s.at.start, s.at.end));
        FileChange { path: path.into(), base, splices, removes: false, secret: None }
    }

    /// A file that goes.
    pub fn removal(path: impl Into<PathBuf>, base: Arc<[u8]>) -> Self {
        let splices = vec![Splice::delete(0..base.len())];
        FileChange { path: path.into(), base: Some(base), splices, removes: true, secret: None }
    }

    /// A private key that comes where no file is, or goes.
    pub fn secret(path: impl Into<PathBuf>, secret: Secret, removes: bool) -> Self {
        let path = path.into();
        FileChange { path, base: None, splices: Vec::new(), removes, secret: Some(secret) }
    }

    /// What has to be there for the change to be made; `None` where no file may be.
    pub fn found(&self) -> Option<&[u8]> {
        match &self.secret {
            Some(secret) => self.removes.then_some(&secret.text[..]),
            None => self.base.as_deref(),
        }
    }

    /// What the file held.
    pub fn before(&self) -> &[u8] {
        self.base.as_deref().unwrap_or_default()
    }

    /// What the file will hold: nothing where it goes.
    pub fn after(&self) -> Vec<u8> {
        splice(self.before(), &self.splices)
    }

    /// The same without a copy of it: the first piece is all before the first edit.
    pub fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        pieces(self.before(), &self.splices)
    }

    /// Whether the file will hold what it holds.
    fn is_nothing(&self) -> bool {
        let mut rest = self.before();
        let same = self.pieces().all(|piece| {
            let found = rest.strip_prefix(piece);
            rest = found.unwrap_or_default();
            found.is_some()
        });
        same && rest.is_empty()
    }

    /// How many lines come and how many go, as a diff counts: a line that changes does both.
    pub fn lines(&self) -> (usize, usize) {
        let text = self.before();
        let (mut come, mut gone) = (0, 0);
        let mut splices = &self.splices[..];
        while let Some(first) = splices.first() {
            // Whole lines around the splice, and around all that follow within them.
            let start =
                text[..first.at.start].iter().rposition(|b| *b == b'\n').map_or(0, |n| n + 1);
            let mut end = line_end(text, first.at.end);
            let mut count = 1;
            while let Some(next) = splices.get(count).filter(|next| next.at.start <= end) {
                end = line_end(text, next.at.end).max(end);
                count += 1;
            }
            let (here, rest) = splices.split_at(count);
            let moved = here.iter().map(|Splice { at, with }| Splice {
                at: at.start - start..at.end - start,
                with: with.clone(),
            });
            let old = &text[start..end];
            let new = splice(old, &moved.collect::<Vec<_>>());
            let (old, new) = (whole_lines(old), whole_lines(&new));
            for op in similar::capture_diff_slices(similar::Algorithm::Myers, &old, &new) {
                let (tag, old, new) = op.as_tag_tuple();
                if tag != similar::DiffTag::Equal {
                    come += new.len();
                    gone += old.len();
                }
            }
            splices = rest;
        }
        (come, gone)
    }

    /// A unified diff; bytes that are not UTF-8 are shown with U+FFFD.
    pub fn diff(&self) -> String {
        if self.secret.is_some() {
            let (path, none) = (self.path.display().to_string(), "/dev/null".to_owned());
            let (old, new) = if self.removes { (path, none) } else { (none, path) };
            return format!("--- {old}\n+++ {new}\n(a private key, which is not shown)\n");
        }
        let name = |there| if there { self.path.display().to_string() } else { "/dev/null".into() };
        let (old_name, new_name): (String, String) =
            (name(self.base.is_some()), name(!self.removes));
        unified_diff((&old_name, self.before()), (&new_name, &self.after()))
    }
}

/// A unified diff of two texts, each with its name; bytes that are not UTF-8 are shown with U+FFFD.
pub fn unified_diff(before: (&str, &[u8]), after: (&str, &[u8])) -> String {
    let (old, new) = (String::from_utf8_lossy(before.1), String::from_utf8_lossy(after.1));
    similar::TextDiff::from_lines(old.as_ref(), new.as_ref())
        .unified_diff()
        .context_radius(3)
        .header(before.0, after.0)
        .to_string()
}

/// A change of several files that come true together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// What was asked, as the journal will name it: `add web-server`.
    pub command: String,
    /// The files, each once.
    pub files: Vec<FileChange>,
    /// What is to be said once it is true.
    pub told: Vec<String>,
}

impl ChangeSet {
    /// A change set with no files yet.
    pub fn new(command: impl Into<String>) -> Self {
        ChangeSet { command: command.into(), ..ChangeSet::default() }
    }

    /// Adds a file that really changes; a change of nothing is left out.
    pub fn push(&mut self, change: FileChange) {
        if change.base.is_none() || change.removes || !change.is_nothing() {
            self.files.push(change);
        }
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The diffs of all files, for `--dry-run`.
    pub fn diff(&self) -> String {
        self.files.iter().fold(String::new(), |mut out, file| {
            let _ = write!(out, "{}", file.diff());
            out
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_nothing_is_seen_however_it_is_written() {
        let change = |splices| FileChange::new("f", Some(Arc::from(&b"abcabc"[..])), splices);
        let is_nothing = |splices| change(splices).is_nothing();
        assert!(is_nothing(vec![]));
        assert!(is_nothing(vec![Splice::replace(1..3, "bc")]));
        assert!(is_nothing(vec![Splice::delete(0..3), Splice::insert(6, "abc")]));
        assert!(!is_nothing(vec![Splice::replace(1..3, "bd")]));
        assert!(!is_nothing(vec![Splice::delete(3..6)]));
        assert!(!is_nothing(vec![Splice::insert(6, "x")]));
    }

    #[test]
    fn everything_outside_the_splices_is_the_original() {
        let splices = [
            Splice::insert(0, "<"),
            Splice::replace(2..3, "X"),
            Splice::delete(4..5),
            Splice::insert(6, ">"),
        ];
        assert_eq!(splice(b"abcdef", &splices), b"<abXdf>");
    }

    #[test]
    fn the_smallest_splice_between_two_texts() {
        assert_eq!(Splice::between(b"aXc", b"aYYc"), Some(Splice::replace(1..2, "YY")));
        assert_eq!(Splice::between(b"aa", b"aaa"), Some(Splice::insert(2, "a")));
        assert_eq!(Splice::between(b"same", b"same"), None);
    }

    #[test]
    fn a_line_that_changes_comes_and_goes() {
        let text = b"Host web\n  Port 1\nHost db\n  Port 2";
        for (splices, lines) in [
            (vec![], (0, 0)),
            (vec![Splice::insert(8, "-1")], (1, 1)),
            (vec![Splice::insert(5, "my-"), Splice::insert(8, "-1")], (1, 1)),
            (vec![Splice::insert(8, "-1"), Splice::insert(18, "Host x\n")], (2, 1)),
            (vec![Splice::insert(9, "  User u\n")], (1, 0)),
            (vec![Splice::insert(8, "\n  User u")], (1, 0)),
            (vec![Splice::delete(9..18)], (0, 1)),
            (vec![Splice::replace(5..8, "a"), Splice::replace(32..34, "22")], (2, 2)),
            (vec![Splice::delete(0..text.len())], (0, 4)),
            // The last line gets its newline.
            (vec![Splice::insert(text.len(), "\n  User u\n")], (2, 1)),
        ] {
            let change = FileChange::new("/h/config", Some(Arc::from(&text[..])), splices);
            assert_eq!(change.lines(), lines, "{}", change.diff());
        }
        let new = FileChange::new("/h/config", None, vec![Splice::insert(0, "a\nb\n")]);
        assert_eq!(new.lines(), (2, 0));
    }

    #[test]
    fn a_diff_names_the_file_and_the_lines() {
        let change = FileChange::new(
            "/h/config",
            Some(Arc::from(&b"Host a\n"[..])),
            vec![Splice::insert(7, "Host b\n")],
        );
        let diff = change.diff();
        assert!(diff.contains("--- /h/config") && diff.contains("+Host b"), "{diff}");
        let diff = FileChange::removal("/h/config", Arc::from(&b"Host a\n"[..])).diff();
        assert!(diff.contains("+++ /dev/null") && diff.contains("-Host a"), "{diff}");
    }
}
