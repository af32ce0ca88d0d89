//! What a change must not do, looked at before it is written: the new text is read as ssh would
//! read it, with all that it includes.

use std::collections::HashSet;

use sshp_config::forward::Hop;
use sshp_config::options::TABLE;
use sshp_config::{
    Complaint, Document, Effective, Index, Keyword, Origin, Rejected, Source, Tree, edit, lint,
    pattern, quote, same,
};
use sshp_splice::ChangeSet;

use super::state::resolve_in;
use super::{State, load};
use crate::ctx::Ctx;
use crate::error::{Error, Excerpt, Result};
use crate::profile::Alias;
use crate::profile::patch::ProfilePatch;
use crate::ui::sanitize;
use crate::unicode;

/// A host that no config names: what applies to all is seen on it. It is never shown.
const NOBODY: &str = "sshp-names-no-such-host.invalid";

/// Requires that a profile has what was asked, that the config is as sound as before, and that all
/// other profiles are as they were.
///
/// # Errors
/// Refused, with the line that is in the way.
pub fn resolves_as_asked(
    ctx: &Ctx,
    state: &State,
    change: &ChangeSet,
    alias: &Alias,
    patch: &ProfilePatch,
) -> Result<()> {
    let after = sound(ctx, state, change)?;
    if let Ok(effective) = resolve_in(&after, &ctx.env, alias.as_str()) {
        for (keyword, values) in &patch.set {
            require_own(&after, &effective, alias, *keyword, values)?;
        }
    }
    unchanged(ctx, state, &after, std::slice::from_ref(alias), None)
}

/// Requires that all profiles but those named are as they were.
///
/// # Errors
/// Refused, with what would change for whom.
pub fn others_as_before(
    ctx: &Ctx,
    state: &State,
    change: &ChangeSet,
    touched: &[Alias],
) -> Result<()> {
    let after = sound(ctx, state, change)?;
    unchanged(ctx, state, &after, touched, None)
}

/// As [`others_as_before`], where references to one profile name another now.
///
/// # Errors
/// Refused, with what would change for whom.
pub fn others_as_before_rename(
    ctx: &Ctx,
    state: &State,
    change: &ChangeSet,
    old: &Alias,
    new: &Alias,
) -> Result<()> {
    let after = sound(ctx, state, change)?;
    unchanged(ctx, state, &after, &[old.clone(), new.clone()], Some((old, new)))
}

/// Requires that the config is as sound as before.
///
/// # Errors
/// Refused, with what ssh would say.
pub fn no_new_faults(ctx: &Ctx, state: &State, change: &ChangeSet) -> Result<()> {
    sound(ctx, state, change).map(drop)
}

/// Requires that a profile under its new name is what it was under the old one.
///
/// # Errors
/// Refused, with the options that differ, unless that was allowed.
pub fn same_options(
    ctx: &Ctx,
    state: &State,
    change: &ChangeSet,
    old: &Alias,
    new: &Alias,
    allowed: bool,
) -> Result<()> {
    let after = state.after(ctx, change);
    let (Ok(before), Ok(after)) = (state.resolve(old), resolve_in(&after, &ctx.env, new.as_str()))
    else {
        return Ok(());
    };
    let Some((keyword, value)) = difference(&before, &after, Some((old, new))) else {
        return Ok(());
    };
    let why = format!("`{new}` would not be what `{old}` is: {} would be {value}", keyword.title());
    if allowed {
        ctx.ui.warning(why);
        return Ok(());
    }
    Err(Error::refused(why)
        .hint("a pattern or Match treats the names differently; `--yes` goes on"))
}

/// The name of a profile where it is the host too: nothing sets a `HostName`.
///
/// # Errors
/// None so far.
pub fn host_by_name(_ctx: &Ctx, state: &State, alias: &Alias) -> Result<Option<Vec<u8>>> {
    let Ok(effective) = state.resolve(alias) else { return Ok(None) };
    let set =
        effective.setting(Keyword::HostName).is_some_and(|s| matches!(s.source, Source::File(_)));
    Ok((!set).then(|| alias.as_str().as_bytes().to_vec()))
}

/// The ProxyJump lines that name one of some profiles, with that name; not the lines of blocks that
/// are for these profiles alone.
pub fn jumps_through(ctx: &Ctx, state: &State, aliases: &[Alias]) -> Vec<(Origin, Alias)> {
    let is_one = |word: &[u8]| aliases.iter().find(|alias| *alias.as_str().as_bytes() == *word);
    let mut found = Vec::new();
    for (at, file) in state.tree.files.iter().enumerate() {
        let document = &file.document;
        for block in document.blocks() {
            let words = edit::header_words(document, &block);
            if !words.is_empty() && words.iter().all(|word| is_one(&word.value).is_some()) {
                continue;
            }
            for directive in block.directives.clone() {
                let line = &document.directives()[directive];
                if line.keyword != Some(Keyword::ProxyJump) {
                    continue;
                }
                let Some(Ok(list)) = document.words(line).next() else { continue };
                let hops = list.value.split(|byte| *byte == b',');
                let hops = hops.filter_map(|hop| Hop::parse(hop, &ctx.env));
                let mut named: Vec<_> = hops.filter_map(|hop| is_one(&hop.host).cloned()).collect();
                named.dedup();
                let origin = state.tree.origin(at, directive);
                found.extend(named.into_iter().map(|alias| (origin.clone(), alias)));
            }
        }
    }
    found
}

