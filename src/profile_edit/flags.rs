//! The flags of `add` and `edit`, checked, as a patch for a profile.

use std::path::Path;

use sshp_config::options::{Kind, TABLE};
use sshp_config::{Keyword, destination, quote};

use crate::cli::{Fields, verbs};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::profile::edit::Sharing;
use crate::profile::fields::{self, FieldError, Target};
use crate::profile::patch::ProfilePatch;
use crate::profile::{Alias, find};

/// Takes a name for a new profile.
///
/// # Errors
/// When it cannot be one.
pub fn new_alias(name: &str) -> Result<Alias> {
    let reserved = verbs::reserved();
    let reserved: Vec<&str> = reserved.iter().map(String::as_str).collect();
    Alias::new(name, &reserved).map_err(wrong_field)
}

/// A value that cannot be: a wrong command line.
pub fn wrong_field(error: FieldError) -> Error {
    Error::usage(error)
}

/// How the flags have a shared block treated.
pub fn sharing(split: bool, shared: bool) -> Sharing {
    match (split, shared) {
        (true, _) => Sharing::Split,
        (_, true) => Sharing::Shared,
        _ => Sharing::Refuse,
    }
}

/// What it takes for a profile to log in with a key that is, or will be, at a path.
///
/// # Errors
/// When the path cannot be written in a config.
pub fn key_patch(ctx: &Ctx, path: &Path) -> Result<ProfilePatch> {
    let mut asked = Asked::default();
    asked.push_key(ctx, path)?;
    Ok(ProfilePatch { set: asked.set, ..ProfilePatch::default() })
}

/// What the flags and the target ask.
///
/// # Errors
/// When a value cannot be used, naming its field.
pub fn patch(
    ctx: &Ctx,
    fields: &Fields,
    target: Option<&Target>,
    key: Option<&Path>,
) -> Result<ProfilePatch> {
    let mut asked = Asked::default();
    let by_flag = fields.host.as_deref().map(str::parse::<Target>).transpose();
    let by_flag = by_flag.map_err(wrong_field)?;
    let targets = [by_flag.as_ref(), target];
    let all = |of: fn(&Target) -> Option<String>| targets.into_iter().flatten().filter_map(of);
    if let Some(user) = &fields.user {
        fields::check_plain_user(user).map_err(wrong_field)?;
    }
    let host = one("host", all(|target| Some(target.host.clone())))?;
    let user = one("user", all(|target| target.user.clone()).chain(fields.user.clone()))?;
    let port = all(|target| target.port.map(|port| port.to_string())).chain(fields.port.clone());
    let port = one("port", port)?;
    if let Some(host) = host {
        asked.push_text(Keyword::HostName, &host)?;
    }
    if let Some(user) = user {
        asked.push_text(Keyword::User, &user)?;
    }
    if let Some(port) = port {
        asked.push_text(Keyword::Port, &port)?;
    }
    if let Some(key) = key {
        asked.push_key(ctx, key)?;
    }
    if let Some(jump) = &fields.jump {
        asked.push_text(Keyword::ProxyJump, jump)?;
    }
    for option in &fields.options {
        let (keyword, value) = split_option(option)?;
        asked.push_text(keyword, value)?;
    }
    let tags: Vec<String> = fields.tags.iter().flat_map(|text| fields::tags(text)).collect();
    for tag in &tags {
        fields::check_tag(tag).map_err(wrong_field)?;
    }
    if let Some(note) = &fields.note {
        fields::check_note(note).map_err(wrong_field)?;
    }
    Ok(ProfilePatch {
        set: asked.set,
        tags,
        note: fields.note.clone(),
        session: fields.session,
        favorite: fields.favorite.then_some(true),
        ..ProfilePatch::default()
    })
}

/// A value that flags and the target may all give, but not differently.
fn one(field: &str, mut values: impl Iterator<Item = String>) -> Result<Option<String>> {
    let first = values.next();
    match values.find(|value| first.as_ref() != Some(value)) {
        Some(other) => {
            let first = first.unwrap_or_default();
            Err(Error::usage(format_args!("the {field} is given twice: `{first}` and `{other}`")))
        }
        None => Ok(first),
    }
}

/// Options as they come, each keyword once.
#[derive(Default)]
struct Asked {
    set: Vec<(Keyword, Vec<Vec<u8>>)>,
}

