//! `sshp rm`

use crate::cli::Rm;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// Not yet here.
///
/// # Errors
/// Always.
pub fn run(_ctx: &Ctx, _args: &Rm) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}
