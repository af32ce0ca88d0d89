//! Makes a change set true: all of its files, or none.
//!
//! Lock, plan, compare, journal, replace; what is replaced becomes the backup. When a file changed
//! since the plan was made, the plan is made again on what it holds now.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_splice::{ChangeSet, FileChange};

use super::backup::Backup;
use super::entry::Entry;
use super::journal::Pending;
use super::lock::Locks;
use super::recover::recover;
use super::replace;
use super::rights::{self, Rights};
use super::signals::Held;
use super::{Snapshot, State, disk, drift, in_place};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};

/// How often a plan is made again while another program keeps writing the same files.
const ATTEMPTS: usize = 8;

/// How a file gets its new text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// A new file takes its place: it is the old one or the new one at every moment.
    #[default]
    Replace,
    /// The new text is written into it, after a backup: for what cannot be replaced, such as a
    /// file with hard links or one that is mounted by itself.
    InPlace,
}

/// How a change is made and remembered.
#[derive(Clone, Copy, Default)]
struct Manner {
    way: Way,
    /// The change that is taken back, and whether that was an undo.
    undoes: Option<(u64, bool)>,
}

/// Changes profiles: loads the state, lets `plan` say what shall change, and makes it true, in the
/// given way of writing files.
/// Gives what was changed; a plan of nothing writes nothing.
///
/// `plan` runs again when a file changed meanwhile, so it must start from its argument alone.
///
/// # Errors
/// What `plan` refuses with; [`ErrorKind::Changed`] when others keep changing the same files; what stops
/// a write, and then nothing is changed.
pub fn commit_as(
    ctx: &Ctx,
    way: Way,
    plan: impl Fn(&State) -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    let own = [&ctx.paths.user_config, &ctx.paths.metadata];
    let manner = Manner { way, undoes: None };
    let change = commit_locked(ctx, &own, manner, || plan(&State::read(ctx)?))?;
    if !change.is_empty() {
        drift::remember(ctx);
    }
    Ok(change)
}

/// Changes files that are no profiles, such as known_hosts: lets `plan` say what shall change, and makes
/// it true. Gives what was changed; a plan of nothing writes nothing.
///
/// `plan` runs again when a file changed meanwhile, so it must read its files itself.
///
/// # Errors
/// What `plan` refuses with; [`ErrorKind::Changed`] when others keep changing the same files; what stops
/// a write, and then nothing is changed.
pub fn commit_files(ctx: &Ctx, plan: impl Fn() -> Result<ChangeSet>) -> Result<ChangeSet> {
    commit_files_as(ctx, Way::Replace, plan)
}

/// As [`commit_files`], choosing how files are written.
///
/// # Errors
/// As [`commit_files`].
pub fn commit_files_as(
    ctx: &Ctx,
    way: Way,
    plan: impl Fn() -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    commit_locked(ctx, &[], Manner { way, undoes: None }, plan)
}

/// Writes one file without journal or backup, for what is not worth undoing.
///
/// # Errors
/// As [`commit_files`]; [`ErrorKind::Changed`] at once when the file is not what was read.
pub fn commit_quietly(ctx: &Ctx, change: &FileChange) -> Result<()> {
    let real = real_path(&change.path)?;
    let mut locks = Locks::new(&ctx.paths.state);
    locks.take(&real)?;
    let _signals = Held::new()?;
    replace::replace(&real, change.base.as_deref(), &change.after(), None).map(drop)
}

/// Writes a private key to a new file, mode 0600, through to the disk; nothing is kept of it
/// anywhere else.
///
/// # Errors
/// [`ErrorKind::Changed`] when there is a file by now; what stops the write, and then there is none.
pub fn write_key(ctx: &Ctx, path: &Path, text: &[u8]) -> Result<()> {
    let real = real_path(path)?;
    let mut locks = Locks::new(&ctx.paths.state);
    locks.take(&real)?;
    let _signals = Held::new()?;
    replace::replace(&real, None, text, None).map(drop)
}

/// As [`commit_files`], remembering which change is taken back.
pub(super) fn commit_undo(
    ctx: &Ctx,
    way: Way,
    entry: &Entry,
    plan: impl Fn() -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    // Of another user's journal root takes back what that user could, too.
    let _rights = Rights::only_of(&ctx.paths.state)?;
    let undoes = (entry.id, entry.undoes.is_some());
    let own = [&ctx.paths.user_config, &ctx.paths.metadata];
    commit_locked(ctx, &own, Manner { way, undoes: Some(undoes) }, plan)
}

fn commit_locked(
    ctx: &Ctx,
    lock_first: &[&PathBuf],
    manner: Manner,
    plan: impl Fn() -> Result<ChangeSet>,
) -> Result<ChangeSet> {
    // A size limit (`ulimit -f`) is an error like a full disk, not a signal that ends us.
    signal_hook::flag::register(signal_hook::consts::SIGXFSZ, Arc::default())?;
    let mut locks = Locks::new(&ctx.paths.state);
    let mut first = Vec::new();
    for path in lock_first {
        first.push(real_path(path)?);
    }
    first.sort();
    for real in &first {
        locks.take(real)?;
    }
    recover(ctx, &mut locks)?;
    let mut attempt = 1;
    loop {
        let change = plan()?;
        if change.is_empty() {
            return Ok(change);
        }
        match apply(ctx, &mut locks, &change, manner) {
            Err(e) if e.kind == ErrorKind::Changed && attempt < ATTEMPTS => {
                ctx.ui.verbose(format_args!("{}; planning again", e.source));
                attempt += 1;
            }
            Err(e) => return Err(e),
            Ok(()) => {
                for told in &change.told {
                    ctx.ui.warning(told);
                }
                return Ok(change);
            }
        }
    }
}

