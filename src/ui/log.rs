//! `ssh -E FILE`: messages go to a file instead of standard error.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::OnceLock;

use rustix::fs::{Mode, OFlags};

/// The file, once one is named: the message that ends the process goes there too.
static FILE: OnceLock<File> = OnceLock::new();

/// Appends all further messages to this file (log.c: log_redirect_stderr_to). Prompts, banners and
/// the output of the server stay where they are.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    // A second file would be one of a second command line.
    let _ = FILE.set(file.into());
    Ok(())
}

/// Whether messages go to a file.
#[must_use]
pub fn is_open() -> bool {
    FILE.get().is_some()
}

/// Writes a message without its colours; `false` where no file was named.
pub(super) fn write(text: &str) -> bool {
    let Some(mut file) = FILE.get() else { return false };
    let plain = anstream::adapter::strip_str(text).to_string();
    // A message that cannot be written has nowhere else to go.
    let _ = file.write_all(plain.as_bytes());
    true
}
