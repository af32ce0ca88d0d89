//! `sshp copy`

use crate::cli::Copy;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::profile::Alias;
use crate::profile_edit;
use crate::store::verify;

/// Copies a profile: its blocks and its metadata, under another name.
///
/// # Errors
/// When it is not there, the new name is taken, or the copy would not resolve as the original.
pub fn run(ctx: &Ctx, args: &Copy) -> Result<Exit> {
    let old = Alias::existing(&args.old);
    let new = profile_edit::new_alias(&args.new)?;
    profile_edit::carry_out(ctx, args.write, |state| {
        let mut plan = state.plan(ctx)?;
        plan.require(&old).map_err(|e| profile_edit::refusal(e, state))?;
        let host = verify::host_by_name(ctx, state, &old)?;
        plan.copy(&old, &new, host.as_deref()).map_err(|e| profile_edit::refusal(e, state))?;
        let change = state.finish(ctx, plan, format!("copy {old} {new}"));
        verify::others_as_before(ctx, state, &change, std::slice::from_ref(&new))?;
        verify::same_options(ctx, state, &change, &old, &new, args.yes)?;
        Ok(change)
    })?;
    if !args.write.dry_run {
        ctx.ui.status(format_args!("copied `{old}` to `{new}`"));
    }
    Ok(Exit::Ok)
}
