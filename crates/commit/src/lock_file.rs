//! A lock for file systems without flock(2) (Lustre, NFS without lockd): a file that only one process
//! can make. The holder stands in it, so that the lock of a process that was killed can be broken.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::file::{self, OPEN_FLAGS};
use crate::{Error, Result, platform};

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(crate) struct LockFile {
    path: PathBuf,
}

impl Drop for LockFile {
    fn drop(&mut self) {
        let _rights = self.path.parent().map(crate::rights::Rights::in_folder);
        // Where it cannot be removed, the next process sees that its holder is gone.
        let _ = rustix::fs::unlink(&self.path);
    }
}

/// Makes the lock file; `None` while another process holds it.
///
/// # Errors
/// When it cannot be made.
pub(crate) fn try_make(path: &Path) -> Result<Option<LockFile>> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OPEN_FLAGS;
    let mut file = match rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok(fd) => File::from(fd),
        Err(Errno::EXIST) => {
            break_if_dead(path);
            return Ok(None);
        }
        Err(e) => return Err(Error::io_in_state(e, "make the lock file", path)),
    };
    let held = LockFile { path: path.to_owned() };
    let written = file.write_all(Written::this().render().as_bytes());
    written.map_err(|e| Error::io_in_state(e, "write the lock file", path))?;
    Ok(Some(held))
}

/// Removes the lock file of a process that is gone. It goes by way of another name: what was made
/// anew in the meantime is put back.
fn break_if_dead(path: &Path) {
    let Some(text) = read(path) else { return };
    if !Written::parse(&text).is_some_and(|holder| holder.is_dead()) {
        return;
    }
    let aside = path.with_extension(format!("broken-{}", std::process::id()));
    if rustix::fs::rename(path, &aside).is_ok() {
        if read(&aside).as_deref() != Some(&text) {
            let _ = crate::numbered::rename_new(&aside, path);
        }
        let _ = rustix::fs::unlink(&aside);
    }
}

/// What a lock file says about its holder, if it says anything.
pub(crate) fn read(path: &Path) -> Option<String> {
    let file = file::open_real(path).ok().flatten()?.file;
    let mut text = String::new();
    file.take(1024).read_to_string(&mut text).ok().filter(|_| !text.is_empty())?;
    Some(text)
}

/// What a lock file says of the process that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) pid: u32,
    /// When it began, which tells it from a later one of the same number.
    started: String,
    /// The machine and its process namespace: elsewhere the number means another process.
    pub(crate) machine: String,
}

impl Written {
    fn this() -> Self {
        let pid = std::process::id();
        Written { pid, started: started(pid), machine: machine() }
    }

    fn render(&self) -> String {
        format!("{} {} {}", self.pid, self.started, self.machine)
    }

    /// Reads what [`Written::render`] writes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let pid = words.next()?.parse().ok()?;
        let (started, machine) = (words.next()?.to_owned(), words.next()?.to_owned());
        Some(Written { pid, started, machine })
    }

    /// Whether it runs on another machine, or in a container.
    pub(crate) fn is_elsewhere(&self) -> bool {
        self.machine != machine()
    }

    fn is_dead(&self) -> bool {
        !self.is_elsewhere() && (!is_alive(self.pid) || started(self.pid) != self.started)
    }
}

/// Whether there is a process with this number.
pub(crate) fn is_alive(pid: u32) -> bool {
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    pid.is_some_and(|pid| rustix::process::test_kill_process(pid) != Err(Errno::SRCH))
}

/// When a process was started; `-` where the system does not tell.
fn started(pid: u32) -> String {
    platform::started(pid).unwrap_or_else(|| "-".to_owned())
}

fn machine() -> String {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    format!("{name} {}", platform::process_space())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_has_the_lock_file_and_dropping_it_frees_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let held = try_make(&path).unwrap().expect("free");
        assert!(try_make(&path).unwrap().is_none());
        drop(held);
        assert!(try_make(&path).unwrap().is_some());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn the_lock_of_a_process_that_is_gone_is_broken_and_that_of_another_machine_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let this = Written::this();
        let dead = Written { pid: gone.id(), ..this.clone() };
        let reused = Written { started: "1".to_owned(), ..this.clone() };
        let elsewhere = Written { machine: "other pid:[1]".to_owned(), ..dead.clone() };
        for (holder, broken) in [(dead, true), (reused, true), (this, false), (elsewhere, false)] {
            std::fs::write(&path, holder.render()).unwrap();
            // The first look breaks it, the second takes it.
            assert!(try_make(&path).unwrap().is_none());
            assert_eq!(try_make(&path).unwrap().is_some(), broken, "{holder:?}");
            let _ = std::fs::remove_file(&path);
        }
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_lock_file_without_a_holder_in_it_stays() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        for text in ["", "x", "1", "99999999999 1 m", "-1 1 m"] {
            std::fs::write(&path, text).unwrap();
            assert!(try_make(&path).unwrap().is_none());
            assert!(path.exists(), "{text:?}");
        }
    }
}
