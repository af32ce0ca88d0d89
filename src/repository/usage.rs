//! Which profiles are used: one small file in the state folder.
//!
//! Nothing depends on it but the order of lists, so it never stands in the way of a connect: what
//! cannot be read counts as empty, what cannot be written is left out, and no lock is waited for.

use std::io::{self, Read, Write};
use std::path::Path;

use rustix::fs::OFlags;
use sshp_commit::{Rights, open_regular, try_lock};

use super::advice;
use crate::ctx::{Ctx, Paths};
use crate::error::{Error, Result};
use crate::profile::rank::Usage;

/// The file in the state folder.
const FILE: &str = "usage";

/// How what takes its place is called until then.
const TEMP: &str = ".usage";

/// More than [`crate::profile::rank::KEPT`] lines ever take; what is longer is not ours.
const LONGEST: u64 = 1 << 20;

/// What is known about use; nothing where the file is missing or unreadable.
pub fn load(paths: &Paths) -> Usage {
    load_at(&paths.state.join(FILE)).unwrap_or_default()
}

/// Counts one use of a profile. Failures are told with `-v` and otherwise let go.
pub fn note(ctx: &Ctx, alias: &str) {
    change(ctx, |usage| usage.note(alias, ctx.now));
}

/// Carries the uses of a profile over to its new name.
pub fn rename(ctx: &Ctx, old: &str, new: &str) {
    change(ctx, |usage| usage.rename(old, new));
}

fn change(ctx: &Ctx, edit: impl FnOnce(&mut Usage)) {
    if let Err(error) = change_in(&ctx.paths.state, ctx.now, edit) {
        ctx.ui.verbose(format_args!("usage not noted: {:#}", error.source));
    }
}

/// Reads, edits and replaces the file under its lock; another sshp that holds it has its use
/// counted and this one not.
fn change_in(state: &Path, now: u64, edit: impl FnOnce(&mut Usage)) -> Result<()> {
    let _rights = Rights::in_folder(state).map_err(advice::error)?;
    let lock = try_lock(&state.join("usage.lock")).map_err(advice::error)?;
    let Some(_lock) = lock else {
        return Err(Error::failed("another sshp is writing it"));
    };
    let path = state.join(FILE);
    let mut usage = load_at(&path).unwrap_or_default();
    edit(&mut usage);
    sweep(state);
    // Mode 0600 by tempfile; no fsync, since losing it costs an order of a list.
    let mut new = tempfile::Builder::new().prefix(TEMP).tempfile_in(state)?;
    new.write_all(usage.render(now).as_bytes())?;
    new.persist(path)?;
    Ok(())
}

/// Removes what a killed sshp left: the lock is ours, so no other is at work on one.
fn sweep(state: &Path) {
    for entry in std::fs::read_dir(state).into_iter().flatten().flatten() {
        if entry.file_name().as_encoded_bytes().starts_with(TEMP.as_bytes()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

fn load_at(path: &Path) -> io::Result<Usage> {
    let file = open_regular(path, OFlags::RDONLY | OFlags::NOFOLLOW)?.file;
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(Usage::parse(&String::from_utf8_lossy(&bytes)))
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::PermissionsExt;

    use rustix::fs::{FlockOperation, flock};

    use super::*;

    fn note_in(state: &Path, alias: &str, now: u64) -> Result<()> {
        change_in(state, now, |usage| usage.note(alias, now))
    }

    #[test]
    fn a_use_is_kept_in_a_private_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let state = dir.path().join("not/yet/there");
        note_in(&state, "web", 7).expect("noted");
        note_in(&state, "web", 7).expect("noted");
        assert_eq!(load_at(&state.join(FILE)).expect("read").render(7), "2.0000 7 web\n");
        let mode = |name: &Path| std::fs::metadata(name).expect("there").permissions().mode();
        assert_eq!(mode(&state.join(FILE)) & 0o777, 0o600);
        assert_eq!(mode(&state) & 0o777, 0o700);
        let names = std::fs::read_dir(&state).expect("the folder").count();
        assert_eq!(names, 2, "the file, its lock and nothing left over");
    }

    #[test]
    fn nobody_waits_for_the_lock() {
        let dir = tempfile::tempdir().expect("a folder");
        note_in(dir.path(), "web", 7).expect("noted");
        let lock = File::open(dir.path().join("usage.lock")).expect("the lock");
        flock(&lock, FlockOperation::LockExclusive).expect("held");
        assert!(note_in(dir.path(), "db", 7).is_err());
        assert_eq!(load_at(&dir.path().join(FILE)).expect("read").last("db"), None);
    }

    #[test]
    fn a_fifo_or_a_folder_in_its_place_blocks_nobody() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::DirBuilder::new().create(dir.path().join(FILE)).expect("a folder");
        assert!(load_at(&dir.path().join(FILE)).is_err());
        let fifo = dir.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
        assert!(load_at(&fifo).is_err());
    }

    #[test]
    fn uses_counted_at_the_same_time_break_nothing() {
        let dir = tempfile::tempdir().expect("a folder");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let _ = note_in(dir.path(), "web", 7);
                    }
                });
            }
        });
        let usage = load_at(&dir.path().join(FILE)).expect("read");
        assert_eq!(usage.last("web"), Some(7));
        assert_eq!(usage.render(7).lines().count(), 1);
    }
}
