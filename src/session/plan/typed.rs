//! PURE: a session with all its values typed, as the built-in client runs it.

use std::path::PathBuf;
use std::time::Duration;

use sshp_config::tokens::Tokens;
use sshp_known_hosts::Pins;
use sshp_known_hosts::picture::FingerprintHash;

use super::MissingFeature;
use super::forwards::Forwards;
use super::run::Run;
use crate::session::algorithms::Algorithms;

/// A session, all values typed.
#[derive(Clone, Debug)]
pub struct Builtin {
    /// The hops in the order in which they are connected; the last is the destination.
    pub hops: Vec<Endpoint>,
    /// What happens there.
    pub work: SessionRequest,
    /// What is gone on without, where there is no other client.
    pub without: Vec<MissingFeature>,
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
    /// Whether HostKeyAlgorithms gives an order, which known keys do not change.
    pub host_keys_fixed: bool,
    /// Compression is asked for.
    pub compression: bool,
    /// VersionAddendum: what follows the version that is sent.
    pub version_addendum: Option<String>,
    /// Bytes after which keys are renewed.
    pub rekey_bytes: Option<u64>,
    /// Time after which keys are renewed.
    pub rekey_time: Option<Duration>,
    /// Silence after which the server is asked for a sign of life.
    pub alive_interval: Option<Duration>,
    /// How many of those may go unanswered.
    pub alive_max: usize,
    /// The smallest RSA key that counts, in bits: the server's, its authority's and the user's.
    pub rsa_bits: usize,
    /// How its key is checked.
    pub trust: HostTrust,
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
    /// The network interface whose address to come from.
    pub interface: Option<String>,
    /// How packets are marked.
    pub service: Service,
    /// A command that stands for the connection.
    pub proxy_command: Option<String>,
}

/// IPQoS: how packets are marked, where they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// In a session with a terminal, or without a session.
    pub interactive: Option<u8>,
    /// In any other.
    pub bulk: Option<u8>,
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

impl Strict {
    /// Whether unknown keys are stored without a question.
    pub fn takes_new(self) -> bool {
        matches!(self, Strict::AcceptNew | Strict::No)
    }
}

/// UpdateHostKeys
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateKeys {
    /// They are not.
    No,
    /// Only after the user agrees.
    Ask,
    /// They are.
    Yes,
}

/// KnownHostsCommand
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostsCommand {
    /// The program and its arguments, tokens and all.
    pub line: String,
    /// What those common to all commands stand for.
    pub tokens: Tokens,
}

/// How a host key is checked.
#[derive(Clone, Debug)]
pub struct HostTrust {
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
    /// CheckHostIP: the address is looked up beside the name.
    pub check_ip: bool,
    /// Nothing is checked for a loopback address.
    pub skip_localhost: bool,
    /// Keys that are never accepted.
    pub revoked: Vec<PathBuf>,
    /// A program that says which keys there are.
    pub command: Option<HostsCommand>,
    /// Whether further keys of the server are stored.
    pub update: UpdateKeys,
    /// How fingerprints are written.
    pub fingerprint: FingerprintHash,
    /// A picture of the key is shown.
    pub visual: bool,
    /// The keys that it is pinned to.
    pub pins: Pins,
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
    /// Each of them is asked about before it is given to the agent.
    pub ask_to_add: bool,
    /// The devices that keyboard-interactive is asked to use, where they are chosen.
    pub devices: Option<String>,
    /// Only keys of these files, wherever they are held.
    pub identities_only: bool,
    /// The agent's socket.
    pub agent: Option<PathBuf>,
    /// How often a passphrase or password is asked for.
    pub prompts: usize,
    /// There is no terminal to ask at.
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
    /// Reads `yes`, `ask`, `confirm`, seconds, or the last two; `None` for `no`.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let mut add = AddToAgent { confirm: false, lifetime: None };
        for word in value.split_whitespace() {
            match word {
                "no" | "false" => return None,
                "yes" | "true" | "ask" => {}
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
    /// Whether the config sets it, so that a missing file is reported.
    pub chosen: bool,
}

/// What happens at the destination.
#[derive(Clone, Debug)]
pub struct SessionRequest {
    /// What runs there.
    pub run: Run,
    /// Whether it gets a terminal.
    pub tty: TtyChoice,
    /// It gets no input.
    pub no_input: bool,
    /// It goes on in the background once it is logged in.
    pub background: bool,
    /// ChannelTimeout: how long it may be silent.
    pub idle_limit: Option<Duration>,
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
