//! ForwardAgent: connections of the server to the agent here.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use russh::Channel;
use russh::client::{ChannelOpenHandle, Msg};
use russh::keys::agent::AgentSessionBinding;
use russh::keys::agent::client::AgentClient;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{failed, forward};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::session::plan::{AgentSocket, Endpoint, Forwards};

/// An agent answers a bind at once, or not at all.
const PATIENCE: Duration = Duration::from_secs(10);

/// An agent that the server may use.
#[derive(Clone)]
pub(super) struct ForwardedAgent {
    /// Where it listens.
    pub(super) socket: PathBuf,
    /// What proves to it which server asks.
    pub(super) binding: Option<AgentSessionBinding>,
}

impl ForwardedAgent {
    /// Connects to the agent, which learns that the connection is forwarded, and to which server:
    /// what `ssh-add -h` allows depends on it (clientloop.c: client_request_agent).
    async fn connect(&self) -> io::Result<UnixStream> {
        let mut stream = UnixStream::connect(&self.socket).await?;
        if let Some(binding) = &self.binding {
            let mut agent = AgentClient::connect(&mut stream);
            let bound = timeout(PATIENCE, agent.bind_session(binding, true)).await;
            // An agent that does not know the request has no keys with such a limit either.
            let _ = bound.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        }
        Ok(stream)
    }
}

/// The agent to forward; `None` where ForwardAgent is off or there is no agent (ssh.c:
/// check_agent_present).
///
/// # Errors
/// With ExitOnForwardFailure, when the path of ForwardAgent is not there.
pub(super) async fn find(
    ctx: &Ctx,
    endpoint: &Endpoint,
    forwards: &Forwards,
) -> Result<Option<PathBuf>> {
    let Some(AgentSocket { path, own }) = &forwards.agent else { return Ok(None) };
    if let Err(error) = rustix::fs::stat(path)
        && path != own
    {
        let path = path.display();
        let what =
            format!("cannot forward the agent at `{path}`: {}", io::Error::from(error).kind());
        if forwards.strict {
            return Err(failed(endpoint, what));
        }
        ctx.ui.warning(what);
        return Ok(None);
    }
    if let Err(error) = UnixStream::connect(own).await {
        ctx.ui.verbose(format_args!("no agent to forward at `{}`: {error}", own.display()));
        return Ok(None);
    }
    Ok(Some(path.clone()))
}

/// Carries a connection of the server to the agent.
pub(super) async fn carry(
    channel: Channel<Msg>,
    reply: ChannelOpenHandle,
    agent: ForwardedAgent,
) -> io::Result<()> {
    forward::join(channel, reply, agent.connect().await).await
}
