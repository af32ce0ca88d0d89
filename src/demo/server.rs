//! An ssh server on loopback that answers canned commands; never a real shell.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use russh::keys::ssh_key::private::{Ed25519Keypair, KeypairData};
use russh::keys::{PrivateKey, PublicKey};
use russh::server::{self, Auth, Msg, PublicKeyOffer, Server as _, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, MethodKind, MethodSet, Pty};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::prompt::{Prompt, answer};

/// A running server; it stops when this is dropped.
pub struct DemoServer {
    /// The port of 127.0.0.1 that it listens on.
    pub port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for DemoServer {
    fn drop(&mut self) {
        // Dropping the sender is the signal.
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed already.
            let _ = thread.join();
        }
    }
}

/// A fresh Ed25519 key.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_key(comment: &str) -> anyhow::Result<PrivateKey> {
    let mut seed = [0; Ed25519Keypair::BYTE_SIZE / 2];
    getrandom::fill(&mut seed).map_err(|e| anyhow::anyhow!("no randomness: {e}"))?;
    let pair = Ed25519Keypair::from_seed(&seed);
    Ok(PrivateKey::new(KeypairData::from(pair), comment)?)
}

/// Starts a server that identifies itself with `host_key` and accepts a login with `user_key`.
///
/// # Errors
/// When loopback cannot be listened on.
pub fn start(host_key: PrivateKey, user_key: PublicKey) -> anyhow::Result<DemoServer> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let config = Arc::new(server::Config {
        keys: vec![host_key],
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        auth_rejection_time: Duration::ZERO,
        nodelay: true,
        ..server::Config::default()
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (stop, stopped) = oneshot::channel();
    let thread = std::thread::Builder::new().name("demo-server".into()).spawn(move || {
        // Signals are for the threads that hold the terminal and know how to give it back.
        if nix::sys::signal::SigSet::all().thread_block().is_err() {
            return;
        }
        runtime.block_on(async {
            let Ok(listener) = TcpListener::from_std(listener) else { return };
            let mut factory = Factory { user_key: Arc::new(user_key) };
            let running = factory.run_on_socket(config, &listener);
            tokio::select! {
                _ = running => {}
                _ = stopped => {}
            }
        });
    })?;
    Ok(DemoServer { port, stop: Some(stop), thread: Some(thread) })
}

struct Factory {
    user_key: Arc<PublicKey>,
}

impl server::Server for Factory {
    type Handler = DemoClient;

    fn new_client(&mut self, _peer: Option<SocketAddr>) -> DemoClient {
        DemoClient {
            user_key: Arc::clone(&self.user_key),
            user: String::new(),
            prompts: HashMap::new(),
        }
    }
}

/// One connection: who it is, and the prompts of its shells.
struct DemoClient {
    user_key: Arc<PublicKey>,
    user: String,
    prompts: HashMap<ChannelId, Prompt>,
}

impl DemoClient {
    fn end(channel: ChannelId, status: u32, session: &mut Session) -> Result<(), russh::Error> {
        session.exit_status_request(channel, status)?;
        session.eof(channel)?;
        session.close(channel)
    }

    fn allow(&self, key: &PublicKey) -> Auth {
        if key.key_data() == self.user_key.key_data() { Auth::Accept } else { Auth::reject() }
    }
}

impl server::Handler for DemoClient {
    type Error = russh::Error;

    async fn auth_publickey_offered(
        &mut self,
        _user: &str,
        offer: PublicKeyOffer<'_>,
    ) -> Result<Auth, Self::Error> {
        Ok(self.allow(offer.public_key))
    }

    async fn auth_publickey(
        &mut self,
        user: &str,
        key: VerifiedPublicKey<'_>,
    ) -> Result<Auth, Self::Error> {
        user.clone_into(&mut self.user);
        Ok(self.allow(key.public_key))
    }

    async fn channel_open_session(
        &mut self,
        _channel: Channel<Msg>,
        reply: server::ChannelOpenHandle,
        _session: &mut Session,
    ) -> Result<(), Self::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn pty_request(
        &mut self,
        channel: ChannelId,
        _term: &str,
        _columns: u32,
        _rows: u32,
        _width: u32,
        _height: u32,
        _modes: &[(Pty, u32)],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)
    }

    async fn shell_request(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let (prompt, greeting) = Prompt::new(&self.user);
        self.prompts.insert(channel, prompt);
        session.data(channel, greeting)
    }

    async fn exec_request(
        &mut self,
        channel: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        session.channel_success(channel)?;
        let (text, status) = answer(&String::from_utf8_lossy(command), &self.user);
        session.data(channel, text)?;
        DemoClient::end(channel, status, session)
    }

    async fn data(
        &mut self,
        channel: ChannelId,
        bytes: &[u8],
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        let Some(prompt) = self.prompts.get_mut(&channel) else { return Ok(()) };
        let reply = prompt.input(bytes);
        session.data(channel, reply.text)?;
        match reply.exit {
            Some(status) => DemoClient::end(channel, status, session),
            None => Ok(()),
        }
    }

    async fn channel_eof(
        &mut self,
        channel: ChannelId,
        session: &mut Session,
    ) -> Result<(), Self::Error> {
        match self.prompts.remove(&channel) {
            Some(_) => DemoClient::end(channel, 0, session),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "the test drives the server with the real ssh")]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn the_real_ssh_runs_a_canned_command() {
        sshp_testing::needs!("ssh");
        let dir = tempfile::tempdir().unwrap();
        let (host, user) = (new_key("host").unwrap(), new_key("user").unwrap());
        let key = dir.path().join("key");
        user.write_openssh_file(&key, russh::keys::ssh_key::LineEnding::LF).unwrap();
        let known = dir.path().join("known_hosts");
        let public = host.public_key().to_openssh().unwrap();
        let server = start(host, user.public_key().clone()).unwrap();
        std::fs::write(&known, format!("[127.0.0.1]:{} {public}\n", server.port)).unwrap();
        let ssh = |command: &str| {
            let run = Command::new("ssh")
                .args(["-F", "none", "-l", "deploy", "-o", "IdentitiesOnly=yes", "-p"])
                .arg(server.port.to_string())
                .arg("-i")
                .arg(&key)
                .arg(format!("-oUserKnownHostsFile={}", known.display()))
                .args(["127.0.0.1", command])
                .output()
                .unwrap();
            (String::from_utf8_lossy(&run.stdout).into_owned(), run.status.code())
        };
        assert_eq!(ssh("whoami"), ("deploy\n".to_owned(), Some(0)));
        assert_eq!(ssh("exit 7"), (String::new(), Some(7)));
        assert_eq!(ssh("ls").1, Some(127));
    }
}
