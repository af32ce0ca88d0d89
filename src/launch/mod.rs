//! From ssh's command line to a session: the config is resolved, a client chosen, the servers on the
//! way held to their pins, and then the system's ssh takes over or the built-in session runs.

mod effective;
mod hold;
mod route;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use sshp_config::{CommandLine, Dialect, Facts as _, Keyword, UsageError};

use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::installed_ssh::{self, Ssh};
use crate::profile::{Metadata, Profile, Session};
use crate::repository;
use crate::session::plan::{self, ConnectRequest, MissingFeature, ResolvedServer};
use crate::session::{self, SessionEnd, builtin, system};
use crate::ui::{log, sanitize};

pub use self::effective::{Connecting, ask_ssh, for_connect, tree_for, warn};
pub use self::route::{Route, destination, host_argument, is_profile, route, way};

/// Flags that only the system's ssh has, and what they are.
const UNSUPPORTED_FLAGS: [(u8, &str); 1] = [(b'O', "a control command")];

/// Connects as ssh(1) would with these arguments.
///
/// # Errors
/// [`ErrorKind::Connect`] for our own failures; the status of the remote command is no error.
pub fn run(ctx: &Ctx, args: &[OsString]) -> Result<SessionEnd> {
    connect(ctx, args).map_err(|error| match error.kind {
        ErrorKind::Failed => error.with_kind(ErrorKind::Connect),
        _ => error,
    })
}

