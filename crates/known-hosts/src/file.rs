//! The files that keys are known in, and the places in them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// UserKnownHostsFile: new keys go to the first of these.
    User,
    /// GlobalKnownHostsFile: read, never written.
    Global,
}

/// One known_hosts file.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path as ssh would open it.
    pub path: Arc<Path>,
    /// Whose it is.
    pub scope: Scope,
    /// What it holds; `None` where there is no such file.
    pub text: Option<Arc<[u8]>>,
}

impl File {
    /// A file and its text.
    pub fn new(path: impl Into<PathBuf>, scope: Scope, text: Option<Arc<[u8]>>) -> Self {
        File { path: path.into().into(), scope, text }
    }

    /// What it holds, nothing where it does not exist.
    pub fn bytes(&self) -> &[u8] {
        self.text.as_deref().unwrap_or_default()
    }
}

/// Where a line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as ssh would open it.
    pub file: Arc<Path>,
    /// The line, counted from 1.
    pub line: u32,
    /// Whose file it is.
    pub scope: Scope,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}
