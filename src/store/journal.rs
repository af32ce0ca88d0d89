//! What was changed, so that a crash between two files is mended and a change can be taken back.
//!
//! A change is written down whole (hashes of what the files hold before and after, and the edits)
//! in `pending/` before its first file is touched, and moves to `journal/` when its last one is
//! done. Whoever finds something in `pending/` finishes it or drops it.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use data_encoding::BASE64;
use rustix::fs::{CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::disk::{self, explain};
use super::paths::{self, hash_of};
use super::replace::sync_folder;
use crate::change::{ChangeSet, FileChange, Splice, splice};
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
            let hash = Some(hash_of(&secret.text));
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
        let before = change.before();
        let edits = change.splices.iter().map(|Splice { at, with }| Edit {
            at: at.start,
            old: Blob::new(&before[at.clone()]),
            new: Blob::new(with),
        });
        FileEntry {
            path: Blob::new(change.path.as_os_str().as_bytes()),
            before: change.base.as_deref().map(hash_of),
            after: (!change.removes).then(|| hash_of(&change.after())),
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

/// Keeps what a file held before a change: the very first text for good, and the last `kept`.
///
/// # Errors
/// When the copy cannot be written.
pub(super) fn back_up(state: &Path, real: &Path, id: u64, text: &[u8], kept: usize) -> Result<()> {
    let folder = paths::backups(state, real);
    disk::make_folders(&folder)?;
    let to = folder.join(file_name(id));
    let temp = write_beside(&folder, text)?;
    rustix::fs::rename(&temp, &to).map_err(|e| explain(&e.into(), "write the backup", &to))?;
    let first = folder.join("first");
    if !first.exists() {
        let path = folder.join("path");
        rename_new(&write_beside(&folder, real.as_os_str().as_bytes())?, &path).ok();
        // A second name will do: neither of them is ever written into.
        if rustix::fs::link(&to, &first).is_err() {
            rename_new(&write_beside(&folder, text)?, &first).ok();
        }
    }
    // What is written in place is mended from here, so it must be here after a power cut, too.
    sync_folder(&folder)?;
    forget_old(&folder, kept);
    Ok(())
}

/// What a file held before a change, if that is still kept.
///
/// # Errors
/// When the copy cannot be read.
pub(super) fn backup(state: &Path, real: &Path, id: u64) -> Result<Option<Vec<u8>>> {
    let copy = disk::read_real(&paths::backups(state, real).join(file_name(id)))?;
    Ok(copy.map(|copy| copy.bytes.to_vec()))
}

/// What a change left in a file, if what it made that from is still kept.
pub(super) fn left(state: &Path, real: &Path, file: &FileEntry, id: u64) -> Option<Vec<u8>> {
    let before = match &file.before {
        None => Vec::new(),
        Some(hash) => {
            let before = backup(state, real, id).ok()??;
            (hash_of(&before) == *hash).then_some(before)?
        }
    };
    let after = splice(&before, &file.forward().ok()?);
    (file.after.as_deref() == Some(&*hash_of(&after))).then_some(after)
}

fn file_name(id: u64) -> String {
    format!("{id:010}")
}

/// The numbered files of a folder, in order.
fn ids(folder: &Path) -> Result<Vec<u64>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(explain(&e, "read the folder", folder)),
    };
    let number = |e: std::io::Result<std::fs::DirEntry>| e.ok()?.file_name().to_str()?.parse().ok();
    let mut ids: Vec<u64> = entries.filter_map(number).collect();
    ids.sort_unstable();
    Ok(ids)
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

fn forget_old(folder: &Path, keep: usize) {
    // What cannot be removed now goes the next time.
    let Ok(ids) = ids(folder) else { return };
    for id in &ids[..ids.len().saturating_sub(keep)] {
        let _ = rustix::fs::unlink(folder.join(file_name(*id)));
    }
}

/// Writes a temp file of mode 0600 in one of our own folders, through to the disk.
fn write_beside(folder: &Path, text: &[u8]) -> Result<PathBuf> {
    let path = folder.join(format!("new-{}", std::process::id()));
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let written = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
        .map_err(std::io::Error::from)
        .and_then(|fd| {
            let mut file = File::from(fd);
            file.write_all(text)?;
            file.sync_all()
        });
    let fail = |why: Error| {
        let _ = rustix::fs::unlink(&path);
        Err(why.hint("nothing was changed"))
    };
    match written {
        // What a crash is mended from shall be what was written, whatever the disk says.
        Ok(()) => match disk::open_real(&path)? {
            Some(now) if now.holds(text, &path)? => Ok(path),
            _ => fail(Error::failed(format_args!(
                "`{}` does not hold what was written",
                path.display()
            ))),
        },
        Err(e) => fail(explain(&e, "write the journal", &path)),
    }
}

fn rename_new(from: &Path, to: &Path) -> std::result::Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) if to.exists() => Err(Errno::EXIST),
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(from, to),
        result => result,
    }
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

    #[test]
    fn the_very_first_text_and_the_last_ones_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let real = Path::new("/h/config");
        for id in 1..=25 {
            back_up(dir.path(), real, id, format!("text {id}").as_bytes(), 20).unwrap();
        }
        let folder = paths::backups(dir.path(), real);
        assert_eq!(std::fs::read(folder.join("first")).unwrap(), b"text 1");
        assert_eq!(std::fs::read(folder.join("path")).unwrap(), b"/h/config");
        assert_eq!(ids(&folder).unwrap(), (6..=25).collect::<Vec<_>>());
    }
}
