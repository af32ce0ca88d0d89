//! The files of our own folders: named by a number, the oldest first, and never written into.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::file::{self, OPEN_FLAGS};
use crate::replace::is_left_over;
use crate::{Error, ErrorKind, Remedy, Result};

/// The largest number: ten digits, so that names are in their order.
const LAST: u64 = 9_999_999_999;

/// How temp files are called until they get their number: `new-PID`.
const TEMP: &str = "new-";

/// How a number is written, so that names are in its order.
pub(crate) fn file_name(id: u64) -> String {
    format!("{id:010}")
}

/// The number after another.
///
/// # Errors
/// When there is none: a file has the largest one, which sshp never comes to.
pub(crate) fn next(id: u64, folder: &Path) -> Result<u64> {
    if id < LAST {
        return Ok(id + 1);
    }
    let name = file_name(LAST);
    let state = folder.parent().unwrap_or(folder).to_owned();
    let kind = ErrorKind::NoNumberLeft { name: name.clone(), folder: folder.to_owned() };
    Err(Error::new(kind).remedy(Remedy::RemoveNumber(state, name)))
}

/// The numbered files of a folder, in order.
pub(crate) fn ids(folder: &Path) -> Result<Vec<u64>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Error::io_in_state(e, "read the folder", folder)),
    };
    let number = |e: std::io::Result<std::fs::DirEntry>| {
        let name = e.ok()?.file_name();
        let id = name.to_str()?.parse().ok()?;
        (id <= LAST && *name == *file_name(id)).then_some(id)
    };
    let mut ids: Vec<u64> = entries.filter_map(number).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Removes all but the last.
pub(crate) fn forget_old(folder: &Path, keep: usize) {
    // What cannot be removed now goes the next time.
    let Ok(ids) = ids(folder) else { return };
    for id in &ids[..ids.len().saturating_sub(keep)] {
        let _ = rustix::fs::unlink(folder.join(file_name(*id)));
    }
}

/// Removes the temp files of processes that are gone.
pub(crate) fn sweep(folder: &Path) {
    // What cannot be removed now goes the next time.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.strip_prefix(TEMP)?.parse().ok());
        if pid.is_some_and(|pid| is_left_over(pid, &entry)) {
            let _ = rustix::fs::unlink(entry.path());
        }
    }
}

/// Writes a temp file of mode 0600 in one of our own folders, through to the disk.
pub(crate) fn write_beside(folder: &Path, text: &[u8]) -> Result<PathBuf> {
    let path = folder.join(format!("{TEMP}{}", std::process::id()));
    // One of an earlier process with the same number, at most.
    let _ = rustix::fs::unlink(&path);
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OPEN_FLAGS;
    let written = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
        .map_err(io::Error::from)
        .and_then(|fd| {
            let mut file = File::from(fd);
            file.write_all(text)?;
            file.sync_all()
        });
    let fail = |why: Error| {
        let _ = rustix::fs::unlink(&path);
        Err(why.remedy(Remedy::NothingChanged).remedy(Remedy::OtherStateFolder))
    };
    match written {
        // What a crash is mended from must be what was written, whatever the disk says.
        Ok(()) => match file::open_real(&path)? {
            Some(now) if now.holds(text, &path)? => Ok(path),
            _ => fail(Error::new(ErrorKind::ReadBack(path.clone()))),
        },
        Err(e) => fail(Error::io(e, "write the journal", &path)),
    }
}

/// Renames a file where there is none of the new name yet.
pub(crate) fn rename_new(from: &Path, to: &Path) -> std::result::Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) if to.symlink_metadata().is_ok() => Err(Errno::EXIST),
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(from, to),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_sshp_gives_are_numbers() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["0000000007", "7", "+000000008", "-000000009", "00000000010", "new-1", "x"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        std::fs::write(dir.path().join("18446744073709551615"), "").unwrap();
        std::fs::write(dir.path().join(file_name(LAST)), "").unwrap();
        assert_eq!(ids(dir.path()).unwrap(), [7, LAST]);
        assert_eq!(next(7, dir.path()).unwrap(), 8);
        assert!(next(LAST, dir.path()).unwrap_err().to_string().contains("9999999999"));
    }

    #[test]
    fn temp_files_of_the_dead_are_swept_and_those_of_the_living_are_not() {
        let dir = tempfile::tempdir().unwrap();
        let mut gone = std::process::Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let alive = format!("new-{}", std::process::id());
        for name in [&format!("new-{}", gone.id()), &alive, "new-x", "0000000001"] {
            std::fs::write(dir.path().join(name), "").unwrap();
        }
        sweep(dir.path());
        let mut names: Vec<_> =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["0000000001", &*alive, "new-x"]);
    }
}
