//! What can go wrong, how a script sees it, and what the user can do about it.
//!
//! Pure modules have error types of their own (`thiserror`); here they meet an [`Exit`] code and
//! hints. Rendering is `ui::report`'s.

use std::fmt::Display;
use std::ops::Range;
use std::process::ExitCode;

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

/// A failure with its exit code and the commands that help.
#[derive(Debug)]
pub struct Error {
    /// What the process ends with.
    pub exit: Exit,
    /// What went wrong, outermost first.
    pub source: anyhow::Error,
    /// The lines of files that are at fault.
    pub excerpts: Vec<Excerpt>,
    /// What the user can do, one sentence or command each.
    pub hints: Vec<String>,
}

/// A line of a file, with the part of it that is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// What is wrong and where, where the failure's own message does not say it.
    pub what: Option<String>,
    /// Counted from 1.
    pub line: u32,
    /// The line without its end, as it is in the file.
    pub text: Vec<u8>,
    /// The part at fault, in bytes of `text`.
    pub span: Range<usize>,
}

/// The result of everything above the pure modules.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// A failure that ends the process with `exit`.
    pub fn new(exit: Exit, message: impl Display) -> Self {
        Error {
            exit,
            source: anyhow::anyhow!("{message}"),
            excerpts: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// An ordinary failure, exit 1.
    pub fn failed(message: impl Display) -> Self {
        Error::new(Exit::Failed, message)
    }

    /// A wrong command line, exit 2.
    pub fn usage(message: impl Display) -> Self {
        Error::new(Exit::Usage, message)
    }

    /// A name that nothing carries, exit 3.
    pub fn not_found(message: impl Display) -> Self {
        Error::new(Exit::NotFound, message)
    }

    /// Refused as unsafe or ambiguous, exit 5.
    pub fn refused(message: impl Display) -> Self {
        Error::new(Exit::Refused, message)
    }

    /// Gives the error another exit code.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Shows the lines that are at fault.
    #[must_use]
    pub fn excerpts(mut self, excerpts: impl IntoIterator<Item = Excerpt>) -> Self {
        self.excerpts.extend(excerpts);
        self
    }

    /// Adds something that the user can do.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hints.push(hint.to_string());
        self
    }
}

impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(source: E) -> Self {
        Error { exit: Exit::Failed, source: source.into(), excerpts: Vec::new(), hints: Vec::new() }
    }
}
