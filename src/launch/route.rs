//! The servers on the way to a destination, each with the host keys that it is pinned to.
//!
//! Made here for both clients and for all that asks a server something (doctor, trust), so that a
//! pin, and a host or user that ssh refuses, is checked for every one of them.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use sshp_config::pattern::is_literal;
use sshp_config::{CommandLine, Destination, Effective, Keyword, Probe, Tree, UsageError};
use sshp_known_hosts::Pins;
use sshp_known_hosts::name::HostArgument;

use super::effective::{self, Connecting, tree_for};
use super::hold::proxy_command;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::repository::MetadataStore;
use crate::session::plan::{
    self, Endpoint, Facts, MissingFeature, ResolvedServer, Run, SessionPlanError,
};
use crate::session::{ProbeOptions, system};

/// Resolves the command line of a jump host, and finds what it is pinned to; an error in words.
pub(super) fn of_hop(
    probe: &dyn Probe,
    ctx: &Ctx,
    store: &MetadataStore,
    tree: &Tree,
    line: &CommandLine,
) -> std::result::Result<ResolvedServer, String> {
    let options = effective::for_connect_by(probe, ctx, tree, line);
    let options = options.map_err(|error| error.source.to_string())?;
    let pins = pins_of(store, tree, &String::from_utf8_lossy(line.host()));
    Ok(ResolvedServer { options, pins })
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
    pub effective: Effective,
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
        let found = &self.effective;
        let control_path = found.value(Keyword::ControlPath);
        let control_path = control_path.map(|path| PathBuf::from(OsStr::from_bytes(path)));
        let shares = !found.is(Keyword::ControlMaster, "false");
        system::System {
            ctx,
            ssh,
            config: ctx.paths.ssh_config_flag(),
            hops: &self.hops,
            destination: &self.destination,
            ask,
            sets_session_type: found.is_set(Keyword::SessionType),
            goes_to_background: found.is_set(Keyword::ForkAfterAuthentication),
            control_path,
            shares,
            run,
            judged: system::Judged::default(),
        }
    }
}

/// The servers on the way to a host, the host last, as the built-in session would go; those before
/// it are pinned. What the host itself is pinned to does not count: its keys are what is looked for.
///
/// # Errors
/// What ssh refuses the config for, hops that cannot be read, and pins of theirs that cannot be.
pub fn route(ctx: &Ctx, asked: &HostArgument) -> Result<Route> {
    let port = asked.port.into_iter().flat_map(|port| ["-p".into(), port.to_string().into()]);
    let words = port.chain(["--".into(), OsString::from(&asked.host)]);
    let line = CommandLine::parse(words, &ctx.env.dialect).map_err(Error::failed)?;
    let tree = tree_for(ctx, &line);
    let store = MetadataStore::read(ctx);
    let mut route = servers(&Connecting { ctx }, ctx, &store, &tree, &line, Pins::None)?;
    hold(ctx, &store, &tree, &mut route.hops)?;
    Ok(route)
}

/// The servers on the way that a command line takes, as the built-in session would go, all that are
/// pinned with their pins, and what the built-in session lacks for them.
///
/// # Errors
/// What ssh refuses the config for; [`ErrorKind::Refused`] for a host, user or hop to go nowhere
/// near, and for pins that cannot be read.
pub fn way(probe: &dyn Probe, ctx: &Ctx, tree: &Tree, line: &CommandLine) -> Result<Route> {
    let store = MetadataStore::read(ctx);
    let pins = pins_of(&store, tree, &String::from_utf8_lossy(line.host()));
    let mut route = servers(probe, ctx, &store, tree, line, pins)?;
    hold(ctx, &store, tree, &mut route.hops).map_err(|e| e.with_kind(ErrorKind::Refused))?;
    Ok(route)
}

/// Requires that what servers are pinned to can be read, and holds a ProxyCommand that is an ssh to
/// the pins of the servers that it connects to.
///
/// # Errors
/// When pins cannot be read, or a ProxyCommand cannot be held to them.
pub(super) fn hold(
    ctx: &Ctx,
    store: &MetadataStore,
    tree: &Tree,
    servers: &mut [Endpoint],
) -> Result<()> {
    for server in servers {
        require_readable(store, &server.name, &server.trust.pins)?;
        hold_proxy(ctx, store, tree, server)?;
    }
    Ok(())
}

fn hold_proxy(ctx: &Ctx, store: &MetadataStore, tree: &Tree, server: &mut Endpoint) -> Result<()> {
    if let Some(command) = &server.transport.proxy_command
        && let Some(held) = proxy_command(ctx, store, tree, server, command)?
    {
        server.transport.proxy_command = Some(held);
    }
    Ok(())
}

/// The host keys that a server is pinned to, as the profile of its name. A host that is no profile has
/// no pins that could be lost, only some that can be read.
pub(super) fn pins_of(store: &MetadataStore, tree: &Tree, name: &str) -> Pins {
    match store.pins(name) {
        Ok(keys) => Pins::only(keys),
        Err(_) if is_profile(tree, name.as_bytes()) => Pins::Unreadable,
        Err(_) => Pins::None,
    }
}

/// Requires that what a server is pinned to can be read.
///
/// # Errors
/// When it cannot, with the place of the file and what mends it.
pub(super) fn require_readable(store: &MetadataStore, name: &str, pins: &Pins) -> Result<()> {
    match pins {
        Pins::None | Pins::Only(_) => Ok(()),
        Pins::Unreadable => store.pins(name).map(drop),
    }
}

fn servers(
    probe: &dyn Probe,
    ctx: &Ctx,
    store: &MetadataStore,
    tree: &Tree,
    line: &CommandLine,
    pins: Pins,
) -> Result<Route> {
    let effective = effective::for_connect_by(probe, ctx, tree, line)?;
    let environment = ctx.env.all();
    let resolve = |line: &CommandLine| of_hop(probe, ctx, store, tree, line);
    let server = ResolvedServer { options: effective.clone(), pins };
    let found = plan::route(server, line, facts(ctx, &environment), resolve);
    let (hops, missing_features) = found.map_err(|error| match error {
        SessionPlanError::Value { .. } => Error::failed(error),
        error => Error::refused(error),
    })?;
    Ok(Route { hops, missing_features, effective, destination: line.words.clone() })
}

/// The facts that a plan depends on.
pub(super) fn facts<'a>(ctx: &'a Ctx, environment: &'a [(String, String)]) -> Facts<'a> {
    Facts { machine: &ctx.env, environment }
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
