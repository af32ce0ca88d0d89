//! Goes the way of a connect stage by stage and tells what it meets; for `sshp doctor`.
//!
//! It is the way of `connection::open`, with the same parts, and stops at the first that fails. It
//! stores nothing: no host key, no key in the agent. A password goes out only where that was asked
//! for.

mod reach;
mod session;
mod users;

use std::sync::Arc;

use russh::MethodKind;
use sshp_known_hosts::HostKey;

use super::auth::{self, AuthLog, KeyTurn};
use super::connection::{self, Connection, HandshakeError, Handshaken};

use super::handler::explain;
use super::hostkey::{self, Accepted, Examined, KnownKeys};
use super::opened_keys::OpenedKeys;
use super::tap::Tap;
use crate::ctx::Ctx;
use crate::doctor::{Fault, Outcome, Stage, Step, answer};
use crate::error::{Error, ErrorKind, Result};
use crate::profile::Session;
use crate::session::deadline::Deadline;
use crate::session::greeting::Heard;
use crate::session::limits;
use crate::session::plan::{Endpoint, Method, Run};
use crate::session::probe::{Look, ProbeOptions, ProbeStop, Way, keys, without_password};
use crate::session::transport::OpenTransport;
use crate::ui::{sanitize, terminal};

/// Looks at every server on the way, the destination last, and tells each stage as it ends.
///
/// # Errors
/// When the user cancels or what is told cannot be printed. What is wrong with the way is told.
pub fn probe(
    ctx: &Ctx,
    hops: &[Endpoint],
    ask: ProbeOptions,
    run: &Run,
    tell: &mut dyn FnMut(&Step) -> Result<()>,
) -> Result<()> {
    limits::require()?;
    terminal::guard();
    // What is wrong here is told before anything is sent anywhere.
    for (hop, endpoint) in hops.iter().enumerate() {
        let mut look = look(ctx, ask, hop, endpoint, tell);
        let gone = match keys::look(&mut look) {
            Ok(None) => continue,
            Ok(Some(fault)) => fault.into(),
            Err(stop) => stop,
        };
        return look.stopped(gone);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let end = runtime.block_on(async {
        let mut links: Vec<Connection> = Vec::with_capacity(hops.len());
        let end = way(ctx, hops, ask, run, tell, &mut links).await;
        while let Some(link) = links.pop() {
            link.close().await;
        }
        end
    });
    // A name that is still being looked up would hold the process.
    runtime.shutdown_background();
    end
}

fn look<'a>(
    ctx: &'a Ctx,
    ask: ProbeOptions,
    hop: usize,
    endpoint: &'a Endpoint,
    tell: &'a mut dyn FnMut(&Step) -> Result<()>,
) -> Look<'a> {
    Look { ctx, ask, client: Session::Builtin, hop, endpoint, stage: Stage::Keys, tell }
}

async fn way(
    ctx: &Ctx,
    hops: &[Endpoint],
    ask: ProbeOptions,
    run: &Run,
    tell: &mut dyn FnMut(&Step) -> Result<()>,
    links: &mut Vec<Connection>,
) -> Result<()> {
    let opened = OpenedKeys::default();
    for (hop, endpoint) in hops.iter().enumerate() {
        let mut look = look(ctx, ask, hop, endpoint, tell);
        match look.go(links.last(), (hop + 1 == hops.len()).then_some(run), &opened).await {
            Ok(link) => links.push(link),
            Err(stop) => return look.stopped(stop),
        }
    }
    Ok(())
}

