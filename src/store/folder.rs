//! Folders that sshp makes, and whether what is in its state folder can be relied on.
//!
//! What another user could write is not: an entry of the journal says what is written where.

use std::path::Path;

use nix::unistd::Uid;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use super::disk::kind_name;
use super::explain::{explain, in_state, user_name};
use super::rights::{self, Rights};
use crate::error::{Error, Result};
use crate::shell;

/// Makes the folders that a new file needs, mode 0700, with the rights of who owns the place.
///
/// # Errors
/// When one cannot be made.
pub(super) fn make(folder: &Path) -> Result<()> {
    let _rights = Rights::in_folder(folder)?;
    make_all(folder)
}

fn make_all(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        make_all(above)?;
    }
    match rustix::fs::mkdir(folder, Mode::RWXU) {
        Ok(()) => Ok(()),
        Err(Errno::EXIST) if folder.is_dir() => Ok(()),
        Err(e) => Err(explain(&e.into(), "make the folder", folder)),
    }
}

/// Who owns a folder; `None` where there is none.
///
/// # Errors
/// When it cannot be looked at, or is no folder.
pub(super) fn owner(folder: &Path) -> Result<Option<Uid>> {
    Ok(stat(folder)?.map(|stat| Uid::from_raw(stat.st_uid)))
}

/// Requires that a folder of the state is the user's, and no other user's to write in.
///
/// # Errors
/// When it is not, with what helps; a missing folder is none.
pub(super) fn require_own(folder: &Path) -> Result<()> {
    let Some(stat) = stat(folder)? else { return Ok(()) };
    require(&stat, folder)
}

fn stat(folder: &Path) -> Result<Option<Stat>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::open(folder, flags, Mode::empty()) {
        Ok(fd) => Ok(Some(rustix::fs::fstat(&fd)?)),
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(in_state(explain(&e.into(), "open the folder", folder))),
    }
}

/// Requires that an open file of the state folder is a regular one, the user's, and no other user's
/// to write.
///
/// # Errors
/// When it is not, with what helps.
pub(super) fn require_own_file(stat: &Stat, path: &Path) -> Result<()> {
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind != FileType::RegularFile || stat.st_nlink > 1 {
        let what = match kind {
            FileType::RegularFile => "has another name elsewhere",
            kind => &format!("is {}", kind_name(kind)),
        };
        return Err(Error::refused(format_args!(
            "`{}` {what}, and is no file that sshp made",
            path.display()
        ))
        .hint(format_args!("`rm -r {}`, then try again", shell::quote(path))));
    }
    require(stat, path)
}

fn require(stat: &Stat, path: &Path) -> Result<()> {
    let (owner, user) = (Uid::from_raw(stat.st_uid), rights::user());
    let (shown, quoted) = (path.display(), shell::quote(path));
    if owner != user {
        return Err(in_state(
            Error::refused(format_args!(
                "`{shown}` belongs to {}, and this is {}",
                user_name(owner),
                user_name(user)
            ))
            .hint(format_args!(
                "run sshp as {}, or take it over with `sudo chown -R {user} {quoted}`",
                user_name(owner)
            )),
        ));
    }
    if stat.st_mode & 0o022 != 0 {
        return Err(in_state(
            Error::refused(format_args!(
                "`{shown}` can be written by other users (mode {:04o}), and says what sshp writes",
                stat.st_mode & 0o7777
            ))
            .hint(format_args!("`chmod go-w {quoted}`, then try again")),
        ));
    }
    Ok(())
}
