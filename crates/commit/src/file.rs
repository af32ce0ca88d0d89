//! One regular file: found behind its links, opened without waiting, read up to a limit.
//!
//! Nothing here writes.

use std::io::{self, Read};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use rustix::io::Errno;

use crate::regular_file::{OpenError, RegularFile, WITHOUT_WAITING, open_regular};
use crate::{Error, ErrorKind, Remedy, Result};

/// The largest file that is read, in bytes: more than any config or known_hosts.
pub const LARGEST: u64 = 64 << 20;

/// The kernel's own bound of a chain of links (path_resolution(7)).
const LINKS: usize = 40;

/// How much of a file is compared at a time.
const CHUNK: usize = 64 << 10;

/// Flags to open a file of the state folder with: those of every regular file, and no link is followed.
pub(crate) const OPEN_FLAGS: OFlags = OFlags::NOFOLLOW.union(WITHOUT_WAITING);

impl RegularFile {
    /// All of it.
    ///
    /// # Errors
    /// When it cannot be read, or grows beyond [`LARGEST`]; `path` names it.
    pub(crate) fn read(&self, path: &Path) -> Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(usize::try_from(self.metadata.len()).unwrap_or(0) + 1);
        let read = (&self.file).take(LARGEST + 1).read_to_end(&mut bytes);
        read.map_err(|e| Error::io(e, "read", path))?;
        if bytes.len() as u64 > LARGEST { Err(too_large(path)) } else { Ok(bytes) }
    }

    /// Whether the file holds exactly `text`; read from where it stands, so to be asked once.
    ///
    /// # Errors
    /// When it cannot be read; `path` names it.
    pub(crate) fn holds(&self, text: &[u8], path: &Path) -> Result<bool> {
        // Some file systems of the kernel and of FUSE tell no length; there, reading tells.
        let len = self.metadata.len();
        if len != 0 && len != text.len() as u64 {
            return Ok(false);
        }
        let mut chunk = vec![0; CHUNK];
        let mut rest = text;
        loop {
            let len = match (&self.file).read(&mut chunk) {
                Ok(0) => return Ok(rest.is_empty()),
                Ok(len) => len,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(Error::io(e, "read", path)),
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
    let mut at = absolute(path)?;
    let mut followed = false;
    for _ in 0..=LINKS {
        let (Some(parent), Some(name)) = (at.parent(), at.file_name()) else {
            return Err(Error::new(ErrorKind::Folder(at)));
        };
        let folder = match parent.canonicalize() {
            Ok(folder) => folder,
            // A folder that is not there yet is made when the file is written, but not behind a
            // link: what it leads to (a volume, a checkout) may only be away for now.
            Err(e) if e.kind() == io::ErrorKind::NotFound && !followed => return Ok(at),
            Err(e) => {
                return Err(
                    Error::io(e, "find", &at).remedy(Remedy::LinkLeadsThere(path.to_owned()))
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
            Err(e) => return Err(Error::io(e, "read", &here)),
        }
    }
    Err(Error::new(ErrorKind::LinkLoop(path.to_owned())))
}

/// A path from the root on.
///
/// # Errors
/// When it is empty, or the folder of this process is gone.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| Error::io(e, "find", path))
}

/// Reads a regular file, links followed; `None` where there is none.
///
/// # Errors
/// A FIFO, folder or device (at once, without waiting for it), a file of more than 64 MiB, or one
/// that cannot be read.
pub fn read(path: &Path) -> Result<Option<Arc<[u8]>>> {
    read_with(path, OFlags::empty())
}

/// As [`read`], but a link in the last place is refused.
pub(crate) fn read_real(path: &Path) -> Result<Option<Arc<[u8]>>> {
    read_with(path, OFlags::NOFOLLOW)
}

fn read_with(path: &Path, extra: OFlags) -> Result<Option<Arc<[u8]>>> {
    let Some(opened) = open_with(path, extra)? else { return Ok(None) };
    Ok(Some(opened.read(path)?.into()))
}

/// Opens a regular file to compare it; a link in the last place is refused. `None` where there is
/// none.
///
/// # Errors
/// As [`read`], but for what only reading tells.
pub(crate) fn open_real(path: &Path) -> Result<Option<RegularFile>> {
    open_with(path, OFlags::NOFOLLOW)
}

fn open_with(path: &Path, extra: OFlags) -> Result<Option<RegularFile>> {
    match open_regular(path, OFlags::RDONLY | extra) {
        Ok(opened) if opened.metadata.len() > LARGEST => Err(too_large(path)),
        Ok(opened) => Ok(Some(opened)),
        Err(OpenError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(not_opened(error, "read", path)),
    }
}

/// The error of a file that cannot be opened for `verb`.
pub(crate) fn not_opened(error: OpenError, verb: &'static str, path: &Path) -> Error {
    match error {
        OpenError::Io(error) => Error::io(error, verb, path),
        OpenError::NotRegular(what) => {
            Error::new(ErrorKind::NotRegular { path: path.to_owned(), what })
        }
    }
}

fn too_large(path: &Path) -> Error {
    Error::new(ErrorKind::TooLarge(path.to_owned()))
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
                assert!(error.to_string().contains("not a regular file"), "{error:?}");
            }
        }
        assert!(read(&dir.path().join("none")).unwrap().is_none());
    }
}
