//! A look at the way of a connect, stage by stage, by either client: what is told of it, and what both
//! do in the same way, the key files and the connection to the first server. For `sshp doctor`.

pub(in crate::session) mod keys;
pub(in crate::session) mod reach;

use std::time::Duration;

use crate::ctx::Ctx;
use crate::doctor::{Fault, Outcome, Stage, Step};
use crate::error::{Error, Result};
use crate::profile::Session;
use crate::session::plan::{Auth, Endpoint, Method, Run};

/// What is run at the destination: it changes nothing, and every shell has it.
pub(in crate::session) const COMMAND: &str = "echo sshp-doctor";
/// What it prints.
pub(in crate::session) const MARK: &[u8] = b"sshp-doctor";
/// A start-up file may take this long.
pub(in crate::session) const LIMIT: Duration = Duration::from_secs(10);
/// An account that stays this long stays.
pub(in crate::session) const STAYS: Duration = Duration::from_secs(5);
/// Amazon, Ubuntu, Debian, its older images, CentOS, Fedora, Rocky, AlmaLinux, Oracle, Azure,
/// Flatcar, Bitnami, OpenStack, FreeBSD, Arch, Alpine, SUSE.
pub(in crate::session) const USUAL: [&str; 15] = [
    "ec2-user",
    "ubuntu",
    "debian",
    "admin",
    "root",
    "centos",
    "fedora",
    "rocky",
    "almalinux",
    "opc",
    "azureuser",
    "core",
    "bitnami",
    "cloud-user",
    "alpine",
];
/// A server counts every key.
pub(in crate::session) const KEYS: usize = 3;

/// How far to go.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProbeOptions {
    /// Stop before a login.
    pub no_auth: bool,
    /// Ask for a password and try it.
    pub password: bool,
    /// Ask which of the users that clouds have would be let in.
    pub guess_user: bool,
}

/// What the way ends with, where not in a connection.
pub(in crate::session) enum ProbeStop {
    /// Something is wrong.
    Fault(Box<Fault>),
    /// Nothing is wrong as far as it was to go; why no further.
    Left(String),
    /// The user wants no more, or there is a failure of our own.
    Error(Error),
}

impl From<Fault> for ProbeStop {
    fn from(fault: Fault) -> Self {
        ProbeStop::Fault(Box::new(fault))
    }
}

pub(in crate::session) type Way<T> = std::result::Result<T, ProbeStop>;

/// One server on the way, and what is told of it.
pub(in crate::session) struct Look<'a> {
    pub(in crate::session) ctx: &'a Ctx,
    /// How far to go.
    #[cfg_attr(not(feature = "builtin"), expect(dead_code, reason = "the built-in client asks"))]
    pub(in crate::session) ask: ProbeOptions,
    /// The client that would connect, which `auto` does not name.
    pub(in crate::session) client: Session,
    /// The number of the server, from 0.
    pub(in crate::session) hop: usize,
    /// The server.
    pub(in crate::session) endpoint: &'a Endpoint,
    /// The stage that is looked at.
    pub(in crate::session) stage: Stage,
    /// Called with each stage as it ends.
    pub(in crate::session) tell: &'a mut dyn FnMut(&Step) -> Result<()>,
}

impl Look<'_> {
    pub(in crate::session) fn told(&mut self, outcome: Outcome) -> Result<()> {
        (self.tell)(&Step { hop: self.hop, stage: self.stage, outcome })
    }

    /// Ends a stage, and goes on.
    pub(in crate::session) fn good(&mut self, stage: Stage, what: impl Into<String>) -> Way<()> {
        self.stage = stage;
        self.told(Outcome::Good(what.into())).map_err(ProbeStop::Error)
    }

    pub(in crate::session) fn note(&mut self, stage: Stage, what: impl Into<String>) -> Way<()> {
        self.stage = stage;
        self.told(Outcome::Note(what.into())).map_err(ProbeStop::Error)
    }

    /// Ends where a connect has no session.
    pub(in crate::session) fn without_session(&mut self) -> ProbeStop {
        self.stage = Stage::Session;
        ProbeStop::Left("not tried: a connect opens none (SessionType none)".to_owned())
    }

    /// The account has ended both a command of ours and a shell. It may be there for what the config
    /// has it run, which a look does not run.
    pub(in crate::session) fn closed(
        &mut self,
        run: &Run,
        status: Option<u32>,
        said: String,
    ) -> Way<()> {
        if *run == Run::Shell {
            return Err(Fault::AccountCloses { status, said }.into());
        }
        let what =
            format!("neither `{COMMAND}` nor a shell stays; what a connect runs was not tried");
        self.note(Stage::Session, what)
    }
}

/// Why a login failed for which no password was sent, by either client: `keys` are those that were
/// offered and what became of each, `server` what the server takes, `asks` whether that is a password.
pub(in crate::session) fn without_password(
    auth: &Auth,
    ask: ProbeOptions,
    keys: Vec<String>,
    server: &str,
    asks: bool,
) -> Way<Fault> {
    let typed = auth.methods.iter().any(|method| *method != Method::PublicKey);
    let chosen = auth.identities.iter().any(|identity| identity.chosen);
    // A key that the config names was to log in by itself.
    if asks && typed && !ask.password && (keys.is_empty() || !chosen) {
        let refused = if keys.is_empty() { "" } else { "no key is accepted; " };
        return Err(ProbeStop::Left(format!(
            "{refused}the server accepts a password; `--password` asks for yours and tries it"
        )));
    }
    if !keys.is_empty() {
        return Ok(Fault::KeyNotAccepted { keys, guessed: Vec::new() });
    }
    let server = server.to_owned();
    Ok(if asks || !typed {
        Fault::NoCommonMethod { server }
    } else {
        Fault::PasswordNotOffered { server }
    })
}

/// A limit that a person still waits for, and no longer than the config says.
pub(in crate::session) fn patience(endpoint: &Endpoint, limit: Duration) -> Duration {
    endpoint.transport.timeout.min(limit)
}