fn connect(ctx: &Ctx, args: &[OsString]) -> Result<SessionEnd> {
    let wrong = |error: UsageError| {
        let takers = error.takers();
        let error = takers.into_iter().fold(Error::failed(error), Error::hint);
        error.hint("`sshp connect --help`")
    };
    if installed_ssh::is_asked_itself(&ctx.env) {
        return Err(Error::failed("this sshp runs in place of the ssh that another sshp looks at"));
    }
    let ssh = system::find(ctx.env.var("SSHP_SSH"));
    let ctx = &ctx.with_dialect(dialect(ctx, ssh.as_ref(), args));
    let line = match CommandLine::parse_typed(args.iter().cloned(), &ctx.env.dialect) {
        Ok(line) => line,
        Err(error) => {
            let asks = CommandLine::asks_for_options(args.iter().cloned(), &ctx.env.dialect);
            let said = error.in_the_words_of_ssh(&ctx.env.dialect).filter(|_| asks);
            let Some(said) = said else { return Err(wrong(error)) };
            ctx.ui.in_the_words_of_ssh(&said);
            return Ok(SessionEnd::Status(255));
        }
    };
    let ctx = &ctx.with_ui(ctx.ui.louder(line.has(b'q'), line.has(b'v')));
    let ctx = &match line.config() {
        Some(config) => ctx.with_config(&config)?,
        None => ctx.clone(),
    };
    if let Some(file) = line.values(b'E').last() {
        log_to(&line, file)?;
    } else if line.has(b'y') {
        log::to_syslog();
    }
    if line.has(b'V') {
        let russh = builtin::russh_version().map(|russh| format!(", russh {russh}"));
        let (sshp, russh) = (env!("CARGO_PKG_VERSION"), russh.unwrap_or_default());
        ctx.ui.status(format_args!("sshp {sshp}{russh}"));
        return Ok(SessionEnd::Status(0));
    }
    let exec = |line: &CommandLine, held: &hold::HeldToPins| match &ssh {
        Some(ssh) => {
            let config = ctx.paths.ssh_config_flag().filter(|_| line.config().is_none());
            let words =
                if held.replaces_jump { line.words_without_jump() } else { line.words.clone() };
            system::exec(ssh, config, &held.ssh_options(), &words)
        }
        None => system::missing(ctx.env.var("SSHP_SSH")),
    };
    if line.is_query() {
        return Err(exec(&line, &hold::HeldToPins::default()));
    }
    let tree = tree_for(ctx, &line);
    let line = line.as_ssh_takes_it(|name| is_profile(&tree, name)).map_err(wrong)?;
    if line.has(b'G') {
        effective::print(ctx, &line)?;
        return Ok(SessionEnd::Status(0));
    }
    repository::load::require_secure(ctx, &tree)?;
    repository::load::warn_unread(ctx, &tree);
    let name = String::from_utf8_lossy(line.host()).into_owned();
    let store = repository::MetadataStore::read(ctx);
    store.warn(ctx);
    let choice = choice(ctx, &line, store.file.get(&name).as_ref());
    // Another client than the one that was named would be a surprise.
    if let (Session::Auto, None, Some(named)) = (choice, &ssh, ctx.env.var("SSHP_SSH")) {
        return Err(system::missing(Some(named)));
    }
    let auto_ssh = system::for_auto(&ctx.env);
    let runs_system = choice == Session::System || choice == Session::Auto && auto_ssh.is_some();
    #[cfg(not(feature = "builtin"))]
    match choice {
        Session::Builtin => return Err(builtin::left_out()),
        Session::Auto if !runs_system => return Err(system::missing(None)),
        Session::Auto | Session::System => {}
    }
    if cfg!(feature = "builtin") && choice == Session::System && ssh.is_some() && !ctx.env.in_passwd
    {
        ctx.ui.hint(format_args!(
            "ssh runs only for a user in passwd(5), which has no entry for uid {}: `--session \
             builtin` connects without one",
            ctx.env.uid
        ));
    }
    let note_usage = || {
        // What connects through a jump host is no visit to it.
        let is_visit = !line.has(b'W') && !session::background::is_behind(ctx);
        if is_visit && is_profile(&tree, line.host()) {
            repository::usage::note(ctx, &name);
        }
    };
    if runs_system {
        let held = hold::of(ctx, &store, &tree, &line)?;
        note_usage();
        return Err(exec(&line, &held));
    }
    // The client inside sshp takes what any OpenSSH takes, whichever is installed.
    let ctx = &ctx.with_dialect(Arc::default());
    let found = for_connect(ctx, &tree, &line)?;
    if let Some(facility) = found.text(Keyword::SyslogFacility) {
        log::set_facility(&facility);
    }
    // ssh says so itself.
    warn(ctx, &found);
    let request = ConnectRequest {
        command: command(&line.command),
        stdio_forward: stdio_forward(ctx, &line)?,
        missing_features: unsupported_flags(&line),
    };
    let environment = ctx.env.all();
    let facts = route::facts(ctx, &environment);
    let probe = Connecting { ctx };
    let resolve = |line: &CommandLine| route::of_hop(&probe, ctx, &store, &tree, line);
    let server = ResolvedServer { options: found, pins: route::pins_of(&store, &tree, &name) };
    let plan = plan::plan(choice, server, &line, &request, facts, resolve);
    let mut plan = plan.map_err(|error| {
        let is_unsupported = matches!(error, plan::SessionPlanError::MissingFeatures(_));
        let error = Error::failed(error);
        match is_unsupported {
            true if ssh.is_some() && !ctx.env.in_passwd => error.hint(format_args!(
                "the system's ssh has it, but runs only for a user in passwd(5), which has no entry \
                 for uid {}",
                ctx.env.uid
            )),
            true if ssh.is_some() => error.hint("the system's ssh has it: `--session system`"),
            true => error.hint("OpenSSH's client has it, and is not installed"),
            false => error,
        }
    })?;
    route::hold(ctx, &store, &tree, &mut plan.hops)?;
    note_usage();
    if plan.work.background && !session::background::is_behind(ctx) {
        return session::background::start();
    }
    if !plan.without.is_empty() {
        let without: Vec<_> = plan.without.iter().map(ToString::to_string).collect();
        ctx.ui.warning(format_args!(
            "{}, and the built-in session connects without {}",
            if ssh.is_some() { "ssh does not run for this user" } else { "there is no ssh" },
            without.join("; ")
        ));
    }
    let quiet = plan.work.quiet;
    builtin::run(&ctx.with_ui(ctx.ui.louder(quiet, false)), &plan)
}

