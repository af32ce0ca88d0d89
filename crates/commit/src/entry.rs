//! One change, as the journal remembers it, and what is checked before a word of it is believed.
//!
//! Whatever wrote the file: nothing outside the texts is read, and no text is made whose hash is not
//! the one that stands in the entry.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use sshp_splice::{ChangeSet, FileChange, Splice, splice};

use crate::paths::{self, hash_of};

/// One change, as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, rising from 1; the file's name.
    #[serde(skip)]
    pub id: u64,
    /// Seconds since the epoch.
    pub time: u64,
    /// What was asked: `add web`.
    pub command: String,
    /// The change that this one took back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<u64>,
    /// Whether what it took back was an undo. Entries of old versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redoes: Option<bool>,
    /// Whether the files were written in place, so that a crash can leave some of both texts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_place: bool,
    /// The files, each once.
    pub files: Vec<FileEntry>,
}

/// What became of one file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// The real path.
    path: Blob,
    /// The hash of the text before; `None` where there was no file.
    pub(crate) before: Option<String>,
    /// The hash of the text after; `None` where the file went.
    pub(crate) after: Option<String>,
    /// How many lines came and how many went.
    #[serde(default)]
    pub lines: (usize, usize),
    /// The edits, in order of where they stand in the text before; none for a private key.
    edits: Vec<Edit>,
    /// Where a private key was copied from. Nothing of the key itself is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<Blob>,
}

/// One byte range and what came in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Edit {
    /// Offset in the text before.
    at: usize,
    /// What stood there.
    old: Blob,
    /// What stands there now.
    new: Blob,
}

/// Bytes in JSON: readable where they are text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
struct Blob(Vec<u8>);

/// How [`Blob`] is written.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Bytes {
        /// In base 64.
        base64: String,
    },
}

impl From<Blob> for Written {
    fn from(blob: Blob) -> Self {
        match String::from_utf8(blob.0) {
            Ok(text) => Written::Text(text),
            Err(bytes) => Written::Bytes { base64: BASE64.encode(bytes.as_bytes()) },
        }
    }
}

impl TryFrom<Written> for Blob {
    type Error = data_encoding::DecodeError;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        match written {
            Written::Text(text) => Ok(Blob(text.into_bytes())),
            Written::Bytes { base64 } => BASE64.decode(base64.as_bytes()).map(Blob),
        }
    }
}

impl Blob {
    fn of_path(path: &Path) -> Self {
        Blob(path.as_os_str().as_bytes().to_vec())
    }

    fn path(&self) -> PathBuf {
        PathBuf::from(OsString::from_vec(self.0.clone()))
    }
}

/// What is wrong with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// A relative path, or one with `..` or NUL in it.
    #[error("it names a file by no real path")]
    Path,
    /// The same path twice.
    #[error("it names a file twice")]
    Twice,
    /// No SHA-256 in hex, or none at all.
    #[error("a hash in it is none")]
    Hash,
    /// Edits that overlap, or of a private key.
    #[error("its edits are in no order")]
    Edits,
    /// It takes back a change that came after it.
    #[error("it takes back a later change")]
    Undoes,
    /// Edits that do not make the text whose hash it has.
    #[error("its edits do not lead to the text that it tells the hash of")]
    Text,
}

impl Entry {
    /// Writes down what `change` will do; its paths are real ones.
    pub(crate) fn new(change: &ChangeSet, time: u64) -> Self {
        let files = change.files.iter().map(FileEntry::new).collect();
        let command = change.command.clone();
        Entry { id: 0, time, command, undoes: None, redoes: None, in_place: false, files }
    }

    /// Whether it took back an undo; `None` where that is not known any more.
    pub(crate) fn is_redo(&self, entries: &[Entry]) -> Option<bool> {
        let Some(id) = self.undoes else { return Some(false) };
        let of = || entries.iter().find(|entry| entry.id == id);
        self.redoes.or_else(|| of().map(|entry| entry.undoes.is_some()))
    }

    /// The entry as the journal holds it.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("strings and numbers have a form in JSON")
    }

    /// Requires what an entry that sshp wrote always is.
    ///
    /// # Errors
    /// The first thing that it is not.
    pub(crate) fn check(&self) -> Result<(), Damage> {
        if self.undoes.is_some_and(|id| id >= self.id) {
            return Err(Damage::Undoes);
        }
        let mut paths = HashSet::new();
        for file in &self.files {
            file.check()?;
            if !paths.insert(file.path()) {
                return Err(Damage::Twice);
            }
        }
        Ok(())
    }
}

