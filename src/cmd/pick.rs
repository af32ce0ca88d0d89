//! `sshp pick`

use crate::cli::Pick;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// Not yet here.
///
/// # Errors
/// Always.
pub fn run(_ctx: &Ctx, _args: &Pick) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}
