//! One file on disk: found behind its links, read without being fooled, its attributes kept.
//!
//! Nothing here decides what to write; `replace` does the writing.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{Access, FileType, Gid, Mode, OFlags, Stat, Uid, XattrFlags};
use rustix::io::Errno;

use super::explain::explain;
use crate::error::{Error, Result};
use crate::shell;

/// More than any config or known_hosts; what is longer is not one.
pub(super) const LARGEST: u64 = 64 << 20;

/// The kernel's own bound of a chain of links (path_resolution(7)).
const LINKS: usize = 40;

/// How much of a file is compared at a time.
const CHUNK: usize = 64 << 10;

/// How a file of sshp's own is opened: no link, no wait for a FIFO, no terminal taken.
pub(super) const O_OWN: OFlags =
    OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// A regular file as it was found.
pub struct Snapshot {
    /// All of it.
    pub bytes: Arc<[u8]>,
}

/// A regular file that is open for reading.
pub(super) struct Opened {
    /// Owner, mode, links.
    pub(super) stat: Stat,
    pub(super) file: File,
}

impl Opened {
    /// All of it.
    ///
    /// # Errors
    /// When it cannot be read, or grows beyond [`LARGEST`]; `path` names it.
    pub(super) fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.stat.st_size).unwrap_or(0) + 1);
        let read = (&self.file).take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|e| explain(&e, "read", path))?;
        if bytes.len() as u64 > LARGEST { Err(too_large(path)) } else { Ok(bytes) }
    }

    /// Whether the file holds exactly `text`; read from where it stands, so to be asked once.
    ///
    /// # Errors
    /// When it cannot be read; `path` names it.
    pub(super) fn holds(&self, text: &[u8], path: &Path) -> Result<bool> {
        // Some file systems of the kernel and of FUSE tell no length; there, reading tells.
        let len = u64::try_from(self.stat.st_size).unwrap_or(0);
        if len != 0 && len != text.len() as u64 {
            return Ok(false);
        }
        let mut chunk = vec![0; CHUNK];
        let mut rest = text;
        loop {
            let len = match (&self.file).read(&mut chunk) {
                Ok(0) => return Ok(rest.is_empty()),
                Ok(len) => len,
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(explain(&e, "read", path)),
            };
            match rest.split_at_checked(len) {
                Some((head, tail)) if *head == chunk[..len] => rest = tail,
                _ => return Ok(false),
            }
        }
    }
}

/// The file behind `path`: links followed one by one, so that a dangling one gives its target.
///
/// # Errors
/// A loop of links, or a folder on the way that cannot be entered.
pub fn follow(path: &Path) -> Result<PathBuf> {
    let mut at = std::path::absolute(path)?;
    let mut followed = false;
    for _ in 0..=LINKS {
        let (Some(parent), Some(name)) = (at.parent(), at.file_name()) else {
            return Err(Error::failed(format_args!("`{}` is a folder", at.display())));
        };
        let folder = match parent.canonicalize() {
            Ok(folder) => folder,
            // A folder that is not there yet is made when the file is written, but not behind a
            // link: what it leads to (a volume, a checkout) may only be away for now.
            Err(e) if e.kind() == ErrorKind::NotFound && !followed => return Ok(at),
            Err(e) => {
                return Err(
                    explain(&e, "find", &at).hint(format_args!("`{}` leads there", path.display()))
                );
            }
        };
        let here = folder.join(name);
        match rustix::fs::readlink(&here, Vec::new()) {
            Ok(target) => {
                let target = std::ffi::OsString::from_vec(target.into_bytes());
                at = folder.join(target);
                followed = true;
            }
            Err(Errno::INVAL | Errno::NOENT) => return Ok(here),
            Err(e) => return Err(explain(&e.into(), "read", &here)),
        }
    }
    Err(Error::failed(format_args!("`{}`: too many levels of symbolic links", path.display())))
}

/// Reads a regular file, links followed; `None` where there is none.
///
/// # Errors
/// A FIFO, folder or device (at once, without waiting for it), a file of more than 64 MiB, or one
/// that cannot be read.
pub fn read(path: &Path) -> Result<Option<Snapshot>> {
    read_with(path, OFlags::empty())
}

/// As [`read`], but a link in the last place is refused.
pub(super) fn read_real(path: &Path) -> Result<Option<Snapshot>> {
    read_with(path, OFlags::NOFOLLOW)
}

fn read_with(path: &Path, extra: OFlags) -> Result<Option<Snapshot>> {
    let Some(opened) = open_with(path, extra)? else { return Ok(None) };
    Ok(Some(Snapshot { bytes: opened.read(path)?.into() }))
}

/// Opens a regular file to compare it; a link in the last place is refused. `None` where there is
/// none.
///
/// # Errors
/// As [`read`], but for what only reading tells.
pub(super) fn open_real(path: &Path) -> Result<Option<Opened>> {
    open_with(path, OFlags::NOFOLLOW)
}

fn open_with(path: &Path, extra: OFlags) -> Result<Option<Opened>> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY | extra;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(fd) => File::from(fd),
        Err(Errno::NOENT) => return Ok(None),
        Err(Errno::NXIO) => return Err(not_regular(path, "a socket or a device")),
        Err(e) => return Err(explain(&e.into(), "read", path)),
    };
    let stat = rustix::fs::fstat(&file).map_err(|e| explain(&e.into(), "read", path))?;
    let kind = FileType::from_raw_mode(stat.st_mode);
    if kind != FileType::RegularFile {
        return Err(not_regular(path, kind_name(kind)));
    }
    if u64::try_from(stat.st_size).is_ok_and(|len| len > LARGEST) {
        return Err(too_large(path));
    }
    Ok(Some(Opened { stat, file }))
}

