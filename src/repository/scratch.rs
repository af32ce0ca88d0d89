//! A file for an editor to work on: in the state folder, mode 0600, gone afterwards; and a folder for
//! another program's files: in `$TMPDIR`, mode 0700, gone afterwards.

use std::io::Write;
use std::path::{Path, PathBuf};

use sshp_commit::{Error as CommitError, make_folder, owner_of};

use super::{advice, read};
use crate::ctx::Ctx;
use crate::error::{Error, Result};

/// A file that is removed when dropped, unless it is kept.
pub struct Scratch {
    file: tempfile::TempPath,
}

impl Scratch {
    /// Writes `text` to a new file whose name tells what it is.
    ///
    /// # Errors
    /// When the state folder cannot be written.
    pub fn new(ctx: &Ctx, name: &str, text: &[u8]) -> Result<Self> {
        // The editor runs as root, and must not write through a link that another user put there.
        let owner = owner_of(&ctx.paths.state).map_err(advice::error)?;
        let fail =
            |e, folder: &Path| advice::error(CommitError::io_in_state(e, "write in", folder));
        let folder = match owner {
            Some(_) if nix::unistd::geteuid().is_root() => tempfile::env::temp_dir(),
            _ => ctx.paths.state.join("edit"),
        };
        make_folder(&folder).map_err(advice::error)?;
        let made = tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .suffix(".ssh_config")
            .tempfile_in(&folder);
        let mut file = made.map_err(|e| fail(e, &folder))?;
        file.write_all(text).map_err(|e| fail(e, &folder))?;
        Ok(Scratch { file: file.into_temp_path() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.file
    }

    /// What it holds now; editors may have replaced it.
    ///
    /// # Errors
    /// When it is gone or is no regular file any more.
    pub fn read(&self) -> Result<Vec<u8>> {
        let now = read(&self.file)?;
        let now = now.ok_or_else(|| Error::failed("the editor removed the file"))?;
        Ok(now.to_vec())
    }

    /// Leaves it there, and tells where.
    pub fn keep(self) -> PathBuf {
        let path = self.file.to_path_buf();
        // Where it cannot be kept it is removed, as without this.
        let _ = self.file.keep();
        path
    }
}

/// A folder that is removed with what is in it when dropped.
pub struct ScratchFolder(tempfile::TempDir);

impl ScratchFolder {
    /// Makes one.
    ///
    /// # Errors
    /// When the folder for temporary files cannot be written.
    pub fn new() -> Result<Self> {
        let made = tempfile::Builder::new().prefix("sshp-").tempdir();
        let made =
            made.map_err(|e| advice::error(CommitError::io(e, "write in", &std::env::temp_dir())));
        Ok(ScratchFolder(made?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file in it, and tells where.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, name: &str, text: &[u8]) -> Result<PathBuf> {
        let path = self.path().join(name);
        let mut file = std::fs::File::options().write(true).create_new(true).open(&path)?;
        file.write_all(text)?;
        Ok(path)
    }

    /// Removes one where no drop runs, since a signal ends the process.
    pub fn remove(path: &Path) {
        // What stays is empty or a log, and its name says whose it is.
        let _ = std::fs::remove_dir_all(path);
    }
}
