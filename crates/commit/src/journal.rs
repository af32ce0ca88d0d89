//! What was changed, so that a crash between two files is mended and a change can be taken back.
//!
//! A change is written down whole (hashes of what the files hold before and after, and the edits)
//! in `pending/` before its first file is touched, and moves to `journal/` when its last one is
//! done. The next sshp that writes finishes what it finds in `pending/`, or drops it.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use serde::Deserialize;

use crate::entry::Entry;
use crate::numbered::{self, file_name, ids, rename_new, write_beside};
use crate::replace::sync_folder;
use crate::rights::Rights;
use crate::{EntryFault, Error, ErrorKind, Remedy, Result, file, folder, paths};

/// How many changes are remembered.
const ENTRIES: usize = 200;

/// What the files of a folder of entries say, and which of them say nothing that counts.
#[derive(Default)]
pub struct Entries<E> {
    /// The good ones, oldest first.
    pub good: Vec<E>,
    /// The number of each other one, and what is wrong with it.
    pub damaged: Vec<(u64, Error)>,
}

/// A change that was begun: its file in `pending/`.
pub(crate) struct Pending {
    entry: Entry,
    path: PathBuf,
}

impl Pending {
    /// Writes a change down before it begins.
    ///
    /// # Errors
    /// When the journal cannot be written; then nothing may be changed either.
    pub(crate) fn begin(state: &Path, mut entry: Entry) -> Result<Self> {
        let folder = paths::pending(state);
        let _rights = Rights::in_folder(state)?;
        for folder in [state, &folder, &paths::journal(state)] {
            folder::make(folder)?;
            folder::require_own(folder)?;
            numbered::sweep(folder);
        }
        let last = |folder: &Path| Ok::<_, Error>(ids(folder)?.last().copied().unwrap_or(0));
        entry.id = last(&paths::journal(state))?.max(last(&folder)?);
        entry.id = numbered::next(entry.id, &folder)?;
        let text = entry.to_json();
        let temp = write_beside(&folder, &text)?;
        loop {
            let path = folder.join(file_name(entry.id));
            match rename_new(&temp, &path) {
                Ok(()) => {
                    let pending = Pending { entry, path };
                    // Without this, a power cut could forget it and keep half of the change.
                    if let Err(error) = sync_folder(&folder) {
                        let _ = pending.drop_it();
                        return Err(error);
                    }
                    return Ok(pending);
                }
                Err(Errno::EXIST) => entry.id = numbered::next(entry.id, &folder)?,
                Err(e) => {
                    let _ = rustix::fs::unlink(&temp);
                    return Err(Error::io_in_state(e, "write the journal", &path));
                }
            }
        }
    }

    /// The changes that were begun and not finished: by a crash, or at this moment by another.
    ///
    /// # Errors
    /// When the folder cannot be read, or other users can write in it.
    pub(crate) fn all(state: &Path) -> Result<Entries<Self>> {
        read(state, &paths::pending(state), |entry, path| Pending { entry, path })
    }

    /// What is written down.
    pub(crate) fn entry(&self) -> &Entry {
        &self.entry
    }

    /// Its file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is still unfinished.
    pub(crate) fn stands(&self) -> bool {
        self.path.exists()
    }

    /// Remembers the change as done.
    ///
    /// # Errors
    /// When the journal cannot be written; the change itself is done.
    pub(crate) fn done(self, state: &Path) -> Result<()> {
        let _rights = Rights::in_folder(state)?;
        let folder = paths::journal(state);
        folder::make(&folder)?;
        let mut id = self.entry.id;
        loop {
            let to = folder.join(file_name(id));
            match rename_new(&self.path, &to) {
                Ok(()) => break,
                Err(Errno::EXIST) => id = numbered::next(id, &folder)?,
                Err(e) => return Err(Error::io_in_state(e, "write the journal", &to)),
            }
        }
        sync_folder(&folder)?;
        forget_old(&folder);
        Ok(())
    }

