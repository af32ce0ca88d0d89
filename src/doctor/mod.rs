//! PURE: why a connection fails: what was met on the way, told as a finding with a name, what it
//! means, and the commands that mend it.
//!
//! The way itself is gone by `session::builtin`, the installation is looked at by `cmd::doctor`;
//! both tell a [`Step`] for each stage. Nothing here reads, asks or prints.

pub mod answer;
mod catalog;
pub mod fault;
mod finding;
pub mod ssh_log;

pub use answer::PortAnswer;
pub use catalog::find;
pub use fault::Fault;
pub use finding::{Finding, Mend, Subject};

/// What is looked at, in this order; the first that fails ends the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The config is read and resolved.
    Config,
    /// The key files and their modes.
    Keys,
    /// The name becomes addresses.
    Address,
    /// A connection to one of them.
    Tcp,
    /// The server says that it is one.
    Banner,
    /// Both sides have algorithms in common.
    Algorithms,
    /// The server is the one that is meant.
    HostKey,
    /// What it takes to log in.
    Methods,
    /// The login.
    Login,
    /// What the account does with a command.
    Session,
    /// The ssh that is installed.
    Ssh,
    /// `$HOME` and `~/.ssh`.
    Home,
    /// Who else may read or write what is there.
    Modes,
    /// What `sshp check` finds.
    Check,
    /// What the shell has of sshp.
    Shell,
    /// The agent and its keys.
    Agent,
}

impl Stage {
    /// Its name, as it is printed.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Config => "config",
            Stage::Keys => "keys",
            Stage::Address => "address",
            Stage::Tcp => "tcp",
            Stage::Banner => "banner",
            Stage::Algorithms => "algorithms",
            Stage::HostKey => "host-key",
            Stage::Methods => "methods",
            Stage::Login => "login",
            Stage::Session => "session",
            Stage::Ssh => "ssh",
            Stage::Home => "home",
            Stage::Modes => "modes",
            Stage::Check => "check",
            Stage::Shell => "shell",
            Stage::Agent => "agent",
        }
    }
}

/// How one stage ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should; what was seen.
    Good(String),
    /// Not as it should be, and no reason to stop.
    Note(String),
    /// It was left out; why.
    Left(String),
    /// It ends the way.
    Failed(Box<Fault>),
}

/// One stage for one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which server on the way, counted from 0; for the installation 0.
    pub hop: usize,
    /// What was looked at.
    pub stage: Stage,
    /// What came of it.
    pub outcome: Outcome,
}
