//! `sshp init SHELL`: prints what the shell evaluates at its start.

use std::io::Write;

use crate::cli::Init;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::shell;

/// Prints the short command, the widget and the completions, as asked.
///
/// # Errors
/// Exit 2 for a name or key that no shell takes, and for what the shell has no script for.
pub fn run(ctx: &Ctx, args: &Init) -> Result<Exit> {
    let init = shell::Init {
        cmd: (!args.no_cmd).then(|| args.cmd.parse()).transpose().map_err(Error::usage)?,
        key: (!args.no_key).then(|| args.key.parse()).transpose().map_err(Error::usage)?,
        completions: !args.no_completions,
        hosts: args.complete.clone(),
    };
    let script = shell::render_init(args.shell, &init).map_err(Error::usage)?;
    ctx.ui.stdout_bytes().write_all(script.as_bytes())?;
    Ok(Exit::Ok)
}