    /// Forgets the change: none of it was done.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(crate) fn drop_it(&self) -> Result<()> {
        let _rights = Rights::in_folder(self.path.parent().unwrap_or(&self.path))?;
        match rustix::fs::unlink(&self.path) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(e) => Err(Error::io_in_state(e, "tidy the journal", &self.path)),
        }
    }
}

/// Whether a change was begun and not finished, as far as can be seen.
pub(crate) fn is_pending(state: &Path) -> bool {
    ids(&paths::pending(state)).map_or(true, |ids| !ids.is_empty())
}

/// The changes that are remembered, oldest first.
///
/// # Errors
/// When the journal cannot be read, or other users can write in it.
pub(crate) fn entries(state: &Path) -> Result<Entries<Entry>> {
    read(state, &paths::journal(state), |entry, _| entry)
}

/// An entry that cannot be relied on: what is wrong with it, and how to go on without it.
pub(crate) fn damaged(path: &Path, what: EntryFault) -> Error {
    let kind = ErrorKind::DamagedEntry { path: path.to_owned(), what };
    Error::new(kind).remedy(Remedy::RemoveEntry(path.to_owned()))
}

fn read<E>(state: &Path, folder: &Path, make: impl Fn(Entry, PathBuf) -> E) -> Result<Entries<E>> {
    // Of a user's state folder root believes what that user could do without it.
    let _rights = Rights::only_of(state)?;
    folder::require_own(state)?;
    folder::require_own(folder)?;
    let mut entries = Entries { good: Vec::new(), damaged: Vec::new() };
    for id in ids(folder)? {
        let path = folder.join(file_name(id));
        match load(&path, id) {
            // Another sshp has just finished or forgotten it.
            Ok(None) => {}
            Ok(Some(entry)) => entries.good.push(make(entry, path)),
            Err(error) => entries.damaged.push((id, error)),
        }
    }
    Ok(entries)
}

fn load(path: &Path, id: u64) -> Result<Option<Entry>> {
    let found = file::open_real(path).map_err(|e| damaged(path, EntryFault::Unreadable(e.kind)))?;
    let Some(found) = found else { return Ok(None) };
    folder::require_own_file(&found.metadata, path)?;
    let text = found.read(path)?;
    let entry: Entry =
        serde_json::from_slice(&text).map_err(|e| damaged(path, EntryFault::Json(e)))?;
    let entry = Entry { id, ..entry };
    entry.check().map_err(|damage| damaged(path, EntryFault::Damage(damage)))?;
    Ok(Some(entry))
}

/// What [`forget_old`] has to know of an entry.
#[derive(Deserialize)]
struct Reference {
    undoes: Option<u64>,
    redoes: Option<bool>,
}

/// Forgets what is too much: first undos that were taken back, with the redo that did it, since
/// without both the change stands all the same; then the oldest changes.
fn forget_old(folder: &Path) {
    // What cannot be removed now goes the next time.
    let Ok(ids) = ids(folder) else { return };
    let Some(excess) = ids.len().checked_sub(ENTRIES).filter(|excess| *excess > 0) else { return };
    let refers = |id: &u64| {
        let text = file::read_real(&folder.join(file_name(*id))).ok()??;
        Some((*id, serde_json::from_slice(&text).ok()?))
    };
    let references: HashMap<u64, Reference> = ids.iter().filter_map(refers).collect();
    for id in superfluous(&ids, &references, excess) {
        let _ = rustix::fs::unlink(folder.join(file_name(id)));
    }
}