/// The OpenSSH that a command line and the config are read as: the one that it is for.
fn dialect(ctx: &Ctx, ssh: Option<&Ssh>, args: &[OsString]) -> Arc<Dialect> {
    let line = CommandLine::parse_typed(args.iter().cloned(), &ctx.env.dialect);
    match (ssh, line) {
        (None, _) => Arc::default(),
        (Some(_), Ok(line)) if line.has(b'V') || line.is_query() => ctx.env.dialect.clone(),
        (Some(ssh), Ok(line)) if line.has(b'G') => installed_ssh::asked_now(ctx, ssh),
        (Some(_), Ok(line)) if line.session.as_deref() == Some("builtin") => Arc::default(),
        (Some(ssh), _) => installed_ssh::dialect(ctx, ssh),
    }
}

/// `-E FILE` (ssh.c: main).
fn log_to(line: &CommandLine, file: &[u8]) -> Result<()> {
    if line.has(b'y') {
        return Err(Error::failed("Can't specify both -y and -E"));
    }
    let path = Path::new(OsStr::from_bytes(file));
    log::open(path).map_err(|error| {
        let what = format!("couldn't open logfile {}: {error}", path.display());
        Error::failed(what)
    })
}

/// The session that was asked for: on the command line, else for the profile, else in the settings.
pub fn choice(ctx: &Ctx, line: &CommandLine, metadata: Option<&Metadata>) -> Session {
    let asked = line.session.as_deref().and_then(|word| word.parse().ok());
    let of_profile = || metadata.and_then(|metadata| metadata.session);
    asked.or_else(of_profile).unwrap_or_else(|| ctx.settings.session())
}

/// The command as ssh sends it: its words with blanks between.
fn command(words: &[OsString]) -> Option<Vec<u8>> {
    (!words.is_empty())
        .then(|| words.iter().map(|word| word.as_bytes()).collect::<Vec<_>>().join(&b' '))
}

/// `-W host:port`, the port by number or service; an IPv6 address stands in brackets.
fn stdio_forward(ctx: &Ctx, line: &CommandLine) -> Result<Option<(String, u16)>> {
    let Some(value) = line.values(b'W').last() else { return Ok(None) };
    let text = String::from_utf8_lossy(value);
    let parsed = text.rsplit_once(':').and_then(|(host, port)| {
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        let port = port.parse().ok().or_else(|| ctx.env.service(port.as_bytes()))?;
        Some((host.to_owned(), port)).filter(|(host, _)| !host.is_empty())
    });
    match parsed {
        Some(target) => Ok(Some(target)),
        None => Err(Error::failed(format_args!("-W takes HOST:PORT, not `{text}`"))),
    }
}

fn unsupported_flags(line: &CommandLine) -> Vec<MissingFeature> {
    let given = UNSUPPORTED_FLAGS.iter().filter(|(flag, _)| line.has(*flag));
    given
        .map(|(flag, why)| MissingFeature {
            option: format!("-{}", char::from(*flag)),
            value: line
                .values(*flag)
                .next()
                .map(String::from_utf8_lossy)
                .unwrap_or_default()
                .into(),
            origin: None,
            why,
        })
        .collect()
}

/// A name as it is shown beside those of the other profiles.
pub fn shown_name(ctx: &Ctx, alias: &str) -> String {
    let shown = sanitize::name(alias);
    if alias.is_ascii() {
        return shown.into_owned();
    }
    let tree = repository::load::load_tree(ctx);
    repository::look_alikes(&tree, &ctx.env).tell(shown).into_owned()
}

/// Says on stderr which server is connected to.
pub fn announce(ctx: &Ctx, profile: &Profile) {
    let (alias, target) = (shown_name(ctx, profile.alias.as_str()), profile.target());
    ctx.ui.status(format_args!("→ {alias} ({})", sanitize::line(&target)));
}
