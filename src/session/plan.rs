//! PURE: from effective options to the built-in session with all its values typed; what it lacks is
//! named. What the system's ssh runs is checked here, too.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use sshp_config::{self, Keyword, Origin, is_valid_hostname};

use super::algorithms;
use super::options::{OptionSetting, Options};
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
    /// The destination as it was given, without `user@` and port: what messages call it.
    pub name: String,
    /// The remote command, its words joined with blanks as ssh joins them.
    pub command: Option<Vec<u8>>,
    /// `-W host:port`
    pub stdio_forward: Option<(String, u16)>,
    /// Flags that stand for no option and that the built-in session lacks.
    pub missing_features: Vec<MissingFeature>,
}

/// The facts of the run that a plan depends on.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The login name, the user where none is set.
    pub user: String,
    /// Where `~/.ssh` is.
    pub ssh_dir: PathBuf,
    /// `$SSH_AUTH_SOCK`
    pub agent: Option<PathBuf>,
    /// The environment, of which SendEnv takes.
    pub environment: Vec<(String, String)>,
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
}

fn join(missing_features: &[MissingFeature]) -> String {
    missing_features.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Plans a built-in session. `hop` resolves the options of a jump host, given as ssh(1) takes it.
///
/// # Errors
/// See [`SessionPlanError`].
pub fn plan<E>(
    choice: Session,
    options: &Options,
    request: &ConnectRequest,
    facts: &Facts,
    hop: impl FnMut(&str) -> Result<(String, Options), E>,
) -> Result<Box<Builtin>, SessionPlanError>
where
    E: fmt::Display,
{
    check_target(options, request)?;
    let (hops, mut missing_features) = chain(options, &request.name, facts, hop)?;
    missing_features.extend(missing_features::of_session(options));
    missing_features.extend(request.missing_features.iter().cloned());
    // Who has no other client, and has not asked for this one, is not left without any.
    let (without, missing_features): (Vec<MissingFeature>, Vec<MissingFeature>) = missing_features
        .into_iter()
        .partition(|missing| choice == Session::Auto && missing.is_harmless());
    if missing_features.is_empty() {
        let work = read::work(options, request, facts);
        return Ok(Box::new(Builtin { hops, work, without }));
    }
    Err(SessionPlanError::MissingFeatures(missing_features))
}

/// What a connect without a command on its command line runs at the destination.
#[must_use]
pub fn without_command(options: &Options) -> Run {
    run::run(options, &ConnectRequest::default())
}

/// The servers on the way to a destination, the destination last, and what the built-in session
/// lacks for them: for what asks a server something without a session.
///
/// # Errors
/// See [`SessionPlanError`].
pub fn route<E: fmt::Display>(
    options: &Options,
    name: &str,
    facts: &Facts,
    hop: impl FnMut(&str) -> Result<(String, Options), E>,
) -> Result<(Vec<Endpoint>, Vec<MissingFeature>), SessionPlanError> {
    check_target(options, &ConnectRequest { name: name.to_owned(), ..ConnectRequest::default() })?;
    let (hops, mut missing_features) = chain(options, name, facts, hop)?;
    missing_features.extend(missing_features::of_session(options));
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
        let refused = |what: &str, (text, origin): (&str, Option<&Origin>)| {
            let place = origin.map(|origin| format!(" ({origin})")).unwrap_or_default();
            let text = format!("the {what} `{text}` has characters that ssh refuses{place}");
            Err(SessionPlanError::Unsafe(text))
        };
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

fn check_target(options: &Options, request: &ConnectRequest) -> Result<(), SessionPlanError> {
    let setting = |keyword: &str| options.get(keyword).map(|s| (&*s.value, s.origin.as_ref()));
    let names = ShellNames {
        name: &request.name,
        host: setting("hostname").unwrap_or((&request.name, None)),
        user: setting("user").unwrap_or(("user", None)),
        alias: setting("hostkeyalias"),
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
    options: &Options,
    name: &str,
    facts: &Facts,
    mut hop: impl FnMut(&str) -> Result<(String, Options), E>,
) -> Result<(Vec<Endpoint>, Vec<MissingFeature>), SessionPlanError> {
    let mut hops: Vec<Endpoint> = Vec::new();
    let mut missing_features = Vec::new();
    let mut name = name.to_owned();
    let mut options = options.clone();
    let mut passed: Vec<(String, String)> = Vec::new();
    loop {
        let (mut endpoint, found) = endpoint(&options, &name, facts);
        if let Some(next) = hops.first() {
            // As long as the next server may take altogether, this one before it may at most.
            endpoint.transport.timeout = endpoint.transport.timeout.min(next.transport.timeout);
        }
        missing_features.extend(found);
        hops.insert(0, endpoint);
        let Some(jump) = options.some("proxyjump").map(str::to_owned) else { break };
        let here = (name.clone(), jump.clone());
        let again = passed.contains(&here);
        passed.push(here);
        if again {
            return Err(SessionPlanError::Loop(passed.into_iter().map(|(name, _)| name).collect()));
        }
        if hops.len() > MAX_HOPS {
            return Err(SessionPlanError::Jump(format!("more than {MAX_HOPS} hops: `{jump}`")));
        }
        let (before, last) = match jump.rsplit_once(',') {
            Some((before, last)) => (Some(before.to_owned()), last),
            None => (None, jump.as_str()),
        };
        let last = last.trim();
        if last.is_empty() {
            return Err(SessionPlanError::Jump(format!("`{jump}` names no host")));
        }
        let (next, mut found) =
            hop(last).map_err(|error| SessionPlanError::Jump(error.to_string()))?;
        // The list says how this hop is reached; its own ProxyJump counts for the first only.
        if let Some(before) = before {
            found.remove("proxycommand");
            found.replace("proxyjump", before);
        }
        check_target(&found, &ConnectRequest { name: next.clone(), ..ConnectRequest::default() })?;
        name = next;
        options = found;
    }
    Ok((hops, missing_features))
}

fn endpoint(options: &Options, name: &str, facts: &Facts) -> (Endpoint, Vec<MissingFeature>) {
    let typed = algorithms::typed(|keyword| options.text(keyword));
    let mut missing_features = missing_features::of_connection(options);
    for keyword in &typed.empty {
        if let Some(setting) = options.get(keyword) {
            missing_features.push(MissingFeature::new(
                keyword,
                setting,
                "it leaves nothing that the built-in session has",
            ));
        }
    }
    let params = &typed.params;
    let (rekey_bytes, rekey_time) = read::rekey(options.text("rekeylimit"));
    let endpoint = Endpoint {
        name: name.to_owned(),
        host: options.text("hostname").unwrap_or(name).to_owned(),
        port: params.port.unwrap_or(22),
        user: options.text("user").unwrap_or(&facts.user).to_owned(),
        transport: Transport {
            ipv6: match options.text("addressfamily") {
                Some("inet") => Some(false),
                Some("inet6") => Some(true),
                _ => None,
            },
            bind: options.some("bindaddress").map(str::to_owned),
            service: read::service(options.text("ipqos")),
            interface: options.some("bindinterface").map(str::to_owned),
            timeout: params
                .connect_timeout
                .filter(|timeout| !timeout.is_zero())
                .unwrap_or(DEFAULT_TIMEOUT),
            attempts: params.connection_attempts.unwrap_or(1).max(1),
            keepalive: params.tcp_keep_alive.unwrap_or(true),
            proxy_command: options
                .some("proxycommand")
                .filter(|_| options.some("proxyjump").is_none())
                .map(str::to_owned),
        },
        algorithms: typed.algorithms.clone(),
        host_keys_fixed: options.get("hostkeyalgorithms").is_some() && !options.host_keys_amended,
        compression: params.compression.unwrap_or(false),
        version_addendum: options
            .some("versionaddendum")
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        rekey_bytes,
        rekey_time,
        alive_interval: params.server_alive_interval.filter(|interval| !interval.is_zero()),
        alive_max: options.number("serveralivecountmax").unwrap_or(3),
        rsa_bits: options.number("requiredrsasize").unwrap_or(RSA_BITS),
        trust: read::trust(options, facts),
        auth: read::auth(options, params.pubkey_authentication, facts),
    };
    (endpoint, missing_features)
}

impl MissingFeature {
    /// Whether a session goes on without it: a config says so for everybody, and what it is about
    /// is no reason to stay away. What the command line asks for is asked for now.
    pub fn is_harmless(&self) -> bool {
        self.origin.is_some() && Keyword::find(self.option.as_bytes()).is_some_and(is_harmless)
    }

    fn new(option: &str, setting: &OptionSetting, why: &'static str) -> Self {
        MissingFeature {
            option: option.to_owned(),
            value: setting.value.clone(),
            origin: setting.origin.clone(),
            why,
        }
    }
}

#[cfg(test)]
mod document_tests;
#[cfg(test)]
mod tests;
