//! What was changed, so that a crash between two files is mended and a change can be taken back.
//!
//! A change is written down whole (hashes of what the files hold before and after, and the edits)
//! in `pending/` before its first file is touched, and moves to `journal/` when its last one is
//! done. Whoever finds something in `pending/` finishes it or drops it.

use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::disk::{self, explain};
use super::numbered::{file_name, forget_old, ids, rename_new, write_beside};
use super::paths;
use super::replace::sync_folder;
use crate::change::{ChangeSet, FileChange, Splice};
use crate::error::{Error, Result};

/// How many changes are remembered.
const ENTRIES: usize = 200;

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
    pub(super) path: Blob,
    /// The hash of the text before; `None` where there was no file.
    pub(super) before: Option<String>,
    /// The hash of the text after; `None` where the file went.
    pub(super) after: Option<String>,
    /// How many lines came and how many went.
    #[serde(default)]
    pub lines: (usize, usize),
    /// The edits, in order of where they stand in the text before; none for a private key.
    pub(super) edits: Vec<Edit>,
    /// Where a private key was copied from. Nothing of the key itself is written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<Blob>,
}

/// One byte range and what came in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Edit {
    /// Offset in the text before.
    pub(super) at: usize,
    /// What stood there.
    pub(super) old: Blob,
    /// What stands there now.
    pub(super) new: Blob,
}

/// Bytes in JSON: readable where they are text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Blob {
    /// UTF-8.
    Text(String),
    /// Anything else.
    Bytes {
        /// In base 64.
        base64: String,
    },
}

impl Blob {
    fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Blob::Text(text.to_owned()),
            Err(_) => Blob::Bytes { base64: BASE64.encode(bytes) },
        }
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        match self {
            Blob::Text(text) => Ok(text.clone().into_bytes()),
            Blob::Bytes { base64 } => Ok(BASE64.decode(base64.as_bytes())?),
        }
    }
}

impl Entry {
    /// Writes down what `change` will do; its paths are real ones.
    pub(super) fn new(change: &ChangeSet, time: u64, undoes: Option<u64>) -> Self {
        let files = change.files.iter().map(FileEntry::new).collect();
        Entry { id: 0, time, command: change.command.clone(), undoes, in_place: false, files }
    }
}

impl FileEntry {
    fn new(change: &FileChange) -> Self {
        if let Some(secret) = &change.secret {
            let hash = Some(paths::hash_of(&secret.text));
            let (before, after) = if change.removes { (hash, None) } else { (None, hash) };
            return FileEntry {
                path: Blob::new(change.path.as_os_str().as_bytes()),
                before,
                after,
                lines: (0, 0),
                edits: Vec::new(),
                secret: Some(Blob::new(secret.origin.as_os_str().as_bytes())),
            };
        }
        let (before, after) = paths::hashes_of(change);
        let old = change.before();
        let edits = change.splices.iter().map(|Splice { at, with }| Edit {
            at: at.start,
            old: Blob::new(&old[at.clone()]),
            new: Blob::new(with),
        });
        FileEntry {
            path: Blob::new(change.path.as_os_str().as_bytes()),
            before: change.base.is_some().then_some(before),
            after: (!change.removes).then_some(after),
            lines: change.lines(),
            edits: edits.collect(),
            secret: None,
        }
    }

    /// Where a private key was copied from; `None` for every other file.
    ///
    /// # Errors
    /// When the entry was damaged.
    pub(super) fn origin(&self) -> Result<Option<PathBuf>> {
        let Some(origin) = &self.secret else { return Ok(None) };
        Ok(Some(PathBuf::from(std::ffi::OsString::from_vec(origin.bytes()?))))
    }

    /// The file.
    ///
    /// # Errors
    /// When the entry was damaged.
    pub fn path(&self) -> Result<PathBuf> {
        Ok(PathBuf::from(std::ffi::OsString::from_vec(self.path.bytes()?)))
    }

    /// The edits again, forwards: to be applied to the text before.
    ///
    /// # Errors
    /// When the entry was damaged.
    pub(super) fn forward(&self) -> Result<Vec<Splice>> {
        let each = |e: &Edit| {
            let len = e.old.bytes()?.len();
            Ok(Splice::replace(e.at..e.at + len, e.new.bytes()?))
        };
        self.edits.iter().map(each).collect()
    }

    /// The edits backwards: to be applied to the text after.
    ///
    /// # Errors
    /// When the entry was damaged.
    pub(super) fn backward(&self) -> Result<Vec<Splice>> {
        let (mut gone, mut come) = (0, 0);
        let mut splices = Vec::with_capacity(self.edits.len());
        for edit in &self.edits {
            let (old, new) = (edit.old.bytes()?, edit.new.bytes()?);
            let at = edit.at - gone + come;
            splices.push(Splice::replace(at..at + new.len(), old.clone()));
            gone += old.len();
            come += new.len();
        }
        Ok(splices)
    }
}