impl FileEntry {
    fn new(change: &FileChange) -> Self {
        let path = Blob::of_path(&change.path);
        if let Some(secret) = &change.secret {
            let hash = Some(hash_of(&secret.text));
            let (before, after) = if change.removes { (hash, None) } else { (None, hash) };
            let (lines, edits) = ((0, 0), Vec::new());
            let secret = Some(Blob::of_path(&secret.origin));
            return FileEntry { path, before, after, lines, edits, secret };
        }
        let (before, after) = paths::hashes_of(change);
        let old = change.before();
        let edits = change.splices.iter().map(|Splice { at, with }| Edit {
            at: at.start,
            old: Blob(old[at.clone()].to_vec()),
            new: Blob(with.clone()),
        });
        FileEntry {
            path,
            before: change.base.is_some().then_some(before),
            after: (!change.removes).then_some(after),
            lines: change.lines(),
            edits: edits.collect(),
            secret: None,
        }
    }

    fn check(&self) -> Result<(), Damage> {
        let is_real = |blob: &Blob| {
            let path = blob.path();
            let plain = |part| matches!(part, Component::RootDir | Component::Normal(_));
            path.is_absolute() && path.components().all(plain) && !blob.0.contains(&0)
        };
        if !is_real(&self.path) || !self.secret.as_ref().is_none_or(is_real) {
            return Err(Damage::Path);
        }
        let is_hash = |hash: &String| {
            hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || b"abcdef".contains(&b))
        };
        let hashes = [&self.before, &self.after];
        if hashes == [&None, &None] || !hashes.into_iter().flatten().all(is_hash) {
            return Err(Damage::Hash);
        }
        let mut end = Some(0);
        for edit in &self.edits {
            end = end
                .filter(|end| *end <= edit.at)
                .and_then(|_| edit.at.checked_add(edit.old.0.len()));
        }
        let is_key = self.secret.is_some();
        if end.is_none() || is_key && (!self.edits.is_empty() || hashes.iter().all(|h| h.is_some()))
        {
            return Err(Damage::Edits);
        }
        Ok(())
    }

    /// Where a private key was copied from; `None` for every other file.
    pub fn origin(&self) -> Option<PathBuf> {
        self.secret.as_ref().map(Blob::path)
    }

    /// The file.
    pub fn path(&self) -> PathBuf {
        self.path.path()
    }

    /// The text after the change, from the text before: where there was no file, from nothing.
    ///
    /// # Errors
    /// When the edits do not fit that text, or make another than the change made.
    pub(crate) fn forward(&self, before: &[u8]) -> Result<Vec<u8>, Damage> {
        let edits = self.edits.iter().map(|edit| (edit.at, &edit.old.0, &edit.new.0));
        let splices = fitting(before, edits)?;
        let after = splice(before, &splices);
        let nothing = self.after.is_none() && after.is_empty();
        if nothing || self.after.as_deref() == Some(&*hash_of(&after)) {
            Ok(after)
        } else {
            Err(Damage::Text)
        }
    }

    /// The edits that make the text before of the text after.
    ///
    /// # Errors
    /// As [`FileEntry::forward`].
    pub(crate) fn backward(&self, after: &[u8]) -> Result<Vec<Splice>, Damage> {
        let (mut gone, mut come) = (0_usize, 0_usize);
        let mut edits = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            // Both are sums of lengths that are in memory.
            let at = edit.at.checked_add(come).and_then(|at| at.checked_sub(gone));
            edits.push((at.ok_or(Damage::Text)?, &edit.new.0, &edit.old.0));
            gone += edit.old.0.len();
            come += edit.new.0.len();
        }
        let splices = fitting(after, edits.into_iter())?;
        let before = splice(after, &splices);
        let nothing = self.before.is_none() && before.is_empty();
        if nothing || self.before.as_deref() == Some(&*hash_of(&before)) {
            Ok(splices)
        } else {
            Err(Damage::Text)
        }
    }
}

