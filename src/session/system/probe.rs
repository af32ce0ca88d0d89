//! Looks at the way of a connect as the system's ssh takes it: from the key exchange on, what that
//! very ssh does and says decides.
//!
//! The name and the connection are looked at by `session::probe`, which explains more of
//! what is wrong there. Nothing is stored, and no password is sent unless that is asked for.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sshp_known_hosts::key::label_of;
use sshp_known_hosts::verdict::Match;
use sshp_known_hosts::{Marker, Names};

use super::Ssh;
use super::trial::{Trial, TrialEnd, TrialResult, is_logged_in};
use crate::ctx::Ctx;
use crate::doctor::ssh_log::{self, HostKeyVerdict, SshLog};
use crate::doctor::{Fault, Outcome, Stage, Step, answer};
use crate::error::Result;
use crate::profile::Session;
use crate::repository::{self, ScratchFolder};
use crate::session::algorithms;
use crate::session::pins;
use crate::session::plan::{Endpoint, Run};
use crate::session::probe::ProbeOptions;
use crate::session::probe::{COMMAND, LIMIT, MARK, STAYS};
use crate::session::probe::{Look, ProbeStop, Way, keys as key_files, reach};
use crate::ui::{sanitize, terminal};

/// How long a server may take for a step of the login.
const LOGIN_LIMIT: Duration = Duration::from_mins(1);
/// How long a person may take to type.
const TYPING_LIMIT: Duration = Duration::from_mins(5);

/// A look at a way by the system's ssh.
pub struct System<'a> {
    /// The facts of this run.
    pub ctx: &'a Ctx,
    /// The program.
    pub ssh: &'a Ssh,
    /// What `-F` says.
    pub config: Option<&'a Path>,
    /// The servers on the way, the destination last.
    pub hops: &'a [Endpoint],
    /// The destination as a connect gives it to ssh.
    pub destination: &'a [OsString],
    /// How far to go.
    pub ask: ProbeOptions,
    /// The config sets SessionType, which not every ssh knows.
    pub sets_session_type: bool,
    /// The config sets ForkAfterAuthentication, which not every ssh knows.
    pub goes_to_background: bool,
    /// ControlPath: another ssh may hold a connection there that a connect would use.
    pub control_path: Option<PathBuf>,
    /// ControlMaster: a connect shares its own connection there.
    pub shares: bool,
    /// What a connect runs at the destination.
    pub run: &'a Run,
    /// The servers whose known_hosts lines were compared with their pins.
    pub judged: Judged,
}

/// Whether the known_hosts lines of a server contradict its pins, by its place on the way.
#[derive(Debug, Default)]
pub struct Judged(pub(super) RefCell<HashMap<usize, bool>>);

/// What a run of ssh is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    /// To be let in.
    Login,
    /// To run a command.
    Command,
    /// To have a shell.
    Shell,
}

/// Looks at every server on the way, the destination last, and tells each stage as it ends.
///
/// # Errors
/// When the user cancels, ssh cannot be started or what is told cannot be printed. What is wrong with
/// the way is told.
pub fn probe(system: &System<'_>, tell: &mut dyn FnMut(&Step) -> Result<()>) -> Result<()> {
    terminal::guard();
    let folder = ScratchFolder::new()?;
    let stored = folder.path().join("known_hosts");
    let last = system.hops.len().saturating_sub(1);
    // A key that is wrong is told before anything is sent; whether it stops the login, ssh decides.
    let mut faults = Vec::new();
    for (hop, endpoint) in system.hops.iter().enumerate() {
        let mut look = system.look(hop, endpoint, tell);
        match key_files::look(&mut look) {
            Ok(fault) => {
                if let Some(fault) = &fault {
                    look.stage = Stage::Keys;
                    look.told(Outcome::Note(key_files::said(fault)))?;
                }
                faults.push(fault);
            }
            Err(stop) => return told(&mut look, stop),
        }
    }
    if let Some(path) = &system.control_path {
        let mut look = system.look(last, &system.hops[last], tell);
        match system.look_at_shared(&mut look, path) {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(stop) => return told(&mut look, stop),
        }
    }
    for ((hop, endpoint), fault) in system.hops.iter().enumerate().zip(faults) {
        let mut look = system.look(hop, endpoint, tell);
        if let Err(stop) = system.go(&mut look, &stored, fault) {
            return told(&mut look, stop);
        }
    }
    Ok(())
}

fn told(look: &mut Look<'_>, stop: ProbeStop) -> Result<()> {
    match stop {
        ProbeStop::Error(error) => Err(error),
        ProbeStop::Fault(fault) => look.told(Outcome::Failed(fault)),
        ProbeStop::Left(why) => look.told(Outcome::Left(why)),
    }
}

