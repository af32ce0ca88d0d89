//! macOS, and what other systems have in common with it.

use std::io;
use std::os::fd::AsFd;

/// Writes a file, or a folder's names, through to the disk: fsync(2) alone only reaches the drive's
/// own cache (fcntl(2), F_FULLFSYNC). A file system that has no such call gets fsync(2).
///
/// # Errors
/// What fsync(2) says.
pub(crate) fn sync(file: impl AsFd) -> rustix::io::Result<()> {
    #[cfg(target_vendor = "apple")]
    if rustix::fs::fcntl_fullfsync(&file).is_ok() {
        return Ok(());
    }
    rustix::fs::fsync(file)
}

/// There is no call that reserves room and leaves the size, so a full disk is met while writing, and
/// the old text is put back.
///
/// # Errors
/// None.
pub(crate) fn reserve(_: impl AsFd, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}

/// Not told by the system without unsafe code.
pub(crate) fn command_of(_: u32) -> Vec<Vec<u8>> {
    Vec::new()
}

/// Not told by the system without unsafe code.
pub(crate) fn is_stopped(_: u32) -> bool {
    false
}

/// Not told by the system without unsafe code.
pub(crate) fn started(_: u32) -> Option<String> {
    None
}

/// All processes see the same numbers.
pub(crate) fn process_space() -> String {
    String::new()
}
