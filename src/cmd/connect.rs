//! `sshp connect`: ssh's own command line.

use std::ffi::OsString;

use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::launch;

/// Connects as ssh(1) would with these arguments.
///
/// # Errors
/// As [`launch::run`].
pub fn run(ctx: &Ctx, args: &[OsString]) -> Result<Exit> {
    launch::run(ctx, args).map(Exit::from)
}