/// The file behind a path. Root follows a user's link to what is that user's and to nothing else.
fn real_path(path: &Path) -> Result<PathBuf> {
    let real = disk::follow(path)?;
    rights::require_own_link(path, &real)?;
    Ok(real)
}

/// Writes all files of a change under their locks.
fn apply(ctx: &Ctx, locks: &mut Locks, change: &ChangeSet, manner: Manner) -> Result<()> {
    let state = &ctx.paths.state;
    let mut real = ChangeSet::new(&change.command);
    for file in &change.files {
        let path = real_path(&file.path)?;
        if real.files.iter().any(|other| other.path == path) {
            return Err(Error::refused(format_args!(
                "`{}` would be changed twice, once by another name",
                file.path.display()
            )));
        }
        real.files.push(FileChange { path, ..file.clone() });
    }
    real.files.sort_by(|a, b| a.path.cmp(&b.path));
    for file in &real.files {
        locks.take(&file.path)?;
        // Before anything is written down, see whether it can work at all.
        replace::compare(&file.path, file.found(), manner.way == Way::InPlace)?;
        // Nothing is kept of a private key.
        if file.secret.is_none() {
            rights::require_keepable(state, &file.path)?;
        }
    }
    let _signals = Held::new()?;
    let in_place = manner.way == Way::InPlace;
    let (undoes, redoes) = manner.undoes.unzip();
    let entry = Entry { undoes, redoes, in_place, ..Entry::new(&real, ctx.now) };
    let pending = Pending::begin(state, entry)?;
    let written = write_all(ctx, &real, pending.entry());
    match written {
        Ok(()) => {
            // It stays in `pending/`, from where the next change takes it to the journal.
            if let Err(error) = pending.done(state) {
                ctx.ui.warning(format_args!(
                    "the change is made, and is not in the journal yet: {:#}",
                    error.source
                ));
            }
        }
        // Where taking back fails too, the journal entry stays, and the next start goes on.
        Err(error) => {
            let back = match take_back(&real, in_place) {
                // The disk may only not confirm it.
                Err(_) if is_as_before(&real) => Ok(()),
                back => back,
            };
            return Err(match back.and_then(|()| pending.drop_it()) {
                Ok(()) => error,
                Err(why) => error.hint(format_args!(
                    "some of it is written and could not be put back ({:#}); the next change goes on with it",
                    why.source
                )),
            });
        }
    }
    Ok(())
}

/// Replaces file after file; the old ones become backups. Keys come first: nothing of them is
/// written down, so a crash before them must leave nothing to go on with, and one after them all
/// that is needed.
fn write_all(ctx: &Ctx, change: &ChangeSet, entry: &Entry) -> Result<()> {
    for file in &change.files {
        match &file.secret {
            Some(secret) if file.removes => replace::remove(&file.path, &secret.text)?,
            Some(secret) => drop(replace::replace(&file.path, None, &secret.text, None)?),
            None => {}
        }
    }
    for file in change.files.iter().filter(|file| file.secret.is_none()) {
        let backup = backup(ctx, &file.path, entry.id);
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
        let said = replace::replace(&file.path, base, &file.after(), Some(backup))?;
        if let Some(said) = said {
            ctx.ui.warning(said);
        }
    }
    Ok(())
}

/// Where what a file held before a change is kept.
pub(super) fn backup<'a>(ctx: &'a Ctx, real: &'a Path, id: u64) -> Backup<'a> {
    Backup { state: &ctx.paths.state, real, id, kept: ctx.settings.backups() }
}

/// Whether all files hold what they held before the change.
fn is_as_before(change: &ChangeSet) -> bool {
    change.files.iter().all(|file| {
        let now = disk::read_real(&file.path).map(|now| now.map(|now| now.bytes));
        now.is_ok_and(|now| now.as_deref() == file.found())
    })
}

/// Puts back what the files held, after one of them could not be written. That one may be new too,
/// if only its folder could not be synced.
fn take_back(change: &ChangeSet, in_place: bool) -> Result<()> {
    for file in &change.files {
        let _rights = file.path.parent().map(Rights::in_folder).transpose()?;
        let now = disk::read_real(&file.path)?;
        if let Some(secret) = &file.secret {
            let is_it = |now: &Snapshot| *now.bytes == ***secret.text;
            match now {
                None if file.removes => {
                    drop(replace::replace(&file.path, None, &secret.text, None)?);
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
            if now.bytes != *base && in_place::is_torn(&now.bytes, base, &after) {
                in_place::write_through(&file.path, &now.bytes, base)?;
            }
            continue;
        }
        if now.is_none_or(|now| *now.bytes != after[..]) {
            continue;
        }
        match &file.base {
            Some(base) => replace::replace(&file.path, Some(&after), base, None).map(drop)?,
            None => replace::remove(&file.path, &after)?,
        }
    }
    Ok(())
}
