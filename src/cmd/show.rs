//! `sshp show`

use serde_json::{Value, json};
use sshp_config::options::TABLE;
use sshp_config::{
    CommandLine, Effective, Keyword, Origin, Setting, Source, Tree, is_valid_hostname,
    is_valid_user, resolve,
};

use crate::cli::Show;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::exit::Exit;
use crate::installed_ssh;
use crate::launch;
use crate::profile::{Alias, Profile, find};
use crate::repository::{State, load, look_alikes, refused};
use crate::session::system;
use crate::ui::table::Cell;
use crate::ui::{sanitize, style};

/// Shows a profile: what it is, what ssh would use for it, where each value comes from and what it
/// beat.
///
/// # Errors
/// When there is no such profile (exit 3), or ssh would refuse the config: what ssh says, and the
/// lines.
pub fn run(ctx: &Ctx, args: &Show) -> Result<Exit> {
    load::require_config(ctx)?;
    let state = State::load(ctx)?;
    load::require_read(&state.tree)?;
    let line = launch::destination(ctx, &args.name).unwrap_or_default();
    let mut profile = profile(&state, &args.name, &String::from_utf8_lossy(line.host()))?;
    if args.verify {
        return verify(ctx, &line);
    }
    let effective = resolve(&state.tree, &line, &ctx.env, None, &ctx.env.dialect)
        .map_err(|rejected| refused::refusal(&state.tree, &rejected, &ctx.env.dialect))?;
    // `bob@web:2222`, and files that a list does not read.
    let is_more_known = |origin: &Origin| state.tree.keyword_at(origin) == Some(Keyword::Include);
    if profile.alias.as_str() != args.name || profile.depends_on.iter().any(is_more_known) {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        profile.user = text(effective.user());
        profile.port = effective.port();
        profile.host = text(effective.host());
        profile.jump = effective.text(Keyword::ProxyJump);
        profile.depends_on.retain(|origin| !is_more_known(origin));
    }
    let view = View { ctx, tree: &state.tree, profile: &profile, effective: &effective };
    if args.json {
        ctx.ui.json(&view.to_json(), true)?;
        return Ok(Exit::Ok);
    }
    ctx.ui.data(view.summary().trim_end())?;
    ctx.ui.data("")?;
    ctx.ui.table(["OPTION", "VALUE", "FROM", "OVERRIDES"], view.options().into_iter())?;
    for warning in view.warnings() {
        ctx.ui.warning(warning);
    }
    Ok(Exit::Ok)
}

/// The profile of this name, else of the host of a destination.
fn profile(state: &State, name: &str, host: &str) -> Result<Profile> {
    if let Some(found) = state.profile(&[name, host]) {
        return Ok(found);
    }
    let names = state.aliases();
    let error = Error::not_found(format_args!("there is no profile `{name}`"));
    let near = find::did_you_mean(&find::suggest(name, names.iter().map(String::as_str)));
    let error = near.into_iter().fold(error, Error::hint);
    if host.is_empty() {
        return Err(error);
    }
    Err(error.hint(format_args!("`sshp connect -G {name}` prints what ssh would use for any host")))
}

/// Compares with what the installed `ssh -G` prints. Both run `Match exec`.
fn verify(ctx: &Ctx, line: &CommandLine) -> Result<Exit> {
    let ssh = system::installed(ctx)?;
    let asking = &ctx.with_dialect(installed_ssh::asked_now(ctx, &ssh));
    let ours = launch::for_connect(asking, &load::load_tree(ctx), line)?.dump();
    let theirs = launch::ask_ssh(ctx, &ssh, line)?;
    let name = String::from_utf8_lossy(line.host());
    let lines = |bytes: &[u8]| -> Vec<String> {
        String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
    };
    let (ours, theirs) = (lines(&ours), lines(&theirs));
    let mut same = true;
    for (who, these, others) in [("ssh ", &theirs, &ours), ("sshp", &ours, &theirs)] {
        for line in these.iter().filter(|line| !others.contains(line)) {
            same = false;
            ctx.ui.data(format_args!("{who}  {}", sanitize::line(line)))?;
        }
    }
    if same {
        ctx.ui.status(format_args!("`ssh -G {name}` says the same, {} lines", ours.len()));
        return Ok(Exit::Ok);
    }
    Err(Error::failed(format_args!("`ssh -G {name}` says something else"))
        .hint("please report what differs and `ssh -V`"))
}

/// A profile with all that there is to say about it.
struct View<'a> {
    ctx: &'a Ctx,
    tree: &'a Tree,
    profile: &'a Profile,
    effective: &'a Effective,
}

