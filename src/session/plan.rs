//! PURE: from effective options to what will be run: the system's ssh, or the built-in session
//! with all its values typed; what the built-in session lacks is named.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::algorithms::{self, Algorithms};
use super::options::{Options, Setting};
use crate::profile::Session;
use crate::ssh_config::Origin;

mod forwards;
mod lacks;

pub use forwards::{Forward, Forwards, Place, Target};
pub use lacks::{Support, Where, support};

/// How long a set-up may take where no ConnectTimeout is set.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(30);
/// A chain of jump hosts is not longer; one that names itself would be endless.
const MAX_HOPS: usize = 16;
/// russh cannot go further without new keys.
const MAX_REKEY_BYTES: u64 = 1 << 30;

/// What a connect asks for besides options.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The destination as it was given, without `user@` and port: what messages call it.
    pub name: String,
    /// The remote command, its words joined with blanks as ssh joins them.
    pub command: Option<Vec<u8>>,
    /// `-W host:port`
    pub stdio_forward: Option<(String, u16)>,
    /// Flags that stand for no option and that the built-in session lacks.
    pub lacking: Vec<Lack>,
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
    /// Whether an ssh to run was found.
    pub has_ssh: bool,
}

/// What will be run.
#[derive(Debug)]
pub enum Plan {
    /// The system's ssh.
    System,
    /// The built-in session.
    Builtin(Box<Builtin>),
}

/// Something that only the system's ssh can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The option as ssh_config(5) writes it.
    pub option: String,
    /// What it is set to.
    pub value: String,
    /// Where; `None` for the command line.
    pub origin: Option<Origin>,
    /// Why that is a reason, where the name alone does not say it.
    pub why: &'static str,
}

impl fmt::Display for Lack {
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
pub enum PlanError {
    /// The built-in session was asked for and lacks something.
    #[error("the built-in session does not support {}", join(.0))]
    Lacks(Vec<Lack>),
    /// A host or user that ssh would refuse on its command line.
    #[error("{0}")]
    Unsafe(String),
    /// A ProxyJump that cannot be read, or without end.
    #[error("ProxyJump: {0}")]
    Jump(String),
}

fn join(lacks: &[Lack]) -> String {
    lacks.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// A session, all values typed.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// The hops in the order in which they are connected; the last is the destination.
    pub hops: Vec<Endpoint>,
    /// What happens there.
    pub work: Work,
}

/// One server on the way.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// What messages call it.
    pub name: String,
    /// Where it is.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whom to log in as.
    pub user: String,
    /// How it is reached.
    pub transport: Transport,
    /// What is negotiated.
    pub algorithms: Algorithms,
    /// Whether HostKeyAlgorithms is configured, so that known keys do not change its order.
    pub host_keys_fixed: bool,
    /// Compression is asked for.
    pub compression: bool,
    /// Bytes after which keys are renewed.
    pub rekey_bytes: Option<u64>,
    /// Time after which keys are renewed.
    pub rekey_time: Option<Duration>,
    /// Silence after which the server is asked for a sign of life.
    pub alive_interval: Option<Duration>,
    /// How many of those may go unanswered.
    pub alive_max: usize,
    /// How its key is checked.
    pub trust: Trust,
    /// How to log in.
    pub auth: Auth,
}

/// How a server is reached.
#[derive(Clone, Debug, Default)]
pub struct Transport {
    /// `Some(false)` for IPv4 only, `Some(true)` for IPv6 only.
    pub ipv6: Option<bool>,
    /// The address to come from.
    pub bind: Option<String>,
    /// For all of the set-up together: connection, greeting, keys.
    pub timeout: Duration,
    /// How often a connection is tried.
    pub attempts: usize,
    /// TCP's own keepalives.
    pub keepalive: bool,
    /// A command that stands for the connection.
    pub proxy_command: Option<String>,
}

/// StrictHostKeyChecking
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strict {
    /// Unknown keys are refused.
    Yes,
    /// Unknown keys are shown and asked about.
    Ask,
    /// Unknown keys are stored.
    AcceptNew,
    /// Unknown keys are stored; changed ones lose what could be taken from the user.
    No,
}

