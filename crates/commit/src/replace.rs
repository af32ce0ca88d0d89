//! Replaces one file, so that at every moment it is the old one or the new one.
//!
//! Temp file in the same folder, write, fsync, compare, exchange, verify what came out, fsync the
//! folder. A write by another program in between is noticed, and nothing of it is lost.

use std::fs::{DirEntry, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::attributes::{self, ModeChange};
use crate::backup::Backup;
use crate::file;
use crate::lock_file::is_alive;
use crate::regular_file::RegularFile;
use crate::rights::Rights;
use crate::{Error, ErrorKind, InPlace, Remedy, Result, folder, platform};

/// How our temp files are called: `.sshp-PID-N.tmp`. The dot keeps them out of every `Include *`.
const TEMP: (&str, &str) = (".sshp-", ".tmp");

/// Age at which a temp file is left over, even if a process has its number again.
const STALE: Duration = Duration::from_hours(1);

/// The fault of a plan that was made from other bytes than the file holds now.
pub(crate) fn changed(path: &Path) -> Error {
    Error::new(ErrorKind::Changed(path.to_owned()))
}

/// Replaces the text of a real path (no link in the last place) if it still holds `base`; `None`
/// says that there must be no file. A new one has mode 0600. Gives the change of its mode, where
/// others could write it. With `backup`, the old file is kept there.
///
/// # Errors
/// [`ErrorKind::Changed`] when the file holds something else by now; otherwise what stopped it. The file
/// then is as it was, and no temp file is left.
pub(crate) fn replace(
    real: &Path,
    base: Option<&[u8]>,
    new: &[u8],
    backup: Option<Backup<'_>>,
) -> Result<Option<ModeChange>> {
    let folder = folder_of(real)?;
    let _rights = Rights::in_folder(folder)?;
    if base.is_none() {
        folder::make(folder)?;
    }
    sweep(folder);
    let old = unchanged(real, base)?;
    let temp = Temp::new(folder, real)?;
    let mode = temp.fill(old.as_ref(), new, real)?;
    // Another program may have saved the file while this one wrote and waited for the disk.
    drop(unchanged(real, base)?);
    match base {
        Some(base) => exchange(&temp, real, base, new, backup)?,
        None => put_new(&temp, real)?,
    }
    drop(temp);
    sync_folder(folder)?;
    Ok(mode)
}

fn folder_of(real: &Path) -> Result<&Path> {
    real.parent().ok_or_else(|| Error::new(ErrorKind::Folder(real.to_owned())))
}

/// Looks at the file again and requires that it holds what the change was planned on.
fn unchanged(real: &Path, base: Option<&[u8]>) -> Result<Option<RegularFile>> {
    match (file::open_real(real)?, base) {
        (None, None) => Ok(None),
        (Some(now), Some(base)) if now.holds(base, real)? => Ok(Some(now)),
        _ => Err(changed(real)),
    }
}

/// Requires what can be required before a write: the text that was read, and no second name of a
/// file that is to be replaced.
///
/// # Errors
/// [`ErrorKind::Changed`] when the file holds something else by now, [`ErrorKind::HardLinks`] for a
/// file with other names.
pub(crate) fn compare(real: &Path, base: Option<&[u8]>, in_place: bool) -> Result<()> {
    let _rights = Rights::in_folder(folder_of(real)?)?;
    match unchanged(real, base)? {
        Some(old) if !in_place => refuse_hard_links(&old, real),
        _ => Ok(()),
    }
}

/// Removes a file that still holds `text`, and makes that last.
///
/// # Errors
/// [`ErrorKind::Changed`] when it holds something else by now; what stops the removal. The file then is
/// as it was.
pub(crate) fn remove(real: &Path, text: &[u8]) -> Result<()> {
    let folder = folder_of(real)?;
    let _rights = Rights::in_folder(folder)?;
    drop(unchanged(real, Some(text))?);
    // It goes by way of another name, so that what another program saves at this moment can be put back.
    let temp = Temp::new(folder, real)?;
    rustix::fs::rename(real, &temp.path).map_err(|e| Error::io(e, "remove", real))?;
    if !temp.holds(text) {
        put_new(&temp, real)?;
        return Err(changed(real));
    }
    drop(temp);
    sync_folder(folder)
}

fn refuse_hard_links(old: &RegularFile, real: &Path) -> Result<()> {
    let count = old.metadata.nlink();
    if count > 1 {
        return Err(Error::new(ErrorKind::HardLinks { path: real.to_owned(), count })
            .remedy(Remedy::WriteInPlace(InPlace::HardLinks)));
    }
    Ok(())
}

/// Swaps the temp file with the target, and keeps what came out if that is what was read.
fn exchange(
    temp: &Temp,
    real: &Path,
    base: &[u8],
    new: &[u8],
    backup: Option<Backup<'_>>,
) -> Result<()> {
    match swap(temp, real) {
        Ok(()) => {}
        // No exchange on this file system (NFS, FUSE) or kernel; the comparison just made is all
        // there can be.
        Err(Errno::INVAL | Errno::NOSYS) => {
            backup.map_or(Ok(()), |backup| backup.copy(base))?;
            return rustix::fs::rename(&temp.path, real).map_err(|e| cannot_replace(e, real));
        }
        Err(Errno::NOENT) => return Err(changed(real)),
        Err(e) => return Err(cannot_replace(e, real)),
    }
    if temp.holds(base) {
        return backup.map_or(Ok(()), |backup| backup.take(&temp.path, base));
    }
    // It was saved between the comparison and the swap: put the newcomer back. If the newcomer was
    // itself replaced in that moment, the last one of them stays.
    swap(temp, real).map_err(|e| cannot_replace(e, real))?;
    if !temp.holds(new) {
        swap(temp, real).map_err(|e| cannot_replace(e, real))?;
    }
    Err(changed(real))
}

fn swap(temp: &Temp, real: &Path) -> std::result::Result<(), Errno> {
    rustix::fs::renameat_with(CWD, &temp.path, CWD, real, RenameFlags::EXCHANGE)
}

/// Names a new file, without taking the place of one that came up meanwhile.
fn put_new(temp: &Temp, real: &Path) -> Result<()> {
    match rustix::fs::renameat_with(CWD, &temp.path, CWD, real, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            match rustix::fs::linkat(CWD, &temp.path, CWD, real, AtFlags::empty()) {
                Err(Errno::EXIST) => Err(changed(real)),
                Err(_) => rustix::fs::rename(&temp.path, real).map_err(|e| cannot_replace(e, real)),
                Ok(()) => Ok(()),
            }
        }
        Err(Errno::EXIST) => Err(changed(real)),
        Err(e) => Err(cannot_replace(e, real)),
        Ok(()) => Ok(()),
    }
}