impl Asked {
    /// Checks a value by what its keyword takes, and adds it as it will be written.
    fn push_text(&mut self, keyword: Keyword, value: &str) -> Result<()> {
        let field = || keyword.title().to_owned();
        let value = &match keyword {
            Keyword::HostName => destination::as_host_name(value),
            Keyword::ProxyJump => destination::as_hops(value),
            _ => value.to_owned(),
        };
        match keyword {
            Keyword::HostName => fields::check_host_name(value).map_err(wrong_field)?,
            Keyword::User => fields::check_user(value).map_err(wrong_field)?,
            Keyword::Port => fields::parse_port(value).map(drop).map_err(wrong_field)?,
            Keyword::ProxyJump => check_jump(value)?,
            _ => fields::refuse_unprintable(&field(), value).map_err(wrong_field)?,
        }
        let literal = matches!(keyword, Keyword::HostName | Keyword::User);
        let written = if literal {
            quote::quote(value.as_bytes()).into_owned()
        } else {
            quote::render(keyword, value.as_bytes()).map_err(Error::usage)?
        };
        self.push(keyword, written)
    }

    fn push_key(&mut self, ctx: &Ctx, key: &Path) -> Result<()> {
        let written = key_path(ctx, key)?;
        self.push(Keyword::IdentityFile, quote::quote(written.as_bytes()).into_owned())?;
        self.push(Keyword::IdentitiesOnly, b"yes".to_vec())
    }

    fn push(&mut self, keyword: Keyword, written: Vec<u8>) -> Result<()> {
        match self.set.iter_mut().find(|(other, _)| *other == keyword) {
            None => self.set.push((keyword, vec![written])),
            Some((_, values)) if values.contains(&written) => {}
            Some((_, values)) if quote::accumulates(keyword) => values.push(written),
            Some(_) => {
                return Err(Error::usage(format_args!("{} is given twice", keyword.title())));
            }
        }
        Ok(())
    }
}

/// `none`, or hops as ssh reads them: `[user@]host[:port]` with commas.
fn check_jump(value: &str) -> Result<()> {
    if value.eq_ignore_ascii_case("none") {
        return Ok(());
    }
    for hop in value.split(',') {
        hop.parse::<Target>().map_err(|e| wrong_field(FieldError::new("jump", value, e.why())))?;
    }
    Ok(())
}

/// Cuts `KEYWORD=VALUE` as ssh cuts `-o`: a blank does for the `=`.
fn split_option(option: &str) -> Result<(Keyword, &str)> {
    let end = option
        .find(['=', ' ', '\t'])
        .ok_or_else(|| Error::usage(format_args!("`--option {option}`: it takes KEYWORD=VALUE")))?;
    let value = option[end..].trim_start();
    let value = value.strip_prefix('=').unwrap_or(value).trim();
    Ok((keyword(&option[..end])?, value))
}

/// Finds an option that a profile can have.
///
/// # Errors
/// When ssh does not have it, which would break the whole config.
pub fn keyword(name: &str) -> Result<Keyword> {
    let known = Keyword::find(name.as_bytes());
    match known.map(Keyword::kind) {
        Some(Kind::Header | Kind::Include) => {
            Err(Error::usage(format_args!("{name} begins a block or a file; it is no option")))
        }
        Some(Kind::Deprecated | Kind::Unsupported) => {
            Err(Error::usage(format_args!("ssh no longer takes the option {name}")))
        }
        Some(_) => known.ok_or_else(|| Error::usage("no option")),
        None => {
            let titles = TABLE.iter().map(|row| row.title);
            let error = Error::usage(format_args!("ssh has no option `{name}`"));
            let near: Vec<_> = find::suggest(name, titles).into_iter().take(1).collect();
            Err(error
                .hint(find::did_you_mean(&near).as_deref().unwrap_or("ssh_config(5) lists them")))
        }
    }
}

/// The path of a key as the config will say it.
fn key_path(ctx: &Ctx, key: &Path) -> Result<String> {
    let shown = key.display();
    let path = std::path::absolute(key)?;
    let error = |why: &str| Error::failed(format_args!("the key `{shown}` cannot be used: {why}"));
    let text = path.to_str().ok_or_else(|| error("its path is not UTF-8"))?;
    fields::refuse_unprintable("key", text).map_err(wrong_field)?;
    if text.contains("${") {
        return Err(error("ssh would read the `${` in its path as a variable"));
    }
    let home = &ctx.env.passwd_home;
    let short = path.strip_prefix(home).ok().and_then(Path::to_str).filter(|_| *home != *"/");
    let text = short.map_or_else(|| text.to_owned(), |rest| format!("~/{rest}"));
    // `%` begins a token (ssh_config(5), TOKENS).
    Ok(text.replace('%', "%%"))
}