/// Edits as splices, where each finds in the text what it takes out, behind the one before it.
fn fitting<'a>(
    text: &[u8],
    edits: impl Iterator<Item = (usize, &'a Vec<u8>, &'a Vec<u8>)>,
) -> Result<Vec<Splice>, Damage> {
    let mut end = 0;
    edits
        .map(|(at, old, new)| {
            let to = at.checked_add(old.len()).ok_or(Damage::Text)?;
            if at < end || text.get(at..to) != Some(old) {
                return Err(Damage::Text);
            }
            end = to;
            Ok(Splice::replace(at..to, new.clone()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn change() -> FileChange {
        let splices =
            vec![Splice::replace(0..1, "XYZ"), Splice::delete(2..3), Splice::insert(4, "\n")];
        FileChange::new("/h/config", Some(Arc::from(&b"abc\xffe"[..])), splices)
    }

    fn entry() -> Entry {
        let set = ChangeSet { files: vec![change()], ..ChangeSet::new("add web") };
        Entry { id: 7, ..Entry::new(&set, 5) }
    }

    #[test]
    fn an_entry_leads_both_ways() {
        let change = change();
        let file = FileEntry::new(&change);
        let after = file.forward(change.before()).unwrap();
        assert_eq!(after, change.after());
        assert_eq!(splice(&after, &file.backward(&after).unwrap()), change.before());
    }

    #[test]
    fn an_entry_that_was_written_is_read_as_it_was() {
        let text = serde_json::to_string(&entry()).unwrap();
        assert!(text.contains("\"XYZ\"") && text.contains("/h/config"), "{text}");
        let read: Entry = serde_json::from_str(&text).unwrap();
        assert_eq!(Entry { id: 7, ..read }, entry());
        assert_eq!(entry().check(), Ok(()));
    }

    #[test]
    fn no_edit_leaves_its_text_or_leads_to_another() {
        let before = change().before().to_vec();
        let after = change().after();
        let damaged = |damage: fn(&mut FileEntry)| {
            let mut file = FileEntry::new(&change());
            damage(&mut file);
            file
        };
        for file in [
            damaged(|file| file.edits[0].at = 1_000_000_000_000),
            damaged(|file| file.edits[2].at = usize::MAX),
            damaged(|file| file.edits[0].at = 1),
            damaged(|file| file.edits.swap(0, 1)),
            damaged(|file| file.edits[0].old = Blob(b"b".to_vec())),
            damaged(|file| file.edits[1].old = Blob(vec![b'x'; 100])),
            damaged(|file| file.edits.clear()),
        ] {
            assert_eq!(file.forward(&before), Err(Damage::Text), "{file:?}");
            assert_eq!(file.backward(&after), Err(Damage::Text), "{file:?}");
        }
        let file = damaged(|file| file.edits[0].new = Blob(b"evil".to_vec()));
        assert_eq!(file.forward(&before), Err(Damage::Text));
        let file = damaged(|file| file.edits[1].old = Blob(b"evil".to_vec()));
        assert_eq!(file.backward(&after), Err(Damage::Text));
    }

    #[test]
    fn what_sshp_never_writes_is_damage() {
        type Case = (fn(&mut Entry), Damage);
        let cases: [Case; 10] = [
            (|e| e.files[0].path = Blob(b"config".to_vec()), Damage::Path),
            (|e| e.files[0].path = Blob(b"/h/../etc/passwd".to_vec()), Damage::Path),
            (|e| e.files[0].path = Blob(b"/h/\0".to_vec()), Damage::Path),
            (|e| e.files.push(e.files[0].clone()), Damage::Twice),
            (|e| e.files[0].after = Some("00".to_owned()), Damage::Hash),
            (|e| (e.files[0].before, e.files[0].after) = (None, None), Damage::Hash),
            (|e| e.files[0].edits[0].at = 4, Damage::Edits),
            (|e| e.files[0].edits[2].at = usize::MAX, Damage::Text),
            (|e| e.files[0].secret = Some(Blob(b"/k".to_vec())), Damage::Edits),
            (|e| e.undoes = Some(7), Damage::Undoes),
        ];
        for (damage, found) in cases {
            let mut entry = entry();
            damage(&mut entry);
            // An edit that is behind the end of its text is seen when it meets the text.
            let expected = if found == Damage::Text { Ok(()) } else { Err(found) };
            assert_eq!(entry.check(), expected, "{entry:?}");
        }
    }
}
