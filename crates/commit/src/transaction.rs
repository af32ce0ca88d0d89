//! Makes a change set true: all of its files, or none.
//!
//! Lock, plan, compare, journal, replace; what is replaced becomes the backup. When a file changed
//! since the plan was made, the plan is made again on what it holds now.

use std::path::{Path, PathBuf};

use sshp_splice::{ChangeSet, FileChange};

use crate::backup::Backup;
use crate::entry::Entry;
use crate::host::{Committer, Event};
use crate::journal::Pending;
use crate::lock::Locks;
use crate::rights::{self, Rights};
use crate::{Error, ErrorKind, Remedy, Result, file, in_place, replace};

/// How often a plan is made again while another program keeps writing the same files.
const ATTEMPTS: usize = 8;

/// How the files of a change are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitOptions {
    /// Write the new text into the file, after a backup, instead of replacing the file: for one with
    /// hard links, or one that is mounted by itself. A crash in that moment leaves some of both
    /// texts, which the next change mends.
    pub in_place: bool,
}

/// Why a commit failed.
#[derive(Debug)]
pub enum CommitError<E> {
    /// The plan failed.
    Plan(E),
    /// The change could not be made.
    Commit(Error),
}

impl<E> From<Error> for CommitError<E> {
    fn from(error: Error) -> Self {
        CommitError::Commit(error)
    }
}

/// The change that another takes back, and whether that was an undo.
pub(crate) type Undone = Option<(u64, bool)>;

impl Committer<'_> {
    /// Lets `plan` say what is to change, and makes it true. Gives what was changed; a plan of nothing
    /// writes nothing. The locks of the files in `first` are taken before the plan is made.
    ///
    /// `plan` runs again when a file changed meanwhile, so it has to read its files itself.
    ///
    /// # Errors
    /// What `plan` refuses with; [`ErrorKind::Changed`] when others keep changing the same files; what
    /// stops a write, and then nothing is changed.
    pub fn commit<E>(
        &self,
        options: CommitOptions,
        first: &[&Path],
        plan: impl Fn() -> Result<ChangeSet, E>,
    ) -> Result<ChangeSet, CommitError<E>> {
        self.commit_undo(options, None, first, plan)
    }

    /// As [`Committer::commit`], remembering which change is taken back.
    pub(crate) fn commit_undo<E>(
        &self,
        options: CommitOptions,
        undone: Undone,
        first: &[&Path],
        plan: impl Fn() -> Result<ChangeSet, E>,
    ) -> Result<ChangeSet, CommitError<E>> {
        let mut locks = Locks::new(self.state);
        let mut real = first.iter().map(|path| real_path(path)).collect::<Result<Vec<_>>>()?;
        real.sort();
        for real in &real {
            locks.take(real)?;
        }
        self.recover_under(&mut locks)?;
        let mut attempt = 1;
        loop {
            let change = plan().map_err(CommitError::Plan)?;
            if change.is_empty() {
                return Ok(change);
            }
            match self.apply(&mut locks, &change, options, undone) {
                Err(error) if error.is_changed() && attempt < ATTEMPTS => {
                    self.host.event(Event::PlannedAgain(&error));
                    attempt += 1;
                }
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(change),
            }
        }
    }

    /// Writes one file without journal or backup, for what is not worth undoing; `base` is what it
    /// holds, `None` where there is none. A new file has mode 0600.
    ///
    /// # Errors
    /// [`ErrorKind::Changed`] when the file is not what was read; what stops the write, and then
    /// nothing is changed.
    pub fn write(&self, path: &Path, base: Option<&[u8]>, new: &[u8]) -> Result<()> {
        let real = real_path(path)?;
        let mut locks = Locks::new(self.state);
        locks.take(&real)?;
        let _held = self.host.hold();
        replace::replace(&real, base, new, None).map(drop)
    }

    /// Writes all files of a change under their locks.
    fn apply(
        &self,
        locks: &mut Locks,
        change: &ChangeSet,
        CommitOptions { in_place }: CommitOptions,
        undone: Undone,
    ) -> Result<()> {
        let mut real = ChangeSet::new(&change.command);
        for file in &change.files {
            let path = real_path(&file.path)?;
            if real.files.iter().any(|other| other.path == path) {
                return Err(Error::new(ErrorKind::ChangedTwice(file.path.clone())));
            }
            real.files.push(FileChange { path, ..file.clone() });
        }
        real.files.sort_by(|a, b| a.path.cmp(&b.path));
        for file in &real.files {
            locks.take(&file.path)?;
            // Before anything is written down, see whether it can work at all.
            replace::compare(&file.path, file.found(), in_place)?;
            // Nothing is kept of a private key.
            if file.secret.is_none() {
                rights::require_keepable(self.state, &file.path)?;
            }
        }
        let _held = self.host.hold();
        let (undoes, redoes) = undone.unzip();
        let entry = Entry { undoes, redoes, in_place, ..Entry::new(&real, self.now) };
        let pending = Pending::begin(self.state, entry)?;
        match self.write_all(&real, pending.entry()) {
            Ok(()) => {
                // It stays in `pending/`, from where the next change takes it to the journal.
                if let Err(error) = pending.done(self.state) {
                    self.host.event(Event::NotInJournal(&error));
                }
                Ok(())
            }
            // Where taking back fails too, the journal entry stays, and the next start goes on.
            Err(error) => {
                let back = match take_back(&real, in_place) {
                    // The disk may only not confirm it.
                    Err(_) if is_as_before(&real) => Ok(()),
                    back => back,
                };
                Err(match back.and_then(|()| pending.drop_it()) {
                    Ok(()) => error,
                    Err(why) => error.remedy(Remedy::NotTakenBack(Box::new(why))),
                })
            }
        }
    }

    /// Replaces file after file; the old ones become backups. Keys come first: nothing of them is
    /// written down, so a crash before them must leave nothing to go on with, and one after them all
    /// that is needed.
    fn write_all(&self, change: &ChangeSet, entry: &Entry) -> Result<()> {
        for file in &change.files {
            match &file.secret {
                Some(secret) if file.removes => replace::remove(&file.path, &secret.text)?,
                Some(secret) => {
                    replace::replace(&file.path, None, &secret.text, None)?;
                }
                None => {}
            }
        }
        for file in change.files.iter().filter(|file| file.secret.is_none()) {
            let backup = self.backup(&file.path, entry.id);
            if let (true, Some(base)) = (file.removes, &file.base) {
                backup.copy(base)?;
                replace::remove(&file.path, base)?;
                continue;
            }
            if let (true, Some(base)) = (entry.in_place, &file.base) {
                backup.copy(base)?;
                in_place::write_through(&file.path, base, &file.after())?;
                continue;
            }
            let base = file.base.as_deref();
            let mode = replace::replace(&file.path, base, &file.after(), Some(backup))?;
            if let Some(mode) = mode {
                self.host.event(Event::ModeNarrowed(&file.path, mode));
            }
        }
        Ok(())
    }

    /// Where what a file held before a change is kept.
    pub(crate) fn backup<'a>(&'a self, real: &'a Path, id: u64) -> Backup<'a> {
        Backup { state: self.state, real, id, kept: self.backups }
    }
}

