//! What can go wrong, and what the user can do about it.
//!
//! Pure modules have error types of their own (`thiserror`); here they meet a kind and
//! hints. Rendering is `ui::report`'s.

use std::fmt::Display;
use std::ops::Range;

/// What kind of thing happened. The exit code follows from it, as does what a caller does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// None of the others.
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
    /// `connect` could not do its own part.
    Connect,
    /// The user cancelled the picker or a prompt.
    Cancelled,
}

/// A failure with its kind and the commands that help.
#[derive(Debug)]
pub struct Error {
    /// What kind of failure it is.
    pub kind: ErrorKind,
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
    /// A failure of a kind.
    pub fn new(kind: ErrorKind, message: impl Display) -> Self {
        Error {
            kind,
            source: anyhow::anyhow!("{message}"),
            excerpts: Vec::new(),
            hints: Vec::new(),
        }
    }

    /// An ordinary failure.
    pub fn failed(message: impl Display) -> Self {
        Error::new(ErrorKind::Failed, message)
    }

    /// A wrong command line.
    pub fn usage(message: impl Display) -> Self {
        Error::new(ErrorKind::Usage, message)
    }

    /// A name that nothing carries.
    pub fn not_found(message: impl Display) -> Self {
        Error::new(ErrorKind::NotFound, message)
    }

    /// Refused as unsafe or ambiguous.
    pub fn refused(message: impl Display) -> Self {
        Error::new(ErrorKind::Refused, message)
    }

    /// Whether it is that the reader of our output has gone.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        let kind = |cause: &(dyn std::error::Error + 'static)| match cause
            .downcast_ref::<serde_json::Error>()
        {
            // It keeps the cause of a failed write to itself.
            Some(json) => json.io_error_kind(),
            None => cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind),
        };
        self.source.chain().filter_map(kind).any(|kind| kind == std::io::ErrorKind::BrokenPipe)
    }

    /// Gives the error another kind.
    #[must_use]
    pub fn with_kind(mut self, kind: ErrorKind) -> Self {
        self.kind = kind;
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
        Error {
            kind: ErrorKind::Failed,
            source: source.into(),
            excerpts: Vec::new(),
            hints: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_leaves_is_seen_through_json_too() {
        struct Gone;
        impl std::io::Write for Gone {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let error = serde_json::to_writer(Gone, &[1]).expect_err("nobody reads");
        assert!(Error::from(error).is_broken_pipe());
        let error = serde_json::from_str::<u8>("x").expect_err("no JSON");
        assert!(!Error::from(error).is_broken_pipe());
    }
}
