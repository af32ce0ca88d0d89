//! Files that sshp makes anew from itself: nothing of the user's is in them, so there is no lock,
//! no backup and nothing to undo; but each is the old one or the new one all the same.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use sshp_commit::Rights;

use super::advice;
use crate::error::Result;

/// Writes a file that everybody may read, in a folder that is made where it is missing.
///
/// # Errors
/// When the folder or the file cannot be written.
pub fn write(folder: &Path, name: &str, text: &[u8]) -> Result<()> {
    let explain =
        |error, step, path: &Path| advice::error(sshp_commit::Error::io(error, step, path));
    let _rights = Rights::in_folder(folder).map_err(advice::error)?;
    std::fs::create_dir_all(folder).map_err(|error| explain(error, "make", folder))?;
    let path = folder.join(name);
    let written = (|| {
        let mode = std::fs::Permissions::from_mode(0o644);
        let mut new = tempfile::Builder::new().permissions(mode).tempfile_in(folder)?;
        new.write_all(text)?;
        new.persist(&path)?;
        Ok(())
    })();
    written.map_err(|error: std::io::Error| explain(error, "write", &path))
}
