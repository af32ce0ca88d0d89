//! Folders that sshp makes, and whether what is in its state folder can be relied on.
//!
//! What another user could write is not: an entry of the journal says what is written where.

use std::fs::{File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use nix::unistd::Uid;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::rights::{self, Rights};
use crate::{Error, ErrorKind, Remedy, Result, regular_file};

/// Makes the folders that a new file needs, mode 0700, with the rights of who owns the place.
///
/// # Errors
/// When one cannot be made.
pub fn make(folder: &Path) -> Result<()> {
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
        Err(e) => Err(Error::io(e, "make the folder", folder)),
    }
}

/// Who owns a folder; `None` where there is none.
///
/// # Errors
/// When it cannot be looked at, or is no folder.
pub(crate) fn owner(folder: &Path) -> Result<Option<Uid>> {
    Ok(metadata(folder)?.map(|folder| Uid::from_raw(folder.uid())))
}

/// Requires that a folder of the state is the user's, and no other user's to write in.
///
/// # Errors
/// When it is not, with what helps; a missing folder is none.
pub(crate) fn require_own(folder: &Path) -> Result<()> {
    let Some(metadata) = metadata(folder)? else { return Ok(()) };
    require(&metadata, folder)
}

fn metadata(folder: &Path) -> Result<Option<Metadata>> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::open(folder, flags, Mode::empty()) {
        Ok(fd) => {
            let metadata = File::from(fd).metadata();
            metadata.map(Some).map_err(|e| Error::io_in_state(e, "look at the folder", folder))
        }
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(Error::io_in_state(e, "open the folder", folder)),
    }
}

/// Requires that an open file of the state folder is a regular one, the user's, and no other user's
/// to write.
///
/// # Errors
/// When it is not, with what helps.
pub(crate) fn require_own_file(metadata: &Metadata, path: &Path) -> Result<()> {
    if !metadata.is_file() || metadata.nlink() > 1 {
        let what = if metadata.is_file() {
            "has another name elsewhere".to_owned()
        } else {
            format!("is {}", regular_file::kind(metadata.file_type()))
        };
        return Err(Error::new(ErrorKind::NotOurs { path: path.to_owned(), what })
            .remedy(Remedy::Remove(path.to_owned())));
    }
    require(metadata, path)
}

fn require(metadata: &Metadata, path: &Path) -> Result<()> {
    let (owner, user) = (Uid::from_raw(metadata.uid()), rights::user());
    let path = path.to_owned();
    if owner != user {
        let kind = ErrorKind::ForeignOwner { path: path.clone(), owner, user };
        let remedy = Remedy::RunAsOrTakeOver { owner, user, path };
        return Err(Error::new(kind).remedy(remedy).remedy(Remedy::OtherStateFolder));
    }
    if metadata.mode() & 0o022 != 0 {
        let mode = metadata.mode() & 0o7777;
        let kind = ErrorKind::WritableByOthers { path: path.clone(), mode };
        let remedy = Remedy::DenyOthers(path);
        return Err(Error::new(kind).remedy(remedy).remedy(Remedy::OtherStateFolder));
    }
    Ok(())
}
