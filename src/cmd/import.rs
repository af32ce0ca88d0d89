//! `sshp import`

mod choices;
mod host_keys;
mod keys;
mod offer;
mod report;

use std::cell::Cell;
use std::collections::HashSet;
use std::path::Path;

use sshp_config::Keyword;
use sshp_import::{
    Encodings, Format, HostKeyCache, ImportError, InputFile, LeftBehind, Listing, detect,
};
use sshp_splice::ChangeSet;

use self::host_keys::HostKeys;
use self::keys::Keys;
use crate::cli::{Fields, Import, verbs};
use crate::ctx::{self, ConfigChoice, Ctx};
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::inventory::plan::{self, Before, Choices, Outcome, Row, Wanted};
use crate::inventory::{read, servers};
use crate::profile::edit::Sharing;
use crate::profile::patch::{FromSource, NamedPatch, ProfilePatch};
use crate::profile::verify::Expected;
use crate::profile::{Alias, find};
use crate::profile_edit;
use crate::profile_keys::Key;
use crate::repository::{INCLUDE, ImportFile, State};
use crate::ui::sanitize;

/// So many new profiles go to the config itself.
const FEW: usize = 3;

/// Makes profiles of the sessions of another program or the servers of a cloud, after a table of what comes
/// of each and a question.
///
/// # Errors
/// When the input cannot be read, is in no format that is known, or its profiles cannot be written.
pub fn run(ctx: &Ctx, args: &Import) -> Result<Exit> {
    let Some((format, files)) = gather(ctx, args)? else { return offer::offer(ctx) };
    let encodings =
        Encodings::new(args.encoding.as_deref(), &read::locale(ctx)).map_err(|name| {
            Error::usage(format_args!("there is no encoding `{name}`"))
                .hint("names are those of the web: `gbk`, `windows-1251`, `shift_jis`, `utf-16le`")
        })?;
    let format = match format {
        Some(format) => format,
        None => detected(&files, &encodings)?,
    };
    let files = match args.what.as_slice() {
        [path] if format == Format::SshConfig && path != "-" => {
            read::ssh_config(ctx, Path::new(path))?
        }
        _ => files,
    };
    let mut listing =
        format.read(&files, &encodings).map_err(|error| unreadable(format, &error))?;
    let choices = choices::choices(args, format)?;
    let key = Key::of(ctx, &Fields { key: args.key.clone(), ..Fields::default() }, None)?;
    let state = State::load(ctx)?;
    servers::skip_known(&mut listing, &state.profiles(), &choices.source);
    let keys = session_keys(ctx, args, format);
    let cache = args.host_keys.then(|| HostKeyCache::read(&files, &encodings));
    let host_keys = || cache.as_ref().map(|cache| HostKeys::plan(ctx, cache)).transpose();
    let plan = |state: &State| planned(ctx, state, &listing, &choices, key.as_ref(), &keys);
    let (rows, patches) = plan(&state);
    if let Some(jump) = &choices.jump {
        choices::require_jump(&state, &rows, jump)?;
    }
    if args.json {
        ctx.ui.json(&report::to_json(&rows, &listing), true)?;
        if args.write.dry_run {
            return Ok(Exit::Ok);
        }
    } else {
        report::print(ctx, &rows, &listing, format)?;
    }
    let new_host_keys = host_keys()?;
    let told = new_host_keys.iter().flat_map(HostKeys::told);
    let used_keys_of_table = used_keys(&rows);
    for told in keys.told(&used_keys_of_table).into_iter().chain(told) {
        ctx.ui.status(sanitize::line(&told));
    }
    let host_keys_to_add = new_host_keys.map_or(0, |planned| planned.new);
    let counts = Counts { host_keys: host_keys_to_add, ..Counts::of(&rows) };
    if counts == Counts::default() {
        ctx.ui.status("nothing to import");
        return Ok(Exit::Ok);
    }
    if let Some(file) = file(ctx, &state, args, &choices, patches.new.len())? {
        say_where(ctx, &file);
    }
    if !args.write.dry_run && !args.yes {
        profile_edit::confirm(&counts.asked(), "imported", "imports")?;
    }
    let command = format!("import {}", choices.source);
    let counted_anew = Cell::new(None);
    profile_edit::carry_out(ctx, args.write, |now| {
        // On what is there now: another program may have written since the table was shown.
        let anew = (!now.is_as(&state)).then(|| plan(now));
        let (rows, patches) = anew.as_ref().map_or((&rows, &patches), |(rows, all)| (rows, all));
        if anew.is_some() {
            let counts = Counts { host_keys: host_keys_to_add, ..Counts::of(rows) };
            counted_anew.set(Some(counts));
        }
        let file = file(ctx, now, args, &choices, patches.new.len())?;
        let mut change = commit(ctx, now, patches, file.as_ref(), &command)?;
        if let Some(key) = &key {
            key.join(&mut change);
        }
        keys.join(&used_keys(rows), &mut change);
        if let Some(host_keys) = host_keys()? {
            host_keys.join(&mut change);
        }
        Ok(change)
    })?;
    if args.write.dry_run {
        return Ok(Exit::Ok);
    }
    let counts = counted_anew.take().unwrap_or(counts);
    ctx.ui.status(format_args!("{}; `sshp undo` takes it back", counts.done()));
    keys.tell(ctx, &used_keys_of_table);
    let first = patches.new.first().map(|named| &named.alias);
    if let (Some(key), Some(alias)) = (&key, first) {
        key.settle(ctx, alias)?;
    }
    if format.lists_servers() && patches.new.iter().any(|named| !sets_user(&named.patch)) {
        ctx.ui.hint("the list names no login user; `--user` does, or `sshp edit NAME --user USER`");
    }
    Ok(Exit::Ok)
}

