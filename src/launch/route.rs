//! The servers on the way to a destination, each with the host keys that it is pinned to.
//!
//! Made here for both clients and for all that asks a server something (doctor, trust), so that a
//! pin, and a host or user that ssh refuses, is checked for every one of them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use sshp_config::forward::Hop;
use sshp_config::options::TABLE;
use sshp_config::pattern::is_literal;
use sshp_config::{
    CommandLine, Destination, Effective, Keyword, Probe, Source, Tree, UsageError, tokens,
};
use sshp_known_hosts::name::HostArgument;

use super::effective::{self, Connecting, tree_for};
use super::hold;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::repository;
use crate::session::options::Options;
use crate::session::plan::{self, Endpoint, Facts, MissingFeature, Run};
use crate::session::{ProbeOptions, system};

/// The command line with which ssh would go through a hop (ssh.c: main, `jump_host`).
fn hop_line(ctx: &Ctx, line: &CommandLine, spec: &str) -> Result<CommandLine> {
    let wrong = || Error::failed(format_args!("`{spec}` is no host to go through"));
    let hop = Hop::parse(spec.as_bytes(), &ctx.env).ok_or_else(wrong)?;
    let mut words = hop_flags(line, &hop);
    words.extend(["--".into(), OsStr::from_bytes(&hop.host).to_owned()]);
    CommandLine::parse(words, &ctx.env.dialect).map_err(Error::failed)
}

/// The flags that ssh passes on to the ssh of a hop.
pub(super) fn hop_flags(line: &CommandLine, hop: &Hop) -> Vec<OsString> {
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
    words
}

/// The name of a hop and its options.
pub(super) fn hop(
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

/// The command line of a destination as people write one.
///
/// # Errors
/// When it is none.
pub fn destination(ctx: &Ctx, text: &str) -> Result<CommandLine> {
    let line = CommandLine::parse_typed(["--".into(), text.into()], &ctx.env.dialect)
        .map_err(Error::usage)?;
    let tree = tree_for(ctx, &line);
    line.as_ssh_takes_it(|name| is_profile(&tree, name)).map_err(Error::usage)
}

/// The host of a destination as people write one, or a profile.
///
/// # Errors
/// When it is none, with exit 2.
pub fn host_argument(tree: &Tree, text: &str) -> Result<HostArgument> {
    if is_profile(tree, text.as_bytes()) {
        return Ok(HostArgument { host: text.to_owned(), port: None });
    }
    let Destination { host, port, .. } = Destination::parse(text)
        .map_err(|error| Error::usage(UsageError::Typed(text.to_owned(), error)))?;
    Ok(HostArgument { host, port })
}

/// The way to a destination.
pub struct Route {
    /// The servers on it, the destination last.
    pub hops: Vec<Endpoint>,
    /// What the built-in session lacks for them.
    pub missing_features: Vec<MissingFeature>,
    /// The options of the destination.
    pub options: Options,
    /// The destination as ssh is given it.
    destination: Vec<OsString>,
}

impl Route {
    /// A look at this way by the system's ssh.
    pub fn by_system<'a>(
        &'a self,
        ctx: &'a Ctx,
        ssh: &'a system::Ssh,
        ask: ProbeOptions,
        run: &'a Run,
    ) -> system::System<'a> {
        let sets = |keyword: &str| self.options.get(keyword).is_some();
        let path = self.options.some("controlpath").zip(self.options.tokens.as_ref());
        let path =
            path.and_then(|(path, tokens)| tokens.expand_path(path.as_bytes(), &ctx.env).ok());
        let control_path = path.map(|path| PathBuf::from(OsString::from_vec(path)));
        let shares =
            self.options.text("controlmaster").is_some_and(|word| word != "no" && word != "false");
        system::System {
            ctx,
            ssh,
            config: ctx.paths.ssh_config_flag(),
            hops: &self.hops,
            destination: &self.destination,
            ask,
            sets_session_type: sets("sessiontype"),
            goes_to_background: sets("forkafterauthentication"),
            control_path,
            shares,
            run,
            judged: system::Judged::default(),
        }
    }
}