/// A change that was begun: its file in `pending/`.
pub(super) struct Pending {
    entry: Entry,
    path: PathBuf,
}

impl Pending {
    /// Writes a change down before it begins.
    ///
    /// # Errors
    /// When the journal cannot be written; then nothing may be changed either.
    pub(super) fn begin(state: &Path, mut entry: Entry) -> Result<Self> {
        let folder = paths::pending(state);
        disk::make_folders(&folder)?;
        let last = |folder: &Path| Ok::<_, Error>(ids(folder)?.last().copied().unwrap_or(0));
        entry.id = last(&paths::journal(state))?.max(last(&folder)?) + 1;
        let text = serde_json::to_vec_pretty(&entry)?;
        let temp = write_beside(&folder, &text)?;
        loop {
            let path = folder.join(file_name(entry.id));
            match rename_new(&temp, &path) {
                Ok(()) => {
                    sync_folder(&folder)?;
                    return Ok(Pending { entry, path });
                }
                Err(Errno::EXIST) => entry.id += 1,
                Err(e) => {
                    let _ = rustix::fs::unlink(&temp);
                    return Err(explain(&e.into(), "write the journal", &path));
                }
            }
        }
    }

    /// The changes that were begun and not finished: by a crash, or at this moment by another.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub(super) fn all(state: &Path) -> Result<Vec<Self>> {
        let folder = paths::pending(state);
        let found = ids(&folder)?.into_iter().filter_map(|id| {
            let path = folder.join(file_name(id));
            let entry = load(&path, id).transpose()?;
            Some(entry.map(|entry| Pending { entry, path }))
        });
        found.collect()
    }

    /// What is written down.
    pub(super) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Whether it is still unfinished.
    pub(super) fn stands(&self) -> bool {
        self.path.exists()
    }

    /// Remembers the change as done.
    ///
    /// # Errors
    /// When the journal cannot be written; the change itself is done.
    pub(super) fn done(self, state: &Path) -> Result<()> {
        let folder = paths::journal(state);
        disk::make_folders(&folder)?;
        let mut id = self.entry.id;
        loop {
            let to = folder.join(file_name(id));
            match rename_new(&self.path, &to) {
                Ok(()) => break,
                Err(Errno::EXIST) => id += 1,
                Err(e) => return Err(explain(&e.into(), "write the journal", &to)),
            }
        }
        sync_folder(&folder)?;
        forget_old(&folder, ENTRIES);
        Ok(())
    }

    /// Forgets the change: none of it was done.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(super) fn drop_it(self) -> Result<()> {
        match rustix::fs::unlink(&self.path) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(e) => Err(explain(&e.into(), "tidy the journal", &self.path)),
        }
    }
}

/// The changes that are remembered, oldest first.
///
/// # Errors
/// When the journal cannot be read.
pub(super) fn entries(state: &Path) -> Result<Vec<Entry>> {
    let folder = paths::journal(state);
    let found = ids(&folder)?;
    found.into_iter().filter_map(|id| load(&folder.join(file_name(id)), id).transpose()).collect()
}

fn load(path: &Path, id: u64) -> Result<Option<Entry>> {
    let Some(file) = disk::read_real(path)? else { return Ok(None) };
    let mut entry: Entry = serde_json::from_slice(&file.bytes).map_err(|e| {
        Error::failed(format_args!("the journal entry `{}` is damaged: {e}", path.display()))
            .hint("move it away; it is only needed to undo that change")
    })?;
    entry.id = id;
    Ok(Some(entry))
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

    #[test]
    fn an_entry_leads_both_ways() {
        let change = change();
        let file = FileEntry::new(&change);
        let after = crate::change::splice(change.before(), &file.forward().unwrap());
        assert_eq!(after, change.after());
        assert_eq!(crate::change::splice(&after, &file.backward().unwrap()), change.before());
    }

    #[test]
    fn a_change_is_pending_then_remembered_and_the_oldest_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path();
        let set = ChangeSet { files: vec![change()], ..ChangeSet::new("add web") };
        for n in 1..=ENTRIES as u64 + 2 {
            let pending = Pending::begin(state, Entry::new(&set, 5, None)).unwrap();
            assert_eq!(pending.entry().id, n);
            assert_eq!(Pending::all(state).unwrap()[0].entry().files, pending.entry().files);
            pending.done(state).unwrap();
            assert!(Pending::all(state).unwrap().is_empty());
            if n > 3 {
                // The rest only fills the folder; it need not go through the disk.
                break;
            }
        }
        let folder = paths::journal(state);
        for id in 5..=ENTRIES as u64 + 5 {
            std::fs::copy(folder.join(file_name(1)), folder.join(file_name(id))).unwrap();
        }
        forget_old(&folder, ENTRIES);
        let entries = entries(state).unwrap();
        assert_eq!((entries.len(), entries[0].id), (ENTRIES, 6));
    }
}
