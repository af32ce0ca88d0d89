//! `sshp completions SHELL`: prints the completion script alone, as packages install it.

use std::io::Write;

use crate::cli::Completions;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;

/// Prints the script.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(ctx: &Ctx, args: &Completions) -> Result<Exit> {
    ctx.ui.stdout_bytes().write_all(args.shell.completions().as_bytes())?;
    Ok(Exit::Ok)
}
