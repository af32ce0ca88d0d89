//! PURE: a change as a value: byte ranges of files replaced by others.
//!
//! A change can be shown, proved and inverted before anything is written; `store::apply` is what
//! writes one. Everything outside the ranges is the original by construction.

use std::fmt::Write;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

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
}

/// Makes the new text: the splices, in order of their offsets and apart from each other.
///
/// # Panics
/// When splices overlap or lie outside the text, which is a fault of the plan.
pub fn splice(text: &[u8], splices: &[Splice]) -> Vec<u8> {
    let mut out =
        Vec::with_capacity(text.len() + splices.iter().map(|s| s.with.len()).sum::<usize>());
    let mut done = 0;
    for Splice { at, with } in splices {
        out.extend_from_slice(&text[done..at.start]);
        out.extend_from_slice(with);
        done = at.end;
    }
    out.extend_from_slice(&text[done..]);
    out
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
}

impl FileChange {
    /// A change of an existing text, or of no file (`base` is `None`).
    pub fn new(
        path: impl Into<PathBuf>,
        base: Option<Arc<[u8]>>,
        mut splices: Vec<Splice>,
    ) -> Self {
        splices.sort_by_key(|s| (s.at.start, s.at.end));
        FileChange { path: path.into(), base, splices }
    }

    /// What the file held.
    pub fn before(&self) -> &[u8] {
        self.base.as_deref().unwrap_or_default()
    }

    /// What the file will hold.
    pub fn after(&self) -> Vec<u8> {
        splice(self.before(), &self.splices)
    }

    /// A unified diff; bytes that are not UTF-8 are shown with U+FFFD.
    pub fn diff(&self) -> String {
        let (before, after) = (self.before(), self.after());
        let (before, after) = (String::from_utf8_lossy(before), String::from_utf8_lossy(&after));
        let name = self.path.display();
        let old_name = if self.base.is_some() { name.to_string() } else { "/dev/null".to_owned() };
        similar::TextDiff::from_lines(before.as_ref(), after.as_ref())
            .unified_diff()
            .context_radius(3)
            .header(&old_name, &name.to_string())
            .to_string()
    }
}

/// A change of several files that come true together or not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// What was asked, as the journal will name it: `add web-server`.
    pub command: String,
    /// The files, each once.
    pub files: Vec<FileChange>,
}

impl ChangeSet {
    /// A change set with no files yet.
    pub fn new(command: impl Into<String>) -> Self {
        ChangeSet { command: command.into(), files: Vec::new() }
    }

    /// Adds a file that really changes; a change of nothing is left out.
    pub fn push(&mut self, change: FileChange) {
        if change.base.is_none() || change.after() != change.before() {
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
    fn a_diff_names_the_file_and_the_lines() {
        let change = FileChange::new(
            "/h/config",
            Some(Arc::from(&b"Host a\n"[..])),
            vec![Splice::insert(7, "Host b\n")],
        );
        let diff = change.diff();
        assert!(diff.contains("--- /h/config") && diff.contains("+Host b"), "{diff}");
    }
}
