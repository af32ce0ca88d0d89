//! `sshp connect`, `sshp NAME …` and `sshp QUERY…`

use std::ffi::OsString;

use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};
use crate::ssh_config::CommandLine;

/// Connects; with `-G` only prints what it would use.
///
/// # Errors
/// What the command line, the config or the connection fails with, exit 255.
pub fn run(ctx: &Ctx, args: &[OsString]) -> Result<Exit> {
    let command = CommandLine::parse(args.iter().cloned())
        .map_err(|error| Error::from(error).exit(Exit::Connect))?;
    if command.has(b'G') {
        return super::effective::run(ctx, &command);
    }
    Err(Error::failed("not yet here"))
}

/// Not yet here.
///
/// # Errors
/// Always.
pub fn pick_and_connect(_ctx: &Ctx, _query: &[OsString]) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}

/// Not yet here.
///
/// # Errors
/// Always.
pub fn name_or_query(_ctx: &Ctx, _words: &[OsString]) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}
