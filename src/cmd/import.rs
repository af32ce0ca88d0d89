//! `sshp import`

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::json;
use sshp_config::Keyword;
use sshp_import::{Encodings, Format, ImportError, InputFile, LeftBehind, Listing, detect};
use sshp_splice::ChangeSet;

use crate::cli::{Fields, Import, verbs};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::inventory::plan::{self, Choices, Outcome, Row, Wanted};
use crate::inventory::read;
use crate::profile::edit::Sharing;
use crate::profile::patch::NamedPatch;
use crate::profile::verify::Expected;
use crate::profile::{Alias, fields, find, target};
use crate::profile_edit;
use crate::repository::State;
use crate::ui::prompt::{self, Echo, PromptError};
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Makes profiles of the sessions of another program, after a table of what comes of each and a question.
///
/// # Errors
/// When the input cannot be read, is in no format that is known, or its profiles cannot be written.
pub fn run(ctx: &Ctx, args: &Import) -> Result<Exit> {
    let Some((format, files)) = gather(args)? else { return offer(ctx) };
    let encodings =
        Encodings::new(args.encoding.as_deref(), &read::locale(ctx)).map_err(|name| {
            Error::usage(format_args!("there is no encoding `{name}`"))
                .hint("names are those of the web: `gbk`, `windows-1251`, `shift_jis`, `utf-16le`")
        })?;
    let format = match format {
        Some(format) => format,
        None => detected(&files, &encodings)?,
    };
    let listing = format.read(&files, &encodings).map_err(|error| unreadable(format, &error))?;
    let choices = choices(args, format)?;
    let state = State::load(ctx)?;
    let (rows, patches) = planned(ctx, &state, &listing, &choices);
    if args.json {
        ctx.ui.json(&to_json(&rows, &listing), true)?;
        if args.write.dry_run {
            return Ok(Exit::Ok);
        }
    } else {
        print(ctx, &rows, &listing, format)?;
    }
    let is_nothing = patches.new.is_empty() && patches.changed.is_empty();
    if is_nothing {
        ctx.ui.status("nothing to import");
        return Ok(Exit::Ok);
    }
    if !args.write.dry_run && !args.yes {
        confirm(patches.new.len(), patches.changed.len())?;
    }
    let command = format!("import {}", format.name());
    profile_edit::carry_out(ctx, args.write, |state| {
        // On what is there now: another program may have written since the table was shown.
        let (_, patches) = planned(ctx, state, &listing, &choices);
        commit(ctx, state, &patches, &command)
    })?;
    if !args.write.dry_run {
        let (new, changed) = (patches.new.len(), patches.changed.len());
        ctx.ui.status(format_args!(
            "imported {new} new, changed {changed}; `sshp undo` takes it back"
        ));
    }
    Ok(Exit::Ok)
}

