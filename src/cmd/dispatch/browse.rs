//! `sshp` and `sshp QUERY…`: the picker over all profiles, and what its keys do.
//!
//! What changes a profile comes back to the picker, with fresh rows; what shows something that has to
//! be read or pasted ends it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::cli::{Add, Doctor, Edit, Fields, Write};
use crate::cmd::{add, connect, doctor, edit};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::picker::{Choice, Choose, choose};
use crate::profile::edit::Sharing;
use crate::profile::fields::{Target, check_tag};
use crate::profile::patch::{NamedPatch, ProfilePatch};
use crate::profile::{Alias, Profile, Session};
use crate::repository::{State, usage};
use crate::session::system;
use crate::settings::Action;
use crate::ui::{prompt, sanitize, terminal};
use crate::{launch, profile_edit, shell, unicode};

/// What the keys do, the most useful first.
const ACTIONS: &[(Action, &str)] = &[
    (Action::Connect, "connect"),
    #[cfg(feature = "builtin")]
    (Action::Other, "other session"),
    (Action::Edit, "edit"),
    (Action::New, "new"),
    (Action::Copy, "copy"),
    (Action::Preview, "preview"),
    (Action::Tag, "tag"),
    (Action::Doctor, "doctor"),
];

/// What is done with all that is marked.
const SEVERAL: [Action; 2] = [Action::Copy, Action::Tag];

/// Lets the picker choose among all profiles, and connects.
///
/// # Errors
/// Exit 3 when there is no profile, or no terminal to choose at; 130 when cancelled; then as
/// [`connect::run`].
pub(super) fn run(ctx: &Ctx, query: &[OsString]) -> Result<Exit> {
    let query: Vec<_> = query.iter().map(|word| word.to_string_lossy()).collect();
    let mut query = query.join(" ");
    let mut open = false;
    loop {
        let how = Choose { query: &query, open, multi: true, actions: ACTIONS, several: &SEVERAL };
        let choice = choose(ctx, State::load(ctx)?, &usage::load(&ctx.paths), &how)?;
        let done = match (choice.action, choice.profiles.first()) {
            (Action::New, _) => new(ctx, &choice.query),
            (Action::Edit, Some(profile)) => {
                edit::run(ctx, &by_hand(profile)).map(|_| choice.query.clone())
            }
            (Action::Tag, Some(_)) => tag(ctx, &choice).map(|()| choice.query.clone()),
            (Action::Copy, Some(_)) => return copy(ctx, &choice.profiles),
            (Action::Other, Some(profile)) => {
                let session = other_session(ctx, profile).as_str();
                launch::announce(ctx, profile);
                let words = ["--session".into(), session.into(), "--".into(), name_of(profile)];
                return connect::run(ctx, &words);
            }
            (Action::Doctor, Some(profile)) => {
                let name = Some(profile.alias.to_string());
                return doctor::run(ctx, &Doctor { name, ..Doctor::default() });
            }
            (_, Some(profile)) => {
                launch::announce(ctx, profile);
                return connect::run(ctx, &["--".into(), name_of(profile)]);
            }
            (_, None) => return Err(Error::new(ErrorKind::Cancelled, "")),
        };
        query = done.or_else(|error| {
            // The picker would cover it.
            ctx.ui.fail(&error);
            ask("Enter goes back to the picker. ").map(|_| choice.query)
        })?;
        open = true;
    }
}

fn name_of(profile: &Profile) -> OsString {
    OsStr::from_bytes(&unicode::to_bytes(profile.alias.as_str())).to_owned()
}

/// The client that would not run the profile's session by itself.
fn other_session(ctx: &Ctx, profile: &Profile) -> Session {
    let has_ssh = || system::find(ctx.env.var("SSHP_SSH")).is_some();
    match profile.metadata.session.unwrap_or_else(|| ctx.settings.session()) {
        Session::Builtin => Session::System,
        Session::Auto if !has_ssh() => Session::System,
        Session::Auto | Session::System => Session::Builtin,
    }
}

