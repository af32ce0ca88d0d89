//! What an import tells of each session.

use std::collections::BTreeMap;

use serde_json::json;
use sshp_import::{Extent, Format, Listing};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::inventory::plan::{Outcome, Row, Wanted};
use crate::profile::{Alias, target};
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Prints a row for each session, and what does not come along.
///
/// # Errors
/// When standard output cannot be written.
pub(super) fn print(ctx: &Ctx, rows: &[Row], listing: &Listing, format: Format) -> Result<()> {
    let cells = rows.iter().map(|row| {
        let plain = style::PLAIN;
        let line = |text: &str| sanitize::line(text).into_owned();
        let (sign, name, told) = match &row.outcome {
            Outcome::New(alias, wanted) => ("+", alias.to_string(), destination(wanted)),
            Outcome::Changed(alias, wanted, kept) => {
                let told = changes(wanted).into_iter().chain(edited(kept)).collect::<Vec<_>>();
                ("~", alias.to_string(), told.join("; "))
            }
            Outcome::Linked(alias, _) => {
                ("&", alias.to_string(), "is for this server already".to_owned())
            }
            Outcome::Unchanged(alias, kept) => {
                ("=", alias.to_string(), edited(kept).unwrap_or_default())
            }
            Outcome::Stale(alias) => {
                ("!", alias.to_string(), "not in the list any more".to_owned())
            }
            Outcome::Skipped(why) => ("-", row.name.clone(), format!("skipped: {why}")),
        };
        let renamed = row.renamed.iter().map(|name| format!("; called `{name}` there now"));
        let told =
            renamed.fold(told, |told, more| (told + &more).trim_start_matches("; ").to_owned());
        let wanted = match &row.outcome {
            Outcome::New(_, wanted) | Outcome::Changed(_, wanted, _) => Some(wanted),
            _ => None,
        };
        let via = wanted.and_then(|wanted| wanted.jump.clone()).unwrap_or_default();
        let tags =
            wanted.map(|wanted| [&wanted.tags[..], &wanted.source_tags[..]].concat().join(","));
        let tags = tags.unwrap_or_default();
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
        let what = if format.lists_servers() { "servers" } else { "sessions" };
        ctx.ui.status(format_args!("{} has 0 {what} there", format.title()));
    } else {
        ctx.ui.table_that_fits(["", "NAME", "TARGET", "VIA", "TAGS", "SOURCE"], cells)?;
    }
    for (alias, command) in commands(rows) {
        ctx.ui.status(sanitize::line(&format!("`{alias}` will have {command}")));
    }
    if let Extent::Partial(why) = &listing.extent {
        ctx.ui.status(format_args!("{why}: no profile is marked as stale"));
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

/// What changes of a profile.
fn changes(wanted: &Wanted) -> Vec<String> {
    let fields = [
        ("host", &wanted.host),
        ("port", &wanted.port),
        ("user", &wanted.user),
        ("jump", &wanted.jump),
    ];
    let change = |(name, value): (&str, &Option<String>)| match value.as_deref()? {
        "" => Some(format!("no {name}")),
        value => Some(format!("{name} {value}")),
    };
    fields.into_iter().filter_map(change).chain(wanted.options.iter().cloned()).collect()
}

fn edited(kept: &[&str]) -> Option<String> {
    (!kept.is_empty()).then(|| format!("{} edited here, stays", kept.join(", ")))
}

/// The options of new profiles that run a program, each with its profile.
fn commands(rows: &[Row]) -> impl Iterator<Item = (&Alias, &String)> {
    let run = ["RemoteCommand=", "ProxyCommand=", "LocalCommand="];
    rows.iter()
        .filter_map(|row| match &row.outcome {
            Outcome::New(alias, wanted) => Some((alias, wanted)),
            _ => None,
        })
        .flat_map(|(alias, wanted)| wanted.options.iter().map(move |option| (alias, option)))
        .filter(move |(_, option)| run.iter().any(|begin| option.starts_with(begin)))
}

/// What does not come along, a line for each kind, and by which encoding names were read.
fn left_behind(rows: &[Row], listing: &Listing, format: Format) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(encoding) = listing.encoding {
        lines.push(format!("names were read as {encoding}; `--encoding` names another"));
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let of_rows = rows.iter().flat_map(|row| &row.left_behind);
    for thing in of_rows.chain(&listing.left_behind) {
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

/// The same for scripts.
pub(super) fn to_json(rows: &[Row], listing: &Listing) -> serde_json::Value {
    let sessions: Vec<_> = rows
        .iter()
        .map(|row| {
            let (outcome, profile, kept, why) = match &row.outcome {
                Outcome::New(alias, _) => ("new", Some(alias), &[][..], None),
                Outcome::Changed(alias, _, kept) => ("changed", Some(alias), &kept[..], None),
                Outcome::Linked(alias, _) => ("linked", Some(alias), &[][..], None),
                Outcome::Stale(alias) => ("stale", Some(alias), &[][..], None),
                Outcome::Unchanged(alias, kept) => ("unchanged", Some(alias), &kept[..], None),
                Outcome::Skipped(why) => ("skipped", None, &[][..], Some(why)),
            };
            let wanted = match &row.outcome {
                Outcome::New(_, wanted) => Some(wanted),
                _ => None,
            };
            let left: Vec<_> = row.left_behind.iter().map(ToString::to_string).collect();
            json!({
                "name": row.name,
                "source": row.source,
                "outcome": outcome,
                "profile": profile.map(Alias::as_str),
                "host": wanted.and_then(|wanted| wanted.host.as_ref()),
                "user": wanted.and_then(|wanted| wanted.user.as_ref()),
                "port": wanted.map(|wanted| wanted.imported.port.unwrap_or(22)),
                "jump": wanted.and_then(|wanted| wanted.jump.as_ref()),
                "kept": kept,
                "renamed": row.renamed,
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
        "complete": listing.extent == Extent::Complete,
    })
}
