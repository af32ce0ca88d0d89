//! The question before a change of many profiles.

use crate::error::{Error, ErrorKind, Result};
use crate::ui::prompt::{self, Echo, PromptError};

/// Asks on the terminal whether to go on; anything but yes is no. `done` and `does` are the verb, as in
/// "removed" and "removes".
///
/// # Errors
/// When the answer is no, and when there is no terminal to ask on: what helps then is `--yes`.
pub fn confirm(question: &str, done: &str, does: &str) -> Result<()> {
    let cancelled = || Error::new(ErrorKind::Cancelled, format!("nothing was {done}"));
    match prompt::ask(&format!("{question} [y/N] "), Echo::Shown) {
        Ok(answer) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        Ok(_) | Err(PromptError::Cancelled) => Err(cancelled()),
        Err(PromptError::NoTerminal) => Err(Error::refused(format_args!(
            "there is no terminal to ask on, and nothing was {done}"
        ))
        .hint(format_args!("`--yes` {does} without a question, `--dry-run` shows the change"))),
        Err(PromptError::Io(error)) => Err(error.into()),
    }
}
