//! What the process ends with. Made here of what a verb reports and of an error's kind; nothing
//! below `cmd` knows it.

use std::process::ExitCode;

use crate::error::ErrorKind;
use crate::session::SessionEnd;

/// The exit codes of every command but `connect`, which passes the remote status on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok,
    /// The command failed.
    Failed,
    /// The command line is wrong.
    Usage,
    /// No such profile, host or file.
    NotFound,
    /// A file changed on disk while it was being edited.
    Changed,
    /// Refused as unsafe or ambiguous.
    Refused,
    /// A host key is not the expected one.
    HostKey,
    /// `connect` could not do its own part; ssh(1), EXIT STATUS.
    Connect,
    /// The picker or a prompt was cancelled.
    Cancelled,
    /// What the remote command returned.
    Remote(u8),
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::NotFound => 3,
            Exit::Changed => 4,
            Exit::Refused => 5,
            Exit::HostKey => 6,
            Exit::Connect => 255,
            Exit::Cancelled => 130,
            Exit::Remote(status) => status,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

impl From<ErrorKind> for Exit {
    fn from(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::Failed => Exit::Failed,
            ErrorKind::Usage => Exit::Usage,
            ErrorKind::NotFound => Exit::NotFound,
            ErrorKind::Changed => Exit::Changed,
            ErrorKind::Refused => Exit::Refused,
            ErrorKind::HostKey => Exit::HostKey,
            ErrorKind::Connect => Exit::Connect,
            ErrorKind::Cancelled => Exit::Cancelled,
        }
    }
}

/// ssh(1), EXIT STATUS.
impl From<SessionEnd> for Exit {
    fn from(end: SessionEnd) -> Self {
        match end {
            SessionEnd::Status(status) => Exit::Remote(status),
            SessionEnd::NoStatus => Exit::Connect,
        }
    }
}
