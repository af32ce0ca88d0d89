//! The files that imported profiles are kept in, one for each source, and the Include that reads them.

use std::path::{Path, PathBuf};

use sshp_splice::{ChangeSet, FileChange, Splice};

use super::State;
use crate::ctx::Ctx;
use crate::error::{Error, Result};

/// The folder below `~/.ssh`.
pub(super) const FOLDER: &str = "config.d";

/// What the config includes: relative to `~/.ssh` (ssh_config(5), Include).
pub const INCLUDE: &str = "config.d/sshp-*.conf";

/// A file for the profiles of a source.
pub struct ImportFile {
    /// Where it is, or will be.
    pub path: PathBuf,
    /// Whether the config reads it, or will once it is there.
    pub is_included: bool,
    /// Whether it is there and read.
    pub is_there: bool,
}

impl ImportFile {
    /// The file for a source.
    ///
    /// # Errors
    /// When a file of that name is there and the config does not read it: what is in it is not known.
    pub fn of(ctx: &Ctx, state: &State, source: &str) -> Result<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let name: String = source.chars().map(|c| if is_plain(c) { c } else { '-' }).collect();
        let path = ctx.paths.ssh_dir.join(FOLDER).join(format!("sshp-{name}.conf"));
        if state.tree.files.iter().any(|file| *file.path == *path) {
            return Ok(ImportFile { path, is_included: true, is_there: true });
        }
        if path.symlink_metadata().is_ok() {
            let shown = path.display();
            return Err(Error::refused(format_args!("`{shown}` is there, and the config does not read it"))
                .hint(format_args!("`Include {INCLUDE}` in the config reads it; `--into main` writes to the config itself")));
        }
        let mut planned = ChangeSet::new("import");
        planned.push(FileChange::new(&path, None, vec![Splice::insert(0, &b"\n"[..])]));
        let after = state.after(ctx, &planned);
        let is_included = after.files.iter().any(|file| *file.path == *path);
        Ok(ImportFile { path, is_included, is_there: false })
    }
}

/// Whether a path is one of an [`ImportFile`].
pub(super) fn is_import_file(folders: &[PathBuf], path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_named = name.strip_prefix("sshp-").and_then(|name| name.strip_suffix(".conf")).is_some();
    is_named && path.parent().is_some_and(|parent| folders.iter().any(|folder| folder == parent))
}