impl System<'_> {
    pub(super) fn look<'a>(
        &'a self,
        hop: usize,
        endpoint: &'a Endpoint,
        tell: &'a mut dyn FnMut(&Step) -> Result<()>,
    ) -> Look<'a> {
        let (ctx, ask, client, stage) = (self.ctx, self.ask, Session::System, Stage::Address);
        Look { ctx, ask, client, hop, endpoint, stage, tell }
    }

    /// From the address to the login, and for the last to a session.
    fn go(&self, look: &mut Look<'_>, stored: &Path, key: Option<Fault>) -> Way<()> {
        let (at, endpoint) = (look.hop, look.endpoint);
        let is_last = at + 1 == self.hops.len();
        if at > 0 {
            look.good(Stage::Address, "left to the jump host")?;
        } else if let Some(command) = &endpoint.transport.proxy_command {
            look.good(Stage::Address, "left to the ProxyCommand")?;
            let what = format!("runs the ProxyCommand, as a connect does: `{command}`");
            look.note(Stage::Tcp, what)?;
        } else {
            reach::look(look)?;
        }
        if let Some(command) = &endpoint.trust.command {
            let what = format!("runs the KnownHostsCommand, as a connect does: `{}`", command.line);
            look.note(Stage::HostKey, what)?;
        }
        let has_session = is_last && *self.run != Run::Nothing;
        let aim = if has_session && !self.ask.no_auth { Aim::Command } else { Aim::Login };
        let seen = self.run(at, stored, aim).map_err(ProbeStop::Error)?;
        let log = ssh_log::parse(&seen.log);
        greeting(look, &seen, &log)?;
        self.algorithms(look, &seen, &log)?;
        host_key(look, &log)?;
        self.login(look, &seen, &log, stored, key)?;
        match (is_last, has_session) {
            (false, _) => Ok(()),
            (true, false) => Err(look.without_session()),
            (true, true) => self.session(look, &seen, &log, stored),
        }
    }

    fn run(&self, at: usize, stored: &Path, aim: Aim) -> Result<TrialResult> {
        let endpoint = &self.hops[at];
        let mut arguments: Vec<OsString> = Vec::new();
        arguments.push(if aim == Aim::Login { "-N" } else { "-T" }.into());
        arguments.extend(self.words(at));
        if aim == Aim::Command {
            arguments.push(COMMAND.into());
        }
        let mut options = self.options(at, stored);
        // `-N` says so itself, and ssh takes no other word beside it.
        if aim != Aim::Login && self.sets_session_type {
            options.push("SessionType=default".to_owned());
        }
        let interactive = self.is_interactive(endpoint) && !self.ask.no_auth;
        let login = if interactive { TYPING_LIMIT } else { LOGIN_LIMIT };
        let trial = Trial {
            ssh: self.ssh,
            config: self.config,
            options,
            arguments,
            holds_input: aim == Aim::Shell,
            // ssh's own limit comes first, and its words with it.
            patience: (endpoint.transport.timeout + Duration::from_secs(2), login),
        };
        // A line beside a question would be in the way.
        let progress = (!interactive)
            .then(|| self.ctx.ui.progress(format_args!("ssh tries to reach `{}`", endpoint.name)));
        let seen = trial.run(|_, stdout, login| match (aim, login) {
            (_, None) => false,
            (Aim::Login, Some(_)) => true,
            (Aim::Command, Some(since)) => has_mark(stdout) || since > LIMIT,
            (Aim::Shell, Some(since)) => since > STAYS,
        });
        drop(progress);
        seen
    }

    /// Whether both sides have algorithms in common, and whether the built-in session has them, too.
    fn algorithms(&self, look: &mut Look<'_>, seen: &TrialResult, log: &SshLog) -> Way<()> {
        look.stage = Stage::Algorithms;
        let [ours, theirs] = &log.proposals;
        if let Some((option, offer)) = &log.no_common {
            let offered = ours.of(option).to_vec();
            let has = super::algorithms(self.ssh, option);
            let is_new = |name: &&String| has.contains(name) && !offered.contains(name);
            let on_demand = offer.iter().filter(is_new).cloned().collect();
            let of_builtin =
                cfg!(feature = "builtin") && offer.iter().any(|name| algorithms::has(option, name));
            return Err(Fault::NoCommonAlgorithm {
                option,
                ours: offered,
                theirs: offer.clone(),
                on_demand,
                of_other: of_builtin.then(|| "--session builtin".to_owned()),
            }
            .into());
        }
        if log.host_key.is_none() {
            let why = match seen.end {
                TrialEnd::Silent(limit) => {
                    format!("the server stops answering for {} s", limit.as_secs())
                }
                _ => words(seen, log),
            };
            return Err(Fault::Handshake { why }.into());
        }
        look.good(Stage::Algorithms, log.negotiated.join(", "))?;
        let lists = &look.endpoint.algorithms;
        let builtin = [
            ("KexAlgorithms", &lists.kex),
            ("HostKeyAlgorithms", &lists.host_keys),
            ("Ciphers", &lists.ciphers),
            ("MACs", &lists.macs),
        ];
        for (option, has) in builtin {
            let theirs = theirs.of(option);
            // A cipher with a MAC of its own needs no other.
            let needed = option != "MACs" || log.negotiated.len() > 3;
            if needed && !theirs.is_empty() && !theirs.iter().any(|name| has.contains(name)) {
                let what = format!(
                    "ssh has {option} that the built-in session does not offer: {}",
                    theirs.join(", ")
                );
                look.note(Stage::Algorithms, what)?;
            }
        }
        Ok(())
    }

    /// What the account does with a command.
    fn session(
        &self,
        look: &mut Look<'_>,
        seen: &TrialResult,
        log: &SshLog,
        stored: &Path,
    ) -> Way<()> {
        look.stage = Stage::Session;
        if let Some(why) = &log.session_refused {
            return Err(Fault::SessionRefused { why: why.clone() }.into());
        }
        if has_mark(&seen.stdout) {
            return look.good(Stage::Session, format!("`{COMMAND}` ran"));
        }
        if let TrialEnd::Exited(status @ (Some(1..) | None)) = seen.end {
            // Some devices know a shell and no commands.
            let shell = self.run(look.hop, stored, Aim::Shell).map_err(ProbeStop::Error)?;
            if matches!(shell.end, TrialEnd::Exited(_)) || !is_logged_in(&shell.log) {
                let said = [&seen.stdout, &shell.stdout, &seen.stderr];
                let said = said.into_iter().find(|said| !said.is_empty());
                let said = String::from_utf8_lossy(said.map_or(&[], Vec::as_slice)).into_owned();
                if let Some(user) = answer::user_that_is_named(&said) {
                    return Err(Fault::WrongUser { users: vec![user.to_owned()] }.into());
                }
                let said = said.trim().lines().take(3).collect::<Vec<_>>().join("\n");
                let status = status.and_then(|status| u32::try_from(status).ok());
                return look.closed(self.run, status, said);
            }
        }
        look.note(
            Stage::Session,
            format!("`{COMMAND}` was not run; the account runs another command or shell"),
        )
    }
}

