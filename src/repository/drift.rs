//! What sshp remembers of the profiles with metadata, to know them again after others edited.
//!
//! Written after each change of profiles; its loss only costs that renames by hand are not seen.

use std::path::PathBuf;

use sshp_splice::{FileChange, Splice};

use super::commit::commit_quietly;
use super::{State, read};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::profile::join::{self, Known, Orphan};

/// Where metadata and config have drifted apart since sshp last changed one of them.
pub fn drift(ctx: &Ctx, state: &State) -> Vec<Orphan> {
    let found = read(&path(ctx)).ok().flatten();
    let known: Known =
        found.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
    join::drift(&state.tree, state.metadata(), &known)
}

/// Remembers the profiles as they are. Failures are told with `-v` and otherwise let go.
pub fn remember(ctx: &Ctx) {
    if let Err(error) = try_remember(ctx) {
        ctx.ui.verbose(format_args!("renames by hand will not be seen: {:#}", error.source));
    }
}

fn try_remember(ctx: &Ctx) -> Result<()> {
    let path = path(ctx);
    let base = read(&path)?;
    // Without metadata nothing is remembered, and no config has to be read again.
    if base.is_none() && read(&ctx.paths.metadata)?.is_none() {
        return Ok(());
    }
    let state = State::read(ctx)?;
    let known = join::known(&state.tree, state.metadata());
    let text = serde_json::to_vec_pretty(&known)?;
    if base.as_deref() == Some(&text) || (base.is_none() && known.is_empty()) {
        return Ok(());
    }
    let whole = 0..base.as_ref().map_or(0, |base| base.len());
    let change = FileChange::new(path, base, vec![Splice::replace(whole, text)]);
    commit_quietly(ctx, &change)
}

fn path(ctx: &Ctx) -> PathBuf {
    ctx.paths.state.join("known-profiles.json")
}