/// The servers on the way to a host, the host last, as the built-in session would go; those before
/// it are pinned.
///
/// # Errors
/// What ssh refuses the config for, hops that cannot be read, and pins of theirs that cannot be.
pub fn route(ctx: &Ctx, asked: &HostArgument) -> Result<Route> {
    let port = asked.port.into_iter().flat_map(|port| ["-p".into(), port.to_string().into()]);
    let words = port.chain(["--".into(), OsString::from(&asked.host)]);
    let line = CommandLine::parse(words, &ctx.env.dialect).map_err(Error::failed)?;
    let tree = tree_for(ctx, &line);
    let found = servers(&Connecting { ctx }, ctx, &tree, &line);
    let mut route = found?;
    // What the host itself is pinned to is not asked: its keys are what is looked for.
    let Some((host, before)) = route.hops.split_last_mut() else { return Ok(route) };
    let store = repository::MetadataStore::read(ctx);
    pin(ctx, &store, &tree, before)?;
    hold_proxy(ctx, &store, &tree, host)?;
    Ok(route)
}

/// The servers on the way that a command line takes, as the built-in session would go, all that are
/// pinned with their pins, and what the built-in session lacks for them.
///
/// # Errors
/// What ssh refuses the config for; [`ErrorKind::Refused`] for a host, user or hop to go nowhere
/// near, and for pins that cannot be read.
pub fn way(probe: &dyn Probe, ctx: &Ctx, tree: &Tree, line: &CommandLine) -> Result<Route> {
    let mut route = servers(probe, ctx, tree, line)?;
    pin(ctx, &repository::MetadataStore::read(ctx), tree, &mut route.hops)
        .map_err(|e| e.with_kind(ErrorKind::Refused))?;
    Ok(route)
}

/// Gives servers the host keys that they are pinned to, as profiles of their names, and holds a
/// ProxyCommand that is an ssh to those of the servers that it connects to.
///
/// # Errors
/// When pins cannot be read, or a ProxyCommand cannot be held to them.
pub(super) fn pin(
    ctx: &Ctx,
    store: &repository::MetadataStore,
    tree: &Tree,
    servers: &mut [Endpoint],
) -> Result<()> {
    for server in servers {
        server.trust.pins = pins_of(store, tree, &server.name)?;
        hold_proxy(ctx, store, tree, server)?;
    }
    Ok(())
}

fn hold_proxy(
    ctx: &Ctx,
    store: &repository::MetadataStore,
    tree: &Tree,
    server: &mut Endpoint,
) -> Result<()> {
    if let Some(command) = &server.transport.proxy_command
        && let Some(held) = hold::proxy_command(ctx, store, tree, server, command)?
    {
        server.transport.proxy_command = Some(held);
    }
    Ok(())
}

/// The host keys that a profile is pinned to. A host that is no profile has no pins that could be
/// lost, only some that can be read.
pub(super) fn pins_of(
    store: &repository::MetadataStore,
    tree: &Tree,
    name: &str,
) -> Result<Vec<String>> {
    match store.pins(name) {
        Err(error) if is_profile(tree, name.as_bytes()) => Err(error),
        pins => Ok(pins.unwrap_or_default()),
    }
}

fn servers(probe: &dyn Probe, ctx: &Ctx, tree: &Tree, line: &CommandLine) -> Result<Route> {
    let options = options_of(ctx, &effective::for_connect_by(probe, ctx, tree, line)?)?;
    let hop = |spec: &str| hop(probe, ctx, tree, line, spec);
    let name = String::from_utf8_lossy(line.host()).into_owned();
    let found = plan::route(&options, &name, &facts(ctx), hop);
    let (hops, missing_features) = found.map_err(Error::refused)?;
    Ok(Route { hops, missing_features, options, destination: line.words.clone() })
}

/// What was set, as the plan takes it: tokens expanded, defaults left out.
pub(super) fn options_of(ctx: &Ctx, found: &Effective) -> Result<Options> {
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
                Keyword::ProxyCommand | Keyword::ProxyJump => found.tokens().expand(&setting.value),
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
                Error::failed(format_args!("{}: {}: {what}", setting.source, row.title))
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

/// The facts that a plan depends on.
pub(super) fn facts(ctx: &Ctx) -> Facts {
    Facts {
        user: ctx.env.user.clone(),
        ssh_dir: ctx.env.passwd_home.join(".ssh"),
        agent: ctx.env.var("SSH_AUTH_SOCK").map(PathBuf::from),
        environment: ctx.env.all(),
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
