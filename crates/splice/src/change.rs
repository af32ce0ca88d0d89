//! Changes of whole files, as values: shown, checked and inverted before anything is written.

use std::fmt::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::line_diff::{Hunk, hunks, unified_diff};
use crate::splice::{Splice, line_end, pieces, splice, whole_lines};

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
            for Hunk { before, after } in hunks(&old, &new) {
                come += after.len();
                gone += before.len();
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
