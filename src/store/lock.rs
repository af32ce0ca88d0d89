//! Who may write a file: flock(2) on a file of ours in the state folder.
//!
//! The lock file is named after the real path of what it guards and is never unlinked, so all
//! writers meet at one inode; the kernel frees it when its holder dies. Where the file system has no
//! flock(2), a second file beside it is the lock ([`lock_file`]).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::disk::{self, O_OWN};
use super::explain::{explain_state, in_state};
use super::lock_file::{self, Holder, LockFile};
use super::rights::Rights;
use super::{folder, paths};
use crate::error::{Error, Result};
use crate::platform;
use crate::shell;
use crate::ui::sanitize;

/// How long another sshp may take before it is named.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take until it is given, however many are before.
const LONGEST: Duration = Duration::from_mins(2);

/// How long between two looks at a lock that is held.
const PAUSE: Duration = Duration::from_millis(5);

/// The locks that this process holds, by the real path they guard; dropping them frees them.
pub(super) struct Locks {
    folder: PathBuf,
    held: BTreeMap<PathBuf, Lock>,
}

/// A lock that is held; dropping it frees it.
pub(super) enum Lock {
    /// By flock(2).
    Kernel(#[allow(dead_code, reason = "closing it frees the lock")] File),
    /// By a file that is there.
    File(#[allow(dead_code, reason = "dropping it removes the file")] LockFile),
}

impl Locks {
    /// No lock yet.
    pub(super) fn new(state: &Path) -> Self {
        Locks { folder: state.join("lock"), held: BTreeMap::new() }
    }

    /// Whether the file is ours to write.
    pub(super) fn holds(&self, real: &Path) -> bool {
        self.held.contains_key(real)
    }

    /// Takes the lock of a file, waiting up to ten seconds for each that holds it.
    ///
    /// # Errors
    /// When a holder keeps it longer, which is named, or when there is no place for lock files.
    pub(super) fn take(&mut self, real: &Path) -> Result<()> {
        let (started, path) = (Instant::now(), self.path(real));
        let (mut since, mut holder) = (started, None);
        loop {
            if self.try_take(real)? {
                return Ok(());
            }
            // Many at once get it one after the other.
            let now = holder_of(&path);
            if now != holder {
                (since, holder) = (Instant::now(), now);
            }
            if since.elapsed() > PATIENCE || started.elapsed() > LONGEST {
                return Err(self.held_by(real));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Takes the lock of a file if it is free; gives whether it is ours.
    ///
    /// # Errors
    /// When there is no place for lock files.
    pub(super) fn try_take(&mut self, real: &Path) -> Result<bool> {
        if self.holds(real) {
            return Ok(true);
        }
        let Some(lock) = try_lock(&self.path(real))? else { return Ok(false) };
        self.held.insert(real.to_owned(), lock);
        Ok(true)
    }

    fn path(&self, real: &Path) -> PathBuf {
        self.folder.join(paths::name_of(real))
    }

    fn held_by(&self, real: &Path) -> Error {
        let path = self.path(real);
        let what = format!("`{}` is being written by another sshp", real.display());
        let lock_file = lock_file_of(&path);
        let text = lock_file::read(&lock_file);
        let holder = text.as_deref().and_then(Holder::parse);
        if lock_file.exists() && holder.as_ref().is_none_or(Holder::is_elsewhere) {
            let holder = holder.map_or_else(
                || "a process".to_owned(),
                |h| format!("process {} on `{}`", h.pid, sanitize::line(&h.machine)),
            );
            return Error::failed(format_args!("{what}: {holder} holds its lock")).hint(
                format_args!("if it has ended, `rm {}` frees the lock", shell::quote(&lock_file)),
            );
        }
        let pid = holder.map(|holder| holder.pid).or_else(|| holder_of(&path));
        let Some(pid) = pid else { return Error::failed(what) };
        let command = platform::command_of(pid);
        let words: Vec<_> = command.iter().map(|word| sanitize::bytes(word)).collect();
        let named =
            if words.is_empty() { String::new() } else { format!(" (`{}`)", words.join(" ")) };
        let error = Error::failed(format_args!(
            "{what}: process {pid}{named} has held the lock for {} seconds",
            PATIENCE.as_secs()
        ));
        if platform::is_stopped(pid) {
            error.hint(format_args!("it is stopped; `kill -CONT {pid}` lets it go on"))
        } else {
            error.hint(format_args!("wait for it, or end it with `kill {pid}`"))
        }
    }
}

/// The lock that takes the place of flock(2).
fn lock_file_of(path: &Path) -> PathBuf {
    path.with_extension("held")
}

/// The process that holds a lock, by the file that names it.
fn holder_of(path: &Path) -> Option<u32> {
    if let Some(text) = lock_file::read(&lock_file_of(path)) {
        return Holder::parse(&text).map(|holder| holder.pid);
    }
    let mut pid = String::new();
    disk::open_real(path).ok()??.file.take(32).read_to_string(&mut pid).ok()?;
    pid.trim().parse().ok()
}

/// Takes a lock by its file, which is made with its folder where it is missing; `None` while another
/// process has it.
///
/// # Errors
/// When there is no place for it, or something else is in its place.
pub(super) fn try_lock(path: &Path) -> Result<Option<Lock>> {
    let parent = path.parent().unwrap_or(path);
    let _rights = Rights::in_folder(parent)?;
    folder::make(parent).map_err(in_state)?;
    let flags = OFlags::RDWR | OFlags::CREATE | O_OWN;
    let opened = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR);
    let mut file =
        opened.map(File::from).map_err(|e| explain_state(&e.into(), "open the lock file", path))?;
    folder::require_own_file(&rustix::fs::fstat(&file)?, path)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
        Err(Errno::NOSYS | Errno::NOLCK | Errno::OPNOTSUPP | Errno::INVAL) => {
            return Ok(lock_file::try_make(&lock_file_of(path))?.map(Lock::File));
        }
        Err(e) => return Err(explain_state(&e.into(), "lock", path)),
    }
    // Only there to be named by others; without it (a full disk) the lock is as good.
    let _ = file.set_len(0).and_then(|()| file.rewind());
    let _ = write!(file, "{}", std::process::id());
    Ok(Some(Lock::Kernel(file)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time_and_free_when_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let target = Path::new("/h/.ssh/config");
        let (mut one, mut two) = (Locks::new(dir.path()), Locks::new(dir.path()));
        assert!(one.try_take(target).unwrap());
        assert!(one.try_take(target).unwrap());
        assert!(!two.try_take(target).unwrap());
        assert!(two.try_take(Path::new("/h/.ssh/known_hosts")).unwrap());
        drop(one);
        assert!(two.try_take(target).unwrap());
    }
}
