//! One authenticated connection: its transport, its handshake, its login.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use russh::client::{self, Handle};
use russh::keys::PublicKey;
use sshp_known_hosts::HostKey;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::allowed::Allowed;
use super::auth::AuthLog;
use super::handler::{ConnectionEnd, Handler, ServerEvent, explain};
use super::host_key_updates::HostKeyUpdates;
use super::hostkey::{Accepted, KnownKeys};
use super::opened_keys::OpenedKeys;
use super::tap::Tap;
use super::{auth, failed, hostkey, negotiate};
use crate::ctx::Ctx;
use crate::doctor::answer;
use crate::error::{Error, Result};
use crate::session::deadline::Deadline;
use crate::session::greeting::Heard;
use crate::session::plan::{Endpoint, UpdateKeys};
use crate::session::transport::{OpenTransport, Stream};
use crate::session::{pins, transport};
use crate::ui::sanitize;

/// How long the last words may take.
const FAREWELL: Duration = Duration::from_millis(200);

/// A connection that is logged in.
pub(super) struct Connection {
    /// russh's side of it.
    pub(super) handle: Arc<Handle<Handler>>,
    /// What the server may open.
    pub(super) allowed: Allowed,
    /// What the server says unasked.
    pub(super) events: mpsc::UnboundedReceiver<ServerEvent>,
    /// Why it ended, once it has.
    pub(super) end: ConnectionEnd,
    /// The server's key, proved to be its own.
    host_key: Option<HostKey>,
    /// Further keys, as the server tells them.
    announced: Option<mpsc::UnboundedReceiver<Vec<PublicKey>>>,
    /// Who stores them.
    learning: Option<JoinHandle<()>>,
    /// Its socket, until its packets are marked.
    pub(super) socket: Option<OwnedFd>,
    /// How much the server is trusted.
    pub(super) accepted: Accepted,
}

/// What authentication needs of a connection.
pub(super) struct AuthTransport<'a> {
    /// russh's side of it.
    pub(super) handle: &'a mut Handle<Handler>,
    /// What the server says unasked.
    pub(super) events: &'a mut mpsc::UnboundedReceiver<ServerEvent>,
    /// Why it ended, once it has.
    pub(super) end: &'a ConnectionEnd,
}

/// Why the handshake failed.
pub(super) enum HandshakeError {
    /// The server did not go on within the time limit.
    TimedOut,
    /// Its key was not accepted.
    Refused(Error),
    /// The server does not speak SSH, or has no algorithms in common with the client.
    Protocol(russh::Error),
}

/// A connection after key exchange, before authentication.
pub(super) struct Handshaken {
    /// russh's side of it.
    pub(super) handle: Handle<Handler>,
    /// Why it ended, once it has.
    pub(super) end: ConnectionEnd,
    events: mpsc::UnboundedReceiver<ServerEvent>,
    allowed: Allowed,
    host_key: Option<HostKey>,
    announced: mpsc::UnboundedReceiver<Vec<PublicKey>>,
}

impl Handshaken {
    /// The parts that authentication works with.
    pub(super) fn auth_transport(&mut self) -> AuthTransport<'_> {
        AuthTransport { handle: &mut self.handle, events: &mut self.events, end: &self.end }
    }

    /// The same connection, once it is logged in.
    pub(super) fn into_connection(self, socket: Option<OwnedFd>) -> Connection {
        let Handshaken { handle, end, events, allowed, host_key, announced } = self;
        let (handle, announced) = (Arc::new(handle), Some(announced));
        let (learning, accepted) = (None, Accepted::Verified);
        Connection { handle, allowed, events, end, host_key, announced, learning, socket, accepted }
    }
}

