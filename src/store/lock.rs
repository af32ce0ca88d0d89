//! Who may write a file: flock(2) on a file of ours in the state folder.
//!
//! The lock file is named after the real path of what it guards and is never unlinked, so all
//! writers meet at one inode; the kernel frees it when its holder dies.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use super::{disk, paths};
use crate::error::{Error, Result};
use crate::ui::sanitize;

/// How long another sshp may take before it is named.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long between two looks at a lock that is held.
const PAUSE: Duration = Duration::from_millis(5);

/// The locks that this process holds, by the real path they guard; dropping them frees them.
pub(super) struct Locks {
    folder: PathBuf,
    held: BTreeMap<PathBuf, File>,
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

    /// Takes the lock of a file, waiting up to ten seconds for its holder.
    ///
    /// # Errors
    /// When the holder keeps it longer, who is named, or when there is no place for lock files.
    pub(super) fn take(&mut self, real: &Path) -> Result<()> {
        let started = Instant::now();
        loop {
            if self.try_take(real)? {
                return Ok(());
            }
            if started.elapsed() > PATIENCE {
                return Err(self.held_by(real));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Takes the lock of a file if nobody has it; gives whether it is ours.
    ///
    /// # Errors
    /// When there is no place for lock files.
    pub(super) fn try_take(&mut self, real: &Path) -> Result<bool> {
        if self.holds(real) {
            return Ok(true);
        }
        let mut file = self.open(real)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(false),
            Err(e) => return Err(disk::explain(&e.into(), "lock", &self.path(real))),
        }
        // Only there to be named by others; without it (a full disk) the lock is as good.
        let _ = file.set_len(0).and_then(|()| file.rewind());
        let _ = write!(file, "{}", std::process::id());
        self.held.insert(real.to_owned(), file);
        Ok(true)
    }

    fn path(&self, real: &Path) -> PathBuf {
        self.folder.join(paths::name_of(real))
    }

    fn open(&self, real: &Path) -> Result<File> {
        disk::make_folders(&self.folder)?;
        let path = self.path(real);
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
            .map(File::from)
            .map_err(|e| disk::explain(&e.into(), "open the lock file", &path))
    }

    fn held_by(&self, real: &Path) -> Error {
        let mut pid = String::new();
        if let Ok(file) = File::open(self.path(real)) {
            let _ = file.take(32).read_to_string(&mut pid);
        }
        let what = format!("`{}` is being written by another sshp", real.display());
        let Ok(pid) = pid.trim().parse::<u32>() else { return Error::failed(what) };
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<_> =
            command.split(|b| *b == 0).filter(|w| !w.is_empty()).map(sanitize::bytes).collect();
        let stopped = std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
            stat.rsplit(')').next().is_some_and(|s| s.starts_with(" T") || s.starts_with(" t"))
        });
        let error = Error::failed(format_args!(
            "{what}: process {pid} (`{}`) has held the lock for {} seconds",
            words.join(" "),
            PATIENCE.as_secs()
        ));
        if stopped {
            error.hint(format_args!("it is stopped; `kill -CONT {pid}` lets it go on"))
        } else {
            error.hint(format_args!("wait for it, or end it with `kill {pid}`"))
        }
    }
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
