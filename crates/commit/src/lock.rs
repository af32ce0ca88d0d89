//! Who may write a file: flock(2) on a file of ours in the state folder.
//!
//! The lock file is named after the real path of what it guards and is never unlinked, so all
//! writers meet at one inode; the kernel frees it when its holder dies. Where the file system has no
//! flock(2), a second file beside it is the lock ([`lock_file`]).

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

use crate::file::{self, OPEN_FLAGS};
use crate::lock_file::{self, LockFile, Written};
use crate::rights::Rights;
use crate::{Error, ErrorKind, Remedy, Result, folder, paths, platform};

/// How long another sshp may take before it is named.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take until it is given, however many are before.
const LONGEST: Duration = Duration::from_mins(2);

/// How long between two looks at a lock that is held.
const PAUSE: Duration = Duration::from_millis(5);

/// The locks that this process holds, by the real path they guard; dropping them frees them.
pub(crate) struct Locks {
    folder: PathBuf,
    held: BTreeMap<PathBuf, Lock>,
}

/// A lock that is held; dropping it frees it.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code, reason = "dropping it frees the lock")] Held);

/// What dropping frees.
#[derive(Debug)]
#[allow(dead_code, reason = "dropping them frees the lock")]
enum Held {
    /// A file with flock(2) on it.
    Kernel(File),
    /// A file that is removed.
    File(LockFile),
}

impl Locks {
    /// No lock yet.
    pub(crate) fn new(state: &Path) -> Self {
        Locks { folder: state.join("lock"), held: BTreeMap::new() }
    }

    /// Whether the file is ours to write.
    pub(crate) fn holds(&self, real: &Path) -> bool {
        self.held.contains_key(real)
    }

    /// Takes the lock of a file, waiting up to ten seconds for each that holds it.
    ///
    /// # Errors
    /// When a holder keeps it longer, which is named, or when there is no place for lock files.
    pub(crate) fn take(&mut self, real: &Path) -> Result<()> {
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
    pub(crate) fn try_take(&mut self, real: &Path) -> Result<bool> {
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

    /// The failure for a lock that another process keeps, with what can be known of that process.
    fn held_by(&self, real: &Path) -> Error {
        let path = self.path(real);
        let lock_file = lock_file_of(&path);
        let text = lock_file::read(&lock_file);
        let written = text.as_deref().and_then(Written::parse);
        let locked = |holder| Error::new(ErrorKind::Locked { path: real.to_owned(), holder });
        if lock_file.exists() && written.as_ref().is_none_or(Written::is_elsewhere) {
            let holder = written.map_or(Holder::Unknown, |written| Holder::Elsewhere {
                pid: written.pid,
                machine: written.machine,
            });
            return locked(holder).remedy(Remedy::FreeLock(lock_file));
        }
        let pid = written.map(|written| written.pid).or_else(|| holder_of(&path));
        let Some(pid) = pid else { return locked(Holder::Unnamed) };
        let remedy =
            if platform::is_stopped(pid) { Remedy::Continue(pid) } else { Remedy::WaitFor(pid) };
        locked(Holder::Here { pid, command: platform::command_of(pid) }).remedy(remedy)
    }
}

/// The process that holds a lock, as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The lock does not say.
    Unnamed,
    /// There is a lock file, and no process in it.
    Unknown,
    /// A process on another machine, or in a container.
    Elsewhere {
        /// Its number there.
        pid: u32,
        /// The machine and its process namespace.
        machine: String,
    },
    /// A process on this machine.
    Here {
        /// Its number.
        pid: u32,
        /// The words of its command line; none where the system does not tell.
        command: Vec<Vec<u8>>,
    },
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Unnamed => Ok(()),
            Holder::Unknown => f.write_str(": a process holds its lock"),
            Holder::Elsewhere { pid, machine } => {
                write!(f, ": process {pid} on `{machine}` holds its lock")
            }
            Holder::Here { pid, command } => {
                write!(f, ": process {pid}")?;
                if !command.is_empty() {
                    let words: Vec<_> =
                        command.iter().map(|word| String::from_utf8_lossy(word)).collect();
                    write!(f, " (`{}`)", words.join(" "))?;
                }
                write!(f, " has held the lock for {} seconds", PATIENCE.as_secs())
            }
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
        return Written::parse(&text).map(|written| written.pid);
    }
    let mut pid = String::new();
    file::open_real(path).ok()??.file.take(32).read_to_string(&mut pid).ok()?;
    pid.trim().parse().ok()
}

/// Takes a lock by its file, which is made with its folder where it is missing; `None` while another
/// process has it.
///
/// # Errors
/// When there is no place for it, or something else is in its place.
pub fn try_lock(path: &Path) -> Result<Option<Lock>> {
    let parent = path.parent().unwrap_or(path);
    let _rights = Rights::in_folder(parent)?;
    folder::make(parent).map_err(|why| why.remedy(Remedy::OtherStateFolder))?;
    let flags = OFlags::RDWR | OFlags::CREATE | OPEN_FLAGS;
    let opened = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR);
    let mut file =
        opened.map(File::from).map_err(|e| Error::io_in_state(e, "open the lock file", path))?;
    let metadata =
        file.metadata().map_err(|e| Error::io_in_state(e, "look at the lock file", path))?;
    folder::require_own_file(&metadata, path)?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK | Errno::INTR) => return Ok(None),
        Err(Errno::NOSYS | Errno::NOLCK | Errno::OPNOTSUPP | Errno::INVAL) => {
            return Ok(lock_file::try_make(&lock_file_of(path))?.map(|file| Lock(Held::File(file))));
        }
        Err(e) => return Err(Error::io_in_state(e, "lock", path)),
    }
    // Only there to be named by others; without it (a full disk) the lock is as good.
    let _ = file.set_len(0).and_then(|()| file.rewind());
    let _ = write!(file, "{}", std::process::id());
    Ok(Some(Lock(Held::Kernel(file))))
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