/// The format that was named, and the files; `None` where nothing was named.
fn gather(ctx: &Ctx, args: &Import) -> Result<Option<(Option<Format>, Vec<InputFile>)>> {
    let by_name = |name: &str| Format::all().find(|format| format.name() == name);
    let (format, path) = match args.what.as_slice() {
        [] => return Ok(None),
        [path] => match by_name(path).filter(|_| !Path::new(path).exists()) {
            Some(format) => {
                let what = format.name();
                return Err(Error::usage(format_args!("`{what}`: which file or folder?"))
                    .hint(format_args!("`sshp import {what} PATH`, or `-` for standard input")));
            }
            None => (None, path),
        },
        [format, path, ..] => {
            let known = by_name(format).ok_or_else(|| {
                let names = Format::all().map(Format::name);
                let near: Vec<_> = find::suggest(format, names).into_iter().take(1).collect();
                let error = Error::usage(format_args!("there is no format `{format}`"));
                error.hint(
                    find::did_you_mean(&near)
                        .unwrap_or_else(|| format!("it is one of {}", format_names())),
                )
            })?;
            (Some(known), path)
        }
    };
    let is_config = format == Some(Format::SshConfig);
    let files = match path.as_str() {
        "-" => read::stdin()?,
        // Its folder holds private keys, too.
        path if is_config => read::ssh_config(ctx, Path::new(path))?,
        path => read::path(Path::new(path))?,
    };
    Ok(Some((format, files)))
}

fn format_names() -> String {
    Format::all().map(Format::name).collect::<Vec<_>>().join(", ")
}

fn detected(files: &[InputFile], encodings: &Encodings) -> Result<Format> {
    match detect(files, encodings).as_slice() {
        [format] => Ok(*format),
        [] => Err(Error::usage("this is in no format that sshp knows")
            .hint(format_args!("name it before the path: {}", format_names()))),
        several => {
            let names: Vec<_> = several.iter().map(|format| format.name()).collect();
            Err(Error::usage(format_args!("this can be {}", names.join(" or ")))
                .hint("name the format before the path"))
        }
    }
}

fn unreadable(format: Format, error: &ImportError) -> Error {
    let message = format!("this is not read as {}: {error}", format.title());
    match error {
        ImportError::NotThisFormat(_) => Error::usage(message),
        ImportError::Encrypted => {
            Error::refused(message).hint("export the sessions without encryption")
        }
        ImportError::Broken { .. } => Error::failed(message),
    }
}

/// What is asked of new profiles, and of those that are there.
#[derive(Default)]
struct Patches {
    new: Vec<NamedPatch>,
    changed: Vec<NamedPatch>,
}

/// How many rows there are of each kind that changes something.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    new: usize,
    changed: usize,
    linked: usize,
    stale: usize,
    host_keys: usize,
}

impl Counts {
    fn of(rows: &[Row]) -> Self {
        rows.iter().fold(Counts::default(), |mut counts, row| {
            match row.outcome {
                Outcome::New(..) => counts.new += 1,
                Outcome::Changed(..) => counts.changed += 1,
                Outcome::Linked(..) => counts.linked += 1,
                Outcome::Stale(_) => counts.stale += 1,
                Outcome::Unchanged(..) | Outcome::Skipped(_) => {}
            }
            counts
        })
    }