/// How a host key is checked.
#[derive(Clone, Debug)]
pub struct Trust {
    /// What happens with unknown keys.
    pub strict: Strict,
    /// The name in known_hosts, where it is not the host's.
    pub alias: Option<String>,
    /// UserKnownHostsFile
    pub user_files: Vec<PathBuf>,
    /// GlobalKnownHostsFile
    pub global_files: Vec<PathBuf>,
    /// New names are hashed.
    pub hash: bool,
    /// Nothing is checked for a loopback address.
    pub skip_localhost: bool,
    /// Keys that are never accepted.
    pub revoked: Option<PathBuf>,
    /// The only keys that are accepted, `SHA256:…`, where the profile is pinned.
    pub pins: Vec<String>,
}

/// A way to log in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Keys of files and agent.
    PublicKey,
    /// Questions of the server.
    KeyboardInteractive,
    /// One password.
    Password,
}

/// How to log in.
#[derive(Clone, Debug)]
pub struct Auth {
    /// The ways in order of preference.
    pub methods: Vec<Method>,
    /// Key files, in order.
    pub identities: Vec<Identity>,
    /// Certificates for keys of files or agent.
    pub certificates: Vec<PathBuf>,
    /// Keys that are opened are given to the agent.
    pub add_to_agent: Option<AddToAgent>,
    /// Only keys of these files, wherever they are held.
    pub identities_only: bool,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// How often a passphrase or password is asked for.
    pub prompts: usize,
    /// Nobody can be asked.
    pub batch: bool,
}

/// AddKeysToAgent
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddToAgent {
    /// The agent asks before each use.
    pub confirm: bool,
    /// The agent forgets it after this many seconds.
    pub lifetime: Option<u32>,
}

impl AddToAgent {
    /// Reads `yes`, `confirm`, seconds, or both; `None` for what asks the user each time.
    fn parse(value: &str) -> Option<Self> {
        let mut add = AddToAgent { confirm: false, lifetime: None };
        for word in value.split_whitespace() {
            match word {
                "yes" | "true" => {}
                "confirm" => add.confirm = true,
                seconds => add.lifetime = Some(seconds.parse().ok()?),
            }
        }
        Some(add)
    }
}

/// A key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The private key.
    pub path: PathBuf,
    /// Whether somebody set it, so that its absence is worth a word.
    pub chosen: bool,
}

/// What happens at the destination.
#[derive(Clone, Debug)]
pub struct Work {
    /// What runs there.
    pub run: Run,
    /// Whether it gets a terminal.
    pub tty: TtyChoice,
    /// It gets no input.
    pub no_input: bool,
    /// Variables that it gets, if the server takes them.
    pub environment: Vec<(String, String)>,
    /// The character that begins an escape.
    pub escape: Option<u8>,
    /// Nothing but errors is said.
    pub quiet: bool,
    /// What is forwarded.
    pub forwards: Forwards,
    /// LocalCommand, where PermitLocalCommand lets it run here.
    pub local_command: Option<String>,
}

/// What runs at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// The login shell.
    Shell,
    /// A command for it.
    Command(Vec<u8>),
    /// A subsystem such as `sftp`.
    Subsystem(String),
    /// Nothing: `-N`.
    Nothing,
    /// A connection from there takes the place of input and output: `-W`.
    Connection(String, u16),
}

/// RequestTTY
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TtyChoice {
    /// For a shell.
    Auto,
    /// If there is one here.
    Yes,
    /// Even if there is none here.
    Force,
    /// Never.
    No,
}

/// Plans a session. `hop` resolves the options of a jump host, given as ssh(1) takes it.
///
/// # Errors
/// See [`PlanError`].
pub fn plan<E>(
    choice: Session,
    options: &Options,
    request: &Request,
    facts: &Facts,
    hop: impl FnMut(&str) -> Result<(String, Options), E>,
) -> Result<Plan, PlanError>
where
    E: fmt::Display,
{
    check_target(options, request)?;
    if choice == Session::System || (choice == Session::Auto && facts.has_ssh) {
        return Ok(Plan::System);
    }
    let (hops, mut lacks) = chain(options, &request.name, facts, hop)?;
    lacks.extend(lacks::of_session(options));
    lacks.extend(request.lacking.iter().cloned());
    if lacks.is_empty() {
        let work = work(options, request, facts);
        return Ok(Plan::Builtin(Box::new(Builtin { hops, work })));
    }
    Err(PlanError::Lacks(lacks))
}

