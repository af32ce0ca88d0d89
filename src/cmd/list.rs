//! `sshp list`

use std::borrow::Cow;
use std::io::Write;

use serde::{Serialize, Serializer};

use crate::cli::{List, Sort};
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::profile::query::{Query, SearchText};
use crate::profile::template::{self, Template};
use crate::profile::{Profile, Session, fields};
use crate::repository::{State, load, refused, usage};
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};
use crate::unicode::{self, LookAlikes};

/// Prints the profiles in the order of the config, or best match first where a query is given.
///
/// # Errors
/// When nothing fits a query or a tag, exit 3; when `--format` means nothing, exit 2.
pub fn run(ctx: &Ctx, args: &List) -> Result<Exit> {
    let template = args.format.as_deref().map(Template::parse).transpose().map_err(|fault| {
        Error::usage(format_args!("--format: {fault}"))
            .hint(format_args!("a template can have {}", template::names()))
    })?;
    load::require_config(ctx)?;
    let state = State::load(ctx)?;
    load::require_read(&state.tree)?;
    refused::warn_if_refused(ctx, &state);
    let mut profiles = if args.global { state.global_hosts() } else { state.profiles() };
    let any = !profiles.is_empty();
    let tags: Vec<String> = args.tags.iter().flat_map(|text| fields::tags(text)).collect();
    profiles.retain(|profile| profile.metadata.has_tags(&tags));
    profiles = matching(&Query::parse(&args.query.join(" ")), profiles);
    sort(ctx, args.sort, &mut profiles);
    if template.is_some() || args.print0 {
        print_lines(ctx, template.as_ref(), args.print0, &profiles)?;
    } else if args.json {
        let document = Document { schema: "sshp.list.v1", profiles: &profiles };
        ctx.ui.json(&document, true)?;
    } else if !profiles.is_empty() {
        let alikes = state.look_alikes();
        let rows = profiles.iter().map(|profile| row(profile, &alikes));
        ctx.ui.table_that_fits(["NAME", "TARGET", "VIA", "TAGS"], rows)?;
    }
    if profiles.is_empty() {
        if any {
            ctx.ui.status("no profile matches");
            return Ok(Exit::Error(ErrorKind::NotFound));
        }
        if args.global {
            ctx.ui.status("the system's config names no host");
            return Ok(Exit::Ok);
        }
        let config = ctx.paths.user_config.display();
        ctx.ui.status(format_args!("no profiles in `{config}` yet"));
        ctx.ui.hint("sshp add NAME user@host");
    }
    Ok(Exit::Ok)
}

/// The profiles that a query matches, best match first.
fn matching(query: &Query, profiles: Vec<Profile>) -> Vec<Profile> {
    if query.is_empty() {
        return profiles;
    }
    let text = |profile: &Profile| {
        SearchText::new(profile, &sanitize::name(profile.alias.as_str()), sanitize::line).text
    };
    let places = query.best_first(profiles.iter().map(|profile| (profile, text(profile))));
    places.into_iter().map(|at| profiles[at].clone()).collect()
}

fn sort(ctx: &Ctx, by: Option<Sort>, profiles: &mut [Profile]) {
    match by {
        None => {}
        Some(Sort::Name) => profiles.sort_by(|a, b| a.alias.as_str().cmp(b.alias.as_str())),
        Some(Sort::Host) => profiles.sort_by(|a, b| a.host.cmp(&b.host)),
        Some(Sort::Used) => usage::load(&ctx.paths).sort(profiles, ctx.now),
    }
}

/// A line for each profile, control characters made visible; or, ended with NUL, what is there.
fn print_lines(
    ctx: &Ctx,
    template: Option<&Template>,
    print0: bool,
    profiles: &[Profile],
) -> Result<()> {
    let raw: fn(&str) -> Cow<'_, str> = |text| Cow::Borrowed(text);
    let shown = if print0 { raw } else { sanitize::line };
    let end = if print0 { b"\0" } else { b"\n" };
    let mut out = ctx.ui.stdout_bulk();
    for profile in profiles {
        let text = match template {
            Some(template) => Cow::Owned(template.render(profile, shown)),
            None => shown(profile.alias.as_str()),
        };
        out.write_all(&unicode::to_bytes(&text))?;
        out.write_all(end)?;
    }
    Ok(out.flush()?)
}

fn row<'a>(profile: &'a Profile, alikes: &LookAlikes) -> [Cell<'a>; 4] {
    let tags: Vec<_> = profile.metadata.all_tags().map(|tag| format!("#{tag}")).collect();
    let shown = |text: String| match sanitize::line(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    };
    [
        Cell::new(alikes.tell(sanitize::name(profile.alias.as_str())), style::ALIAS),
        Cell::new(shown(profile.target()), style::PLAIN),
        Cell::new(sanitize::line(profile.jump.as_deref().unwrap_or_default()), style::DIM),
        Cell::new(shown(tags.join(" ")), style::TAG),
    ]
}

/// `--json`; fields are only ever added.
#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(serialize_with = "entries")]
    profiles: &'a [Profile],
}

/// One after the other, so that a long list is not held twice.
fn entries<S: Serializer>(
    profiles: &&[Profile],
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    serializer.collect_seq(profiles.iter().map(Entry::new))
}

#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    host: &'a str,
    user: &'a str,
    port: u16,
    jump: Option<&'a str>,
    tags: Vec<&'a str>,
    note: Option<&'a str>,
    session: Option<&'static str>,
    /// Where an import found it, and the id that it has there.
    source: Option<&'a str>,
    /// The day since which it is not there any more.
    stale: Option<&'a str>,
    file: Cow<'a, str>,
    line: u32,
    /// Conditions that only a connect evaluates, as `file:line`.
    depends_on: Vec<String>,
}

impl<'a> Entry<'a> {
    fn new(profile: &'a Profile) -> Self {
        Entry {
            name: profile.alias.as_str(),
            host: &profile.host,
            user: &profile.user,
            port: profile.port,
            jump: profile.jump.as_deref(),
            tags: profile.metadata.all_tags().collect(),
            note: profile.metadata.note.as_deref(),
            session: profile.metadata.session.map(Session::as_str),
            source: profile.metadata.source.as_deref(),
            stale: profile.metadata.stale.as_deref(),
            file: profile.origin.file.to_string_lossy(),
            line: profile.origin.line,
            depends_on: profile.depends_on.iter().map(ToString::to_string).collect(),
        }
    }
}