/// The format that was named, and the files; `None` where nothing was named.
fn gather(args: &Import) -> Result<Option<(Option<Format>, Vec<InputFile>)>> {
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
    let files = if path == "-" { read::stdin()? } else { read::path(Path::new(path))? };
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

fn choices(args: &Import, format: Format) -> Result<Choices> {
    let wrong = profile_edit::wrong_field;
    let tags: Vec<String> = args.tags.iter().flat_map(|text| fields::tags(text)).collect();
    for tag in &tags {
        fields::check_tag(tag).map_err(wrong)?;
    }
    if let Some(user) = &args.user {
        fields::check_plain_user(user).map_err(wrong)?;
    }
    let source = args.source.clone().unwrap_or_else(|| format.name().to_owned());
    fields::refuse_unprintable("source", &source).map_err(wrong)?;
    Ok(Choices { source, user: args.user.clone(), jump: args.jump.clone(), tags })
}

/// What is asked of new profiles, and of those that are there.
#[derive(Default)]
struct Patches {
    new: Vec<NamedPatch>,
    changed: Vec<NamedPatch>,
}

/// A row for each session, and what the rows ask. A session whose values a profile may not have becomes a
/// row that is skipped.
fn planned(ctx: &Ctx, state: &State, listing: &Listing, choices: &Choices) -> (Vec<Row>, Patches) {
    let reserved = verbs::reserved();
    let reserved: Vec<&str> = reserved.iter().map(String::as_str).collect();
    let mut rows = plan::plan(listing, &state.profiles(), &reserved, choices);
    let mut patches = Patches::default();
    for row in &mut rows {
        let (alias, wanted, is_new) = match &row.outcome {
            Outcome::New(alias, wanted) => (alias, wanted, true),
            Outcome::Changed(alias, wanted, _) => (alias, wanted, false),
            Outcome::Unchanged(..) | Outcome::Skipped(_) => continue,
        };
        match patch(ctx, alias, wanted, &row.source, &mut row.left_behind) {
            Ok(patch) if is_new => patches.new.push(patch),
            Ok(patch) => patches.changed.push(patch),
            Err(error) => row.outcome = Outcome::Skipped(error.source.to_string()),
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
    left_behind: &mut Vec<LeftBehind>,
) -> Result<NamedPatch> {
    let set = |value: &Option<String>| value.clone().filter(|value| !value.is_empty());
    let key = wanted.key.as_deref().and_then(|name| {
        let path = key_here(ctx, name);
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
    let mut patch = profile_edit::patch(ctx, &fields, None, key.as_deref())?;
    for (keyword, value) in [
        (Keyword::Port, &wanted.port),
        (Keyword::User, &wanted.user),
        (Keyword::ProxyJump, &wanted.jump),
    ] {
        if value.as_deref() == Some("") {
            patch.unset.push(keyword);
        }
    }
    patch.import = Some((source.to_owned(), wanted.imported.clone()));
    Ok(NamedPatch { alias: alias.clone(), patch })
}

/// The file of a key, where it is on this machine and ssh reads it.
fn key_here(ctx: &Ctx, name: &str) -> Option<PathBuf> {
    let path = match name.strip_prefix("~/") {
        Some(rest) => ctx.env.home.join(rest),
        None => PathBuf::from(name),
    };
    let is_openssh = !name.to_ascii_lowercase().ends_with(".ppk");
    (path.is_absolute() && is_openssh && path.is_file()).then_some(path)
}

fn commit(ctx: &Ctx, state: &State, patches: &Patches, command: &str) -> Result<ChangeSet> {
    let mut edit = state.edit(ctx)?;
    edit.add(&patches.new).map_err(|e| profile_edit::refusal(e, state))?;
    edit.change(&patches.changed, Sharing::Refuse).map_err(|e| profile_edit::refusal(e, state))?;
    let change = state.finish(ctx, edit, command.to_owned());
    let all: Vec<NamedPatch> = patches.new.iter().chain(&patches.changed).cloned().collect();
    profile_edit::verify(ctx, state, &change, Expected::Patched(&all))?;
    Ok(change)
}

fn confirm(new: usize, changed: usize) -> Result<()> {
    let text = format!("Add {new} and change {changed} profiles? [y/N] ");
    match prompt::ask(&text, Echo::Shown) {
        Ok(answer) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        Ok(_) => Err(Error::new(ErrorKind::Cancelled, "nothing was imported")),
        Err(PromptError::NoTerminal) => {
            Err(Error::refused("there is no terminal to ask on, and nothing was imported")
                .hint("`--yes` imports without a question, `--dry-run` shows the change"))
        }
        Err(PromptError::Cancelled) => {
            Err(Error::new(ErrorKind::Cancelled, "nothing was imported"))
        }
        Err(PromptError::Io(error)) => Err(error.into()),
    }
}

/// Says what can be imported, and where programs keep it.
fn offer(ctx: &Ctx) -> Result<Exit> {
    let rows = Format::all().map(|format| {
        let plain = style::PLAIN;
        [
            Cell::new(format.name(), style::ALIAS),
            Cell::new(format.title(), plain),
            Cell::new(kept_in(format), plain),
        ]
    });
    ctx.ui.table_that_fits(["FORMAT", "PROGRAM", "FILE"], rows)?;
    for folder in read::found_here(&ctx.env) {
        let folder = folder.display().to_string();
        ctx.ui.hint(format_args!("`sshp import putty {}`", sanitize::line(&folder)));
    }
    Ok(Exit::Ok)
}

/// Where a program keeps its sessions, or how it exports them.
fn kept_in(format: Format) -> &'static str {
    match format {
        Format::Putty => r"regedit export of HKCU\Software\SimonTatham\PuTTY; ~/.putty/sessions",
        Format::Xshell => r"Documents\NetSarang Computer\8\Xshell\Sessions",
        Format::Mobaxterm => r"%APPDATA%\MobaXterm\MobaXterm.ini; an .mxtsessions export",
        Format::Securecrt => "its Config folder; the XML of File > Export Settings",
        Format::Winscp => r"%APPDATA%\WinSCP.ini; the .ini of Tools > Export Configuration",
        Format::Csv => "any table with a header: Termius, mRemoteNG, a spreadsheet",
    }
}

fn print(ctx: &Ctx, rows: &[Row], listing: &Listing, format: Format) -> Result<()> {
    let cells = rows.iter().map(|row| {
        let plain = style::PLAIN;
        let line = |text: &str| sanitize::line(text).into_owned();
        let (sign, name, told) = match &row.outcome {
            Outcome::New(alias, wanted) => ("+", alias.to_string(), destination(wanted)),
            Outcome::Changed(alias, wanted, kept) => {
                ("~", alias.to_string(), format!("{}{}", destination(wanted), edited(kept)))
            }
            Outcome::Unchanged(alias, kept) => ("=", alias.to_string(), edited(kept)),
            Outcome::Skipped(why) => ("-", row.name.clone(), format!("skipped: {why}")),
        };
        let wanted = match &row.outcome {
            Outcome::New(_, wanted) | Outcome::Changed(_, wanted, _) => Some(wanted),
            _ => None,
        };
        let via = wanted.and_then(|wanted| wanted.jump.clone()).unwrap_or_default();
        let tags = wanted.map(|wanted| wanted.tags.join(",")).unwrap_or_default();
        [
            Cell::new(sign, plain),
            Cell::new(line(&name), style::ALIAS),
            Cell::new(line(&told), plain),
            Cell::new(line(&via), plain),
            Cell::new(line(&tags), style::TAG),
            Cell::new(line(&row.source), plain),
        ]
    });
    if rows.is_empty() {
        ctx.ui.status(format_args!("{} has 0 sessions there", format.title()));
    } else {
        ctx.ui.table_that_fits(["", "NAME", "TARGET", "VIA", "TAGS", "SOURCE"], cells)?;
    }
    for line in left_behind(rows, listing, format) {
        ctx.ui.status(sanitize::line(&line));
    }
    Ok(())
}

/// Where the connection of a row goes.
fn destination(wanted: &Wanted) -> String {
    let port = wanted.port.as_deref().and_then(|port| port.parse().ok()).unwrap_or(22);
    let host = wanted.host.as_deref().unwrap_or_default();
    let text = target(wanted.user.as_deref().unwrap_or_default(), host, port);
    text.trim_start_matches('@').to_owned()
}

fn edited(kept: &[&str]) -> String {
    if kept.is_empty() { String::new() } else { format!("{} edited here, stays", kept.join(", ")) }
}

/// What does not come along, a line for each kind, and by which encoding names were read.
fn left_behind(rows: &[Row], listing: &Listing, format: Format) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(encoding) = listing.encoding {
        lines.push(format!("names were read as {encoding}; `--encoding` names another"));
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for thing in rows.iter().flat_map(|row| &row.left_behind) {
        *counts.entry(thing.to_string()).or_default() += 1;
    }
    if listing.passwords > 0 {
        let passwords = listing.passwords;
        let what = if passwords == 1 { "saved password" } else { "saved passwords" };
        let place = if format == Format::Csv { "the file" } else { format.title() };
        lines.push(format!("left behind: {passwords} {what}, not read, in {place}"));
    }
    for (thing, count) in counts {
        let times = if count > 1 { format!(" ({count} times)") } else { String::new() };
        lines.push(format!("left behind: {thing}{times}"));
    }
    lines
}

fn to_json(rows: &[Row], listing: &Listing) -> serde_json::Value {
    let sessions: Vec<_> = rows
        .iter()
        .map(|row| {
            let (outcome, profile, kept, why) = match &row.outcome {
                Outcome::New(alias, _) => ("new", Some(alias), &[][..], None),
                Outcome::Changed(alias, _, kept) => ("changed", Some(alias), &kept[..], None),
                Outcome::Unchanged(alias, kept) => ("unchanged", Some(alias), &kept[..], None),
                Outcome::Skipped(why) => ("skipped", None, &[][..], Some(why)),
            };
            let left: Vec<_> = row.left_behind.iter().map(ToString::to_string).collect();
            json!({
                "name": row.name,
                "source": row.source,
                "outcome": outcome,
                "profile": profile.map(Alias::as_str),
                "kept": kept,
                "why": why,
                "left_behind": left,
            })
        })
        .collect();
    json!({
        "schema": "sshp.import.v1",
        "sessions": sessions,
        "passwords": listing.passwords,
        "encoding": listing.encoding,
    })
}