/// Connects to a server, through the connection before it if there is one, and logs in.
pub(super) async fn open(
    ctx: &Ctx,
    endpoint: &Endpoint,
    before: Option<&Connection>,
    opened: &OpenedKeys,
) -> Result<Connection> {
    pins::require_readable(endpoint)?;
    let deadline = Deadline::new(endpoint.transport.timeout);
    let OpenTransport { stream, socket, peer } = stream(ctx, endpoint, before, &deadline).await?;
    let (stream, heard) = Tap::new(stream);
    let known = hostkey::known(ctx, endpoint, peer).await?;
    let mut strength = Accepted::Verified;
    let handshaken = handshake(ctx, endpoint, &known, stream, &deadline, async |blob| {
        strength = hostkey::decide(ctx, endpoint, &known, blob).await?;
        Ok(())
    });
    let mut handshaken = handshaken.await.map_err(|error| match error {
        HandshakeError::TimedOut => {
            let error = timed_out(endpoint);
            match said(&heard) {
                Some(line) => error.hint(format_args!("what answers there says `{line}`")),
                None => error,
            }
        }
        HandshakeError::Refused(error) => error,
        HandshakeError::Protocol(error) => lost(endpoint, &error, &heard),
    })?;
    let transport = handshaken.auth_transport();
    auth::login(ctx, endpoint, transport, strength, opened, &mut AuthLog::default()).await?;
    let mut link = handshaken.into_connection(socket);
    link.accepted = strength;
    // UpdateHostKeys stores names: where the address is looked up too, it would be known by other
    // keys than its name. A server that nobody has vouched for yet does not vouch for further keys
    // (sshconnect.c: check_host_key, hostkey_trusted).
    if known.checks_address() || strength != Accepted::Verified {
        link.announced = None;
    }
    Ok(link)
}

/// Agrees on keys with a server; `judge` decides about its host key.
pub(super) async fn handshake(
    ctx: &Ctx,
    endpoint: &Endpoint,
    known: &KnownKeys,
    stream: impl Stream + 'static,
    deadline: &Deadline,
    mut judge: impl AsyncFnMut(&[u8]) -> Result<()>,
) -> std::result::Result<Handshaken, HandshakeError> {
    let config = Arc::new(negotiate::config(endpoint, &known.expected()));
    let (sender, mut events) = mpsc::unbounded_channel();
    let end = ConnectionEnd::default();
    let allowed = Allowed::default();
    let (announcer, announced) = mpsc::unbounded_channel();
    let handler = Handler::new(sender, announcer, end.clone(), allowed.clone());
    let mut host_key = None;
    let handshake = client::connect_stream(config, stream, handler);
    tokio::pin!(handshake);
    let mut refused = None;
    loop {
        let step = deadline.within(async {
            tokio::select! {
                biased;
                Some(event) = events.recv() => Err(event),
                done = &mut handshake => Ok(done),
            }
        });
        match step.await.map_err(|_| HandshakeError::TimedOut)? {
            Ok(Ok(handle)) => {
                return Ok(Handshaken { handle, end, events, allowed, host_key, announced });
            }
            Ok(Err(error)) => {
                let told = end
                    .told()
                    .map(|why| failed(endpoint, format!("the server ends the connection: {why}")));
                return Err(refused
                    .or(told)
                    .map_or(HandshakeError::Protocol(error), HandshakeError::Refused));
            }
            Err(ServerEvent::HostKey { blob, reply }) => {
                let verdict = judge(&blob).await;
                host_key = HostKey::parse(&blob).map(|key| key.without_certificate());
                // A session that has ended meanwhile wants no answer.
                let _ = reply.send(verdict.is_ok());
                refused = verdict.err();
                deadline.restart();
            }
            Err(ServerEvent::Banner(text)) => banner(ctx, &text),
        }
    }
}

/// Why there was no handshake; `heard` is what stood in the place of a greeting.
fn lost(endpoint: &Endpoint, error: &russh::Error, heard: &Heard) -> Error {
    let what = explain(error);
    if let russh::Error::NoCommonAlgo { kind, .. } = error {
        let missing = endpoint.algorithms.missing_for(keyword(kind)).join(",");
        let lists = if missing.is_empty() {
            String::new()
        } else {
            format!(
                "\n  `{}` lists {missing}, which the built-in session does not have",
                keyword(kind)
            )
        };
        return failed(endpoint, format!("{what}{lists}"))
            .hint("OpenSSH's client has more of them: `--session system`, where it is installed");
    }
    let what = match said(heard) {
        Some(line) => format!("{what}: it says `{line}`"),
        None => what,
    };
    failed(endpoint, format!("{what} ({})", place(endpoint)))
}

/// What came in the place of a greeting of protocol 2.
fn said(heard: &Heard) -> Option<String> {
    let line = heard.line();
    (!line.is_empty() && !answer::is_ssh(&line)).then_some(line)
}