/// The profiles that a text of blocks names.
pub fn names_of_block(text: &[u8]) -> Vec<Alias> {
    let document = Document::parse(text);
    let mut names = Vec::new();
    for block in document.blocks() {
        for word in edit::header_words(&document, &block) {
            if pattern::is_literal(&word.value) {
                names.push(Alias::existing(unicode::from_bytes(&word.value)));
            }
        }
    }
    names
}

/// Reads the config as it would be, and requires that it is as sound as before.
fn sound(ctx: &Ctx, state: &State, change: &ChangeSet) -> Result<Tree> {
    let after = state.after(ctx, change);
    accepted(ctx, state, &after)?;
    no_new_loop(ctx, state, &after)?;
    Ok(after)
}

/// Requires that no more profiles are reached through themselves than before.
fn no_new_loop(ctx: &Ctx, state: &State, after: &Tree) -> Result<()> {
    let loops =
        |tree: &Tree| lint::jump_loops(&Index::new(tree, &ctx.env, &ctx.env.dialect), &ctx.env);
    let now = loops(after);
    if now.is_empty() {
        return Ok(());
    }
    let before = loops(&state.tree);
    let old: HashSet<_> = before.iter().filter_map(|way| way.first()).collect();
    match now.iter().find(|way| way.first().is_some_and(|alias| !old.contains(alias))) {
        Some(way) if now.len() > before.len() => {
            let way: Vec<_> = way.iter().map(|hop| String::from_utf8_lossy(hop)).collect();
            Err(Error::refused(format_args!(
                "`{}` would be reached through itself: {}",
                way[0],
                way.join(" via ")
            ))
            .hint(format_args!("`--jump none` reaches `{}` directly", way[0])))
        }
        _ => Ok(()),
    }
}

/// What ssh refuses a config for, whatever the host.
fn faults(tree: &Tree, ctx: &Ctx) -> Vec<Complaint> {
    match resolve_in(tree, &ctx.env, NOBODY) {
        Ok(_) => Vec::new(),
        Err(Rejected { complaints }) => complaints,
    }
}

/// Warns where ssh refuses the config for every host, in its own words. What sshp does not read,
/// [`State::load`] names.
pub fn warn_if_refused(ctx: &Ctx, state: &State) {
    if state.tree.refusals().any(|(_, _, refusal)| refusal.is_own_limit()) {
        return;
    }
    if let Some(fault) = faults(&state.tree, ctx).first() {
        let text = sanitize::line(&fault.text);
        ctx.ui.warning(format_args!("ssh refuses this config for every host: {text}"));
        if let Some(advice) = lint::advice(&state.tree, fault) {
            ctx.ui.hint(advice);
        }
        match lint::marked_files(&state.tree).next() {
            Some(file) => ctx.ui.hint(format_args!(
                "`{}` begins with a byte order mark: save it as UTF-8 without one",
                sanitize::line(&file.path.to_string_lossy())
            )),
            None => ctx.ui.hint("`sshp check` shows the lines"),
        }
    }
}

/// Requires that ssh takes the config, if it took it before; or at least that nothing is worse.
fn accepted(ctx: &Ctx, state: &State, after_tree: &Tree) -> Result<()> {
    let after = faults(after_tree, ctx);
    if after.is_empty() {
        return Ok(());
    }
    let before = faults(&state.tree, ctx);
    if after.len() <= before.len() {
        load::warn_unread(ctx, after_tree);
        warn_if_refused(ctx, state);
        return Ok(());
    }
    let new = after.iter().find(|fault| !before.iter().any(|old| old.text == fault.text));
    let Some(fault) = new.or(after.first()) else { return Ok(()) };
    Err(Error::refused(format_args!("ssh would refuse the config: {}", fault.text))
        .excerpts(fault.origin.as_ref().and_then(|at| excerpt(after_tree, at, &fault.text))))
}

/// A line that a complaint is about.
#[must_use]
pub fn excerpt(tree: &Tree, origin: &Origin, complaint: &str) -> Option<Excerpt> {
    let (text, span) = tree.excerpt(origin, complaint)?;
    Some(Excerpt { what: None, line: origin.line, text: text.to_vec(), span })
}

