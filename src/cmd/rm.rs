//! `sshp rm`

use crate::cli::Rm;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::profile::Alias;
use crate::profile::verify::{self, Expected};
use crate::profile_edit;
use crate::repository::State;
use crate::ui::prompt::{self, Echo, PromptError};
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
            confirm(ctx, &aliases)?;
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

fn confirm(ctx: &Ctx, aliases: &[Alias]) -> Result<()> {
    let nothing = || Error::new(ErrorKind::Cancelled, "nothing was removed");
    for alias in aliases {
        ctx.ui.status(sanitize::name(alias.as_str()));
    }
    match prompt::ask(&format!("Remove these {} profiles? [y/N] ", aliases.len()), Echo::Shown) {
        Ok(answer) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        Ok(_) | Err(PromptError::Cancelled) => Err(nothing()),
        Err(PromptError::NoTerminal) => {
            Err(Error::refused("there is no terminal to ask on, and nothing was removed")
                .hint("`--yes` removes without a question, `--dry-run` shows the change"))
        }
        Err(PromptError::Io(error)) => Err(error.into()),
    }
}
