//! `sshp connect`, `sshp NAME …` and `sshp QUERY…`

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use crate::cmd::effective::{self, Connecting, tree_for};
use crate::cmd::{browse, help};
use crate::ctx::Ctx;
use crate::error::{Error, Exit, Result};
use crate::known_hosts::name::HostArgument;
use crate::profile::{Metadata, Session};
use crate::session::options::Options;
use crate::session::plan::{self, Endpoint, Facts, Lack, Plan, Request};
use crate::session::{self, builtin, system};
use crate::ssh_config::forward::Hop;
use crate::ssh_config::options::TABLE;
use crate::ssh_config::pattern::is_literal;
use crate::ssh_config::{
    CommandLine, Effective, Facts as _, Keyword, Probe, Source, Tree, resolve, tokens,
};
use crate::store;

/// Flags that only the system's ssh has, and what they are.
const LACKING_FLAGS: [(u8, &str); 2] = [(b'E', "a log file"), (b'O', "a control command")];

/// Connects as ssh(1) would with these arguments.
///
/// # Errors
/// Our own failures, with exit 255; the status of the remote command is no error.
pub fn run(ctx: &Ctx, args: &[OsString]) -> Result<Exit> {
    let line = CommandLine::parse(args.iter().cloned())
        .map_err(|error| Error::new(Exit::Connect, error).hint("`sshp connect --help`"))?;
    let ctx = &ctx.with_ui(ctx.ui.louder(line.has(b'q'), line.has(b'v')));
    let ctx = &match line.config() {
        Some(config) => ctx.with_config(&config)?,
        None => ctx.clone(),
    };
    if line.has(b'V') {
        let russh = "0.65.1";
        ctx.ui.status(format_args!("sshp {}, russh {russh}", env!("CARGO_PKG_VERSION")));
        return Ok(Exit::Ok);
    }
    let ssh = system::find(ctx.env.var("SSHP_SSH"));
    let exec = |options: &[&str]| match &ssh {
        Some(ssh) => {
            let config = ctx.paths.ssh_config_flag().filter(|_| line.config().is_none());
            system::exec(ssh, config, options, &line.words)
        }
        None => system::missing(ctx.env.var("SSHP_SSH")),
    };
    if line.is_query() {
        return Err(exec(&[]));
    }
    if line.has(b'G') {
        return effective::run(ctx, &line);
    }
    let tree = tree_for(ctx, &line);
    let name = String::from_utf8_lossy(line.host()).into_owned();
    let kept = store::Kept::read(ctx);
    kept.warn(ctx);
    // A host that is no profile has no pins that could be lost, only some that can be read.
    let pins = |name: &str| match kept.pins(name) {
        Err(error) if is_profile(&tree, name.as_bytes()) => Err(error.exit(Exit::Connect)),
        pins => Ok(pins.unwrap_or_default()),
    };
    let pinned = pins(&name)?;
    let choice = choice(ctx, &line, kept.file.get(&name).as_ref());
    // Another client than the one that was named would be a surprise.
    if let (Session::Auto, None, Some(named)) = (choice, &ssh, ctx.env.var("SSHP_SSH")) {
        return Err(system::missing(Some(named)));
    }
    let auto_ssh = system::for_auto(&ctx.env);
    let runs_system = choice == Session::System || choice == Session::Auto && auto_ssh.is_some();
    if choice == Session::System && ssh.is_some() && !ctx.env.in_passwd {
        ctx.ui.hint(format_args!(
            "ssh runs only for a user in passwd(5), which has no entry for uid {}: `--session \
             builtin` connects without one",
            ctx.env.uid
        ));
    }
    let options = if runs_system && pinned.is_empty() {
        // Nothing is run or asked for this look; what ssh refuses it says itself.
        match resolve(&tree, &line, &ctx.env, None) {
            Ok(found) => options_of(ctx, &found).unwrap_or_default(),
            Err(_) => Options::default(),
        }
    } else {
        let found = effective::for_connect(ctx, &tree, &line)?;
        if !runs_system {
            // ssh says so itself.
            effective::warn(ctx, &found);
        }
        options_of(ctx, &found)?
    };
    let request = Request {
        name: name.clone(),
        command: command(&line.command),
        stdio_forward: stdio_forward(ctx, &line)?,
        lacking: lacking_flags(&line),
    };
    let hop = |spec: &str| hop(&Connecting { ctx }, ctx, &tree, &line, spec);
    let plan = plan::plan(choice, &options, &request, &facts(ctx, auto_ssh.is_some()), hop);
    let plan = plan.map_err(|error| {
        let lacks = matches!(error, plan::PlanError::Lacks(_));
        let error = Error::new(Exit::Connect, error);
        match lacks {
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
    if matches!(plan, Plan::System) && options.some("proxyjump").is_some() {
        require_end(ctx, &tree, &line, &options, &name)?;
    }
    if is_profile(&tree, line.host()) && !session::background::is_behind(ctx) {
        store::usage::note(ctx, &name);
    }
    match plan {
        Plan::System if pinned.is_empty() => Err(exec(&[])),
        Plan::System => {
            let mut endpoint = plan::destination(&options, &name, &facts(ctx, true));
            endpoint.trust.pins = pinned;
            if !session::pins::check_files(&endpoint)? {
                let pins = endpoint.trust.pins.join(", ");
                ctx.ui.hint(format_args!(
                    "`{name}` is pinned to {pins}, and no known_hosts file has such a key, so ssh \
                     will refuse it: `sshp trust {name}` stores it"
                ));
            }
            Err(exec(&session::pins::SSH_OPTIONS))
        }
        Plan::Builtin(plan) if plan.work.background && !session::background::is_behind(ctx) => {
            session::background::start()
        }
        Plan::Builtin(mut plan) => {
            for hop in &mut plan.hops {
                hop.trust.pins = pins(&hop.name)?;
            }
            if !plan.without.is_empty() {
                let without: Vec<_> = plan.without.iter().map(ToString::to_string).collect();
                ctx.ui.warning(format_args!(
                    "{}, and the built-in session connects without {}",
                    if ssh.is_some() {
                        "ssh does not run for this user"
                    } else {
                        "there is no ssh"
                    },
                    without.join("; ")
                ));
            }
            let quiet = plan.work.quiet;
            builtin::run(&ctx.with_ui(ctx.ui.louder(quiet, false)), &plan)
        }
    }
}

/// Connects to the profile of this name with what follows as ssh's arguments; `help` and
/// `version` that are no profiles are what they say; with any other words, opens the picker on
/// what matches.
///
/// # Errors
/// As [`run`], [`help::run`] and [`browse::run`].
pub fn name_or_query(ctx: &Ctx, words: &[OsString]) -> Result<Exit> {
    let Some((first, rest)) = words.split_first() else { return browse::run(ctx, words) };
    if is_profile(&store::load::load_tree(ctx), first.as_bytes()) {
        return run(ctx, words);
    }
    match first.to_str() {
        Some("help") => help::run(rest, "--help"),
        Some("version") if rest.is_empty() => help::run(rest, "--version"),
        _ => browse::run(ctx, words),
    }
}

/// The session that was asked for: on the command line, else for the profile, else in the settings.
fn choice(ctx: &Ctx, line: &CommandLine, metadata: Option<&Metadata>) -> Session {
    let asked = line.session.as_deref().and_then(|word| word.parse().ok());
    let kept = || metadata.and_then(|metadata| metadata.session);
    asked.or_else(kept).unwrap_or_else(|| ctx.settings.session())
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
        None => Err(Error::new(Exit::Connect, format_args!("-W takes HOST:PORT, not `{text}`"))),
    }
}

fn lacking_flags(line: &CommandLine) -> Vec<Lack> {
    let given = LACKING_FLAGS.iter().filter(|(flag, _)| line.has(*flag));
    given
        .map(|(flag, why)| Lack {
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

/// The command line with which ssh would go through a hop (ssh.c: main, `jump_host`).
fn hop_line(ctx: &Ctx, line: &CommandLine, spec: &str) -> Result<CommandLine> {
    let wrong = || Error::new(Exit::Connect, format_args!("`{spec}` is no host to go through"));
    let hop = Hop::parse(spec.as_bytes(), &ctx.env).ok_or_else(wrong)?;
    let mut words: Vec<OsString> = Vec::new();
    if let Some(config) = line.config() {
        words.extend(["-F".into(), config.into()]);
    }
    if let Some(user) = &hop.user {
        words.extend(["-l".into(), OsStr::from_bytes(user).to_owned()]);
    }
    if let Some(port) = hop.port {
        words.extend(["-p".into(), port.to_string().into()]);
    }
    words.extend(["--".into(), OsStr::from_bytes(&hop.host).to_owned()]);
    CommandLine::parse(words).map_err(|error| Error::new(Exit::Connect, error))
}

/// Requires that the hops lead to a server: ssh would start one more of itself for each, forever.
/// All else that may be wrong with them it says itself.
fn require_end(
    ctx: &Ctx,
    tree: &Tree,
    line: &CommandLine,
    options: &Options,
    name: &str,
) -> Result<()> {
    // As in the look at the destination, nothing is run or asked.
    let hop = |spec: &str| -> std::result::Result<(String, Options), String> {
        let line = hop_line(ctx, line, spec).map_err(|error| error.source.to_string())?;
        let found = resolve(tree, &line, &ctx.env, None).map_err(|error| error.to_string())?;
        let options = options_of(ctx, &found).map_err(|error| error.source.to_string())?;
        Ok((String::from_utf8_lossy(line.host()).into_owned(), options))
    };
    match plan::route(options, name, &facts(ctx, true), hop) {
        Err(error @ plan::PlanError::Loop(_)) => {
            Err(Error::new(Exit::Connect, error).hint("`sshp check` names the lines"))
        }
        _ => Ok(()),
    }
}

/// The name of a hop and its options.
fn hop(
    probe: &dyn Probe,
    ctx: &Ctx,
    tree: &Tree,
    line: &CommandLine,
    spec: &str,
) -> std::result::Result<(String, Options), String> {
    let found = || {
        let line = hop_line(ctx, line, spec)?;
        let found = effective::for_connect_by(probe, ctx, tree, &line)?;
        let name = String::from_utf8_lossy(line.host()).into_owned();
        Ok((name, options_of(ctx, &found)?))
    };
    found().map_err(|error: Error| error.source.to_string())
}

/// The servers on the way to a host, the host last, as the built-in session would go.
///
/// # Errors
/// What ssh refuses the config for, and hops that cannot be read, with exit 255.
pub fn route(ctx: &Ctx, asked: &HostArgument) -> Result<Vec<Endpoint>> {
    let port = asked.port.into_iter().flat_map(|port| ["-p".into(), port.to_string().into()]);
    let words = port.chain(["--".into(), OsString::from(&asked.host)]);
    let line = CommandLine::parse(words).map_err(|error| Error::new(Exit::Connect, error))?;
    let way = way(&Connecting { ctx }, ctx, &tree_for(ctx, &line), &line);
    way.map(|(hops, _)| hops).map_err(|error| error.exit(Exit::Connect))
}

/// The servers on the way that a command line takes, as the built-in session would go, and what
/// that lacks for them.
///
/// # Errors
/// What ssh refuses the config for, with exit 255; a host, user or hop to go nowhere near, with
/// exit 5.
pub fn way(
    probe: &dyn Probe,
    ctx: &Ctx,
    tree: &Tree,
    line: &CommandLine,
) -> Result<(Vec<Endpoint>, Vec<Lack>)> {
    let options = options_of(ctx, &effective::for_connect_by(probe, ctx, tree, line)?)?;
    let hop = |spec: &str| hop(probe, ctx, tree, line, spec);
    let name = String::from_utf8_lossy(line.host()).into_owned();
    plan::route(&options, &name, &facts(ctx, false), hop).map_err(Error::refused)
}

/// What was set, as the plan takes it: tokens expanded, defaults left out.
fn options_of(ctx: &Ctx, found: &Effective) -> Result<Options> {
    let mut options = Options::default();
    for row in TABLE {
        for setting in found.all(row.keyword) {
            let origin = match &setting.source {
                // Its default depends on other options.
                Source::Default if row.keyword == Keyword::UpdateHostKeys => None,
                Source::Default => continue,
                Source::CommandLine => None,
                Source::File(origin) => Some(origin.clone()),
            };
            let expanded = match row.keyword {
                Keyword::IdentityFile | Keyword::CertificateFile
                    if !setting.value.eq_ignore_ascii_case(b"none") =>
                {
                    found.tokens().expand_path(&setting.value, &ctx.env)
                }
                Keyword::ProxyCommand => found.tokens().expand(&setting.value),
                Keyword::LocalCommand => {
                    // The tunnel device, which there never is (ssh_config(5), TOKENS).
                    let lookup = |letter| match letter {
                        b'T' => Some(b"NONE".to_vec()),
                        letter => found.tokens().get(letter),
                    };
                    tokens::expand(&setting.value, Some(&lookup), None)
                }
                _ => Ok(setting.value.clone()),
            };
            let wrong = |what: String| {
                Error::new(Exit::Connect, format_args!("{}: {}: {what}", setting.source, row.title))
            };
            let value = expanded.map_err(|error| wrong(error.to_string()))?;
            let value = String::from_utf8(value).map_err(|_| wrong("not UTF-8".to_owned()))?;
            options.add(row.title, value, origin);
        }
    }
    options.tokens = Some(found.tokens().clone());
    options.host_keys_amended = found.host_keys_amended;
    // These three are what the resolver made of all it knows, the destination among it.
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    options.set("HostName", text(found.host()));
    options.set("User", text(found.user()));
    options.set("Port", found.port().to_string());
    Ok(options)
}

fn facts(ctx: &Ctx, has_ssh: bool) -> Facts {
    Facts {
        user: ctx.env.user.clone(),
        ssh_dir: ctx.env.passwd_home.join(".ssh"),
        agent: ctx.env.var("SSH_AUTH_SOCK").map(PathBuf::from),
        environment: ctx.env.all(),
        has_ssh,
    }
}

/// Whether a literal word of a `Host` line has this name.
#[must_use]
pub fn is_profile(tree: &Tree, name: &[u8]) -> bool {
    tree.files.iter().any(|file| {
        let document = &file.document;
        document.directives().iter().filter(|line| line.keyword == Some(Keyword::Host)).any(
            |line| {
                document
                    .words(line)
                    .flatten()
                    .any(|word| *word.value == *name && is_literal(&word.value))
            },
        )
    })
}
