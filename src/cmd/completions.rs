//! `sshp completions`

use crate::cli::Completions;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// Not yet here.
///
/// # Errors
/// Always.
pub fn run(_ctx: &Ctx, _args: &Completions) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}