fn by_hand(profile: &Profile) -> Edit {
    Edit { name: profile.alias.to_string(), ..Edit::default() }
}

/// Asks for one line; an empty one where it is cancelled.
fn ask(question: &str) -> Result<String> {
    match prompt::ask(question, prompt::Echo::Shown) {
        Ok(answer) => Ok(answer.trim().to_owned()),
        Err(prompt::PromptError::Cancelled) => Ok(String::new()),
        Err(error) => Err(Error::failed(error)),
    }
}

/// Makes a profile of what was typed, which is its name or its address, and asks for the other; gives
/// what the picker shall look for then.
fn new(ctx: &Ctx, query: &str) -> Result<String> {
    let typed = query.trim();
    let is_target = typed.contains(['@', ':', '.']) && typed.parse::<Target>().is_ok();
    let is_name = !is_target && profile_edit::new_alias(typed).is_ok();
    let name = if is_name { typed.to_owned() } else { ask("Name of the new profile: ")? };
    if name.is_empty() {
        return Ok(query.to_owned());
    }
    let name = profile_edit::new_alias(&name)?.to_string();
    let target = if is_target {
        typed.to_owned()
    } else {
        ask(&format!("Address of `{}`, [user@]host[:port]: ", sanitize::line(&name)))?
    };
    if target.is_empty() {
        return Ok(query.to_owned());
    }
    let fields = Fields::default();
    let args = Add { name: name.clone(), target: Some(target), fields, write: Write::default() };
    add::run(ctx, &args)?;
    Ok(name)
}

/// Asks for tags and gives them to all that is marked, in one change.
fn tag(ctx: &Ctx, choice: &Choice) -> Result<()> {
    let aliases: Vec<Alias> = choice.profiles.iter().map(|profile| profile.alias.clone()).collect();
    let whose = match &aliases[..] {
        [one] => format!("`{}`", launch::shown_name(ctx, one.as_str())),
        all => format!("{} profiles", all.len()),
    };
    let answer = ask(&format!("Tags for {whose} (`-tag` takes one away): "))?;
    let (mut patch, mut said) = (ProfilePatch::default(), Vec::new());
    for word in answer.split_whitespace() {
        let (list, tag) = match word.strip_prefix('-') {
            Some(tag) => (&mut patch.untag, tag),
            None => (&mut patch.tags, word),
        };
        let tag = tag.strip_prefix('#').unwrap_or(tag);
        check_tag(tag).map_err(profile_edit::wrong_field)?;
        list.push(tag.to_owned());
        said.push(word);
    }
    if said.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = aliases.iter().map(Alias::as_str).collect();
    let command = format!("tag {} {}", names.join(" "), said.join(" "));
    let named = |alias: &Alias| NamedPatch { alias: alias.clone(), patch: patch.clone() };
    let patches: Vec<_> = aliases.iter().map(named).collect();
    profile_edit::carry_out(ctx, Write::default(), |state| {
        let mut edit = state.edit(ctx)?;
        edit.change(&patches, Sharing::Refuse).map_err(|e| profile_edit::refusal(e, state))?;
        Ok(state.finish(ctx, edit, command.clone()))
    })?;
    Ok(())
}

/// Gives the commands that connect to the terminal's clipboard, and shows them.
fn copy(ctx: &Ctx, profiles: &[Profile]) -> Result<Exit> {
    let config = ctx.paths.ssh_config_flag();
    let mut lines = Vec::new();
    for profile in profiles {
        let mut words = vec!["ssh".to_owned()];
        if let Some(config) = config {
            words.extend(["-F".to_owned(), shell::quote(config)]);
        }
        let name = profile.alias.as_str();
        if name.starts_with('-') {
            words.push("--".to_owned());
        }
        words.push(shell::quote(name));
        lines.push(words.join(" "));
    }
    // A line break would run the first of them when it is pasted.
    let text = lines.join("; ");
    terminal::copy(&text).map_err(Error::failed)?;
    ctx.ui.status(format_args!("copied `{}`", sanitize::line(&text)));
    Ok(Exit::Ok)
}
