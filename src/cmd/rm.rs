//! `sshp rm`

use crate::cli::Rm;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::profile::Alias;
use crate::profile::verify::{self, Expected};
use crate::profile_edit;
use crate::repository::State;
use crate::ui::sanitize;

/// Removes profiles, all or none.
///
/// # Errors
/// When one is not there, or its block holds more than the profile.
pub fn run(ctx: &Ctx, args: &Rm) -> Result<Exit> {
    let mut aliases: Vec<_> = args.names.iter().map(Alias::existing).collect();
    let mut command = format!("rm {}", args.names.join(" "));
    if args.stale {
        aliases = stale(ctx)?;
        "rm --stale".clone_into(&mut command);
        if !args.yes && !args.write.dry_run {
            for alias in &aliases {
                ctx.ui.status(sanitize::name(alias.as_str()));
            }
            let question = format!("Remove these {} profiles?", aliases.len());
            profile_edit::confirm(&question, "removed", "removes")?;
        }
    }
    aliases.sort();
    aliases.dedup();
    profile_edit::carry_out(ctx, args.write, |state| {
        let mut edit = state.edit(ctx)?;
        edit.remove(&aliases, args.yes).map_err(|e| profile_edit::refusal(e, state))?;
        for (origin, alias) in verify::jumps_through(&state.tree, &ctx.env, &aliases) {
            let why = format!("the ProxyJump at {origin} goes through `{alias}`");
            if !args.yes {
                return Err(Error::refused(why).hint("`--yes` removes it all the same"));
            }
            ctx.ui.warning(sanitize::line(&why));
        }
        let change = state.finish(ctx, edit, command.clone());
        profile_edit::verify(ctx, state, &change, Expected::Only(&aliases))?;
        Ok(change)
    })?;
    if !args.write.dry_run {
        for alias in &aliases {
            ctx.ui.status(format_args!("removed `{alias}`"));
        }
    }
    Ok(Exit::Ok)
}

/// The profiles that their source no longer has.
fn stale(ctx: &Ctx) -> Result<Vec<Alias>> {
    let profiles = State::load(ctx)?.profiles();
    let stale = profiles.into_iter().filter(|profile| profile.metadata.stale.is_some());
    let aliases: Vec<Alias> = stale.map(|profile| profile.alias).collect();
    if aliases.is_empty() {
        return Err(Error::not_found("no profile is stale")
            .hint("a profile is when a later import of its source is whole and does not have it"));
    }
    Ok(aliases)
}
