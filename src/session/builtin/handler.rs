//! Messages that the server sends unasked, passed on to the session.

use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{self, DisconnectReason};
use russh::keys::{PublicKey, PublicKeyOrCertificate};
use russh::{Channel, ChannelId, ChannelOpenFailure};
use tokio::sync::{mpsc, oneshot};

use super::allowed::{Allowed, Listen};
use super::{agent_forward, forward};

/// Something that needs an answer, or to be shown.
pub(super) enum ServerEvent {
    /// The server's key, proved to be its own; whether to go on.
    HostKey {
        /// The key as it was sent.
        blob: Vec<u8>,
        /// `true` to go on.
        reply: oneshot::Sender<bool>,
    },
    /// Text to show before the login.
    Banner(String),
}

/// Why a connection ended.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionEnd(Arc<Mutex<Option<String>>>);

impl ConnectionEnd {
    /// What the server or the line said of it, as the end of a sentence.
    pub(super) fn reason(&self) -> String {
        self.told().unwrap_or_else(|| "the server closed the connection".to_owned())
    }

    /// What the server or the line said of it.
    pub(super) fn told(&self) -> Option<String> {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        told.filter(|reason| !reason.is_empty())
    }

    fn set(&self, reason: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(reason);
    }
}

/// russh's callbacks. The server may open no channels that were not asked for.
pub(super) struct Handler {
    events: mpsc::UnboundedSender<ServerEvent>,
    announcer: mpsc::UnboundedSender<Vec<PublicKey>>,
    end: ConnectionEnd,
    allowed: Allowed,
}

impl Handler {
    pub(super) fn new(
        events: mpsc::UnboundedSender<ServerEvent>,
        announcer: mpsc::UnboundedSender<Vec<PublicKey>>,
        end: ConnectionEnd,
        allowed: Allowed,
    ) -> Self {
        Handler { events, announcer, end, allowed }
    }

    /// Reports a channel that the server opened without a request (clientloop.c: client_request_agent,
    /// client_request_x11).
    fn unasked(&self, what: &str) {
        self.allowed.note(format_args!("Warning: ssh server tried {what} forwarding."));
        let why = "Warning: this is probably a break-in attempt by a malicious server.";
        self.allowed.note(why);
    }
}

impl client::Handler for Handler {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        offered: &PublicKeyOrCertificate,
    ) -> Result<bool, russh::Error> {
        let blob = match offered.certificate() {
            Some(certificate) => certificate.to_bytes()?,
            None => offered.public_key().to_bytes()?,
        };
        let (reply, answer) = oneshot::channel();
        if self.events.send(ServerEvent::HostKey { blob, reply }).is_err() {
            return Ok(false);
        }
        Ok(answer.await.unwrap_or(false))
    }

    async fn auth_banner(
        &mut self,
        banner: &str,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        // After the login the receiver may be closed.
        let _ = self.events.send(ServerEvent::Banner(banner.to_owned()));
        Ok(())
    }

    async fn openssh_ext_host_keys_announced(
        &mut self,
        keys: Vec<PublicKey>,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        // The first list counts, as in ssh; who does not want it listens to none.
        if !self.allowed.told() && self.announcer.send(keys).is_ok() {
            self.allowed.tell();
        }
        Ok(())
    }

    async fn disconnected(
        &mut self,
        reason: DisconnectReason<russh::Error>,
    ) -> Result<(), russh::Error> {
        match reason {
            DisconnectReason::ReceivedDisconnect(info) => {
                self.end.set(info.message);
                Ok(())
            }
            DisconnectReason::Error(error) => {
                self.end.set(explain(&error));
                Err(error)
            }
        }
    }

    async fn channel_open_failure(
        &mut self,
        channel: ChannelId,
        reason: ChannelOpenFailure,
        said: &str,
        _: &str,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        // channels.c: channel_input_open_failure
        let reason = reason.description().to_lowercase();
        let colon = if said.is_empty() { "" } else { ": " };
        self.allowed.refused(format!("channel {channel}: open failed: {reason}{colon}{said}"));
        Ok(())
    }

    async fn server_channel_open_forwarded_tcpip(
        &mut self,
        channel: Channel<client::Msg>,
        address: &str,
        port: u32,
        _: &str,
        _: u32,
        reply: client::ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        let Ok(number) = u16::try_from(port) else { return refuse(reply).await };
        let listen = Listen::Port(address.to_owned(), number);
        let mut target = self.allowed.target(&listen);
        if target.is_none() {
            // The task that asked for a port may not have recorded its number yet.
            tokio::task::yield_now().await;
            target = self.allowed.target(&listen);
        }
        let Some(target) = target else {
            // channels.c: channel_connect_by_listen_address
            self.allowed.note(format_args!(
                "WARNING: Server requests forwarding for unknown listen_port {port}"
            ));
            return refuse(reply).await;
        };
        let what = forward::describe("forwarded-tcpip", &listen, &target);
        // The connection to the server waits for no other.
        self.allowed.run(what, forward::connect(channel, reply, target, self.allowed.clone()));
        Ok(())
    }

    async fn server_channel_open_forwarded_streamlocal(
        &mut self,
        channel: Channel<client::Msg>,
        path: &str,
        reply: client::ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        let listen = Listen::Socket(path.to_owned());
        let Some(target) = self.allowed.target(&listen) else {
            // channels.c: channel_connect_by_listen_path
            self.allowed
                .note(format_args!("WARNING: Server requests forwarding for unknown path {path}"));
            return refuse(reply).await;
        };
        let what = forward::describe("forwarded-streamlocal", &listen, &target);
        self.allowed.run(what, forward::connect(channel, reply, target, self.allowed.clone()));
        Ok(())
    }

    async fn server_channel_open_agent_forward(
        &mut self,
        channel: Channel<client::Msg>,
        reply: client::ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        let Some(agent) = self.allowed.agent() else {
            self.unasked("agent");
            return refuse(reply).await;
        };
        let what = "agent-connection".to_owned();
        self.allowed.run(what, agent_forward::carry(channel, reply, agent));
        Ok(())
    }

    async fn server_channel_open_session(
        &mut self,
        _: Channel<client::Msg>,
        reply: client::ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        refuse(reply).await
    }

    async fn server_channel_open_direct_tcpip(
        &mut self,
        _: Channel<client::Msg>,
        _: &str,
        _: u32,
        _: &str,
        _: u32,
        reply: client::ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        refuse(reply).await
    }

    async fn server_channel_open_direct_streamlocal(
        &mut self,
        _: Channel<client::Msg>,
        _: &str,
        reply: client::ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        refuse(reply).await
    }

    async fn server_channel_open_x11(
        &mut self,
        _: Channel<client::Msg>,
        _: &str,
        _: u32,
        reply: client::ChannelOpenHandle,
        _: &mut client::Session,
    ) -> Result<(), russh::Error> {
        self.unasked("X11");
        refuse(reply).await
    }
}

