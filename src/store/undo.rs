//! What was changed, told and taken back.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sshp_splice::{ChangeSet, FileChange, Secret, unified_diff};
use zeroize::Zeroizing;

use super::entry::{Entry, FileEntry};
use super::journal::{self, Entries, damaged};
use super::lock::Locks;
use super::numbered::file_name;
use super::paths::{self, hash_of};
use super::targets::Targets;
use super::{Way, apply, backup, disk, recover as recovery};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::shell;

/// How much of a conflict is shown.
const SHOWN_LINES: usize = 40;

/// How much of one of its lines is shown.
const SHOWN_CHARS: usize = 200;

/// The changes that are remembered, oldest first.
///
/// # Errors
/// When the journal cannot be read, or other users can write in it.
pub fn log(ctx: &Ctx) -> Result<Entries<Entry>> {
    journal::entries(&ctx.paths.state)
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

/// What taking back changes, the newest first, means for the files as they are now: one change set
/// for each of them.
///
/// # Errors
/// [`ErrorKind::Changed`] when a file is no longer as the change to be taken back left it.
pub fn plan_undos(ctx: &Ctx, entries: &[&Entry]) -> Result<Vec<ChangeSet>> {
    // What the files hold once the changes so far are taken back.
    let mut held: HashMap<PathBuf, Option<Arc<[u8]>>> = HashMap::new();
    let mut plans = Vec::new();
    for entry in entries {
        let plan = plan_undo(ctx, entry, |path| match held.get(path) {
            Some(text) => Ok(text.clone()),
            None => read(path),
        })?;
        for file in &plan.files {
            let text = (!file.removes).then(|| Arc::from(file.after()));
            held.insert(file.path.clone(), text);
        }
        plans.push(plan);
    }
    Ok(plans)
}

fn read(path: &Path) -> Result<Option<Arc<[u8]>>> {
    Ok(disk::read(path)?.map(|now| now.bytes))
}

fn plan_undo(
    ctx: &Ctx,
    entry: &Entry,
    read: impl Fn(&Path) -> Result<Option<Arc<[u8]>>>,
) -> Result<ChangeSet> {
    let mut change = ChangeSet::new(format!("undo {} ({})", entry.id, entry.command));
    let own_file = paths::journal(&ctx.paths.state).join(file_name(entry.id));
    let targets = Targets::new(ctx, entry.files.iter().map(FileEntry::path));
    for file in &entry.files {
        let path = file.path();
        let now = read(&path)?;
        if now.as_deref().map(hash_of) != file.after {
            return Err(conflict(ctx, entry, file, &path, now.as_deref()));
        }
        if let Some(origin) = file.origin() {
            targets.require(file, now.as_deref().as_slice())?;
            change.push(undo_secret(path, now, origin)?);
            continue;
        }
        let text = now.as_deref().unwrap_or_default();
        let edits = file.backward(text).map_err(|why| damaged(&own_file, why))?;
        let then = sshp_splice::splice(text, &edits);
        let texts = [now.as_deref(), file.before.as_ref().map(|_| &then[..])];
        targets.require(file, &texts.into_iter().flatten().collect::<Vec<_>>())?;
        change.push(match (&file.before, now) {
            // The change made the file.
            (None, Some(now)) => FileChange::removal(path, now),
            (_, now) => FileChange::new(path, now, edits),
        });
    }
    Ok(change)
}

/// Another program wrote the file since: what sshp left there, and what is there now.
fn conflict(ctx: &Ctx, entry: &Entry, file: &FileEntry, path: &Path, now: Option<&[u8]>) -> Error {
    let state = &ctx.paths.state;
    let mut message =
        format!("`{}` was changed since `{}` (change {})", path.display(), entry.command, entry.id);
    // Of a private key nothing is shown.
    let is_plain = file.origin().is_none();
    if let Some(left) = backup::left(state, path, file, entry.id).filter(|_| is_plain) {
        let now = (if now.is_some() { "as it is now" } else { "gone" }, now.unwrap_or_default());
        let diff = unified_diff(("as sshp left it", &left), now);
        let mut lines = diff.lines();
        for line in lines.by_ref().take(SHOWN_LINES) {
            message.push_str("\n  ");
            message.extend(line.chars().take(SHOWN_CHARS));
        }
        match lines.count() {
            0 => {}
            more => message.push_str(&format!("\n  … {more} more lines")),
        }
    }
    let backups = paths::backups(state, path);
    Error::new(ErrorKind::Changed, message)
        .hint("take that back by hand, then `sshp undo` again")
        .hint(format_args!("earlier texts of the file are in `{}`", backups.display()))
}

/// Takes a private key away again, unless it may be the only copy by now.
fn undo_secret(path: PathBuf, now: Option<Arc<[u8]>>, origin: PathBuf) -> Result<FileChange> {
    let (key, from) = (path.display(), origin.display());
    let Some(now) = now else {
        return Err(Error::refused(format_args!(
            "`{key}` cannot come back: nothing of a private key is kept"
        ))
        .hint(format_args!("`sshp key import {}` copies it again", shell::quote(&origin))));
    };
    if !origin.exists() {
        return Err(Error::refused(format_args!(
            "`{key}` may be the only copy of this key: `{from}`, where it came from, is gone"
        ))
        .hint(format_args!("copy it to `{from}` first, if it shall go")));
    }
    let text = Arc::new(Zeroizing::new(now.to_vec()));
    Ok(FileChange::secret(path, Secret { text, origin }, true))
}

/// Takes back one change.
///
/// # Errors
/// As [`plan_undos`], and what stops a write.
pub fn undo(ctx: &Ctx, way: Way, entry: &Entry) -> Result<ChangeSet> {
    apply::commit_undo(ctx, way, entry, || plan_undo(ctx, entry, read))
}

/// Finishes what a crash left half done.
///
/// # Errors
/// When a file cannot be written, or what is to be finished cannot be relied on.
pub fn recover(ctx: &Ctx) -> Result<()> {
    recovery::recover(ctx, &mut Locks::new(&ctx.paths.state))
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