impl View<'_> {
    fn path(&self, origin: &Origin) -> String {
        let home = &self.ctx.env.home;
        let file = match origin.file.strip_prefix(home) {
            Ok(file) => format!("~/{}", file.display()),
            Err(_) => origin.file.display().to_string(),
        };
        format!("{}:{}", sanitize::line(&file), origin.line)
    }

    fn source(&self, source: &Source) -> String {
        match source {
            Source::File(origin) => self.path(origin),
            other => other.to_string(),
        }
    }

    fn summary(&self) -> String {
        let Profile { metadata, depends_on, .. } = self.profile;
        let mut rows =
            vec![("profile", self.path(&self.profile.origin)), ("target", self.profile.target())];
        rows.extend(self.profile.jump.clone().map(|jump| ("jump", jump)));
        let tags: Vec<_> = metadata.all_tags().map(|tag| format!("#{tag}")).collect();
        if !tags.is_empty() {
            rows.push(("tags", tags.join(" ")));
        }
        rows.extend(metadata.note.clone().map(|note| ("note", note)));
        rows.extend(metadata.session.map(|session| ("session", session.as_str().to_owned())));
        rows.extend(metadata.found().map(|found| ("from", found)));
        rows.extend(metadata.host_keys.iter().map(|key| ("pinned to", key.clone())));
        let open = depends_on.iter().chain(&self.effective.depends_on);
        let open: std::collections::BTreeSet<_> = open.map(|origin| self.path(origin)).collect();
        rows.extend(
            open.into_iter().map(|at| ("at connect", format!("{at} is decided only then"))),
        );
        let alias = style::ALIAS;
        let alikes = look_alikes(self.tree, &self.ctx.env);
        let name = alikes.tell(sanitize::name(self.profile.alias.as_str()));
        rows.iter().fold(format!("{alias}{name}{alias:#}\n"), |out, (what, text)| {
            let dim = style::DIM;
            out + &format!("{dim}{what:<10}{dim:#}  {}\n", sanitize::line(text))
        })
    }

    /// Every option that something set, a row each.
    fn options(&self) -> Vec<[Cell<'_>; 4]> {
        let plain = |text: String| Cell::new(text, anstyle::Style::new());
        let dim = |text: String| Cell::new(text, style::DIM);
        let mut rows = Vec::new();
        for (keyword, values) in self.effective.set() {
            let mut beaten: Vec<_> =
                self.effective.beaten(keyword).map(|lost| self.beaten(lost)).collect();
            beaten.dedup();
            let beaten = beaten.join(", ");
            for (at, setting) in values.iter().enumerate() {
                rows.push([
                    plain(if at == 0 { keyword.title().to_owned() } else { String::new() }),
                    plain(sanitize::bytes(&setting.value)),
                    dim(self.source(&setting.source)),
                    dim(if at == 0 { beaten.clone() } else { String::new() }),
                ]);
            }
        }
        rows
    }

    /// `nobody (Host *, ~/.ssh/config:90)`
    fn beaten(&self, setting: &Setting) -> String {
        let value = sanitize::bytes(&setting.value);
        let from = self.source(&setting.source);
        match self.header(setting) {
            Some(header) => format!("{value} ({header}, {from})"),
            None => format!("{value} ({from})"),
        }
    }

    /// The header that a setting stands under, as it is written.
    fn header(&self, setting: &Setting) -> Option<String> {
        let Source::File(origin) = &setting.source else { return None };
        let (file, block) = self.tree.block_at(origin)?;
        let header = &file.document.directives()[block.header?];
        let line = &file.document.text()[header.keyword_span().start..header.rest_span().end];
        Some(sanitize::bytes(line))
    }

    /// What ssh would refuse on its command line, but takes from a config.
    fn warnings(&self) -> Vec<String> {
        let asked = [
            (Keyword::HostName, is_valid_hostname(self.effective.host())),
            (Keyword::User, is_valid_user(self.effective.user())),
        ];
        let bad = asked.iter().filter(|(_, ok)| !ok).filter_map(|(keyword, _)| {
            let setting = self.effective.setting(*keyword)?;
            Some(format!(
                "{} at {} holds what a shell would read as a command; sshp does not connect to it",
                keyword.title(),
                self.source(&setting.source)
            ))
        });
        bad.collect()
    }

    fn to_json(&self) -> Value {
        let Profile { alias, origin, host, user, port, jump, metadata, depends_on, .. } =
            self.profile;
        let open = depends_on.iter().chain(&self.effective.depends_on);
        let open: std::collections::BTreeSet<_> = open.collect();
        json!({
            "schema": "sshp.show.v1",
            "name": Alias::as_str(alias),
            "origin": place(origin),
            "host": host,
            "user": user,
            "port": port,
            "jump": jump,
            "tags": metadata.all_tags().collect::<Vec<_>>(),
            "source": metadata.source,
            "stale": metadata.stale,
            "note": metadata.note,
            "session": metadata.session.map(crate::profile::Session::as_str),
            "host_keys": metadata.host_keys,
            "depends_on": open.into_iter().map(place).collect::<Vec<_>>(),
            "options": TABLE.iter().filter_map(|row| self.option(row.keyword)).collect::<Vec<_>>(),
        })
    }

    fn option(&self, keyword: Keyword) -> Option<Value> {
        let values = self.effective.all(keyword);
        let beaten: Vec<_> = self.effective.beaten(keyword).collect();
        if values.is_empty() && beaten.is_empty() {
            return None;
        }
        let one = |setting: &Setting| {
            let mut value = json!({ "value": setting.text() });
            match &setting.source {
                Source::File(origin) => value["origin"] = place(origin),
                other => value["origin"] = json!(other.to_string()),
            }
            if let Some(header) = self.header(setting) {
                value["block"] = json!(header);
            }
            value
        };
        Some(json!({
            "keyword": keyword.name().to_ascii_lowercase(),
            "values": values.iter().map(one).collect::<Vec<_>>(),
            "beaten": beaten.into_iter().map(one).collect::<Vec<_>>(),
        }))
    }
}

fn place(origin: &Origin) -> Value {
    json!({ "file": origin.file.to_string_lossy(), "line": origin.line })
}
