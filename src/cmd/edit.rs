//! `sshp edit`

use crate::cli::Edit;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// Not yet here.
///
/// # Errors
/// Always.
pub fn run(_ctx: &Ctx, _args: &Edit) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}
