//! macOS, and what other systems have in common with it.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use rustix::fs::{Mode, Stat};
use rustix::termios::{InputModes, LocalModes, OutputModes};

/// macOS has no such mode.
pub const IUCLC: InputModes = InputModes::empty();
/// macOS has no such mode.
pub const XCASE: LocalModes = LocalModes::empty();
/// macOS has no such mode.
pub const OLCUC: OutputModes = OutputModes::empty();

/// The type and permission bits of a file.
#[must_use]
pub fn mode(stat: &Stat) -> u32 {
    stat.st_mode.into()
}

/// Permission bits as the system takes them.
#[must_use]
pub fn permissions(bits: u32) -> Mode {
    Mode::from_bits_truncate(u16::try_from(bits & 0o7777).unwrap_or_default())
}

/// Writes a file, or a folder's names, through to the disk: fsync(2) alone only reaches the drive's
/// own cache (fcntl(2), F_FULLFSYNC). A file system that has no such call gets fsync(2).
///
/// # Errors
/// What fsync(2) says.
pub fn sync(file: impl AsFd) -> rustix::io::Result<()> {
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
pub fn reserve(_: impl AsFd, _: u64, _: u64) -> io::Result<()> {
    Ok(())
}

/// The path by which a terminal can be opened anew, with flags of its own. `/dev/fd/N` is the same
/// open file, so a pipe has none.
#[must_use]
pub fn reopened(file: impl AsFd) -> Option<PathBuf> {
    let name = rustix::termios::ttyname(file, Vec::new()).ok()?;
    Some(std::ffi::OsString::from_vec(name.into_bytes()).into())
}

/// Not told by the system.
#[must_use]
pub fn ignored_signals() -> u64 {
    0
}

/// Not told by the system without unsafe code.
#[must_use]
pub fn command_of(_: u32) -> Vec<Vec<u8>> {
    Vec::new()
}

/// Not told by the system without unsafe code.
#[must_use]
pub fn is_stopped(_: u32) -> bool {
    false
}

/// Not told by the system without unsafe code.
#[must_use]
pub fn started(_: u32) -> Option<String> {
    None
}

/// All processes see the same numbers.
#[must_use]
pub fn process_space() -> String {
    String::new()
}