fn too_large(path: &Path) -> Error {
    Error::failed(format_args!(
        "`{}` is larger than {} MiB, the most that sshp reads",
        path.display(),
        LARGEST >> 20
    ))
}

fn not_regular(path: &Path, what: &str) -> Error {
    Error::failed(format_args!("`{}` is {what}, not a regular file", path.display()))
}

pub(super) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::Directory => "a folder",
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        _ => "something else",
    }
}

/// Gives `new` the owner, extended attributes (ACL among them) and mode of `old`, less what would
/// let group or others write: ssh refuses a config that they can (readconf.c:
/// read_config_file_depth). Gives what had to be said.
///
/// # Errors
/// When one of them cannot be kept.
pub(super) fn keep_attributes(old: &Opened, new: &File, path: &Path) -> Result<Option<String>> {
    let Stat { st_uid, st_gid, st_mode, .. } = old.stat;
    let stat = || rustix::fs::fstat(new).map_err(|e| explain(&e.into(), "read", path));
    let made = stat()?;
    if (made.st_uid, made.st_gid) != (st_uid, st_gid) {
        let (uid, gid) = (Uid::from_raw(st_uid), Gid::from_raw(st_gid));
        rustix::fs::fchown(new, Some(uid), Some(gid)).map_err(|e| {
            let error = explain(&e.into(), "keep the owner of", path);
            if made.st_uid != st_uid {
                return in_place_hint(error, path);
            }
            let quoted = shell::quote(path);
            let why = format!("`{}` has the group {st_gid}, which you are not in", path.display());
            Error::failed(why)
                .hint(format_args!("`chgrp {} {quoted}` gives it yours", made.st_gid))
                .hint("`--in-place` writes into the file and keeps its group")
        })?;
    }
    copy_attributes(&old.file, new, path)?;
    let mode = st_mode & 0o7777;
    let kept = mode & !0o022;
    // Where modes cannot be set (vfat), a new file has that of all others already.
    if stat()?.st_mode & 0o7777 != kept {
        rustix::fs::fchmod(new, Mode::from_raw_mode(kept))
            .map_err(|e| explain(&e.into(), "keep the mode of", path))?;
    }
    Ok((kept != mode).then(|| {
        format!(
            "`{}` could be written by others: mode {mode:04o} is now {kept:04o}",
            path.display()
        )
    }))
}

/// What is left where a file of another user cannot be replaced: writing into it, if that is allowed.
fn in_place_hint(error: Error, path: &Path) -> Error {
    if rustix::fs::access(path, Access::WRITE_OK).is_err() {
        return error;
    }
    error.hint("`--in-place` writes into the file and keeps its owner")
}

fn copy_attributes(old: &File, new: &File, path: &Path) -> Result<()> {
    let mut names = vec![0; 64 << 10];
    let len = match rustix::fs::flistxattr(old, &mut names[..]) {
        Ok(len) => len,
        Err(Errno::NOTSUP | Errno::NOSYS) => return Ok(()),
        Err(e) => return Err(explain(&e.into(), "read the attributes of", path)),
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
                return Err(explain(&e.into(), &format!("keep the attribute {name} of"), path));
            }
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn chains_and_dangling_links_give_their_target() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        std::fs::create_dir(home.join("dot")).unwrap();
        symlink("b", home.join("a")).unwrap();
        symlink("dot/c", home.join("b")).unwrap();
        assert_eq!(follow(&home.join("a")).unwrap(), home.join("dot/c"));
        std::fs::write(home.join("dot/c"), "x").unwrap();
        assert_eq!(follow(&home.join("a")).unwrap(), home.join("dot/c"));
    }

    #[test]
    fn loops_and_links_into_missing_folders_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        symlink("b", dir.path().join("a")).unwrap();
        symlink("a", dir.path().join("b")).unwrap();
        symlink("gone/config", dir.path().join("c")).unwrap();
        assert!(follow(&dir.path().join("a")).is_err());
        assert!(follow(&dir.path().join("c")).is_err());
    }

    #[test]
    fn a_file_holds_its_own_text_and_no_other() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config");
        for len in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK] {
            let text: Vec<u8> = (0..=250).cycle().take(len).collect();
            std::fs::write(&file, &text).unwrap();
            let holds =
                |other: &[u8]| open_real(&file).unwrap().unwrap().holds(other, &file).unwrap();
            assert!(holds(&text), "{len}");
            assert!(!holds(&[&text[..], b"x"].concat()), "{len}: longer");
            for at in [0, len / 2, len.saturating_sub(1)].into_iter().filter(|at| *at < len) {
                let mut other = text.clone();
                other[at] ^= 1;
                assert!(!holds(&other) && !holds(&text[..at]), "{len}: {at}");
            }
        }
        // A file that tells no length, as those of the kernel do.
        let told = Path::new("/proc/version");
        let text = std::fs::read(told).unwrap();
        let holds = |other: &[u8]| open_real(told).unwrap().unwrap().holds(other, told).unwrap();
        assert!(holds(&text) && !holds(&text[1..]) && !holds(b""));
    }

    #[test]
    fn folders_and_fifos_are_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [fifo.as_path(), dir.path(), Path::new("/dev/null")] {
            let (read, opened) = (read(path).err(), open_real(path).err());
            for error in [read.expect("a refusal"), opened.expect("a refusal")] {
                assert!(error.source.to_string().contains("not a regular file"), "{error:?}");
            }
        }
        assert!(read(&dir.path().join("none")).unwrap().is_none());
    }
}
