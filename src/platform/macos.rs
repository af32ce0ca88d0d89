//! macOS, and what other systems have in common with it.

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
