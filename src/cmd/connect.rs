//! `sshp connect`, `sshp NAME …` and `sshp QUERY…`

use std::ffi::OsString;

use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};

/// Not yet here.
///
/// # Errors
/// Always.
pub fn run(_ctx: &Ctx, _args: &[OsString]) -> Result<Exit> {
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
