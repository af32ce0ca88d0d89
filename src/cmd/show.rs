//! `sshp show`

use crate::cli::Show;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// Not yet here.
///
/// # Errors
/// Always.
pub fn run(_ctx: &Ctx, _args: &Show) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}