    /// `Add 2 profiles, change 1?`
    fn asked(&self) -> String {
        let Counts { new, changed, linked, stale, host_keys } = *self;
        let profiles = [
            ("add", new, ""),
            ("change", changed, ""),
            ("link", linked, ""),
            ("mark", stale, " as stale"),
        ];
        let mut parts: Vec<String> = Vec::new();
        for (verb, count, more) in profiles.into_iter().filter(|(_, count, _)| *count > 0) {
            let noun = match (parts.is_empty(), count) {
                (false, _) => "",
                (true, 1) => " profile",
                (true, _) => " profiles",
            };
            parts.push(format!("{verb} {count}{noun}{more}"));
        }
        if host_keys > 0 {
            let noun = if host_keys == 1 { "host key" } else { "host keys" };
            parts.push(format!("add {host_keys} {noun}"));
        }
        let mut text = parts.join(", ") + "?";
        text[..1].make_ascii_uppercase();
        text
    }

    fn done(&self) -> String {
        let Counts { new, changed, linked, stale, host_keys } = self;
        let mut text = format!("imported {new} new, changed {changed}");
        let more = [("linked", linked), ("marked as stale", stale), ("host keys", host_keys)];
        for (what, count) in more {
            if *count > 0 {
                text += &format!(", {what} {count}");
            }
        }
        text
    }
}

/// A row for each session, and what the rows ask. A session whose values a profile may not have becomes a
/// row that is skipped.
fn planned(
    ctx: &Ctx,
    state: &State,
    listing: &Listing,
    choices: &Choices,
    key: Option<&Key>,
    keys: &Keys,
) -> (Vec<Row>, Patches) {
    let reserved = verbs::reserved();
    let reserved: Vec<&str> = reserved.iter().map(String::as_str).collect();
    let host_key_alias = |alias: &Alias| {
        let effective = state.resolve(alias).ok()?;
        effective.host_key_alias().map(|name| String::from_utf8_lossy(name).into_owned())
    };
    let profiles = state.profiles();
    let before =
        Before { profiles: &profiles, reserved: &reserved, host_key_alias: &host_key_alias };
    let mut rows = plan::plan(listing, &before, choices);
    let mut patches = Patches::default();
    let new_key = key.map(|key| &*key.path);
    for Row { outcome, source, left_behind, .. } in &mut rows {
        let planned = match outcome {
            Outcome::New(alias, wanted) => {
                patch(ctx, alias, wanted, source, new_key, keys, left_behind)
                    .map(|patch| patches.new.push(patch))
            }
            Outcome::Changed(alias, wanted, _) | Outcome::Linked(alias, wanted) => {
                patch(ctx, alias, wanted, source, None, keys, left_behind)
                    .map(|patch| patches.changed.push(patch))
            }
            Outcome::Stale(alias) => {
                patches.changed.push(stale(ctx, state, alias));
                Ok(())
            }
            Outcome::Unchanged(..) | Outcome::Skipped(_) => Ok(()),
        };
        if let Err(error) = planned {
            *outcome = Outcome::Skipped(error.source.to_string());
        }
    }
    (rows, patches)
}

/// What a row asks of its profile, checked as the flags of `add` are.
fn patch(
    ctx: &Ctx,
    alias: &Alias,
    wanted: &Wanted,
    source: &str,
    new_key: Option<&Path>,
    keys: &Keys,
    left_behind: &mut Vec<LeftBehind>,
) -> Result<NamedPatch> {
    let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let own_key = wanted.key.as_deref().and_then(|name| {
        let path = keys.path(ctx, name);
        if path.is_none() {
            left_behind.push(LeftBehind::Key(name.to_owned()));
        }
        path
    });
    let fields = Fields {
        host: set(&wanted.host),
        port: set(&wanted.port),
        user: set(&wanted.user),
        jump: set(&wanted.jump),
        options: wanted.options.clone(),
        tags: wanted.tags.clone(),
        note: wanted.note.clone(),
        ..Fields::default()
    };
    let mut patch = profile_edit::patch(ctx, &fields, None, own_key.as_deref().or(new_key))?;
    for (keyword, value) in [
        (Keyword::Port, &wanted.port),
        (Keyword::User, &wanted.user),
        (Keyword::ProxyJump, &wanted.jump),
    ] {
        if value.as_deref() == Some("") {
            patch.unset.push(keyword);
        }
    }
    patch.import = Some(FromSource {
        source: source.to_owned(),
        source_tags: wanted.source_tags.clone(),
        imported: wanted.imported.clone(),
        stale: None,
    });
    Ok(NamedPatch { alias: alias.clone(), patch })
}