impl Look<'_> {
    /// Tells what ends the way.
    fn stopped(&mut self, stop: ProbeStop) -> Result<()> {
        match stop {
            ProbeStop::Error(error) => Err(error),
            ProbeStop::Fault(fault) => self.told(Outcome::Failed(fault)),
            ProbeStop::Left(why) => self.told(Outcome::Left(why)),
        }
    }

    /// From the address to the login, and for the last to a session.
    async fn go(
        &mut self,
        before: Option<&Connection>,
        last: Option<&Run>,
        opened: &OpenedKeys,
    ) -> Way<Connection> {
        let transport = reach::open(self, before).await?;
        let mut handshaken = self.handshake(transport).await?;
        self.login(&mut handshaken, before, opened).await?;
        let link = handshaken.into_connection(None);
        if let Some(run) = last {
            if *run == Run::Nothing {
                return Err(self.without_session());
            }
            self.stage = Stage::Session;
            session::look(self, &link, run).await?;
        }
        Ok(link)
    }

    /// Greeting, algorithms, host key.
    async fn handshake(&mut self, opened: OpenTransport) -> Way<Handshaken> {
        let (ctx, endpoint) = (self.ctx, self.endpoint);
        let (stream, heard) = Tap::new(opened.stream);
        if let Some(command) = &endpoint.trust.command {
            let what = format!("runs the KnownHostsCommand, as a connect does: `{}`", command.line);
            self.note(Stage::HostKey, what)?;
        }
        let known = hostkey::known(ctx, endpoint, opened.peer).await.map_err(|error| {
            self.stage = Stage::HostKey;
            Fault::KnownHostsUnreadable { why: format!("{:#}", error.source) }
        })?;
        let deadline = Deadline::new(endpoint.transport.timeout);
        let mut judged = None;
        let handshake =
            connection::handshake(ctx, endpoint, &known, stream, &deadline, async |blob| {
                let verdict = self.judge(&known, blob, &heard.line()).await;
                let stop = || Error::new(ErrorKind::HostKey, "not accepted");
                let refused = verdict.is_err();
                judged = Some(verdict);
                if refused { Err(stop()) } else { Ok(()) }
            });
        let handshaken = handshake.await;
        if let Some(Err(stop)) = judged {
            return Err(stop);
        }
        handshaken.map_err(|error| self.handshake_failed(&error, &heard, judged.is_some()))
    }

    /// Why there was no handshake.
    fn handshake_failed(
        &mut self,
        error: &HandshakeError,
        heard: &Heard,
        judged: bool,
    ) -> ProbeStop {
        let seconds = self.endpoint.transport.timeout.as_secs();
        let line = heard.line();
        self.stage = Stage::Banner;
        if !answer::is_ssh(&line) {
            let silent = line.is_empty();
            return match (&self.endpoint.transport.proxy_command, error) {
                (Some(command), _) if silent => {
                    let command = command.clone();
                    let why = "it ended, or said nothing".to_owned();
                    Fault::ProxyCommand { command, why }.into()
                }
                (_, HandshakeError::TimedOut) if silent => Fault::Silent { seconds }.into(),
                _ if silent => Fault::ClosedEarly.into(),
                _ => Fault::NotSsh { said: line }.into(),
            };
        }
        if !judged && let Err(stop) = self.good(Stage::Banner, line) {
            return stop;
        }
        self.stage = Stage::Algorithms;
        match error {
            HandshakeError::Protocol(russh::Error::NoCommonAlgo { kind, ours, theirs }) => {
                reach::no_common(kind, ours, theirs, &self.endpoint.algorithms).into()
            }
            HandshakeError::Protocol(error) => Fault::Handshake { why: explain(error) }.into(),
            HandshakeError::Refused(error) => {
                Fault::Handshake { why: error.source.to_string() }.into()
            }
            HandshakeError::TimedOut => {
                Fault::Handshake { why: format!("the server stops answering for {seconds} s") }
                    .into()
            }
        }
    }

    /// Decides about a host key as a connect does, without a question and without storing anything.
    async fn judge(&mut self, known: &Arc<KnownKeys>, blob: &[u8], banner: &str) -> Way<()> {
        self.good(Stage::Banner, banner)?;
        let examined = hostkey::look_up(self.ctx, self.endpoint, known, blob).await;
        let shown = |key: &HostKey| format!("{} {}", key.label(), key.sha256());
        self.good(Stage::Algorithms, "both sides have algorithms in common")?;
        self.stage = Stage::HostKey;
        let (key, examined) =
            examined.map_err(|error| Fault::Handshake { why: format!("{:#}", error.source) })?;
        let offered = shown(&key);
        match examined {
            Examined::Verified { by, .. } => {
                self.good(Stage::HostKey, format!("{offered}, known by {by}"))
            }
            Examined::Unknown { .. } if self.endpoint.trust.strict.takes_new() => self.note(
                Stage::HostKey,
                format!("{offered}, not known yet: a connect would store it"),
            ),
            Examined::Unknown { .. } => Err(Fault::HostKeyUnknown { offered }.into()),
            Examined::Revoked(by) => Err(Fault::HostKeyRevoked { offered, by }.into()),
            Examined::NotPinned(_) => {
                let pins = self.endpoint.trust.pins.fingerprints().to_vec();
                Err(Fault::HostKeyNotPinned { offered, pins }.into())
            }
            Examined::Changed { known, .. } | Examined::AddressDiffers { known, .. } => {
                let known = known.iter().map(|l| format!("{} ({})", shown(&l.key), l.place));
                Err(Fault::HostKeyChanged { offered, known: known.collect() }.into())
            }
        }
    }

    /// What the server takes, and the login.
    async fn login(
        &mut self,
        handshaken: &mut Handshaken,
        before: Option<&Connection>,
        opened: &OpenedKeys,
    ) -> Way<()> {
        // What the keys and the server say was told already, or is told below.
        let ctx = &self.ctx.with_ui(self.ctx.ui.louder(true, false));
        self.stage = Stage::Methods;
        let mut auth_log = AuthLog::default();
        let lets_all =
            auth::methods(ctx, self.endpoint, handshaken.auth_transport(), &mut auth_log).await;
        let lets_all =
            lets_all.map_err(|_| Fault::ClosedAtLogin { why: handshaken.end.reason() })?;
        let server = list(auth_log.server.as_deref());
        if lets_all {
            return self
                .note(Stage::Methods, format!("it lets anybody in as {}", self.endpoint.user));
        }
        self.good(Stage::Methods, format!("it takes {server}"))?;
        self.stage = Stage::Login;
        if self.ask.no_auth {
            return Err(ProbeStop::Left("not tried: --no-auth".to_owned()));
        }
        let mut endpoint = self.endpoint.clone();
        endpoint.auth.add_to_agent = None;
        if !self.ask.password {
            endpoint.auth.methods.retain(|method| *method == Method::PublicKey);
        }
        let done = auth::login(
            ctx,
            &endpoint,
            handshaken.auth_transport(),
            Accepted::Verified,
            opened,
            &mut auth_log,
        )
        .await;
        let Err(error) = done else {
            let by = auth_log.keys.iter().find(|(_, turn)| *turn == KeyTurn::Accepted);
            let by = by.map_or("a password", |(label, _)| label);
            return self.good(Stage::Login, format!("as {} with {by}", self.endpoint.user));
        };
        if error.kind == ErrorKind::Cancelled {
            return Err(ProbeStop::Error(error));
        }
        let fault = self.denied(&auth_log, &server, handshaken)?;
        if let (Fault::KeyNotAccepted { keys, .. }, true) = (&fault, self.ask.guess_user) {
            let (users, guessed) = users::guess(self, before).await?;
            let fault = if users.is_empty() {
                Fault::KeyNotAccepted { keys: keys.clone(), guessed }
            } else {
                Fault::WrongUser { users }
            };
            return Err(fault.into());
        }
        Err(fault.into())
    }

    /// Why the server did not let one in.
    fn denied(&self, auth_log: &AuthLog, server: &str, handshaken: &Handshaken) -> Way<Fault> {
        let auth = &self.endpoint.auth;
        let why = handshaken.end.reason();
        if handshaken.handle.is_closed() {
            let is_count = why.to_lowercase().contains("too many authentication failures");
            if !is_count {
                return Ok(Fault::ClosedAtLogin { why });
            }
            let of_agent = auth_log.keys.iter().filter(|(label, _)| label.ends_with("(agent)"));
            let (offered, of_agent) = (auth_log.keys.len(), of_agent.count());
            return Ok(Fault::TooManyFailures { offered, of_agent });
        }
        if let Some(path) = auth_log.unopened.clone() {
            let nobody = auth.batch || !self.ctx.tty.controlling;
            let (needed, wrong) =
                (Fault::PassphraseNeeded { path: path.clone() }, Fault::WrongPassphrase { path });
            return Ok(if nobody { needed } else { wrong });
        }
        if auth_log.answered {
            return Ok(Fault::PasswordRefused);
        }
        let takes = |kinds: &[MethodKind]| {
            auth_log.server.iter().flatten().any(|kind| kinds.contains(kind))
        };
        let asks = takes(&[MethodKind::Password, MethodKind::KeyboardInteractive]);
        let keys = auth_log.keys.iter().map(|(label, turn)| {
            let why = match turn {
                KeyTurn::Accepted => ": accepted, and the server wants more",
                KeyTurn::Refused => "",
                KeyTurn::NoSignature => ": not offered, the server takes no signature of its type",
                KeyTurn::Unopened => ": not opened",
                KeyTurn::Unsigned => ": accepted, but it was not signed with",
            };
            format!("{}{why}", sanitize::line(label))
        });
        without_password(auth, self.ask, keys.collect(), server, asks)
    }
}

fn list(kinds: Option<&[MethodKind]>) -> String {
    let names: Vec<&str> = kinds.unwrap_or_default().iter().map(Into::into).collect();
    if names.is_empty() { "nothing that it names".to_owned() } else { names.join(", ") }
}
