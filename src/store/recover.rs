//! Finishes or drops what a crash left half done.
//!
//! What the entry says is checked first, all of it: a change that cannot be finished whole is left as it
//! is and named.

use std::path::{Path, PathBuf};

use super::entry::{Damage, FileEntry};
use super::journal::{self, Pending, damaged};
use super::lock::Locks;
use super::paths::hash_of;
use super::rights::Rights;
use super::signals::Held;
use super::targets::Targets;
use super::{apply, backup, disk, explain, folder, in_place, replace};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::shell;
use crate::ui::sanitize;

/// Finishes what was begun, waiting for its locks; for a command that writes.
///
/// # Errors
/// When a lock is not given, a file cannot be written, or an entry cannot be relied on.
pub(super) fn recover(ctx: &Ctx, locks: &mut Locks) -> Result<()> {
    if !journal::is_pending(&ctx.paths.state) {
        return Ok(());
    }
    for error in all(ctx, locks, true)? {
        // A change of another config waits for a command with that config, and stops no other.
        if error.kind != ErrorKind::NotFound {
            return Err(error);
        }
        tell(ctx, &error);
    }
    Ok(())
}

/// Says what is not finished, and what helps.
pub(super) fn tell(ctx: &Ctx, error: &Error) {
    let why = format!("{:#}", error.source);
    ctx.ui.warning(format_args!("an interrupted change is not finished: {}", sanitize::line(&why)));
    for hint in &error.hints {
        ctx.ui.hint(sanitize::line(hint));
    }
}

/// Finishes what was begun, for a command that only reads: what another sshp is writing at this moment
/// is left to it, and a change of another user to that user. Gives what is not finished, and why.
pub(super) fn recover_for_read(ctx: &Ctx) -> Vec<Error> {
    let state = &ctx.paths.state;
    if !journal::is_pending(state) {
        return Vec::new();
    }
    let owner = match folder::owner(state) {
        Ok(Some(owner)) => owner,
        Ok(None) => return Vec::new(),
        Err(error) => return vec![error],
    };
    if owner != nix::unistd::geteuid() {
        let owner = explain::user_name(owner);
        return vec![Error::failed(format_args!(
            "it was made in `{}`, which belongs to {owner}; the next change that {owner} makes with sshp finishes it",
            state.display()
        ))];
    }
    all(ctx, &mut Locks::new(state), false).unwrap_or_else(|error| vec![error])
}

fn all(ctx: &Ctx, locks: &mut Locks, wait: bool) -> Result<Vec<Error>> {
    let _rights = Rights::only_of(&ctx.paths.state)?;
    let found = Pending::all(&ctx.paths.state)?;
    let mut errors: Vec<Error> = found.damaged.into_iter().map(|(_, error)| error).collect();
    let asked = found.good.iter().flat_map(|pending| &pending.entry().files);
    let targets = Targets::new(ctx, asked.map(FileEntry::path));
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
            errors.extend(finish(ctx, &targets, pending).err());
        }
    }
    Ok(errors)
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

fn finish(ctx: &Ctx, targets: &Targets, pending: Pending) -> Result<()> {
    let _signals = Held::new()?;
    let entry = pending.entry();
    let command = sanitize::line(&entry.command).into_owned();
    let id = entry.id;
    // All of it is looked at before a byte is written.
    let mut files = Vec::new();
    for file in &entry.files {
        let path = file.path();
        let now = disk::read_real(&path)?.map(|now| now.bytes);
        let torn = if entry.in_place { torn(ctx, &path, file, id, now.as_deref())? } else { None };
        let found = match &torn {
            Some(_) => Found::After,
            None => look(file, now.as_deref()).map_err(|why| damaged(pending.path(), why))?,
        };
        let then = match &found {
            Found::Before(then) => then.as_deref(),
            _ => None,
        };
        let texts: Vec<&[u8]> =
            [now.as_deref(), then, torn.as_deref()].into_iter().flatten().collect();
        targets.require(file, &texts).map_err(|why| {
            why.with_kind(ErrorKind::NotFound)
                .hint(format_args!("`rm {}` drops it", shell::quote(pending.path())))
        })?;
        files.push((path, file, now, torn, found));
    }
    let mut after = 0;
    for (path, file, now, torn, found) in &files {
        if let (Some(now), Some(new)) = (now, torn) {
            in_place::write_through(path, now, new)?;
        }
        if let (Some(before), Some(_)) = (&file.before, &file.after) {
            apply::backup(ctx, path, id).resume(before)?;
        }
        if let Some(folder) = path.parent() {
            replace::sweep(folder);
        }
        after += usize::from(matches!(found, Found::After));
    }
    if after == files.len() && files.iter().all(|(_, _, _, torn, _)| torn.is_none()) {
        // All was written; only the journal does not know it.
        return pending.done(&ctx.paths.state);
    }
    if after == 0 {
        ctx.ui.status(format_args!("dropped `{command}`, which was interrupted before it began"));
        return pending.drop_it();
    }
    let mut others = Vec::new();
    for (path, _, now, _, found) in files {
        match found {
            Found::After => {}
            Found::Other => others.push(path),
            Found::NoKey(origin) => ctx.ui.warning(format_args!(
                "`{}` was not written; copy it from `{}`",
                path.display(),
                origin.display()
            )),
            Found::Before(None) => replace::remove(&path, now.as_deref().unwrap_or_default())?,
            Found::Before(Some(new)) => {
                drop(replace::replace(
                    &path,
                    now.as_deref(),
                    &new,
                    Some(apply::backup(ctx, &path, id)),
                )?);
            }
        }
    }
    ctx.ui.status(format_args!("finished `{command}`, which was interrupted"));
    for path in others {
        ctx.ui.warning(format_args!(
            "`{}` was changed after that interruption and is left as it is",
            path.display()
        ));
    }
    pending.done(&ctx.paths.state)
}

/// What a file becomes that was being written in place and was left with some of both texts: the old
/// one is in the backup.
fn torn(
    ctx: &Ctx,
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
    let Some(base) = backup::before(&ctx.paths.state, path, file, id)? else { return Ok(None) };
    // An entry that does not lead there is damaged, and the file is another's by its hash.
    let new = file.forward(&base).ok();
    Ok(new.filter(|new| in_place::is_torn(now, &base, new)))
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
