//! Asks for a secret or a decision: on the terminal, or by `$SSH_ASKPASS` (ssh(1), ENVIRONMENT).

#![allow(clippy::disallowed_methods, reason = "SSH_ASKPASS is a program to be run")]

use std::ffi::OsString;
use std::io::Read;
use std::process::{Command, Stdio};

use zeroize::Zeroizing;

use crate::ctx::Ctx;
use crate::ui::prompt::{self, Echo, PromptError};
use crate::ui::{sanitize, secret};

/// Where ssh looks where nothing is set.
const DEFAULT_PROGRAM: &str = "/usr/bin/ssh-askpass";
/// Longer answers are not taken.
const MAX_ANSWER: u64 = 4096;

/// Shows a prompt and reads one line, as readpass.c: read_passphrase chooses.
///
/// # Errors
/// See [`PromptError`].
pub fn ask(ctx: &Ctx, text: &str, echo: Echo) -> Result<Zeroizing<String>, PromptError> {
    ask_bytes(ctx, text, echo).map(|answer| prompt::text(&answer))
}

/// The same, in the bytes that were typed: a password need not be UTF-8.
///
/// # Errors
/// See [`PromptError`].
pub fn ask_bytes(ctx: &Ctx, text: &str, echo: Echo) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    let require = ctx.env.var("SSH_ASKPASS_REQUIRE").and_then(|word| word.into_string().ok());
    let display = ctx.env.var("DISPLAY").is_some() || ctx.env.var("WAYLAND_DISPLAY").is_some();
    let program = ctx.env.var("SSH_ASKPASS").unwrap_or_else(|| DEFAULT_PROGRAM.into());
    match require.as_deref() {
        Some("force") => run(program, text),
        Some("prefer") if display => run(program, text),
        Some("never") => prompt::ask_bytes(text, echo),
        _ => match prompt::ask_bytes(text, echo) {
            Err(PromptError::NoTerminal) if display => run(program, text),
            answer => answer,
        },
    }
}

/// Asks until the answer is yes or no, in any case; none is no, and a fingerprint, where there is
/// one, stands for yes (sshconnect.c: confirm).
///
/// # Errors
/// See [`PromptError`].
pub fn confirm(
    ctx: &Ctx,
    text: &str,
    again: &str,
    fingerprint: Option<&str>,
) -> Result<bool, PromptError> {
    let mut text = text;
    loop {
        let answer = ask(ctx, text, Echo::Shown)?;
        let answer = answer.trim();
        if answer.is_empty() || answer.eq_ignore_ascii_case("no") {
            return Ok(false);
        }
        if answer.eq_ignore_ascii_case("yes") || Some(answer) == fingerprint {
            return Ok(true);
        }
        text = again;
    }
}

/// The program's answer; one that fails says no.
fn run(program: OsString, text: &str) -> Result<Zeroizing<Vec<u8>>, PromptError> {
    secret::keep_from_core_dumps();
    let mut child = Command::new(program)
        .arg(sanitize::block(text).as_ref())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|_| PromptError::NoTerminal)?;
    let mut answer = Zeroizing::new(Vec::with_capacity(4096));
    if let Some(output) = child.stdout.take() {
        output.take(MAX_ANSWER).read_to_end(&mut answer)?;
    }
    if !child.wait()?.success() {
        return Err(PromptError::Cancelled);
    }
    if let Some(end) = answer.iter().position(|byte| matches!(byte, b'\r' | b'\n')) {
        answer.truncate(end);
    }
    Ok(answer)
}