/// What ssh refuses a config for, line by line.
#[must_use]
pub fn refusal(tree: &Tree, rejected: &Rejected) -> Error {
    let lines = rejected.complaints.iter().filter_map(|complaint| {
        let origin = complaint.origin.as_ref()?;
        let what = format!("{origin}: {}", complaint.own_words());
        Some(Excerpt { what: Some(what), ..excerpt(tree, origin, &complaint.text)? })
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return Error::failed(format_args!("ssh refuses the config: {rejected}"));
    }
    let error = Error::failed("ssh refuses the config for every host until this is fixed");
    with_advice(error, tree, rejected).excerpts(lines)
}

/// Adds to an error what lets ssh pass over keywords that only other machines' ssh has.
#[must_use]
pub fn with_advice(error: Error, tree: &Tree, rejected: &Rejected) -> Error {
    let advice = rejected.complaints.iter().filter_map(|fault| lint::advice(tree, fault));
    advice.fold(error, Error::hint)
}

/// Requires that an option of a profile comes from its own block, or is what was asked anyway.
fn require_own(
    tree: &Tree,
    effective: &Effective,
    alias: &Alias,
    keyword: Keyword,
    values: &[Vec<u8>],
) -> Result<()> {
    let all = effective.all(keyword);
    let own =
        |source: &Source| matches!(source, Source::File(origin) if is_own(tree, origin, alias));
    if quote::accumulates(keyword) && all.iter().any(|setting| own(&setting.source)) {
        return Ok(());
    }
    let Some(first) = all.first() else { return Ok(()) };
    let asked = |value: &Vec<u8>| {
        sshp_config::words::split(value)
            .next()
            .is_some_and(|word| word.is_ok_and(|word| *word.value == *first.value))
    };
    match &first.source {
        Source::File(origin) if !own(&first.source) && !values.iter().any(asked) => {
            let value = first.text();
            Err(Error::refused(format_args!(
                "{} of `{alias}` would still be `{value}`: {origin} comes first, and the first value counts",
                keyword.title()
            ))
            .hint(format_args!("change or move {origin}")))
        }
        _ => Ok(()),
    }
}

/// Whether a line stands in a block that names the profile.
fn is_own(tree: &Tree, origin: &Origin, alias: &Alias) -> bool {
    tree.block_at(origin).is_some_and(|(file, block)| {
        let words = edit::header_words(&file.document, &block);
        words.iter().any(|word| *word.value == *alias.as_str().as_bytes())
    })
}

/// Requires that hosts which are not touched resolve as before.
fn unchanged(
    ctx: &Ctx,
    state: &State,
    after: &Tree,
    touched: &[Alias],
    renamed: Option<(&Alias, &Alias)>,
) -> Result<()> {
    let touched: HashSet<&[u8]> = touched.iter().map(|alias| alias.as_str().as_bytes()).collect();
    if same::for_all_but(&state.tree, after, &|name| touched.contains(name)) {
        return Ok(());
    }
    let (old, new) = (
        Index::new(&state.tree, &ctx.env, &ctx.env.dialect),
        Index::new(after, &ctx.env, &ctx.env.dialect),
    );
    let named = old.named().map(|named| named.alias).filter(|alias| !touched.contains(*alias));
    for alias in named.chain([NOBODY.as_bytes()]) {
        // The very same lines apply, so the options are the same: true of nearly all.
        if old.signature(alias) == new.signature(alias) {
            continue;
        }
        let who = if *alias == *NOBODY.as_bytes() {
            "a host that no `Host` line names".to_owned()
        } else {
            format!("`{}`", String::from_utf8_lossy(alias))
        };
        let alias = String::from_utf8_lossy(alias);
        let before = resolve_in(&state.tree, &ctx.env, &alias);
        let now = resolve_in(after, &ctx.env, &alias);
        if let (Ok(before), Ok(now)) = (before, now)
            && let Some((keyword, value)) = difference(&before, &now, renamed)
        {
            return Err(Error::refused(format_args!(
                "{who} would change too: {} would be {}",
                keyword.title(),
                value.replace(NOBODY, "its own name")
            )));
        }
    }
    Ok(())
}

/// The first option that differs, and what it would be; a name may have become another.
fn difference(
    before: &Effective,
    after: &Effective,
    renamed: Option<(&Alias, &Alias)>,
) -> Option<(Keyword, String)> {
    let values = |effective: &Effective, keyword| -> Vec<Vec<u8>> {
        effective.all(keyword).iter().map(|setting| setting.value.clone()).collect()
    };
    TABLE.iter().find_map(|row| {
        let (old, new) = (values(before, row.keyword), values(after, row.keyword));
        let same = old == new
            || renamed.filter(|_| row.keyword != Keyword::HostName).is_some_and(|(from, to)| {
                // ssh lower-cases some of what it makes of a name.
                let replaced = |text: &Vec<u8>| {
                    let text = String::from_utf8_lossy(text).to_lowercase();
                    text.replace(&from.as_str().to_lowercase(), &to.as_str().to_lowercase())
                };
                let lower = |text: &Vec<u8>| String::from_utf8_lossy(text).to_lowercase();
                old.iter().map(replaced).eq(new.iter().map(lower))
            });
        let shown = new.first().map_or_else(
            || "unset".to_owned(),
            |value| format!("`{}`", String::from_utf8_lossy(value)),
        );
        (!same).then_some((row.keyword, shown))
    })
}
