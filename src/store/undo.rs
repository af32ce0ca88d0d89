//! What was changed, told and taken back.

use std::collections::HashSet;
use std::sync::Arc;

use super::journal::{self, Entry};
use super::lock::Locks;
use super::paths::{self, hash_of};
use super::{Way, apply, disk};
use crate::change::{ChangeSet, FileChange};
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// The changes that are remembered, oldest first.
///
/// # Errors
/// When the journal cannot be read.
pub fn log(ctx: &Ctx) -> Result<Vec<Entry>> {
    journal::entries(&ctx.paths.state)
}

/// The change that an undo takes back next: the last one that stands and is no undo itself.
pub fn next_undo(entries: &[Entry]) -> Option<&Entry> {
    let taken_back = taken_back(entries);
    entries.iter().rev().find(|e| e.undoes.is_none() && !taken_back.contains(&e.id))
}

/// The undo that a redo takes back next: the last one that stands.
pub fn next_redo(entries: &[Entry]) -> Option<&Entry> {
    let taken_back = taken_back(entries);
    let undoes = |id| entries.iter().any(|e| e.id == id && e.undoes.is_some());
    entries
        .iter()
        .rev()
        .find(|e| e.undoes.is_some_and(|id| !undoes(id)) && !taken_back.contains(&e.id))
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

/// What taking back one change means for the files as they are now.
///
/// # Errors
/// `Exit::Changed` when a file is no longer as that change left it.
pub fn plan_undo(ctx: &Ctx, entry: &Entry) -> Result<ChangeSet> {
    let mut change = ChangeSet::new(format!("undo {} ({})", entry.id, entry.command));
    for file in &entry.files {
        let path = file.path()?;
        let now = disk::read(&path)?.map(|now| now.bytes);
        if now.as_deref().map(hash_of).as_ref() != Some(&file.after) {
            let backups = paths::backups(&ctx.paths.state, &path);
            return Err(Error::new(
                Exit::Changed,
                format_args!("`{}` was changed since `{}`", path.display(), entry.command),
            )
            .hint(format_args!("earlier texts of the file are in `{}`", backups.display())));
        }
        let base: Arc<[u8]> = now.unwrap_or_default();
        change.push(FileChange::new(path, Some(base), file.backward()?));
    }
    Ok(change)
}

/// Takes back one change.
///
/// # Errors
/// As [`plan_undo`], and what stops a write.
pub fn undo(ctx: &Ctx, way: Way, entry: &Entry) -> Result<ChangeSet> {
    apply::commit_undo(ctx, way, entry.id, || plan_undo(ctx, entry))
}

/// Finishes what a crash left half done, unless another sshp is at it.
///
/// # Errors
/// When a file cannot be written.
pub fn recover(ctx: &Ctx) -> Result<()> {
    apply::recover(ctx, &mut Locks::new(&ctx.paths.state), false)
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
            in_place: false,
            files: Vec::new(),
        };
        undoes.iter().enumerate().map(entry).collect()
    }

    #[track_caller]
    fn next(undoes: &[Option<u64>], undo: Option<u64>, redo: Option<u64>) {
        let entries = entries(undoes);
        assert_eq!(next_undo(&entries).map(|e| e.id), undo, "undo");
        assert_eq!(next_redo(&entries).map(|e| e.id), redo, "redo");
    }

    #[test]
    fn undo_goes_further_back_and_redo_forward_again() {
        next(&[], None, None);
        next(&[None, None], Some(2), None);
        next(&[None, None, Some(2)], Some(1), Some(3));
        next(&[None, None, Some(2), Some(1)], None, Some(4));
        next(&[None, None, Some(2), Some(1), Some(4)], Some(1), Some(3));
        next(&[None, None, Some(2), Some(1), Some(4), Some(3)], Some(2), None);
        next(&[None, None, Some(2), None], Some(4), Some(3));
    }
}