/// The servers on the way to a destination, the destination last: for what asks a server something
/// without a session.
///
/// # Errors
/// See [`PlanError`].
pub fn route<E: fmt::Display>(
    options: &Options,
    name: &str,
    facts: &Facts,
    hop: impl FnMut(&str) -> Result<(String, Options), E>,
) -> Result<Vec<Endpoint>, PlanError> {
    check_target(options, &Request { name: name.to_owned(), ..Request::default() })?;
    chain(options, name, facts, hop).map(|(hops, _lacks)| hops)
}

/// The destination itself, however it is reached.
#[must_use]
pub fn destination(options: &Options, name: &str, facts: &Facts) -> Endpoint {
    endpoint(options, name, facts).0
}

/// ssh checks host and user of its command line only; what a config says is as dangerous in a
/// ProxyCommand.
fn check_target(options: &Options, request: &Request) -> Result<(), PlanError> {
    let place = |keyword: &str| match options.get(keyword).and_then(|s| s.origin.as_ref()) {
        Some(origin) => format!(" ({origin})"),
        None => String::new(),
    };
    let host = options.text("hostname").unwrap_or(&request.name);
    if !is_valid_host(host) {
        return Err(PlanError::Unsafe(format!(
            "the host name `{host}` has characters that ssh refuses{}",
            place("hostname")
        )));
    }
    match options.text("user") {
        Some(user) if !is_valid_user(user) => Err(PlanError::Unsafe(format!(
            "the user name `{user}` has characters that ssh refuses{}",
            place("user")
        ))),
        _ => Ok(()),
    }
}

/// ssh.c: ssh_valid_hostname, and no control characters either.
#[must_use]
pub fn is_valid_host(host: &str) -> bool {
    let bad = |c: char| "'`\"$\\;&<>|(){},".contains(c) || c.is_whitespace() || c.is_control();
    !host.is_empty() && !host.starts_with('-') && !host.contains(bad)
}

/// ssh.c: ssh_valid_ruser, and no control characters either.
#[must_use]
pub fn is_valid_user(user: &str) -> bool {
    let bad = |c: char| "'`\";&<>|(){}".contains(c) || c.is_control();
    let blank_then_dash =
        user.as_bytes().windows(2).any(|pair| pair[0].is_ascii_whitespace() && pair[1] == b'-');
    !user.starts_with('-') && !user.contains(bad) && !blank_then_dash && !user.ends_with('\\')
}

/// The servers on the way, the destination last, and what the built-in session lacks for them.
fn chain<E: fmt::Display>(
    options: &Options,
    name: &str,
    facts: &Facts,
    mut hop: impl FnMut(&str) -> Result<(String, Options), E>,
) -> Result<(Vec<Endpoint>, Vec<Lack>), PlanError> {
    let mut hops = Vec::new();
    let mut lacks = Vec::new();
    let mut name = name.to_owned();
    let mut options = options.clone();
    loop {
        let (endpoint, found) = endpoint(&options, &name, facts);
        lacks.extend(found);
        hops.insert(0, endpoint);
        let Some(jump) = options.some("proxyjump").map(str::to_owned) else { break };
        if hops.len() > MAX_HOPS {
            return Err(PlanError::Jump(format!("more than {MAX_HOPS} hops, or a loop: `{jump}`")));
        }
        let (before, last) = match jump.rsplit_once(',') {
            Some((before, last)) => (Some(before.to_owned()), last),
            None => (None, jump.as_str()),
        };
        let last = last.trim();
        if last.is_empty() {
            return Err(PlanError::Jump(format!("`{jump}` names no host")));
        }
        let (next, mut found) = hop(last).map_err(|error| PlanError::Jump(error.to_string()))?;
        // The list says how this hop is reached; its own ProxyJump counts for the first only.
        if let Some(before) = before {
            found.remove("proxycommand");
            found.replace("proxyjump", before);
        }
        check_target(&found, &Request { name: next.clone(), ..Request::default() })?;
        name = next;
        options = found;
    }
    Ok((hops, lacks))
}

