//! `sshp edit`

use std::path::Path;

use sshp_config::Keyword;
use sshp_splice::encoding::{UTF8_MARK, Wide};

use crate::cli::Edit;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::profile::patch::{NamedPatch, ProfilePatch};
use crate::profile::verify::{self, Expected};
use crate::profile::{Alias, Session, fields};
use crate::profile_edit;
use crate::profile_keys::Key;
use crate::repository::{self, MetadataStore, State};

/// Changes what the flags name; without flags, opens an editor on the profile's block.
///
/// # Errors
/// When the profile is not there, a value cannot be used, something earlier in the config would
/// win, or another profile would change.
pub fn run(ctx: &Ctx, args: &Edit) -> Result<Exit> {
    let alias = Alias::existing(&args.name);
    let key = match &args.fields.key {
        Some(_) => Key::of(ctx, &args.fields, session_of(ctx, args, &alias))?,
        None => None,
    };
    let patch = patch(ctx, args, key.as_ref())?;
    if patch.is_empty() {
        return by_hand(ctx, args, &alias);
    }
    require_own_tags(ctx, &alias, &patch)?;
    let sharing = profile_edit::sharing(args.split, args.shared);
    let patches = [NamedPatch { alias: alias.clone(), patch }];
    let change = profile_edit::carry_out(ctx, args.write, |state| {
        let mut edit = state.edit(ctx)?;
        edit.change(&patches, sharing).map_err(|e| profile_edit::refusal(e, state))?;
        let mut change = state.finish(ctx, edit, format!("edit {alias}"));
        profile_edit::verify(ctx, state, &change, profile_edit::expected(&patches, sharing))?;
        if let Some(key) = &key {
            key.join(&mut change);
        }
        Ok(change)
    })?;
    if args.write.dry_run {
        return Ok(Exit::Ok);
    }
    let done = if change.is_empty() { "nothing to change in" } else { "changed" };
    ctx.ui.status(format_args!("{done} `{alias}`"));
    if let Some(key) = &key {
        key.settle(ctx, &alias)?;
    }
    Ok(Exit::Ok)
}

/// Requires that no tag which is to go is one of the source of an import, which would bring it back.
fn require_own_tags(ctx: &Ctx, alias: &Alias, patch: &ProfilePatch) -> Result<()> {
    if patch.untag.is_empty() {
        return Ok(());
    }
    let metadata = MetadataStore::read(ctx).file.get(alias.as_str()).unwrap_or_default();
    let is_of_source = |tag: &&String| {
        !metadata.tags.contains(tag) && metadata.all_tags().any(|other| other == *tag)
    };
    let Some(tag) = patch.untag.iter().find(is_of_source) else { return Ok(()) };
    let (source, _) = metadata.source_and_id().unwrap_or_default();
    Err(Error::refused(format_args!("`{tag}` is a tag that {source} has for `{alias}`"))
        .hint(format_args!("take it away there; the next import of {source} takes it away here")))
}

/// The session that the profile will have.
fn session_of(ctx: &Ctx, args: &Edit, alias: &Alias) -> Option<Session> {
    if args.unset.iter().any(|name| name == "session") {
        return None;
    }
    let chosen_before = || MetadataStore::read(ctx).file.get(alias.as_str())?.session;
    args.fields.session.or_else(chosen_before)
}

fn patch(ctx: &Ctx, args: &Edit, key: Option<&Key>) -> Result<ProfilePatch> {
    let mut patch = profile_edit::patch(ctx, &args.fields, None, key.map(|key| &*key.path))?;
    patch.untag = args.untag.iter().flat_map(|text| fields::tags(text)).collect();
    patch.unpin = args.unpin;
    for name in &args.unset {
        match name.as_str() {
            "note" => patch.note = Some(String::new()),
            "session" => patch.session = Some(Session::Auto),
            "favorite" => patch.favorite = Some(false),
            "host" => patch.unset.push(Keyword::HostName),
            "key" => patch.unset.push(Keyword::IdentityFile),
            "jump" => patch.unset.push(Keyword::ProxyJump),
            name => patch.unset.push(profile_edit::keyword(name)?),
        }
    }
    match patch.set.iter().find(|(keyword, _)| patch.unset.contains(keyword)) {
        Some((both, _)) => {
            Err(Error::usage(format_args!("{} is both set and taken away", both.title())))
        }
        None => Ok(patch),
    }
}