fn cannot_replace(errno: Errno, real: &Path) -> Error {
    let error = Error::io(errno, "replace", real);
    match errno {
        Errno::PERM => error.remedy(Remedy::ShowAttributes(real.to_owned())),
        Errno::BUSY => error.remedy(Remedy::WriteInPlace(InPlace::Mount)),
        _ => error,
    }
}

/// Makes the new name last.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let fd = rustix::fs::open(folder, flags, Mode::empty())
        .map_err(|e| Error::io(e, "open the folder", folder))?;
    match platform::sync(&fd) {
        // Not every file system syncs folders.
        Ok(()) | Err(Errno::INVAL) => Ok(()),
        Err(e) => Err(Error::io(e, "make the change last in", folder)),
    }
}

/// A temp file beside its target; gone when dropped, whatever it holds then.
struct Temp {
    path: PathBuf,
    file: File,
}

impl Temp {
    fn new(folder: &Path, real: &Path) -> Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}{}-{count}{}", TEMP.0, std::process::id(), TEMP.1);
            let path = folder.join(name);
            match rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR) {
                Ok(fd) => return Ok(Temp { path, file: File::from(fd) }),
                Err(Errno::EXIST) => {}
                Err(e) => {
                    return Err(
                        Error::io(e, "write", real).remedy(Remedy::NewFileIn(folder.to_owned()))
                    );
                }
            }
        }
    }

    /// Whether there is a file of that name with this text.
    fn holds(&self, text: &[u8]) -> bool {
        let now = file::open_real(&self.path).ok().flatten();
        now.is_some_and(|now| now.holds(text, &self.path).unwrap_or(false))
    }

    /// Writes all of it, with the attributes of what it will replace, through to the disk.
    fn fill(
        &self,
        old: Option<&RegularFile>,
        new: &[u8],
        real: &Path,
    ) -> Result<Option<ModeChange>> {
        let written = (&self.file).write_all(new);
        written.map_err(|e| Error::io(e, "write", real).remedy(Remedy::NothingChanged))?;
        let mut mode = None;
        if let Some(old) = old {
            mode = attributes::keep(old, &self.file, real)?;
        }
        platform::sync(&self.file)
            .map_err(|e| Error::io(e, "write", real).remedy(Remedy::NothingChanged))?;
        // A disk that lies about how much it wrote is caught here.
        match file::open_real(&self.path)? {
            Some(now) if now.holds(new, &self.path)? => Ok(mode),
            _ => {
                Err(Error::new(ErrorKind::ReadBack(real.to_owned())).remedy(Remedy::NothingChanged))
            }
        }
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        // After a plain rename there is none any more.
        let _ = rustix::fs::unlink(&self.path);
    }
}

