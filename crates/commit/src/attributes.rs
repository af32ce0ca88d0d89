//! Owner, mode, ACL and extended attributes, which a file keeps when another takes its place.

use std::fs::File;
use std::path::Path;

use rustix::fs::{Access, Gid, Mode, Stat, Uid, XattrFlags};
use rustix::io::Errno;

use crate::file::Opened;
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
pub(crate) fn keep(old: &Opened, new: &File, path: &Path) -> Result<Option<ModeChange>> {
    let Stat { st_uid, st_gid, st_mode, .. } = old.stat;
    let stat = || rustix::fs::fstat(new).map_err(|e| Error::io(e, "read", path));
    let made = stat()?;
    if (made.st_uid, made.st_gid) != (st_uid, st_gid) {
        let (uid, gid) = (Uid::from_raw(st_uid), Gid::from_raw(st_gid));
        rustix::fs::fchown(new, Some(uid), Some(gid)).map_err(|e| {
            let error = Error::io(e, "keep the owner of", path);
            if made.st_uid != st_uid {
                return in_place_remedy(error, path);
            }
            Error::new(ErrorKind::ForeignGroup { path: path.to_owned(), gid: st_gid })
                .remedy(Remedy::ChangeGroup(path.to_owned(), made.st_gid))
                .remedy(Remedy::WriteInPlace(InPlace::Group))
        })?;
    }
    copy_attributes(&old.file, new, path)?;
    let mode = st_mode & 0o7777;
    let kept = mode & !0o022;
    // Where modes cannot be set (vfat), a new file has that of all others already.
    if stat()?.st_mode & 0o7777 != kept {
        rustix::fs::fchmod(new, Mode::from_raw_mode(kept))
            .map_err(|e| Error::io(e, "keep the mode of", path))?;
    }
    #[allow(clippy::useless_conversion, reason = "macOS has modes of 16 bits")]
    let change = ModeChange { from: mode.into(), to: kept.into() };
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
