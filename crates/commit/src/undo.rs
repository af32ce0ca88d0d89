//! What was changed, told and taken back.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_splice::{ChangeSet, FileChange, Secret, unified_diff};
use zeroize::Zeroizing;

use crate::entry::{Entry, FileEntry};
use crate::host::Committer;
use crate::journal::{self, Entries, damaged};
use crate::numbered::file_name;
use crate::paths::{self, hash_of};
use crate::recovery::unexpected;
use crate::rights::Rights;
use crate::transaction::{CommitError, CommitOptions};
use crate::{EntryFault, Error, ErrorKind, Remedy, Result, backup, file};

/// How much of a conflict is shown.
const SHOWN_LINES: usize = 40;

/// How much of one of its lines is shown.
const SHOWN_CHARS: usize = 200;

/// The changes that the journal of a state folder remembers, oldest first.
///
/// # Errors
/// When the journal cannot be read, or other users can write in it.
pub fn log(state: &Path) -> Result<Entries<Entry>> {
    journal::entries(state)
}

/// The changes that undos take back, the next one first: those that stand and are no undo
/// themselves.
pub fn undoable(entries: &[Entry]) -> Vec<&Entry> {
    let taken_back = taken_back(entries);
    let stands = |e: &&Entry| e.undoes.is_none() && !taken_back.contains(&e.id);
    entries.iter().rev().filter(stands).collect()
}

/// The undos that redos take back, the next one first: those that stand.
pub fn redoable(entries: &[Entry]) -> Vec<&Entry> {
    let taken_back = taken_back(entries);
    let is_undo = |e: &&Entry| e.undoes.is_some() && e.is_redo(entries) == Some(false);
    let stands = |e: &&Entry| is_undo(e) && !taken_back.contains(&e.id);
    entries.iter().rev().filter(stands).collect()
}

/// The numbers of the changes that a later one took back and that were not done again.
pub fn taken_back(entries: &[Entry]) -> HashSet<u64> {
    let mut gone = HashSet::new();
    for entry in entries.iter().rev() {
        if let Some(id) = entry.undoes.filter(|_| !gone.contains(&entry.id)) {
            gone.insert(id);
        }
    }
    gone
}

impl Committer<'_> {
    /// What taking back changes, the newest first, means for the files as they are now: one change set
    /// for each of them.
    ///
    /// # Errors
    /// [`ErrorKind::ChangedSince`] when a file is no longer as the change to be taken back left it.
    pub fn plan_undos(&self, entries: &[&Entry]) -> Result<Vec<ChangeSet>> {
        // What the files hold once the changes so far are taken back.
        let mut held: HashMap<PathBuf, Option<Arc<[u8]>>> = HashMap::new();
        let mut plans = Vec::new();
        for entry in entries {
            let plan = self.plan_undo(entry, |path| match held.get(path) {
                Some(text) => Ok(text.clone()),
                None => file::read(path),
            })?;
            for file in &plan.files {
                let text = (!file.removes).then(|| Arc::from(file.after()));
                held.insert(file.path.clone(), text);
            }
            plans.push(plan);
        }
        Ok(plans)
    }

    /// Takes back one change; the locks of the files in `first` are taken before its files are read.
    ///
    /// # Errors
    /// As [`Committer::plan_undos`], and what stops a write.
    pub fn undo(
        &self,
        options: CommitOptions,
        first: &[&Path],
        entry: &Entry,
    ) -> Result<ChangeSet> {
        // Of another user's journal root takes back what that user could, too.
        let _rights = Rights::only_of(self.state)?;
        let undone = Some((entry.id, entry.undoes.is_some()));
        let plan = || self.plan_undo(entry, file::read);
        self.commit_undo(options, undone, first, plan).map_err(|error| match error {
            CommitError::Plan(error) | CommitError::Commit(error) => error,
        })
    }

    fn plan_undo(
        &self,
        entry: &Entry,
        read: impl Fn(&Path) -> Result<Option<Arc<[u8]>>>,
    ) -> Result<ChangeSet> {
        let mut change = ChangeSet::new(format!("undo {} ({})", entry.id, entry.command));
        let entry_file = paths::journal(self.state).join(file_name(entry.id));
        let targets = self.host.targets(&mut entry.files.iter().map(FileEntry::path));
        for file in &entry.files {
            let path = file.path();
            let now = read(&path)?;
            if now.as_deref().map(hash_of) != file.after {
                return Err(conflict(self.state, entry, file, &path, now.as_deref()));
            }
            if let Some(origin) = file.origin() {
                if !targets(file, now.as_deref().as_slice()) {
                    return Err(unexpected(path));
                }
                change.push(undo_secret(path, now, origin)?);
                continue;
            }
            let text = now.as_deref().unwrap_or_default();
            let edits =
                file.backward(text).map_err(|why| damaged(&entry_file, EntryFault::Damage(why)))?;
            let then = sshp_splice::splice(text, &edits);
            let texts = [now.as_deref(), file.before.as_ref().map(|_| &then[..])];
            if !targets(file, &texts.into_iter().flatten().collect::<Vec<_>>()) {
                return Err(unexpected(path));
            }
            change.push(match (&file.before, now) {
                // The change made the file.
                (None, Some(now)) => FileChange::removal(path, now),
                (_, now) => FileChange::new(path, now, edits),
            });
        }
        Ok(change)
    }
}

