//! PURE: ssh_config(5) as bytes plus spans, its edits and its resolver.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where something in a config stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The file, as it was named or found by Include.
    pub file: Arc<Path>,
    /// The line, counted from 1.
    pub line: u32,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}