async fn refuse(reply: client::ChannelOpenHandle) -> Result<(), russh::Error> {
    reply.reject(ChannelOpenFailure::AdministrativelyProhibited).await;
    Ok(())
}

/// Whether a name in the list of key exchanges is one of the signs that stand there as well.
fn is_sign(name: &str) -> bool {
    name.starts_with("ext-info-") || name.starts_with("kex-strict-")
}

/// The library's errors in words that help.
pub(super) fn explain(error: &russh::Error) -> String {
    use russh::Error as E;
    match error {
        E::Disconnect | E::HUP => "the server closed the connection".to_owned(),
        E::Version => "what answers there is not an ssh server".to_owned(),
        E::KeepaliveTimeout => "the server no longer answers".to_owned(),
        E::Inconsistent => "the server does not keep to the protocol".to_owned(),
        E::NoCommonAlgo { kind, ours, theirs } => {
            let kind = match kind {
                russh::AlgorithmKind::Kex => "key exchange",
                russh::AlgorithmKind::Key => "host key type",
                russh::AlgorithmKind::Cipher => "cipher",
                russh::AlgorithmKind::Compression => "compression",
                russh::AlgorithmKind::Mac => "MAC",
            };
            // Some names of a list are no algorithms, but say what their side can do.
            let real = |names: &[String]| {
                let names = names.iter().map(String::as_str).filter(|name| !is_sign(name));
                names.collect::<Vec<_>>().join(",")
            };
            let (ours, theirs) = (real(ours), real(theirs));
            format!(
                "no matching {kind} found\n  the server has:           {theirs}\n  \
                 the built-in session has: {ours}"
            )
        }
        E::HostKeyMismatch => {
            "its host key is not the one that was agreed on; somebody may be in the \
                               middle"
                .to_owned()
        }
        E::WrongServerSig => "the server cannot prove that its host key is its own".to_owned(),
        E::NoAuthMethod => "the server allows no further way to log in".to_owned(),
        E::IO(error) => match error.kind() {
            std::io::ErrorKind::UnexpectedEof
            | std::io::ErrorKind::ConnectionReset
            | std::io::ErrorKind::BrokenPipe => "the server closed the connection".to_owned(),
            _ => error.to_string(),
        },
        other => other.to_string(),
    }
}
