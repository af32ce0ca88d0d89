//! What Tab asks: read-only, never fails, runs nothing.

use std::process::ExitCode;

/// Answers the shell when it asks for completions (`_SSHP_COMPLETE`), else `None`.
#[must_use]
pub fn answer() -> Option<ExitCode> {
    None
}