fn endpoint(options: &Options, name: &str, facts: &Facts) -> (Endpoint, Vec<Lack>) {
    let typed = algorithms::typed(|keyword| options.text(keyword));
    let mut lacks = lacks::of_connection(options);
    for keyword in &typed.empty {
        if let Some(setting) = options.get(keyword) {
            lacks.push(Lack::new(
                keyword,
                setting,
                "it leaves nothing that the built-in session has",
            ));
        }
    }
    let params = &typed.params;
    let (rekey_bytes, rekey_time) = rekey(options.text("rekeylimit"));
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
        host_keys_fixed: options.get("hostkeyalgorithms").is_some(),
        compression: params.compression.unwrap_or(false),
        rekey_bytes,
        rekey_time,
        alive_interval: params.server_alive_interval.filter(|interval| !interval.is_zero()),
        alive_max: options.number("serveralivecountmax").unwrap_or(3),
        trust: trust(options, facts),
        auth: auth(options, params.pubkey_authentication, facts),
    };
    (endpoint, lacks)
}

/// `512M 1h`, in bytes and seconds as `ssh -G` prints them, or with their units.
fn rekey(value: Option<&str>) -> (Option<u64>, Option<Duration>) {
    let mut words = value.unwrap_or_default().split_whitespace();
    let bytes = words.next().and_then(|word| {
        let (digits, unit) = match word.as_bytes().last()? {
            b'K' | b'k' => (&word[..word.len() - 1], 1 << 10),
            b'M' | b'm' => (&word[..word.len() - 1], 1 << 20),
            b'G' | b'g' => (&word[..word.len() - 1], 1 << 30),
            _ => (word, 1),
        };
        let bytes = digits.parse::<u64>().ok()?.saturating_mul(unit);
        (bytes > 0).then_some(bytes.min(MAX_REKEY_BYTES))
    });
    let time = words.next().and_then(|word| word.parse().ok()).filter(|seconds| *seconds > 0);
    (bytes, time.map(Duration::from_secs))
}

fn trust(options: &Options, facts: &Facts) -> Trust {
    let files = |keyword: &str, defaults: [PathBuf; 2]| -> Vec<PathBuf> {
        let set: Vec<PathBuf> =
            options.all(keyword).iter().map(|setting| PathBuf::from(&setting.value)).collect();
        match set.as_slice() {
            [] => defaults.to_vec(),
            [one] if one.as_os_str().eq_ignore_ascii_case("none") => Vec::new(),
            _ => set,
        }
    };
    let etc = |name: &str| PathBuf::from("/etc/ssh").join(name);
    Trust {
        strict: match options.text("stricthostkeychecking") {
            Some("yes" | "true") => Strict::Yes,
            Some("accept-new") => Strict::AcceptNew,
            Some("no" | "false" | "off") => Strict::No,
            _ => Strict::Ask,
        },
        alias: options.some("hostkeyalias").map(str::to_owned),
        user_files: files(
            "userknownhostsfile",
            [facts.ssh_dir.join("known_hosts"), facts.ssh_dir.join("known_hosts2")],
        ),
        global_files: files(
            "globalknownhostsfile",
            [etc("ssh_known_hosts"), etc("ssh_known_hosts2")],
        ),
        hash: options.flag("hashknownhosts", false),
        skip_localhost: options.flag("nohostauthenticationforlocalhost", false),
        revoked: options.some("revokedhostkeys").map(PathBuf::from),
        pins: Vec::new(),
    }
}

fn auth(options: &Options, pubkey: Option<bool>, facts: &Facts) -> Auth {
    let batch = options.flag("batchmode", false);
    let mut allowed = Vec::new();
    // `unbound` and `host-bound` are words of PubkeyAuthentication too.
    if pubkey.unwrap_or(true) {
        allowed.push(Method::PublicKey);
    }
    if !batch && options.flag("kbdinteractiveauthentication", true) {
        allowed.push(Method::KeyboardInteractive);
    }
    if !batch && options.flag("passwordauthentication", true) {
        allowed.push(Method::Password);
    }
    let methods = match options.text("preferredauthentications") {
        None => allowed,
        Some(list) => list
            .split(',')
            .filter_map(|name| match name.trim() {
                "publickey" => Some(Method::PublicKey),
                "keyboard-interactive" => Some(Method::KeyboardInteractive),
                "password" => Some(Method::Password),
                _ => None,
            })
            .filter(|method| allowed.contains(method))
            .collect(),
    };
    let chosen = options.all("identityfile");
    let identities = if chosen.is_empty() {
        ["id_rsa", "id_ecdsa", "id_ed25519"]
            .map(|name| Identity { path: facts.ssh_dir.join(name), chosen: false })
            .to_vec()
    } else {
        chosen
            .iter()
            .filter(|setting| !setting.value.eq_ignore_ascii_case("none"))
            .map(|setting| Identity { path: PathBuf::from(&setting.value), chosen: true })
            .collect()
    };
    Auth {
        methods,
        identities,
        certificates: options
            .all("certificatefile")
            .iter()
            .filter(|setting| !setting.value.eq_ignore_ascii_case("none"))
            .map(|setting| PathBuf::from(&setting.value))
            .collect(),
        add_to_agent: options
            .text("addkeystoagent")
            .filter(|value| !matches!(*value, "no" | "false" | "ask"))
            .and_then(AddToAgent::parse),
        identities_only: options.flag("identitiesonly", false),
        agent: agent_socket(options, facts),
        prompts: options.number("numberofpasswordprompts").unwrap_or(3),
        batch,
    }
}

