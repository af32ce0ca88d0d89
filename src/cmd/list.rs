//! `sshp list`

use std::io::Write;

use serde::Serialize;

use crate::cli::List;
use crate::ctx::Ctx;
use crate::error::{Exit, Result};
use crate::picker;
use crate::profile::{Profile, Session};
use crate::store::State;
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Prints the profiles in the order of the config, or best match first where a query is given.
///
/// # Errors
/// When nothing fits a query or a tag: exit 3.
pub fn run(ctx: &Ctx, args: &List) -> Result<Exit> {
    let mut profiles = State::load(ctx)?.profiles();
    let any = !profiles.is_empty();
    profiles.retain(|profile| args.tags.iter().all(|tag| profile.metadata.tags.contains(tag)));
    let query = args.query.join(" ");
    if !query.trim().is_empty() {
        let order = picker::matches(&query, &picker::rows::rows(&profiles));
        let mut slots: Vec<_> = profiles.into_iter().map(Some).collect();
        profiles = order.into_iter().filter_map(|at| slots[at].take()).collect();
    }
    if args.json {
        let mut out = ctx.ui.stdout_bulk();
        serde_json::to_writer_pretty(&mut out, &Document::new(&profiles))?;
        writeln!(out)?;
        out.flush()?;
    } else if !profiles.is_empty() {
        ctx.ui.table(["NAME", "TARGET", "VIA", "TAGS"], &rows(&profiles))?;
    }
    if profiles.is_empty() {
        if any {
            ctx.ui.status("no profile fits");
            return Ok(Exit::NotFound);
        }
        let config = ctx.paths.user_config.display();
        ctx.ui.status(format_args!("no profiles in `{config}` yet"));
        ctx.ui.hint("sshp add NAME user@host");
    }
    Ok(Exit::Ok)
}

fn rows(profiles: &[Profile]) -> Vec<[Cell; 4]> {
    let row = |profile: &Profile| {
        let shown = |text: &str| sanitize::line(text).into_owned();
        let tags: Vec<_> = profile.metadata.tags.iter().map(|tag| format!("#{tag}")).collect();
        let jump = profile.jump.as_deref().unwrap_or_default();
        [
            Cell::new(shown(profile.alias.as_str()), style::ALIAS),
            Cell::new(shown(&profile.target()), style::PLAIN),
            Cell::new(shown(jump), style::DIM),
            Cell::new(shown(&tags.join(" ")), style::TAG),
        ]
    };
    profiles.iter().map(row).collect()
}

/// `--json`; fields are only ever added.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    profiles: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    host: &'a str,
    user: &'a str,
    port: u16,
    jump: Option<&'a str>,
    tags: &'a [String],
    note: Option<&'a str>,
    session: Option<&'static str>,
    file: String,
    line: u32,
    /// Conditions that only a connect evaluates, as `file:line`.
    depends_on: Vec<String>,
}

impl<'a> Document<'a> {
    fn new(profiles: &'a [Profile]) -> Self {
        let entry = |profile: &'a Profile| Entry {
            name: profile.alias.as_str(),
            host: &profile.host,
            user: &profile.user,
            port: profile.port,
            jump: profile.jump.as_deref(),
            tags: &profile.metadata.tags,
            note: profile.metadata.note.as_deref(),
            session: profile.metadata.session.map(Session::as_str),
            file: profile.origin.file.display().to_string(),
            line: profile.origin.line,
            depends_on: profile.depends_on.iter().map(ToString::to_string).collect(),
        };
        Document { schema: "sshp.list.v1", profiles: profiles.iter().map(entry).collect() }
    }
}