/// The keyword of ssh_config(5) for a kind of algorithm.
fn keyword(kind: &russh::AlgorithmKind) -> &'static str {
    match kind {
        russh::AlgorithmKind::Kex => "KexAlgorithms",
        russh::AlgorithmKind::Key => "HostKeyAlgorithms",
        russh::AlgorithmKind::Cipher => "Ciphers",
        russh::AlgorithmKind::Compression => "Compression",
        russh::AlgorithmKind::Mac => "MACs",
    }
}

/// The server has not answered within ConnectTimeout.
pub(super) fn timed_out(endpoint: &Endpoint) -> Error {
    let seconds = endpoint.transport.timeout.as_secs();
    failed(endpoint, format!("no answer from {} within {seconds} s", place(endpoint)))
}

/// The bytes to a server, through the connection before it if there is one.
pub(super) async fn stream(
    ctx: &Ctx,
    endpoint: &Endpoint,
    before: Option<&Connection>,
    deadline: &Deadline,
) -> Result<OpenTransport> {
    let Some(before) = before else {
        let opened = transport::open(endpoint, &transport::shell(ctx), deadline).await;
        return opened.map_err(|error| {
            failed(endpoint, format!("cannot connect to {}: {error}", place(endpoint)))
        });
    };
    // The name goes as it is: the hop looks it up, not we.
    let channel = before.handle.channel_open_direct_tcpip(
        endpoint.host.clone(),
        u32::from(endpoint.port),
        "127.0.0.1",
        0,
    );
    let channel = deadline.within(channel).await.map_err(|_| timed_out(endpoint))?;
    let channel = channel.map_err(|error| {
        let why = before.allowed.refusal(&error).unwrap_or_else(|| explain(&error));
        failed(endpoint, format!("the jump host cannot reach {}: {why}", place(endpoint)))
    })?;
    Ok(OpenTransport::from(channel.into_stream()))
}

/// `host port 22`, or what stands for the connection.
pub(super) fn place(endpoint: &Endpoint) -> String {
    match &endpoint.transport.proxy_command {
        Some(command) => format!("ProxyCommand `{command}`"),
        None => format!("{} port {}", endpoint.host, endpoint.port),
    }
}

/// Shows what a server says before the login, however much it is, as ssh does.
pub(super) fn banner(ctx: &Ctx, text: &str) {
    let text = text.replace("\r\n", "\n");
    if !text.is_empty() {
        let text = text.strip_suffix('\n').unwrap_or(&text);
        // Not into a log file (sshconnect2.c: input_userauth_banner).
        ctx.ui.show_unless_quiet(&format!("{}\n", sanitize::block(text)));
    }
}

impl Connection {
    /// Waits until the connection is over.
    pub(super) async fn ended(&mut self) {
        // The handler is the only sender, and goes with the connection.
        while self.events.recv().await.is_some() {}
    }

    /// UpdateHostKeys: has further keys of the server stored, beside the session or, where
    /// the user is asked about them, before it.
    pub(super) async fn learn(&mut self, ctx: &Ctx, endpoint: &Endpoint) {
        let update = endpoint.trust.update;
        let (Some(announced), Some(proved)) = (self.announced.take(), self.host_key.take()) else {
            return;
        };
        // A pinned profile has the keys that its pins name, so no others are learnt.
        if update == UpdateKeys::No || endpoint.trust.pins.is_pinned() {
            return;
        }
        let (ctx, endpoint, handle) = (ctx.clone(), endpoint.clone(), Arc::clone(&self.handle));
        let learner = HostKeyUpdates { ctx, endpoint, handle, announced, proved };
        if update == UpdateKeys::Ask {
            learner.run().await;
        } else {
            self.learning = Some(tokio::spawn(learner.run()));
        }
    }

    /// Waits for what is being stored.
    pub(super) async fn learnt(&mut self) {
        let Some(learning) = self.learning.take() else { return };
        if self.allowed.told() {
            // It has its own time limits, and a panic in it does not end the session.
            let _ = learning.await;
        } else {
            learning.abort();
        }
    }

    /// Says goodbye and waits until that is written.
    pub(super) async fn close(mut self) {
        let farewell = self.handle.disconnect(russh::Disconnect::ByApplication, "", "en");
        if farewell.await.is_ok() {
            // A server that does not take it has its connection cut.
            let _ = tokio::time::timeout(FAREWELL, self.ended()).await;
        }
    }
}
