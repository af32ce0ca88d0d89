//! Finishes or drops what a crash left half done.
//!
//! What the entry says is checked first, all of it: a change that cannot be finished whole is left as it
//! is and named.

use std::path::{Path, PathBuf};

use crate::entry::{Damage, FileEntry};
use crate::host::{Committer, Event, Targets};
use crate::journal::{self, Pending, damaged};
use crate::lock::Locks;
use crate::paths::hash_of;
use crate::rights::Rights;
use crate::{
    EntryFault, Error, ErrorKind, Remedy, Result, backup, file, folder, in_place, replace,
};

impl Committer<'_> {
    /// Finishes what a crash left half done, waiting for the locks of its files.
    ///
    /// # Errors
    /// When a lock is not given, a file cannot be written, or an entry cannot be relied on.
    pub fn recover(&self) -> Result<()> {
        self.recover_under(&mut Locks::new(self.state))
    }

    /// As [`Committer::recover`], for a command that holds locks already.
    pub(crate) fn recover_under(&self, locks: &mut Locks) -> Result<()> {
        if !journal::is_pending(self.state) {
            return Ok(());
        }
        for error in self.finish_all(locks, true)? {
            // A change of another config waits for a command with that config, and stops no other.
            if !matches!(*error.kind, ErrorKind::UnexpectedFile(_)) {
                return Err(error);
            }
            self.host.event(Event::Unfinished(&error));
        }
        Ok(())
    }

    /// Finishes what was begun, for a command that only reads: what another process is writing at this
    /// moment is left to it, and a change of another user to that user. Gives what is not finished, and
    /// why.
    pub fn recover_for_read(&self) -> Vec<Error> {
        let state = self.state;
        if !journal::is_pending(state) {
            return Vec::new();
        }
        let owner = match folder::owner(state) {
            Ok(Some(owner)) => owner,
            Ok(None) => return Vec::new(),
            Err(error) => return vec![error],
        };
        if owner != nix::unistd::geteuid() {
            let state = state.to_owned();
            return vec![Error::new(ErrorKind::UnfinishedOfAnother { state, owner })];
        }
        self.finish_all(&mut Locks::new(state), false).unwrap_or_else(|error| vec![error])
    }

    fn finish_all(&self, locks: &mut Locks, wait: bool) -> Result<Vec<Error>> {
        let _rights = Rights::only_of(self.state)?;
        let found = Pending::all(self.state)?;
        let mut errors: Vec<Error> = found.damaged.into_iter().map(|(_, error)| error).collect();
        let asked = found.good.iter().flat_map(|pending| &pending.entry().files);
        let targets = self.host.targets(&mut asked.map(FileEntry::path));
        for pending in found.good {
            let mut files: Vec<_> = pending.entry().files.iter().map(FileEntry::path).collect();
            files.sort();
            let mut free = true;
            for path in &files {
                if wait {
                    locks.take(path)?;
                } else {
                    free &= locks.try_take(path)?;
                }
            }
            if free && pending.stands() {
                errors.extend(self.finish(&targets, pending).err());
            }
        }
        Ok(errors)
    }

    fn finish(&self, targets: &Targets<'_>, pending: Pending) -> Result<()> {
        let _held = self.host.hold();
        let entry = pending.entry();
        let command = entry.command.clone();
        let id = entry.id;
        // All of it is looked at before a byte is written.
        let mut files = Vec::new();
        for file in &entry.files {
            let path = file.path();
            let now = file::read_real(&path)?;
            let torn =
                if entry.in_place { self.torn(&path, file, id, now.as_deref())? } else { None };
            let found = match &torn {
                Some(_) => Found::After,
                None => look(file, now.as_deref())
                    .map_err(|why| damaged(pending.path(), EntryFault::Damage(why)))?,
            };
            let then = match &found {
                Found::Before(then) => then.as_deref(),
                _ => None,
            };
            let texts: Vec<&[u8]> =
                [now.as_deref(), then, torn.as_deref()].into_iter().flatten().collect();
            if !targets(file, &texts) {
                return Err(unexpected(path).remedy(Remedy::DropEntry(pending.path().to_owned())));
            }
            files.push((path, file, now, torn, found));
        }
        let mut after = 0;
        for (path, file, now, torn, found) in &files {
            if let (Some(now), Some(new)) = (now, torn) {
                in_place::write_through(path, now, new)?;
            }
            if let (Some(before), Some(_)) = (&file.before, &file.after) {
                self.backup(path, id).resume(before)?;
            }
            if let Some(folder) = path.parent() {
                replace::sweep(folder);
            }
            after += usize::from(matches!(found, Found::After));
        }
        if after == files.len() && files.iter().all(|(_, _, _, torn, _)| torn.is_none()) {
            // All was written; only the journal does not know it.
            return pending.done(self.state);
        }
        if after == 0 {
            self.host.event(Event::Dropped { command: &command });
            return pending.drop_it();
        }
        let mut others = Vec::new();
        for (path, _, now, _, found) in files {
            match found {
                Found::After => {}
                Found::Other => others.push(path),
                Found::NoKey(origin) => {
                    self.host.event(Event::KeyNotWritten { path: &path, origin: &origin });
                }
                Found::Before(None) => replace::remove(&path, now.as_deref().unwrap_or_default())?,
                Found::Before(Some(new)) => {
                    let backup = Some(self.backup(&path, id));
                    let mode = replace::replace(&path, now.as_deref(), &new, backup)?;
                    if let Some(mode) = mode {
                        self.host.event(Event::ModeNarrowed(&path, mode));
                    }
                }
            }
        }
        self.host.event(Event::Finished { command: &command });
        for path in others {
            self.host.event(Event::LeftAsItIs(&path));
        }
        pending.done(self.state)
    }

    /// What a file becomes that was being written in place and was left with some of both texts: the old
    /// one is in the backup.
    fn torn(
        &self,
        path: &Path,
        file: &FileEntry,
        id: u64,
        now: Option<&[u8]>,
    ) -> Result<Option<Vec<u8>>> {
        let Some(now) = now else { return Ok(None) };
        let hash = Some(hash_of(now));
        if hash == file.before || hash == file.after || file.after.is_none() {
            return Ok(None);
        }
        let Some(base) = backup::before(self.state, path, file, id)? else { return Ok(None) };
        // An entry that does not lead there is damaged, and the file is another's by its hash.
        let new = file.forward(&base).ok();
        Ok(new.filter(|new| in_place::is_torn(now, &base, new)))
    }
}

/// What a file of an unfinished change holds.
enum Found {
    /// What it held before, and what it is to hold: `None` where it is to go.
    Before(Option<Vec<u8>>),
    /// A private key is not there yet, and nothing of it is written down.
    NoKey(PathBuf),
    After,
    Other,
}

/// The failure for an entry about a file that the host never writes.
pub(crate) fn unexpected(path: PathBuf) -> Error {
    Error::new(ErrorKind::UnexpectedFile(path)).remedy(Remedy::OtherConfig)
}

fn look(file: &FileEntry, now: Option<&[u8]>) -> std::result::Result<Found, Damage> {
    let hash = now.map(hash_of);
    if hash == file.after {
        return Ok(Found::After);
    }
    if hash != file.before {
        return Ok(Found::Other);
    }
    match (&file.after, file.origin()) {
        (None, _) => Ok(Found::Before(None)),
        (Some(_), Some(origin)) => Ok(Found::NoKey(origin)),
        (Some(_), None) => {
            file.forward(now.unwrap_or_default()).map(|new| Found::Before(Some(new)))
        }
    }
}