fn agent_socket(options: &Options, facts: &Facts) -> Option<PathBuf> {
    match options.text("identityagent") {
        None | Some("SSH_AUTH_SOCK") => facts.agent.clone(),
        Some(none) if none.eq_ignore_ascii_case("none") => None,
        Some(variable) if variable.starts_with('$') => {
            let found = facts.environment.iter().find(|(name, _)| *name == variable[1..]);
            found.map(|(_, value)| PathBuf::from(value))
        }
        Some(path) => Some(PathBuf::from(path)),
    }
}

fn work(options: &Options, request: &Request, facts: &Facts) -> Work {
    let command = request
        .command
        .clone()
        .or_else(|| options.some("remotecommand").map(|command| command.as_bytes().to_vec()))
        .filter(|command| !command.is_empty());
    let run = match (&request.stdio_forward, options.text("sessiontype"), command) {
        (Some((host, port)), _, _) => Run::Connection(host.clone(), *port),
        (None, Some("none"), _) => Run::Nothing,
        (None, Some("subsystem"), Some(name)) => {
            Run::Subsystem(String::from_utf8_lossy(&name).into_owned())
        }
        (None, _, Some(command)) => Run::Command(command),
        (None, _, None) => Run::Shell,
    };
    let tty = match options.text("requesttty") {
        Some("yes" | "true") => TtyChoice::Yes,
        Some("force") => TtyChoice::Force,
        Some("no" | "false") => TtyChoice::No,
        _ => TtyChoice::Auto,
    };
    let mut environment = Vec::new();
    for setting in options.all("sendenv") {
        for pattern in setting.value.split_whitespace() {
            let taken = facts
                .environment
                .iter()
                .filter(|(name, _)| algorithms::matches(pattern.as_bytes(), name.as_bytes()));
            environment.extend(taken.cloned());
        }
    }
    for setting in options.all("setenv") {
        if let Some((name, value)) = setting.value.split_once('=') {
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
    let mut seen = std::collections::HashSet::new();
    environment.retain(|(name, _)| seen.insert(name.clone()));
    Work {
        run,
        tty,
        no_input: options.flag("stdinnull", false),
        environment,
        escape: escape(options.text("escapechar")),
        quiet: matches!(
            options.text("loglevel").map(str::to_ascii_lowercase).as_deref(),
            Some("silent" | "quiet" | "fatal" | "error")
        ),
        local_command: options
            .text("localcommand")
            .filter(|_| options.flag("permitlocalcommand", false))
            .map(str::to_owned),
        // `-W` is the only connection then (ssh.c: main).
        forwards: match &request.stdio_forward {
            Some(_) => Forwards::default(),
            None => forwards::forwards(options, agent_socket(options, facts)),
        },
    }
}

/// EscapeChar: a character, `^` and a letter, or `none`.
fn escape(value: Option<&str>) -> Option<u8> {
    match value.map(str::as_bytes) {
        None => Some(b'~'),
        Some([b'^', letter]) => Some(letter & 31),
        Some([byte]) => Some(*byte),
        Some(_) => None,
    }
}

impl Lack {
    fn new(option: &str, setting: &Setting, why: &'static str) -> Self {
        Lack {
            option: option.to_owned(),
            value: setting.value.clone(),
            origin: setting.origin.clone(),
            why,
        }
    }
}

#[cfg(test)]
mod tests;
