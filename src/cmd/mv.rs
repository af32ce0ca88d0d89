//! `sshp mv`

use crate::cli::Mv;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::exit::Exit;
use crate::profile::Alias;
use crate::profile::verify::Expected;
use crate::profile_edit;
use crate::repository::usage;

/// Renames a profile, and every literal reference to it: ProxyJump, `Match originalhost`, `!name`.
///
/// # Errors
/// When it is not there, the new name is taken, or it would not resolve as before.
pub fn run(ctx: &Ctx, args: &Mv) -> Result<Exit> {
    let old = Alias::existing(&args.old);
    let new = profile_edit::new_alias(&args.new)?;
    profile_edit::carry_out(ctx, args.write, |state| {
        let mut edit = state.edit(ctx)?;
        edit.require(&old).map_err(|e| profile_edit::refusal(e, state))?;
        let host = profile_edit::host_by_name(state, &old);
        edit.rename(&old, &new, host.as_deref()).map_err(|e| profile_edit::refusal(e, state))?;
        let change = state.finish(ctx, edit, format!("mv {old} {new}"));
        let expected = Expected::Renamed(&old, &new);
        profile_edit::verify_same(ctx, state, &change, expected, args.yes)?;
        Ok(change)
    })?;
    if !args.write.dry_run {
        usage::rename(ctx, old.as_str(), new.as_str());
        ctx.ui.status(format_args!("renamed `{old}` to `{new}`"));
    }
    Ok(Exit::Ok)
}