/// Whether the server speaks ssh.
fn greeting(look: &mut Look<'_>, seen: &TrialResult, log: &SshLog) -> Way<()> {
    let endpoint = look.endpoint;
    if let Some(greeting) = log.greeting.as_ref().filter(|line| answer::is_ssh(line)) {
        if look.hop > 0 {
            let place = format!("{} port {}", endpoint.host, endpoint.port);
            look.good(Stage::Tcp, format!("through the jump host to {place}"))?;
        }
        return look.good(Stage::Banner, greeting.clone());
    }
    let stderr = String::from_utf8_lossy(&seen.stderr);
    let all = ssh_log::parse(&stderr);
    let (stage, fault) = if let Some(uid) = all.no_passwd_entry.or(log.no_passwd_entry.clone()) {
        (Stage::Ssh, Fault::NoPasswdEntry { uid })
    } else if log.config_refused || all.config_refused {
        let why = if log.said.is_empty() { all.said } else { log.said.clone() };
        (Stage::Config, Fault::ConfigRefused { why: why.join("\n"), advice: Vec::new() })
    } else if let Some(why) = &log.unresolved {
        (Stage::Address, Fault::CannotResolve { why: why.clone() })
    } else if let Some(said) = log.before_greeting.clone().or(log.greeting.clone()) {
        (Stage::Banner, Fault::NotSsh { said: sanitize::line(&said).into_owned() })
    } else if look.hop > 0 {
        let why = all.session_refused.unwrap_or_else(|| words(seen, log));
        let forbids = why.contains("administratively prohibited");
        let fault = if forbids { Fault::JumpForbids } else { Fault::JumpCannotReach { why } };
        (Stage::Tcp, fault)
    } else if let Some(why) = &log.unconnected {
        (Stage::Tcp, Fault::Unreachable { why: why.clone() })
    } else if matches!(seen.end, TrialEnd::Silent(_)) || seen.log.contains("during banner exchange")
    {
        let seconds = endpoint.transport.timeout.as_secs();
        match &endpoint.transport.proxy_command {
            None => (Stage::Banner, Fault::Silent { seconds }),
            Some(command) => {
                let why = format!("it said nothing for {seconds} s\n{stderr}");
                (Stage::Banner, Fault::ProxyCommand { command: command.clone(), why })
            }
        }
    } else if let Some(command) = endpoint.transport.proxy_command.clone() {
        let why = words(seen, log);
        (Stage::Banner, Fault::ProxyCommand { command, why })
    } else if seen.log.contains("Connection established") {
        (Stage::Banner, Fault::ClosedEarly)
    } else {
        (Stage::Banner, Fault::SshFailed { said: words(seen, log) })
    };
    look.stage = stage;
    Err(fault.into())
}

