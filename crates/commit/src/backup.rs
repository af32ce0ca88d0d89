//! What files held before a change: the very first text of each for good, and the last ones.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::Mode;

use crate::entry::FileEntry;
use crate::numbered::{file_name, forget_old, rename_new, sweep, write_beside};
use crate::paths::{self, hash_of};
use crate::replace::{left_over, sync_folder};
use crate::rights::{self, Rights};
use crate::{Error, Result, file, folder};

/// Where the text of a file before one change is kept.
#[derive(Clone, Copy)]
pub(crate) struct Backup<'a> {
    /// The state folder.
    pub(crate) state: &'a Path,
    /// The file.
    pub(crate) real: &'a Path,
    /// The change.
    pub(crate) id: u64,
    /// How many of these are kept, beside the very first.
    pub(crate) kept: usize,
}

impl Backup<'_> {
    /// Writes a copy, through to the disk.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn copy(&self, text: &[u8]) -> Result<()> {
        let _rights = Rights::in_folder(self.state)?;
        let folder = paths::backups(self.state, self.real);
        folder::make(&folder)?;
        let to = folder.join(file_name(self.id));
        let temp = write_beside(&folder, text)?;
        rustix::fs::rename(&temp, &to)
            .map_err(|e| Error::io_in_state(e, "write the backup", &to))?;
        self.keep(text)
    }

    /// Takes the file itself, in whose place there is another by now: nothing has to be written. From
    /// another file system, and of another user's file, a copy.
    ///
    /// # Errors
    /// As [`Backup::copy`].
    pub(crate) fn take(&self, old: &Path, text: &[u8]) -> Result<()> {
        let _rights = Rights::in_folder(self.state)?;
        let folder = paths::backups(self.state, self.real);
        folder::make(&folder)?;
        let own = rights::user().as_raw();
        let taken = rustix::fs::lstat(old).is_ok_and(|stat| stat.st_uid == own)
            && rustix::fs::chmod(old, Mode::RUSR | Mode::WUSR).is_ok()
            && rustix::fs::rename(old, folder.join(file_name(self.id))).is_ok();
        if taken { self.keep(text) } else { self.copy(text) }
    }

    /// Goes on with what a crash kept [`Backup::take`] from: of the temp files that it left, one is
    /// the old file, by its hash.
    ///
    /// # Errors
    /// As [`Backup::copy`].
    pub(crate) fn resume(&self, before: &str) -> Result<()> {
        if let Some(text) = read(self.state, self.real, self.id)? {
            return self.keep(&text);
        }
        for left in self.real.parent().map(left_over).unwrap_or_default() {
            let found = file::read_real(&left).ok().flatten();
            if let Some(old) = found.filter(|found| hash_of(found) == before) {
                return self.take(&left, &old);
            }
        }
        Ok(())
    }

    fn keep(&self, text: &[u8]) -> Result<()> {
        let folder = paths::backups(self.state, self.real);
        sweep(&folder);
        let first = folder.join("first");
        if !first.exists() {
            let path = folder.join("path");
            rename_new(&write_beside(&folder, self.real.as_os_str().as_bytes())?, &path).ok();
            // A second name will do: neither of them is ever written into.
            if rustix::fs::link(folder.join(file_name(self.id)), &first).is_err() {
                rename_new(&write_beside(&folder, text)?, &first).ok();
            }
        }
        // What is written in place is mended from here, so it must be here after a power cut, too.
        sync_folder(&folder)?;
        forget_old(&folder, self.kept);
        Ok(())
    }
}

/// What a file held before a change, if that is still kept.
///
/// # Errors
/// When the copy cannot be read.
pub(crate) fn read(state: &Path, real: &Path, id: u64) -> Result<Option<Vec<u8>>> {
    let _rights = Rights::only_of(state)?;
    let copy = file::read_real(&paths::backups(state, real).join(file_name(id)))?;
    Ok(copy.map(|copy| copy.to_vec()))
}

/// What a file held before a change, if that is still kept and is what the change found.
///
/// # Errors
/// When the copy cannot be read.
pub(crate) fn before(
    state: &Path,
    real: &Path,
    file: &FileEntry,
    id: u64,
) -> Result<Option<Vec<u8>>> {
    let is_it = |text: &Vec<u8>| file.before.as_deref() == Some(&*hash_of(text));
    Ok(read(state, real, id)?.filter(is_it))
}

/// What a change left in a file, if what it made that from is still kept.
pub(crate) fn left(state: &Path, real: &Path, file: &FileEntry, id: u64) -> Option<Vec<u8>> {
    let text = match &file.before {
        None => Vec::new(),
        Some(_) => before(state, real, file, id).ok()??,
    };
    file.forward(&text).ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::super::numbered::ids;
    use super::*;

    #[test]
    fn the_very_first_text_and_the_last_ones_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let real = Path::new("/h/config");
        for id in 1..=25 {
            let text = format!("text {id}");
            let backup = Backup { state: dir.path(), real, id, kept: 20 };
            if id % 2 == 0 {
                backup.copy(text.as_bytes()).unwrap();
                continue;
            }
            let old = dir.path().join("old");
            std::fs::write(&old, &text).unwrap();
            std::fs::set_permissions(&old, std::fs::Permissions::from_mode(0o664)).unwrap();
            backup.take(&old, text.as_bytes()).unwrap();
            assert!(!old.exists());
        }
        let folder = paths::backups(dir.path(), real);
        assert_eq!(std::fs::read(folder.join("first")).unwrap(), b"text 1");
        assert_eq!(std::fs::read(folder.join("path")).unwrap(), b"/h/config");
        assert_eq!(ids(&folder).unwrap(), (6..=25).collect::<Vec<_>>());
        for id in 6..=25 {
            assert_eq!(
                read(dir.path(), real, id).unwrap().unwrap(),
                format!("text {id}").as_bytes()
            );
            let mode = std::fs::metadata(folder.join(file_name(id))).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o600);
        }
    }

    #[test]
    fn what_cannot_be_moved_is_copied() {
        let (dir, other) =
            (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        let old = other.path().join("old");
        std::fs::write(&old, "text").unwrap();
        let backup = Backup { state: dir.path(), real: Path::new("/h/config"), id: 1, kept: 20 };
        backup.take(&old, b"text").unwrap();
        assert_eq!(read(dir.path(), backup.real, 1).unwrap().unwrap(), b"text");
    }

    #[test]
    fn what_a_crash_left_is_found_by_its_hash() {
        let dir = tempfile::tempdir().unwrap();
        let real = dir.path().join("config");
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        for (number, text) in ["new", "old"].iter().enumerate() {
            let temp = dir.path().join(format!(".sshp-{}-{number}.tmp", gone.id()));
            std::fs::write(temp, text).unwrap();
        }
        let state = dir.path().join("state");
        let backup = Backup { state: &state, real: &real, id: 1, kept: 20 };
        backup.resume(&hash_of(b"other")).unwrap();
        assert_eq!(read(&state, &real, 1).unwrap(), None);
        backup.resume(&hash_of(b"old")).unwrap();
        assert_eq!(read(&state, &real, 1).unwrap().unwrap(), b"old");
        assert_eq!(left_over(dir.path()).len(), 1);
    }
}
