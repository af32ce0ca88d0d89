//! What stdin, stdout and stderr are: whether they keep one waiting, and how they do not.

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{FileType, Mode, OFlags, fstat};
use rustix::termios::isatty;

use crate::platform;

/// What a descriptor is open on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StdioKind {
    /// A regular file, of this size in bytes.
    File(u64),
    /// A terminal.
    Terminal,
    /// Another device, such as `/dev/null`.
    Device,
    /// A pipe, with a name (fifo(7)) or without.
    Pipe,
    /// A socket, a folder, nothing.
    Other,
}

impl StdioKind {
    /// What this descriptor is open on.
    pub(super) fn of(fd: impl AsFd) -> Self {
        let Ok(status) = fstat(&fd) else { return StdioKind::Other };
        match FileType::from_raw_mode(status.st_mode) {
            FileType::RegularFile => {
                StdioKind::File(u64::try_from(status.st_size).unwrap_or_default())
            }
            FileType::CharacterDevice if isatty(&fd) => StdioKind::Terminal,
            FileType::CharacterDevice => StdioKind::Device,
            FileType::Fifo => StdioKind::Pipe,
            _ => StdioKind::Other,
        }
    }
}

/// A terminal or a pipe opened anew, so that what is done with it never waits: that flag of the
/// descriptor we were given is shared with the shell that started us. `None` where it may not be
/// opened so.
pub(super) fn reopen(fd: impl AsFd, access: OFlags) -> Option<OwnedFd> {
    let path = platform::reopened(fd)?;
    let flags = access | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::open(path, flags, Mode::empty()).ok()
}