/// Whether the server is the one that is meant.
fn host_key(look: &mut Look<'_>, log: &SshLog) -> Way<()> {
    look.stage = Stage::HostKey;
    let endpoint = look.endpoint;
    let Some((name, fingerprint)) = &log.host_key else { return Ok(()) };
    let label = label_of(name.trim_end_matches("-cert-v01@openssh.com"))
        .or_else(|| label_of(name))
        .unwrap_or(name);
    let offered = format!("{label} {fingerprint}");
    let known = known(endpoint);
    let unreadable = known.as_ref().err().map(|error| format!("{:#}", error.source));
    let lines = known.unwrap_or_default();
    let pins = &endpoint.trust.pins;
    if pins.is_pinned() {
        if !pins.allow_fingerprint(fingerprint) {
            let pins = pins.fingerprints().to_vec();
            return Err(Fault::HostKeyNotPinned { offered, pins }.into());
        }
        if let Err(error) = pins::check_files(&pins::Pinned::of(endpoint)) {
            return Err(Fault::PinsConflict { why: format!("{:#}", error.source) }.into());
        }
    }
    let shown =
        |line: &Match| format!("{} {} ({})", line.key.label(), line.key.sha256(), line.place);
    match &log.host_key_verdict {
        HostKeyVerdict::Stored => {
            look.note(Stage::HostKey, format!("{offered}, not known yet: a connect would store it"))
        }
        HostKeyVerdict::Unknown => Err(match unreadable {
            Some(why) => Fault::KnownHostsUnreadable { why },
            None => Fault::HostKeyUnknown { offered },
        }
        .into()),
        HostKeyVerdict::Changed => {
            let known = lines.iter().filter(|line| line.marker.is_none()).map(shown).collect();
            Err(Fault::HostKeyChanged { offered, known }.into())
        }
        HostKeyVerdict::Revoked => {
            let by = lines.iter().find(|line| {
                line.marker == Some(Marker::Revoked) && line.key.sha256() == *fingerprint
            });
            let by = by.map_or_else(|| "RevokedHostKeys".to_owned(), |line| line.place.to_string());
            Err(Fault::HostKeyRevoked { offered, by }.into())
        }
        _ if !log.encrypted => Err(Fault::Handshake { why: log.said.join("\n") }.into()),
        HostKeyVerdict::Known(Some(by)) => {
            look.good(Stage::HostKey, format!("{offered}, known by {by}"))
        }
        HostKeyVerdict::Known(None) | HostKeyVerdict::None => look.good(Stage::HostKey, offered),
    }
}

pub(super) fn has_mark(stdout: &[u8]) -> bool {
    stdout.windows(MARK.len()).any(|part| part == MARK)
}

/// What ssh and what it started said, in their own words.
pub(super) fn words(seen: &TrialResult, log: &SshLog) -> String {
    let stderr = String::from_utf8_lossy(&seen.stderr);
    let said = stderr.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let all: Vec<&str> = said.chain(log.said.iter().map(String::as_str)).collect();
    match (all.is_empty(), seen.end) {
        (false, _) => all[all.len().saturating_sub(6)..].join("\n"),
        (true, TrialEnd::Exited(Some(status))) => {
            format!("ssh ended with status {status} and said nothing")
        }
        (true, TrialEnd::Silent(limit)) => format!("ssh said nothing for {} s", limit.as_secs()),
        (true, _) => "ssh ended and said nothing".to_owned(),
    }
}

/// The lines of the known_hosts files for a server.
fn known(endpoint: &Endpoint) -> Result<Vec<Match>> {
    let trust = &endpoint.trust;
    let files = repository::known_hosts::load(&trust.user_files, &trust.global_files)?;
    let names = Names::new(&endpoint.host, endpoint.port, trust.alias.as_deref());
    Ok(files.find(&names).all().to_vec())
}