/// Marks a profile as one that its source no longer has.
fn stale(ctx: &Ctx, state: &State, alias: &Alias) -> NamedPatch {
    let metadata = state.metadata().get(alias.as_str()).unwrap_or_default();
    let import = FromSource {
        source: metadata.source.unwrap_or_default(),
        source_tags: metadata.source_tags,
        imported: metadata.imported.unwrap_or_default(),
        stale: Some(ctx::day(ctx.now)),
    };
    let patch = ProfilePatch { import: Some(import), ..ProfilePatch::default() };
    NamedPatch { alias: alias.clone(), patch }
}

fn sets_user(patch: &ProfilePatch) -> bool {
    patch.set.iter().any(|(keyword, _)| *keyword == Keyword::User)
}

/// The keys that sessions name, by where the input is.
fn session_keys(ctx: &Ctx, args: &Import, format: Format) -> Keys {
    let input = args.what.last().filter(|path| *path != "-").map(Path::new);
    let config = input.filter(|_| format == Format::SshConfig).map(read::config_at);
    let folder = config.as_ref().and_then(|config| config.parent());
    Keys::new(ctx, input, folder)
}

/// The keys that profiles of these rows log in with, as their sessions name them.
fn used_keys(rows: &[Row]) -> HashSet<&str> {
    let keys = rows.iter().filter_map(|row| match &row.outcome {
        Outcome::New(_, wanted) | Outcome::Changed(_, wanted, _) => wanted.key.as_deref(),
        _ => None,
    });
    keys.collect()
}

/// The file that new profiles go to; `None` for the config itself.
fn file(
    ctx: &Ctx,
    state: &State,
    args: &Import,
    choices: &Choices,
    new: usize,
) -> Result<Option<ImportFile>> {
    let is_default = matches!(ctx.paths.config, ConfigChoice::Home | ConfigChoice::Default);
    let into_file = match args.into.as_deref() {
        Some(into) => into == "file",
        None => is_default && new > 0,
    };
    if !into_file {
        return Ok(None);
    }
    let file = ImportFile::of(ctx, state, &choices.source);
    match (&args.into, file) {
        (Some(_), file) => file.map(Some),
        (None, Ok(file)) => Ok(Some(file).filter(|file| file.is_there || new > FEW)),
        (None, Err(error)) => {
            if new > FEW {
                Err(error)
            } else {
                Ok(None)
            }
        }
    }
}

fn commit(
    ctx: &Ctx,
    state: &State,
    patches: &Patches,
    file: Option<&ImportFile>,
    command: &str,
) -> Result<ChangeSet> {
    let mut edit = state.edit(ctx)?;
    let refused = |error| profile_edit::refusal(error, state);
    if let Some(file) = file {
        if !file.is_included {
            edit.include(INCLUDE).map_err(refused)?;
        }
        edit.add_to(&file.path, &patches.new).map_err(refused)?;
    } else {
        edit.add(&patches.new).map_err(refused)?;
    }
    edit.change(&patches.changed, Sharing::Refuse).map_err(refused)?;
    let change = state.finish(ctx, edit, command.to_owned());
    let all: Vec<NamedPatch> = patches.new.iter().chain(&patches.changed).cloned().collect();
    profile_edit::verify(ctx, state, &change, Expected::Patched(&all))?;
    Ok(change)
}

fn say_where(ctx: &Ctx, file: &ImportFile) {
    let path = file.path.display().to_string();
    let path = sanitize::line(&path);
    if file.is_included {
        ctx.ui.status(format_args!("new profiles go to `{path}`"));
    } else {
        ctx.ui.status(format_args!(
            "new profiles go to `{path}`, which the config will include; programs that read no Include (paramiko, and so Fabric) do not see them"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_what_there_is() {
        let of = |new, changed, linked, stale, host_keys| {
            Counts { new, changed, linked, stale, host_keys }.asked()
        };
        assert_eq!(of(2, 0, 0, 0, 0), "Add 2 profiles?");
        assert_eq!(of(0, 1, 0, 0, 0), "Change 1 profile?");
        assert_eq!(of(0, 0, 2, 0, 0), "Link 2 profiles?");
        assert_eq!(of(1, 3, 0, 2, 1), "Add 1 profile, change 3, mark 2 as stale, add 1 host key?");
        assert_eq!(of(0, 0, 0, 0, 5), "Add 5 host keys?");
    }
}
