//! What the process ends with. Made here of what a verb reports and of an error's kind; nothing
//! below `cmd` knows it.

use std::process::ExitCode;

use crate::error::ErrorKind;
use crate::session::SessionEnd;

/// What the process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Ok,
    /// As an error of this kind, also where a verb has reported it itself.
    Error(ErrorKind),
    /// What the remote command returned.
    Remote(u8),
}

impl Exit {
    /// The number that the process ends with.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Ok => 0,
            Exit::Error(kind) => match kind {
                ErrorKind::Failed => 1,
                ErrorKind::Usage => 2,
                ErrorKind::NotFound => 3,
                ErrorKind::Changed => 4,
                ErrorKind::Refused => 5,
                ErrorKind::HostKey => 6,
                ErrorKind::Cancelled => 130,
                // ssh(1), EXIT STATUS.
                ErrorKind::Connect => 255,
            },
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
        Exit::Error(kind)
    }
}

impl From<SessionEnd> for Exit {
    fn from(end: SessionEnd) -> Self {
        match end {
            SessionEnd::Status(status) => Exit::Remote(status),
            SessionEnd::NoStatus => Exit::Error(ErrorKind::Connect),
        }
    }
}