/// Opens the block in an editor, and takes the text if all other profiles stay as they are.
fn by_hand(ctx: &Ctx, args: &Edit, alias: &Alias) -> Result<Exit> {
    let state = State::load(ctx)?;
    let before = state.edit(ctx)?.block(alias).map_err(|e| profile_edit::refusal(e, &state))?;
    if args.write.dry_run {
        return Err(Error::usage("`--dry-run` needs a flag that says what to change"));
    }
    let scratch = repository::Scratch::new(ctx, "block", &before)?;
    run_editor(ctx, scratch.path())?;
    let mut text = scratch.read()?;
    if text == before {
        ctx.ui.status(format_args!("nothing changed in `{alias}`"));
        return Ok(Exit::Ok);
    }
    let wrong = match Wide::detect(&text) {
        Some(wide) => Some(wide.to_string()),
        None => text.starts_with(UTF8_MARK).then(|| "UTF-8 with a byte order mark".to_owned()),
    };
    if let Some(wrong) = wrong {
        let path = scratch.keep();
        return Err(Error::failed(format_args!(
            "the editor saved the block as {wrong}, and ssh reads UTF-8 without one"
        ))
        .hint(format_args!("your text is kept in `{}`", path.display())));
    }
    if before.ends_with(b"\n") && !text.ends_with(b"\n") && !text.is_empty() {
        text.push(b'\n');
    }
    let done = profile_edit::carry_out(ctx, args.write, |state| {
        let mut edit = state.edit(ctx)?;
        if edit.block(alias).map_err(|e| profile_edit::refusal(e, state))? != before {
            return Err(Error::new(
                ErrorKind::Changed,
                format_args!("the block of `{alias}` changed while it was being edited"),
            ));
        }
        edit.replace_block(alias, &text).map_err(|e| profile_edit::refusal(e, state))?;
        let change = state.finish(ctx, edit, format!("edit {alias}"));
        if !verify::names_of_block(&text).contains(alias) {
            return Err(Error::refused(format_args!("the text no longer names `{alias}`"))
                .hint(format_args!("`sshp mv {alias} NEW` renames, `sshp rm {alias}` removes")));
        }
        let edited = verify::names_of_block(&before);
        profile_edit::verify(ctx, state, &change, Expected::Only(&edited))?;
        Ok(change)
    });
    match done {
        Ok(_) => {
            ctx.ui.status(format_args!("changed `{alias}`"));
            Ok(Exit::Ok)
        }
        Err(error) => {
            let path = scratch.keep();
            Err(error.hint(format_args!("your text is kept in `{}`", path.display())))
        }
    }
}

/// Runs `$VISUAL` or `$EDITOR` on a file, through the shell as git does, for they may hold flags.
#[allow(clippy::disallowed_methods, reason = "the editor is one of the programs that sshp starts")]
fn run_editor(ctx: &Ctx, path: &Path) -> Result<()> {
    let editor = ctx.env.var("VISUAL").or_else(|| ctx.env.var("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".into());
    let mut script = editor.clone();
    script.push(" \"$@\"");
    let status =
        std::process::Command::new("sh").arg("-c").arg(script).arg("sh").arg(path).status()?;
    if status.success() {
        return Ok(());
    }
    let editor = editor.to_string_lossy().into_owned();
    Err(Error::failed(format_args!("the editor `{editor}` failed ({status}); nothing was changed")))
}
