//! In the place of `session::builtin` where sshp is built without the feature `builtin`: every way to
//! the client inside sshp ends in the same error.

use sshp_known_hosts::HostKey;

use crate::ctx::Ctx;
use crate::doctor::Step;
use crate::error::{Error, Result};
use crate::session::plan::{Builtin, Endpoint, Run};
use crate::session::{ProbeOptions, SessionEnd};

/// What asking a server for its host keys would give.
pub enum Fetched {
    /// Its keys.
    Keys(Vec<HostKey>),
    /// The server has no algorithms that the client has, too.
    Lacking(Error),
}

/// The error of each of them.
pub fn left_out() -> Error {
    Error::failed("this sshp has no built-in session: it was built without the feature `builtin`")
        .hint("`--session system` connects by the system's ssh")
}

/// The version of russh: none.
#[must_use]
pub fn russh_version() -> Option<String> {
    None
}

/// Runs no session.
///
/// # Errors
/// Always: [`left_out`].
pub fn run(_: &Ctx, _: &Builtin) -> Result<SessionEnd> {
    Err(left_out())
}

/// Looks at no way.
///
/// # Errors
/// Always: [`left_out`].
pub fn probe(
    _: &Ctx,
    _: &[Endpoint],
    _: ProbeOptions,
    _: &Run,
    _: &mut dyn FnMut(&Step) -> Result<()>,
) -> Result<()> {
    Err(left_out())
}

/// Asks for no host keys.
///
/// # Errors
/// Always: [`left_out`].
pub fn host_keys(_: &Ctx, _: &[Endpoint]) -> Result<Fetched> {
    Err(left_out())
}