/// Removes temp files that a crash left.
pub(crate) fn sweep(folder: &Path) {
    for left in left_over(folder) {
        let _ = rustix::fs::unlink(left);
    }
}

/// Temp files that a crash left: their process is gone, or they are an hour old.
pub(crate) fn left_over(folder: &Path) -> Vec<PathBuf> {
    // A leftover that cannot be listed does no harm; the next write tries again.
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_left = |entry: &DirEntry| {
        temp_owner(entry.file_name().as_bytes()).is_some_and(|pid| is_left_over(pid, entry))
    };
    entries.filter(is_left).map(|entry| entry.path()).collect()
}

/// Whether a crash left a temp file of this process: it is gone, or the file is an hour old.
pub(crate) fn is_left_over(pid: u32, entry: &DirEntry) -> bool {
    let aged = || {
        let age = entry.metadata().ok().and_then(|m| m.modified().ok()?.elapsed().ok());
        age.is_some_and(|age| age > STALE)
    };
    !is_alive(pid) || aged()
}

/// The process that a temp file's name tells, if it is one of ours.
fn temp_owner(name: &[u8]) -> Option<u32> {
    let name = std::str::from_utf8(name).ok()?;
    let (pid, count) = name.strip_prefix(TEMP.0)?.strip_suffix(TEMP.1)?.split_once('-')?;
    count.parse::<u32>().ok()?;
    pid.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_new_file_is_for_its_owner_alone_and_so_are_its_folders() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join(".ssh/config");
        replace(&file, None, b"Host a\n", None).unwrap();
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        assert_eq!(names(file.parent().unwrap()), ["config"]);
    }

    #[test]
    fn the_mode_is_kept_but_for_the_write_bits_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        for (before, after, said) in [(0o640, 0o640, false), (0o664, 0o644, true)] {
            std::fs::write(&file, "old").unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(before)).unwrap();
            assert_eq!(replace(&file, Some(b"old"), b"new", None).unwrap().is_some(), said);
            assert_eq!(mode(&file), after);
            assert_eq!(std::fs::read(&file).unwrap(), b"new");
        }
    }

    #[test]
    fn a_file_that_changed_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        std::fs::write(&file, "theirs").unwrap();
        for base in [None, Some(&b"old"[..])] {
            assert!(replace(&file, base, b"new", None).unwrap_err().is_changed());
        }
        assert_eq!(std::fs::read(&file).unwrap(), b"theirs");
        std::fs::remove_file(&file).unwrap();
        assert!(replace(&file, Some(b"old"), b"new", None).unwrap_err().is_changed());
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }

    #[test]
    fn what_came_between_comparison_and_swap_is_put_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        std::fs::write(&file, "theirs").unwrap();
        let temp = Temp::new(dir.path(), &file).unwrap();
        temp.fill(None, b"new", &file).unwrap();
        let error = exchange(&temp, &file, b"old", b"new", None).unwrap_err();
        assert!(error.is_changed());
        drop(temp);
        assert_eq!(std::fs::read(&file).unwrap(), b"theirs");
        assert_eq!(names(dir.path()), ["config"]);
    }

    #[test]
    fn a_file_that_is_to_go_and_changed_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        std::fs::write(&file, "theirs").unwrap();
        assert!(remove(&file, b"old").unwrap_err().is_changed());
        assert_eq!(names(dir.path()), ["config"]);
        remove(&file, b"theirs").unwrap();
        assert_eq!(names(dir.path()), Vec::<String>::new());
    }

    #[test]
    fn hard_links_are_not_cut() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        std::fs::write(&file, "old").unwrap();
        std::fs::hard_link(&file, dir.path().join("other")).unwrap();
        let error = compare(&file, Some(b"old"), false).unwrap_err();
        assert!(matches!(*error.kind, ErrorKind::HardLinks { count: 2, .. }), "{error:?}");
        assert_eq!(std::fs::read(&file).unwrap(), b"old");
    }

    #[test]
    fn temps_of_the_dead_are_swept_and_other_files_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let alive = format!(".sshp-{}-7.tmp", std::process::id());
        for name in [".sshp-2147483646-0.tmp", &alive, ".sshp-x-0.tmp", ".sshp-1.tmp"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        sweep(dir.path());
        let mut kept = vec![".sshp-1.tmp".to_owned(), alive, ".sshp-x-0.tmp".to_owned()];
        kept.sort();
        assert_eq!(names(dir.path()), kept);
    }
}
