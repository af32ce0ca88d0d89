//! `sshp add`

use crate::cli::Add;
use crate::cmd::change;
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};
use crate::profile::fields::Target;
use crate::store::prove;

/// Adds a profile: its block where its values win, and its metadata.
///
/// # Errors
/// When the name is taken, a value cannot be used, or something earlier in the config would win.
pub fn run(ctx: &Ctx, args: &Add) -> Result<Exit> {
    let alias = change::new_alias(&args.name)?;
    let target = args.target.as_deref().map(str::parse::<Target>);
    let target = target.transpose().map_err(change::wrong_field)?;
    let wish = change::wish(ctx, &args.fields, target.as_ref())?;
    if !wish.has_options() {
        return Err(Error::usage(format_args!("`{alias}` needs a host to connect to"))
            .hint(format_args!("`sshp add {alias} user@host`")));
    }
    change::carry_out(ctx, args.write, |state| {
        let mut plan = state.plan(ctx)?;
        plan.add(&alias, &wish).map_err(|e| change::refusal(e, state))?;
        let change = state.finish(ctx, plan, format!("add {alias}"));
        prove::resolves_as_asked(ctx, state, &change, &alias, &wish)?;
        Ok(change)
    })?;
    if args.write.dry_run {
        return Ok(Exit::Ok);
    }
    if let Some(key) = &args.fields.key {
        change::repair_key(ctx, key)?;
    }
    ctx.ui.status(format_args!("added `{alias}` to `{}`", ctx.paths.user_config.display()));
    Ok(Exit::Ok)
}
