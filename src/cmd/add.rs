//! `sshp add`

use crate::cli::Add;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// Not yet here.
///
/// # Errors
/// Always.
pub fn run(_ctx: &Ctx, _args: &Add) -> Result<Exit> {
    Err(Error::failed("not yet here"))
}
