//! The files of our own folders: named by a number, the oldest first, and never written into.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use super::disk::{self, explain};
use crate::error::{Error, Result};

/// How a number is written, so that names are in its order.
pub(super) fn file_name(id: u64) -> String {
    format!("{id:010}")
}

/// The numbered files of a folder, in order.
pub(super) fn ids(folder: &Path) -> Result<Vec<u64>> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(explain(&e, "read the folder", folder)),
    };
    let number = |e: std::io::Result<std::fs::DirEntry>| e.ok()?.file_name().to_str()?.parse().ok();
    let mut ids: Vec<u64> = entries.filter_map(number).collect();
    ids.sort_unstable();
    Ok(ids)
}

/// Removes all but the last.
pub(super) fn forget_old(folder: &Path, keep: usize) {
    // What cannot be removed now goes the next time.
    let Ok(ids) = ids(folder) else { return };
    for id in &ids[..ids.len().saturating_sub(keep)] {
        let _ = rustix::fs::unlink(folder.join(file_name(*id)));
    }
}

/// Writes a temp file of mode 0600 in one of our own folders, through to the disk.
pub(super) fn write_beside(folder: &Path, text: &[u8]) -> Result<PathBuf> {
    let path = folder.join(format!("new-{}", std::process::id()));
    let flags =
        OFlags::WRONLY | OFlags::CREATE | OFlags::TRUNC | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let written = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR)
        .map_err(std::io::Error::from)
        .and_then(|fd| {
            let mut file = File::from(fd);
            file.write_all(text)?;
            file.sync_all()
        });
    let fail = |why: Error| {
        let _ = rustix::fs::unlink(&path);
        Err(why.hint("nothing was changed"))
    };
    match written {
        // What a crash is mended from shall be what was written, whatever the disk says.
        Ok(()) => match disk::open_real(&path)? {
            Some(now) if now.holds(text, &path)? => Ok(path),
            _ => fail(Error::failed(format_args!(
                "`{}` does not hold what was written",
                path.display()
            ))),
        },
        Err(e) => fail(explain(&e, "write the journal", &path)),
    }
}

/// Renames a file where there is none of the new name yet.
pub(super) fn rename_new(from: &Path, to: &Path) -> std::result::Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) if to.exists() => Err(Errno::EXIST),
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::rename(from, to),
        result => result,
    }
}
