//! PURE: from effective options to the built-in session with all its values typed; what it lacks is
//! named. What the system's ssh runs is checked here, too.

use std::borrow::Cow;
use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use std::time::Duration;

use ssh2_config::HostParams;
use sshp_config::forward::Jump;
use sshp_config::tokens::ExpandError;
use sshp_config::{CommandLine, Effective, Keyword, Origin, Setting, Source, is_valid_hostname};
use sshp_known_hosts::Pins;

use super::algorithms;
use crate::profile::Session;

mod forwards;
mod missing_features;
pub mod proxy;
mod read;
mod run;
mod timeouts;
mod typed;

pub use forwards::{AgentSocket, ForwardPlace, ForwardTarget, Forwards, PlannedForward, Reach};
pub use missing_features::{Support, Where, is_harmless, support};
pub use run::{Run, peculiarities};
pub use typed::{
    AddToAgent, Auth, Builtin, Endpoint, HostTrust, HostsCommand, Identity, Method, Service,
    SessionRequest, Strict, Transport, TtyChoice, UpdateKeys,
};

/// How long a set-up may take where no ConnectTimeout is set.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// ssh's default for RequiredRSASize.
const RSA_BITS: usize = 1024;
/// A chain of jump hosts is not longer; one that names itself would be endless.
pub const MAX_HOPS: usize = 16;

/// What a connect asks for besides options.
#[derive(Clone, Debug, Default)]
pub struct ConnectRequest {
    /// The remote command, its words joined with blanks as ssh joins them.
    pub command: Option<Vec<u8>>,
    /// `-W host:port`
    pub stdio_forward: Option<(String, u16)>,
    /// Flags that stand for no option and that the built-in session lacks.
    pub missing_features: Vec<MissingFeature>,
}

/// The facts of the run that a plan depends on.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// The machine's: home, user, single variables.
    pub machine: &'a dyn sshp_config::Facts,
    /// The environment, of which SendEnv takes.
    pub environment: &'a [(String, String)],
}

impl Facts<'_> {
    /// A variable as a path; `None` where it is not set or empty.
    fn path_of(&self, variable: &str) -> Option<PathBuf> {
        let value = self.machine.variable(variable.as_bytes())?;
        (!value.is_empty()).then(|| path(value))
    }
}

/// Something that only the system's ssh can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingFeature {
    /// The option as ssh_config(5) writes it.
    pub option: String,
    /// What it is set to.
    pub value: String,
    /// Where; `None` for the command line.
    pub origin: Option<Origin>,
    /// Why that is a reason, where the name alone does not say it.
    pub why: &'static str,
}