fn superfluous(ids: &[u64], references: &HashMap<u64, Reference>, excess: usize) -> HashSet<u64> {
    let mut gone = HashSet::new();
    for id in ids {
        let Some(Reference { undoes: Some(undo), redoes }) = references.get(id) else { continue };
        let undo_is = references.get(undo).is_some_and(|undo| undo.undoes.is_some());
        if gone.len() < excess && undo_is && redoes.unwrap_or(true) {
            gone.extend([*id, *undo]);
        }
    }
    for id in ids {
        if gone.len() < excess {
            gone.insert(*id);
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use sshp_splice::{ChangeSet, FileChange, Splice};

    fn entry() -> Entry {
        let splice = Splice::replace(0..1, "XYZ");
        let file = FileChange::new("/h/config", Some(Arc::from(&b"abc"[..])), vec![splice]);
        Entry::new(&ChangeSet { files: vec![file], ..ChangeSet::new("add web") }, 5)
    }

    #[test]
    fn a_change_is_pending_then_remembered_and_the_oldest_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path();
        for n in 1..=3 {
            let pending = Pending::begin(state, entry()).unwrap();
            assert_eq!(pending.entry().id, n);
            assert_eq!(Pending::all(state).unwrap().good[0].entry(), pending.entry());
            pending.done(state).unwrap();
            assert!(Pending::all(state).unwrap().good.is_empty());
        }
        let folder = paths::journal(state);
        // The rest only fills the folder; it need not go through the disk.
        for id in 4..=ENTRIES as u64 + 5 {
            std::fs::copy(folder.join(file_name(1)), folder.join(file_name(id))).unwrap();
        }
        forget_old(&folder);
        let entries = entries(state).unwrap().good;
        assert_eq!((entries.len(), entries[0].id), (ENTRIES, 6));
    }

    #[test]
    fn undos_that_were_taken_back_are_forgotten_before_changes() {
        let refers = |undoes, redoes| Reference { undoes, redoes };
        // Three changes, two undos, one of them taken back by an old version, one by this one.
        let references = HashMap::from([
            (1, refers(None, None)),
            (2, refers(None, None)),
            (3, refers(None, None)),
            (4, refers(Some(3), Some(false))),
            (5, refers(Some(2), None)),
            (6, refers(Some(5), None)),
            (7, refers(Some(4), Some(true))),
        ]);
        let ids: Vec<u64> = (1..=7).collect();
        let gone = |excess| {
            let mut gone: Vec<_> = superfluous(&ids, &references, excess).into_iter().collect();
            gone.sort_unstable();
            gone
        };
        assert_eq!(gone(1), [5, 6]);
        assert_eq!(gone(3), [4, 5, 6, 7]);
        assert_eq!(gone(5), [1, 4, 5, 6, 7]);
    }

    #[test]
    fn what_is_no_entry_is_named_and_the_others_are_read() {
        sshp_testing::needs!("root");
        let dir = tempfile::tempdir().unwrap();
        let state = dir.path();
        for _ in 0..2 {
            Pending::begin(state, entry()).unwrap().done(state).unwrap();
        }
        let folder = paths::journal(state);
        let at = |id| folder.join(file_name(id));
        std::fs::write(at(1), "{").unwrap();
        std::fs::create_dir(at(3)).unwrap();
        std::os::unix::fs::symlink(at(2), at(4)).unwrap();
        nix::unistd::mkfifo(&at(5), nix::sys::stat::Mode::S_IRWXU).unwrap();
        std::fs::copy(at(2), at(6)).unwrap();
        std::fs::set_permissions(at(6), std::os::unix::fs::PermissionsExt::from_mode(0o620))
            .unwrap();
        std::fs::copy(at(2), at(7)).unwrap();
        std::os::unix::fs::chown(at(7), Some(12345), None).unwrap();
        let entries = entries(state).unwrap();
        assert_eq!(entries.good.iter().map(|entry| entry.id).collect::<Vec<_>>(), [2]);
        for (id, error) in &entries.damaged {
            let name = at(*id).display().to_string();
            assert!(error.to_string().contains(&name), "{error:?}");
            let named = format!("{:?}", error.remedies);
            assert!(named.contains(&name), "{error:?}");
        }
        assert_eq!(entries.damaged.len(), 6);
    }

    #[test]
    fn a_folder_that_others_can_write_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        Pending::begin(dir.path(), entry()).unwrap().done(dir.path()).unwrap();
        for folder in [dir.path().to_owned(), paths::journal(dir.path())] {
            let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
            std::fs::set_permissions(&folder, mode(0o770)).unwrap();
            let error = entries(dir.path()).err().expect("a refusal");
            assert!(matches!(error.remedies[0], Remedy::DenyOthers(_)), "{error:?}");
            std::fs::set_permissions(&folder, mode(0o700)).unwrap();
        }
    }
}
