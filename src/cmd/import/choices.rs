//! What the flags choose for all profiles of an import, checked.

use std::str::FromStr;

use sshp_import::Format;

use crate::cli::Import;
use crate::error::{Error, Result};
use crate::inventory::plan::{Choices, Outcome, Row};
use crate::profile::{fields, find};
use crate::profile_edit;
use crate::repository::State;

/// Reads the flags.
///
/// # Errors
/// When a value cannot be used, with its flag.
pub(super) fn choices(args: &Import, format: Format) -> Result<Choices> {
    let wrong = profile_edit::wrong_field;
    let tags: Vec<String> = args.tags.iter().flat_map(|text| fields::tags(text)).collect();
    for tag in &tags {
        fields::check_tag(tag).map_err(wrong)?;
    }
    if let Some(user) = &args.user {
        fields::check_plain_user(user).map_err(wrong)?;
    }
    let prefer = args.prefer.iter().map(|network| parsed("--prefer", network));
    Ok(Choices {
        source: source(args, format)?,
        user: args.user.clone(),
        jump: args.jump.clone(),
        jump_for_all: args.jump_all,
        tags,
        tag_keys: args.tag_keys.clone(),
        name: args
            .name_template
            .as_deref()
            .map(|it| parsed("--name", it))
            .transpose()?
            .unwrap_or_default(),
        address: args.address.as_deref().map(|kind| parsed("--address", kind)).transpose()?,
        prefer: prefer.collect::<Result<_>>()?,
        host_key_alias: !args.no_host_key_alias,
        with_commands: args.with_commands,
        is_complete: args.complete,
    })
}

fn parsed<T: FromStr<Err = String>>(flag: &str, value: &str) -> Result<T> {
    value.parse().map_err(|why| Error::usage(format_args!("{flag}: {why}")))
}

/// `aliyun`, or with a name `aliyun/prod`.
fn source(args: &Import, format: Format) -> Result<String> {
    let format = format.name();
    let Some(name) = &args.source else { return Ok(format.to_owned()) };
    fields::refuse_unprintable("source", name).map_err(profile_edit::wrong_field)?;
    let name = name.strip_prefix(format).and_then(|rest| rest.strip_prefix('/')).unwrap_or(name);
    if name.is_empty() || name.contains([':', ' ', '#']) {
        let why = format!("the source `{name}` cannot be used: it is one word without `:` and `#`");
        return Err(Error::usage(why));
    }
    Ok(format!("{format}/{name}"))
}

/// Requires that the profile is there, or comes with this import, which `--jump` names.
///
/// # Errors
/// [`ErrorKind::NotFound`](crate::error::ErrorKind::NotFound)
pub(super) fn require_jump(state: &State, rows: &[Row], jump: &str) -> Result<()> {
    let aliases = state.aliases();
    let new = rows.iter().filter_map(|row| match &row.outcome {
        Outcome::New(alias, _) => Some(alias.as_str()),
        _ => None,
    });
    let known: Vec<&str> = aliases.iter().map(String::as_str).chain(new).collect();
    for hop in jump.split(',').map(str::trim) {
        // A server that is no profile has a dot, a port or a user.
        if hop.contains(['.', ':', '@']) || known.contains(&hop) || hop.eq_ignore_ascii_case("none")
        {
            continue;
        }
        let error = Error::not_found(format_args!("--jump: there is no profile `{hop}`"));
        let near = find::did_you_mean(&find::suggest(hop, known));
        return Err(error.hint(near.unwrap_or_else(|| "`sshp list` shows all".to_owned())));
    }
    Ok(())
}
