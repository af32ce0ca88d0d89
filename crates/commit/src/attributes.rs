//! Owner, mode, ACL and extended attributes, which a file keeps when another takes its place.

use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::fs::{Access, Gid, Mode, Uid, XattrFlags};
use rustix::io::Errno;

use crate::regular_file::RegularFile;
use crate::{Error, ErrorKind, InPlace, Remedy, Result};

/// Permission bits that a file lost, since others could write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModeChange {
    /// The bits that it had.
    pub from: u32,
    /// The bits that it has.
    pub to: u32,
}

/// Gives `new` the owner, extended attributes (ACL among them) and mode of `old`, less what would
/// let group or others write: ssh refuses a config that they can (readconf.c:
/// read_config_file_depth). Gives the change of the mode, where there was one.
///
/// # Errors
/// When one of them cannot be kept.
pub(crate) fn keep(old: &RegularFile, new: &File, path: &Path) -> Result<Option<ModeChange>> {
    let metadata = || new.metadata().map_err(|e| Error::io(e, "read", path));
    let (old_uid, old_gid) = (old.metadata.uid(), old.metadata.gid());
    let made = metadata()?;
    if (made.uid(), made.gid()) != (old_uid, old_gid) {
        let (uid, gid) = (Uid::from_raw(old_uid), Gid::from_raw(old_gid));
        rustix::fs::fchown(new, Some(uid), Some(gid)).map_err(|e| {
            let error = Error::io(e, "keep the owner of", path);
            if made.uid() != old_uid {
                return in_place_remedy(error, path);
            }
            Error::new(ErrorKind::ForeignGroup { path: path.to_owned(), gid: old_gid })
                .remedy(Remedy::ChangeGroup(path.to_owned(), made.gid()))
                .remedy(Remedy::WriteInPlace(InPlace::Group))
        })?;
    }
    copy_attributes(&old.file, new, path)?;
    let mode = old.metadata.mode() & 0o7777;
    let kept = mode & !0o022;
    // Where modes cannot be set (vfat), a new file has that of all others already.
    if metadata()?.mode() & 0o7777 != kept {
        rustix::fs::fchmod(new, Mode::from_bits_truncate(kept as _))
            .map_err(|e| Error::io(e, "keep the mode of", path))?;
    }
    let change = ModeChange { from: mode, to: kept };
    Ok((kept != mode).then_some(change))
}

/// What is left where a file of another user cannot be replaced: writing into it, if that is allowed.
fn in_place_remedy(error: Error, path: &Path) -> Error {
    if rustix::fs::access(path, Access::WRITE_OK).is_err() {
        return error;
    }
    error.remedy(Remedy::WriteInPlace(InPlace::Owner))
}

fn copy_attributes(old: &File, new: &File, path: &Path) -> Result<()> {
    let mut names = vec![0; 64 << 10];
    let len = match rustix::fs::flistxattr(old, &mut names[..]) {
        Ok(len) => len,
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(()),
        Err(e) => return Err(Error::io(e, "read the attributes of", path)),
    };
    let mut value = vec![0; 64 << 10];
    for name in names[..len].split(|b| *b == 0).filter(|name| !name.is_empty()) {
        let copied = rustix::fs::fgetxattr(old, name, &mut value[..])
            .and_then(|len| rustix::fs::fsetxattr(new, name, &value[..len], XattrFlags::empty()));
        // Labels that a security module gives by itself are its own affair.
        let ours = name.starts_with(b"user.") || name.starts_with(b"system.posix_acl");
        match copied {
            Err(e) if ours => {
                let name = String::from_utf8_lossy(name);
                return Err(Error::io(e, format!("keep the attribute {name} of"), path));
            }
            _ => {}
        }
    }
    Ok(())
}
