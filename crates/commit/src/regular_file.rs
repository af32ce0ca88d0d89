//! Opens regular files: anything else is refused at once, without waiting for it.

use std::fs::{File, FileType, Metadata};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Flags to open a file with: no FIFO is waited for, and no terminal becomes the process's own.
pub(crate) const WITHOUT_WAITING: OFlags =
    OFlags::NONBLOCK.union(OFlags::CLOEXEC).union(OFlags::NOCTTY);

/// A regular file that is open.
#[derive(Debug)]
pub struct RegularFile {
    /// The file, at its beginning.
    pub file: File,
    /// Owner, mode, length, links, as they were when it was opened.
    pub metadata: Metadata,
}

/// Why a file is not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system refuses it, or it is missing.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no regular file: what it is.
    #[error("not a regular file but {0}")]
    NotRegular(&'static str),
}

impl From<OpenError> for io::Error {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Io(error) => error,
            OpenError::NotRegular(_) => io::Error::new(io::ErrorKind::InvalidInput, error),
        }
    }
}

/// Opens a regular file; `flags` say for what, and whether a link in the last place is followed. No
/// FIFO is waited for, and no terminal becomes the process's own.
///
/// # Errors
/// A FIFO, socket, device or folder, and a file that cannot be opened.
pub fn open_regular(path: &Path, flags: OFlags) -> Result<RegularFile, OpenError> {
    let file = match rustix::fs::open(path, flags | WITHOUT_WAITING, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(Errno::NXIO) => return Err(OpenError::NotRegular("a socket or a device")),
        Err(error) => return Err(OpenError::Io(error.into())),
    };
    let metadata = file.metadata()?;
    if metadata.is_file() {
        Ok(RegularFile { file, metadata })
    } else {
        Err(OpenError::NotRegular(kind(metadata.file_type())))
    }
}

/// What a file is that is no regular one.
pub(crate) fn kind(file: FileType) -> &'static str {
    match () {
        () if file.is_dir() => "a folder",
        () if file.is_fifo() => "a FIFO",
        () if file.is_socket() => "a socket",
        () if file.is_char_device() || file.is_block_device() => "a device",
        () => "something else",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_but_a_regular_file_is_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let (fifo, link, socket) =
            (dir.path().join("fifo"), dir.path().join("link"), dir.path().join("socket"));
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::os::unix::fs::symlink(&fifo, &link).unwrap();
        let refused = [
            (fifo.as_path(), "a FIFO"),
            (&link, "a FIFO"),
            (dir.path(), "a folder"),
            (&socket, "a socket or a device"),
            (Path::new("/dev/null"), "a device"),
        ];
        for (path, what) in refused {
            let error = open_regular(path, OFlags::RDONLY).unwrap_err();
            assert_eq!(error.to_string(), format!("not a regular file but {what}"), "{path:?}");
        }
    }

    #[test]
    fn a_link_is_followed_unless_the_flags_refuse_it() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        std::fs::write(&file, "text").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert_eq!(open_regular(&link, OFlags::RDONLY).unwrap().metadata.len(), 4);
        assert!(open_regular(&link, OFlags::RDONLY | OFlags::NOFOLLOW).is_err());
    }
}
