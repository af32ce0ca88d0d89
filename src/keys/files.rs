//! Opens key files.

use std::io::{self, Read};
use std::path::Path;

use rustix::fs::OFlags;
use sshp_commit::{RegularFile, open_regular};
use sshp_keys::ssh_key::PrivateKey;
use sshp_keys::{DecodeError, KeyFile, classify};
use zeroize::Zeroizing;

use crate::ui::secret;

/// No key file is larger (authfile.c and sshbuf: 1 MiB).
const MAX_SIZE: u64 = 1024 * 1024;

/// The bytes of a key file, wiped when they are dropped.
pub type Text = Zeroizing<Vec<u8>>;

/// Why a private key cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Its bytes cannot be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

/// Reads and decodes a private key.
///
/// # Errors
/// See [`LoadError`].
pub fn load(path: &Path, passphrase: Option<&[u8]>) -> Result<PrivateKey, LoadError> {
    Ok(decode(&read(path)?, passphrase)?)
}

/// Decodes a private key; the process leaves no core dump from then on.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(bytes: &[u8], passphrase: Option<&[u8]>) -> Result<PrivateKey, DecodeError> {
    if matches!(classify(bytes), KeyFile::Private { .. }) {
        secret::keep_from_core_dumps();
    }
    sshp_keys::decode(bytes, passphrase)
}

/// Reads a file and says what it holds.
///
/// # Errors
/// When the file cannot be read, or is no regular file, or is larger than any key.
pub fn inspect(path: &Path) -> io::Result<KeyFile> {
    Ok(classify(&read(path)?))
}

/// Reads a key file: a regular file of at most 1 MiB; a FIFO or device never blocks.
///
/// # Errors
/// When the file cannot be read, or is no regular file, or is larger than any key.
pub fn read(path: &Path) -> io::Result<Text> {
    let RegularFile { file, metadata } = open_regular(path, OFlags::RDONLY)?;
    if metadata.len() > MAX_SIZE {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "larger than any key"));
    }
    // Sized once, so that no copy of a key stays behind in memory when the buffer grows.
    let mut text =
        Zeroizing::new(Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1));
    file.take(MAX_SIZE).read_to_end(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fifo_or_folder_is_refused_at_once() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(inspect(dir.path()).is_err());
        let fifo = dir.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a FIFO");
        let refused = inspect(&fifo).expect_err("refused");
        assert_eq!(refused.to_string(), "not a regular file but a FIFO");
        assert!(inspect(Path::new("/dev/null")).is_err());
    }
}
