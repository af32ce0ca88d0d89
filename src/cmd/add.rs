//! `sshp add`

use crate::cli::{Add, Fields};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::profile::fields::Target;
use crate::profile::patch::NamedPatch;
use crate::profile::verify::Expected;
use crate::profile_edit;
use crate::profile_keys::Key;

/// Adds a profile: its block where its values win, and its metadata.
///
/// # Errors
/// When the name is taken, a value cannot be used, or something earlier in the config would win.
pub fn run(ctx: &Ctx, args: &Add) -> Result<Exit> {
    let alias = profile_edit::new_alias(&args.name).map_err(|error| name_first(error, args))?;
    let target = args.target.as_deref().map(str::parse::<Target>);
    let target = target.transpose().map_err(|error| {
        let error = profile_edit::wrong_field(error);
        match args.target.as_deref().and_then(pasted) {
            Some(target) => error.hint(format_args!("`sshp add {alias} {target}`")),
            None => error,
        }
    })?;
    let fields = with_defaults(ctx, &args.fields, target.as_ref());
    let key = Key::of(ctx, &fields, None)?;
    let patch =
        profile_edit::patch(ctx, &fields, target.as_ref(), key.as_ref().map(|key| &*key.path))?;
    if !patch.has_options() {
        return Err(Error::usage(format_args!("`{alias}` needs a host to connect to"))
            .hint(format_args!("`sshp add {alias} user@host`")));
    }
    let new = [NamedPatch { alias: alias.clone(), patch }];
    profile_edit::carry_out(ctx, args.write, |state| {
        let mut edit = state.edit(ctx)?;
        edit.add(&new).map_err(|e| profile_edit::refusal(e, state))?;
        let mut change = state.finish(ctx, edit, format!("add {alias}"));
        profile_edit::verify(ctx, state, &change, Expected::Patched(&new))?;
        if let Some(key) = &key {
            key.join(&mut change);
        }
        Ok(change)
    })?;
    if args.write.dry_run {
        return Ok(Exit::Ok);
    }
    ctx.ui.status(format_args!("added `{alias}` to `{}`", ctx.paths.user_config.display()));
    if let Some(key) = &key {
        key.settle(ctx, &alias)?;
    }
    Ok(Exit::Ok)
}

/// The destination in what was pasted: `ssh root@203.0.113.7`, `https://203.0.113.7`.
fn pasted(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("ssh ").map(str::trim);
    let rest = rest.or_else(|| text.split_once("://").map(|(_, rest)| rest.trim_end_matches('/')));
    rest.filter(|rest| rest.parse::<Target>().is_ok())
}

/// A destination where the name should be.
fn name_first(error: Error, args: &Add) -> Error {
    let name = args.name.as_str();
    if args.target.is_none() && name.contains(['@', ':', '.']) && name.parse::<Target>().is_ok() {
        return error.hint(format_args!("the name comes first: `sshp add NAME {name}`"));
    }
    error
}

/// The fields with the settings' user and key where none is named; a user or a key that comes by
/// `--option` is named.
fn with_defaults(ctx: &Ctx, fields: &Fields, target: Option<&Target>) -> Fields {
    let mut fields = fields.clone();
    let by_option = |keyword: &str| {
        let named = |option: &String| {
            option.get(..keyword.len()).is_some_and(|start| start.eq_ignore_ascii_case(keyword))
        };
        fields.options.iter().any(named)
    };
    let has_user = target.is_some_and(|target| target.user.is_some()) || by_option("User");
    let has_key = by_option("IdentityFile");
    if !has_user && fields.user.is_none() {
        fields.user = ctx.settings.add_user();
    }
    if !has_key && fields.key.is_none() {
        fields.key = ctx.settings.add_key().map(|key| match key.strip_prefix("~/") {
            Some(rest) => ctx.env.home.join(rest),
            None => key.into(),
        });
    }
    fields
}