impl fmt::Display for MissingFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{} {}`", self.option, self.value)?;
        match &self.origin {
            Some(origin) => write!(f, " ({origin})")?,
            None => write!(f, " (command line)")?,
        }
        if self.why.is_empty() { Ok(()) } else { write!(f, ": {}", self.why) }
    }
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum SessionPlanError {
    /// The built-in session was asked for and lacks something.
    #[error("the built-in session does not support {}", join(.0))]
    MissingFeatures(Vec<MissingFeature>),
    /// A host or user that ssh would refuse on its command line.
    #[error("{0}")]
    Unsafe(String),
    /// A ProxyJump that cannot be read.
    #[error("ProxyJump: {0}")]
    Jump(String),
    /// A ProxyJump without end: the hops, each reached through the next.
    #[error("ProxyJump never ends: {}", .0.join(" via "))]
    Loop(Vec<String>),
    /// The value of an option that cannot be used.
    #[error("{place}: {}: {why}", .keyword.title())]
    Value {
        /// Where it stands.
        place: Source,
        /// The option.
        keyword: Keyword,
        /// What is wrong with it.
        why: String,
    },
}

fn join(missing_features: &[MissingFeature]) -> String {
    missing_features.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// The options of a server, and what it is pinned to.
#[derive(Clone, Debug)]
pub struct ResolvedServer {
    /// What ssh would use for it.
    pub options: Effective,
    /// The host keys that it may have.
    pub pins: Pins,
}

/// Plans a built-in session with the destination of a command line. `resolve` resolves the command
/// line of a jump host.
///
/// # Errors
/// See [`SessionPlanError`].
pub fn plan<E>(
    choice: Session,
    server: ResolvedServer,
    line: &CommandLine,
    request: &ConnectRequest,
    facts: Facts<'_>,
    resolve: impl FnMut(&CommandLine) -> Result<ResolvedServer, E>,
) -> Result<Box<Builtin>, SessionPlanError>
where
    E: fmt::Display,
{
    check_target(&server.options)?;
    let work = read::work(&server.options, request, facts)?;
    let mut missing_features = missing_features::of_session(&server.options);
    let (hops, of_hops) = chain(server, line, facts, resolve)?;
    missing_features.splice(0..0, of_hops);
    missing_features.extend(request.missing_features.iter().cloned());
    // Who has no other client, and has not asked for this one, is not left without any.
    let (without, missing_features): (Vec<MissingFeature>, Vec<MissingFeature>) = missing_features
        .into_iter()
        .partition(|missing| choice == Session::Auto && missing.is_harmless());
    if missing_features.is_empty() {
        return Ok(Box::new(Builtin { hops, work, without }));
    }
    Err(SessionPlanError::MissingFeatures(missing_features))
}

/// What a connect without a command on its command line runs at the destination.
#[must_use]
pub fn without_command(found: &Effective) -> Run {
    run::run(found, &ConnectRequest::default())
}

/// The servers on the way to the destination of a command line, the destination last, and what the
/// built-in session lacks for them: for what asks a server something without a session.
///
/// # Errors
/// See [`SessionPlanError`].
pub fn route<E: fmt::Display>(
    server: ResolvedServer,
    line: &CommandLine,
    facts: Facts<'_>,
    resolve: impl FnMut(&CommandLine) -> Result<ResolvedServer, E>,
) -> Result<(Vec<Endpoint>, Vec<MissingFeature>), SessionPlanError> {
    check_target(&server.options)?;
    let of_session = missing_features::of_session(&server.options);
    let (hops, mut missing_features) = chain(server, line, facts, resolve)?;
    missing_features.extend(of_session);
    Ok((hops, missing_features))
}

/// What a shell may get to read of a server: `%h`, `%r`, `%n` and `%k` in a command, and a jump host
/// in the command line of its ssh.
#[derive(Clone, Copy, Debug)]
pub struct ShellNames<'a> {
    /// The name that was given: a profile, a host, a jump host.
    pub name: &'a str,
    /// The host to connect to, and where that stands.
    pub host: (&'a str, Option<&'a Origin>),
    /// The user to log in as, and where that stands.
    pub user: (&'a str, Option<&'a Origin>),
    /// HostKeyAlias, and where that stands.
    pub alias: Option<(&'a str, Option<&'a Origin>)>,
}

impl ShellNames<'_> {
    /// ssh checks host and user of its command line only; what a config says is as dangerous in a
    /// command.
    ///
    /// # Errors
    /// [`SessionPlanError::Unsafe`]
    pub fn require_safe(&self) -> Result<(), SessionPlanError> {
        if !is_valid_host(self.host.0) {
            return refused("host name", self.host);
        }
        if !is_valid_host(self.name) {
            return refused("host name", (self.name, None));
        }
        if !is_valid_user(self.user.0) {
            return refused("user name", self.user);
        }
        match self.alias {
            Some(alias) if !is_valid_host(alias.0) => refused("host key alias", alias),
            _ => Ok(()),
        }
    }
}

fn refused(what: &str, (text, origin): (&str, Option<&Origin>)) -> Result<(), SessionPlanError> {
    let place = origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
    let text = format!("the {what} `{text}` has characters that ssh refuses{place}");
    Err(SessionPlanError::Unsafe(text))
}

/// What a shell may get to read of a destination.
///
/// # Errors
/// [`SessionPlanError::Unsafe`]
pub fn check_target(found: &Effective) -> Result<(), SessionPlanError> {
    let origin = |keyword: Keyword| found.setting(keyword).and_then(|s| origin_of(&s.source));
    let (host, user) = (lossy(found.host()), lossy(found.user()));
    let alias = found.host_key_alias().map(lossy);
    let names = ShellNames {
        name: &lossy(found.typed()),
        host: (&host, origin(Keyword::HostName)),
        user: (&user, origin(Keyword::User)),
        alias: alias.as_deref().map(|alias| (alias, origin(Keyword::HostKeyAlias))),
    };
    names.require_safe()
}

/// ssh's own check, and there must be a name without blanks and controls beyond ASCII either.
#[must_use]
pub fn is_valid_host(host: &str) -> bool {
    let hidden = |c: char| c.is_whitespace() || c.is_control();
    !host.is_empty() && is_valid_hostname(host.as_bytes()) && !host.contains(hidden)
}

/// ssh's own check, and no controls beyond ASCII either.
#[must_use]
pub fn is_valid_user(user: &str) -> bool {
    sshp_config::is_valid_user(user.as_bytes()) && !user.contains(char::is_control)
}

/// The servers on the way, the destination last, and what the built-in session lacks for them.
fn chain<E: fmt::Display>(
    mut server: ResolvedServer,
    line: &CommandLine,
    facts: Facts<'_>,
    mut resolve: impl FnMut(&CommandLine) -> Result<ResolvedServer, E>,
) -> Result<(Vec<Endpoint>, Vec<MissingFeature>), SessionPlanError> {
    let mut hops: Vec<Endpoint> = Vec::new();
    let mut missing_features = Vec::new();
    let mut line = Cow::Borrowed(line);
    let mut passed: Vec<(String, Vec<u8>)> = Vec::new();
    loop {
        let (mut endpoint, missing) = endpoint(&server, facts)?;
        if let Some(next) = hops.first() {
            // As long as the next server may take altogether, this one before it may at most.
            endpoint.transport.timeout = endpoint.transport.timeout.min(next.transport.timeout);
        }
        missing_features.extend(missing);
        hops.insert(0, endpoint);
        let found = &server.options;
        let jump = found.jump_hops().map_err(|error| wrong(found, Keyword::ProxyJump, error))?;
        let Some(Jump::Through { last, before }) = jump else { break };
        let through = found.get(Keyword::ProxyJump).unwrap_or_default().to_vec();
        let here = (lossy(found.typed()).into_owned(), through);
        let again = passed.contains(&here);
        passed.push(here);
        if again {
            return Err(SessionPlanError::Loop(passed.into_iter().map(|(name, _)| name).collect()));
        }
        if hops.len() > MAX_HOPS {
            let jump = found.text(Keyword::ProxyJump).unwrap_or_default();
            return Err(SessionPlanError::Jump(format!("more than {MAX_HOPS} hops: `{jump}`")));
        }
        let name = lossy(&last.host);
        if !is_valid_host(&name) {
            let setting = found.setting(Keyword::ProxyJump);
            let origin = setting.and_then(|setting| origin_of(&setting.source));
            refused("host name", (&name, origin))?;
        }
        let next = line.to_hop(&last, before.as_deref(), found.dialect());
        let next = next.map_err(|error| SessionPlanError::Jump(error.to_string()))?;
        server = resolve(&next).map_err(|error| SessionPlanError::Jump(error.to_string()))?;
        check_target(&server.options)?;
        line = Cow::Owned(next);
    }
    Ok((hops, missing_features))
}

fn endpoint(
    server: &ResolvedServer,
    facts: Facts<'_>,
) -> Result<(Endpoint, Vec<MissingFeature>), SessionPlanError> {
    use Keyword as K;
    let found = &server.options;
    let trust = read::trust(server, facts)?;
    let auth = read::auth(found, facts)?;
    let params = found.host_params(facts.machine);
    let params = params.map_err(|error| wrong(found, K::IdentityFile, error))?;
    let chosen = algorithms::choose(found, &params);
    let mut missing_features = missing_features::of_connection(found);
    for keyword in chosen.empty {
        if let Some(setting) = found.setting(keyword) {
            let why = "it leaves nothing that the built-in session has";
            missing_features.push(MissingFeature::new(keyword, setting, why));
        }
    }
    let HostParams { connect_timeout, connection_attempts, tcp_keep_alive, compression, .. } =
        params;
    let (rekey_bytes, rekey_time) = read::rekey(found);
    let endpoint = Endpoint {
        name: lossy(found.typed()).into_owned(),
        host: lossy(found.host()).into_owned(),
        port: found.port(),
        user: lossy(found.user()).into_owned(),
        transport: Transport {
            ipv6: match found.get(K::AddressFamily) {
                Some(b"inet") => Some(false),
                Some(b"inet6") => Some(true),
                _ => None,
            },
            bind: text(found, K::BindAddress)?,
            service: read::service(found),
            interface: text(found, K::BindInterface)?,
            timeout: connect_timeout.unwrap_or(DEFAULT_TIMEOUT),
            attempts: connection_attempts.unwrap_or(1).max(1),
            keepalive: tcp_keep_alive.unwrap_or(true),
            proxy_command: expanded(found, K::ProxyCommand, |line| found.tokens().expand(line))?,
        },
        algorithms: chosen.algorithms,
        host_keys_fixed: found.is_set(K::HostKeyAlgorithms) && !found.host_keys_amended,
        compression: compression.unwrap_or(false),
        version_addendum: text(found, K::VersionAddendum)?.filter(|text| !text.is_empty()),
        rekey_bytes,
        rekey_time,
        alive_interval: params.server_alive_interval,
        alive_max: count(found, K::ServerAliveCountMax).unwrap_or(3),
        rsa_bits: count(found, K::RequiredRSASize).unwrap_or(RSA_BITS),
        trust,
        auth,
    };
    Ok((endpoint, missing_features))
}

/// A value as text; `None` for `none`.
fn text(found: &Effective, keyword: Keyword) -> Result<Option<String>, SessionPlanError> {
    expanded(found, keyword, |value| Ok(value.to_vec()))
}

/// A value as text once something is expanded in it; `None` for `none`.
fn expanded(
    found: &Effective,
    keyword: Keyword,
    expand: impl Fn(&[u8]) -> Result<Vec<u8>, ExpandError>,
) -> Result<Option<String>, SessionPlanError> {
    let Some(value) = found.value(keyword) else { return Ok(None) };
    let value = expand(value).map_err(|error| wrong(found, keyword, error))?;
    let value = String::from_utf8(value).map_err(|_| wrong(found, keyword, "not UTF-8"))?;
    Ok(Some(value))
}

fn wrong(found: &Effective, keyword: Keyword, why: impl fmt::Display) -> SessionPlanError {
    let place = found.setting(keyword).map_or(Source::Default, |setting| setting.source.clone());
    SessionPlanError::Value { place, keyword, why: why.to_string() }
}

/// A number of things.
fn count(found: &Effective, keyword: Keyword) -> Option<usize> {
    found.number(keyword).and_then(|number| usize::try_from(number).ok())
}

fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn path(bytes: impl Into<Vec<u8>>) -> PathBuf {
    PathBuf::from(OsString::from_vec(bytes.into()))
}

fn origin_of(source: &Source) -> Option<&Origin> {
    match source {
        Source::File(origin) => Some(origin),
        Source::CommandLine | Source::Default => None,
    }
}

impl MissingFeature {
    /// Whether a session goes on without it: a config says so for everybody, and what it is about
    /// is no reason to stay away. What the command line asks for is asked for now.
    pub fn is_harmless(&self) -> bool {
        self.origin.is_some() && Keyword::find(self.option.as_bytes()).is_some_and(is_harmless)
    }

    fn new(keyword: Keyword, setting: &Setting, why: &'static str) -> Self {
        MissingFeature {
            option: keyword.title().to_owned(),
            value: setting.text().into_owned(),
            origin: origin_of(&setting.source).cloned(),
            why,
        }
    }
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
pub(super) mod tests;
