//! Files that are read whole.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::advice;
use crate::error::Result;

/// Reads a regular file, links followed; `None` where there is none.
///
/// # Errors
/// A FIFO, folder or device (at once, without waiting for it), a file of more than 64 MiB, or one
/// that cannot be read.
pub fn read(path: &Path) -> Result<Option<Arc<[u8]>>> {
    sshp_commit::read(path).map_err(advice::error)
}

/// The file behind `path`: links followed one by one, so that a dangling one gives its target.
///
/// # Errors
/// A loop of links, or a folder on the way that cannot be entered.
pub fn follow(path: &Path) -> Result<PathBuf> {
    sshp_commit::follow(path).map_err(advice::error)
}