/// Another program wrote the file since: what the change left there, and what is there now.
fn conflict(
    state: &Path,
    entry: &Entry,
    file: &FileEntry,
    path: &Path,
    now: Option<&[u8]>,
) -> Error {
    let mut lines = Vec::new();
    // Of a private key nothing is shown.
    let is_plain = file.origin().is_none();
    if let Some(left) = backup::left(state, path, file, entry.id).filter(|_| is_plain) {
        let now = (if now.is_some() { "as it is now" } else { "gone" }, now.unwrap_or_default());
        let diff = unified_diff(("as sshp left it", &left), now);
        let mut all = diff.lines();
        let shown = all.by_ref().take(SHOWN_LINES);
        lines.extend(shown.map(|line| line.chars().take(SHOWN_CHARS).collect()));
        match all.count() {
            0 => {}
            more => lines.push(format!("… {more} more lines")),
        }
    }
    Error::new(ErrorKind::ChangedSince {
        path: path.to_owned(),
        command: entry.command.clone(),
        id: entry.id,
        diff: lines,
    })
    .remedy(Remedy::TakeBackByHand)
    .remedy(Remedy::EarlierTexts(paths::backups(state, path)))
}

/// Takes a private key away again, unless it may be the only copy by now.
fn undo_secret(path: PathBuf, now: Option<Arc<[u8]>>, origin: PathBuf) -> Result<FileChange> {
    let Some(now) = now else {
        return Err(Error::new(ErrorKind::KeyGone(path)).remedy(Remedy::CopyKeyAgain(origin)));
    };
    if !origin.exists() {
        let kind = ErrorKind::OnlyCopy { path, origin: origin.clone() };
        return Err(Error::new(kind).remedy(Remedy::CopyKeyBack(origin)));
    }
    let text = Arc::new(Zeroizing::new(now.to_vec()));
    Ok(FileChange::secret(path, Secret { text, origin }, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(undoes: &[Option<u64>]) -> Vec<Entry> {
        let entry = |(at, undoes): (usize, &Option<u64>)| Entry {
            id: at as u64 + 1,
            time: 0,
            command: String::new(),
            undoes: *undoes,
            redoes: None,
            in_place: false,
            files: Vec::new(),
        };
        undoes.iter().enumerate().map(entry).collect()
    }

    #[track_caller]
    fn next(undoes: &[Option<u64>], undo: &[u64], redo: &[u64]) {
        let entries = entries(undoes);
        let ids = |found: Vec<&Entry>| found.into_iter().map(|e| e.id).collect::<Vec<_>>();
        assert_eq!(ids(undoable(&entries)), undo, "undo");
        assert_eq!(ids(redoable(&entries)), redo, "redo");
    }

    #[test]
    fn undo_goes_further_back_and_redo_forward_again() {
        next(&[], &[], &[]);
        next(&[None, None], &[2, 1], &[]);
        next(&[None, None, Some(2)], &[1], &[3]);
        next(&[None, None, Some(2), Some(1)], &[], &[4, 3]);
        next(&[None, None, Some(2), Some(1), Some(4)], &[1], &[3]);
        next(&[None, None, Some(2), Some(1), Some(4), Some(3)], &[2, 1], &[]);
        next(&[None, None, Some(2), None], &[4, 1], &[3]);
    }

    #[test]
    fn what_is_not_known_to_be_an_undo_is_not_done_again() {
        // The changes and undos that these took back were forgotten.
        let mut entries = entries(&[Some(900), Some(901), Some(902)]);
        entries[1].redoes = Some(true);
        entries[2].redoes = Some(false);
        assert_eq!(redoable(&entries).iter().map(|e| e.id).collect::<Vec<_>>(), [3]);
        assert!(undoable(&entries).is_empty());
    }
}
