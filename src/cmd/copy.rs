//! `sshp copy`

use crate::cli::Copy;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::profile::Alias;
use crate::profile::verify::Expected;
use crate::profile_edit;

/// Copies a profile: its blocks and its metadata, under another name.
///
/// # Errors
/// When it is not there, the new name is taken, or the copy would not resolve as the original.
pub fn run(ctx: &Ctx, args: &Copy) -> Result<Exit> {
    let old = Alias::existing(&args.old);
    let new = profile_edit::new_alias(&args.new)?;
    profile_edit::carry_out(ctx, args.write, |state| {
        let mut edit = state.edit(ctx)?;
        edit.require(&old).map_err(|e| profile_edit::refusal(e, state))?;
        let host = profile_edit::host_by_name(state, &old);
        edit.copy(&old, &new, host.as_deref()).map_err(|e| profile_edit::refusal(e, state))?;
        let change = state.finish(ctx, edit, format!("copy {old} {new}"));
        let expected = Expected::Copied(&old, &new);
        profile_edit::verify_same(ctx, state, &change, expected, args.yes)?;
        Ok(change)
    })?;
    if !args.write.dry_run {
        ctx.ui.status(format_args!("copied `{old}` to `{new}`"));
    }
    Ok(Exit::Ok)
}
