#![doc = include_str!("../README.md")]

mod format;
mod forwards;
mod host_keys;
mod ini;
mod instance;
mod json;
mod listing;
mod putty_flags;
mod ssh_line;
mod text;
mod values;
mod xml;
mod yaml;

use std::path::PathBuf;

pub use format::{Format, detect};
pub use host_keys::{CachedKey, HostKeyCache};
pub use instance::{Address, AddressKind, Instance};
pub use listing::{Entry, Extent, Jump, LeftBehind, Listing, Session, Skipped};
pub use text::Encodings;

/// A file of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Where it is, below the folder that is imported; the name alone for a file.
    pub path: PathBuf,
    /// All of it.
    pub bytes: Vec<u8>,
}

impl InputFile {
    /// A file with its bytes.
    pub fn new(path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) -> Self {
        InputFile { path: path.into(), bytes: bytes.into() }
    }

    /// The folders below the one that is imported, the outermost first.
    pub(crate) fn folders(&self) -> Vec<String> {
        let parent = self.path.parent().into_iter().flat_map(|parent| parent.components());
        parent.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect()
    }

    /// The name without the folders and without an ending, and the ending in lower case.
    pub(crate) fn stem(&self) -> (String, String) {
        let part = |part: Option<&std::ffi::OsStr>| {
            part.unwrap_or_default().to_string_lossy().into_owned()
        };
        (part(self.path.file_stem()), part(self.path.extension()).to_ascii_lowercase())
    }
}

/// Why an input cannot be read as a whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ImportError {
    /// It is not in this format: what is missing.
    #[error("it has no {0}")]
    NotThisFormat(&'static str),
    /// It is encrypted by the program.
    #[error("it is encrypted")]
    Encrypted,
    /// It breaks off, or cannot be parsed. No text of the input is shown: it may be a password.
    #[error("line {line}: {why}")]
    Broken {
        /// The line, counted from 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
}