/// The file behind a path. Root follows a user's link to what is that user's and to nothing else.
fn real_path(path: &Path) -> Result<PathBuf> {
    let real = file::follow(path)?;
    rights::require_own_link(path, &real)?;
    Ok(real)
}

/// Whether all files hold what they held before the change.
fn is_as_before(change: &ChangeSet) -> bool {
    change.files.iter().all(|file| {
        let now = file::read_real(&file.path);
        now.is_ok_and(|now| now.as_deref() == file.found())
    })
}

/// Puts back what the files held, after one of them could not be written. That one may be new too,
/// if only its folder could not be synced.
fn take_back(change: &ChangeSet, in_place: bool) -> Result<()> {
    for file in &change.files {
        let _rights = file.path.parent().map(Rights::in_folder).transpose()?;
        let now = file::read_real(&file.path)?;
        if let Some(secret) = &file.secret {
            let is_it = |now: &[u8]| *now == ***secret.text;
            match now {
                None if file.removes => {
                    replace::replace(&file.path, None, &secret.text, None)?;
                }
                Some(now) if !file.removes && is_it(&now) => {
                    replace::remove(&file.path, &secret.text)?;
                }
                _ => {}
            }
            continue;
        }
        if let (true, Some(base)) = (file.removes, &file.base) {
            if now.is_none() {
                replace::replace(&file.path, None, base, None)?;
            }
            continue;
        }
        let after = file.after();
        if let (true, Some(base), Some(now)) = (in_place, &file.base, &now) {
            if now != base && in_place::is_torn(now, base, &after) {
                in_place::write_through(&file.path, now, base)?;
            }
            continue;
        }
        if now.is_none_or(|now| *now != after[..]) {
            continue;
        }
        match &file.base {
            Some(base) => replace::replace(&file.path, Some(&after), base, None).map(drop)?,
            None => replace::remove(&file.path, &after)?,
        }
    }
    Ok(())
}
