//! What the server may open, and which forwarded connections are open.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, mpsc};

use super::agent_forward::ForwardedAgent;
use crate::session::plan::{ForwardTarget, Reach};

/// What the server may open, and what is open.
#[derive(Clone, Default)]
pub(super) struct Allowed(Arc<AllowedForwards>);

#[derive(Default)]
struct AllowedForwards {
    remote: Mutex<Vec<(Listen, ForwardTarget)>>,
    agent: Mutex<Option<ForwardedAgent>>,
    reach: Mutex<Reach>,
    told: AtomicBool,
    notes: Mutex<Option<mpsc::UnboundedSender<String>>>,
    running: Mutex<BTreeMap<usize, String>>,
    begun: AtomicUsize,
    ended: Notify,
    refusal: Mutex<Option<String>>,
}

/// Where the server listens, in the words that it was asked with: these it says with each
/// connection (channels.c: open_listen_match_tcpip, open_listen_match_streamlocal).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Listen {
    /// An address and a port.
    Port(String, u16),
    /// A socket.
    Socket(String),
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listen::Port(_, port) => write!(f, "port {port}"),
            Listen::Socket(path) => f.write_str(path),
        }
    }
}

impl Allowed {
    /// Whether the server has told its host keys.
    pub(super) fn told(&self) -> bool {
        self.0.told.load(Ordering::SeqCst)
    }

    /// The server has told its host keys.
    pub(super) fn tell(&self) {
        self.0.told.store(true, Ordering::SeqCst);
    }

    /// How many forwarded connections are open.
    pub(super) fn running(&self) -> usize {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// What forwarded connections are open, the oldest first.
    pub(super) fn list(&self) -> Vec<String> {
        let running = self.0.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.values().cloned().collect()
    }

    /// Waits until no forwarded connection is open.
    pub(super) async fn wait(&self) {
        loop {
            let ended = self.0.ended.notified();
            if self.running() == 0 {
                return;
            }
            ended.await;
        }
    }

    /// The agent, where the server may use it.
    pub(super) fn agent(&self) -> Option<ForwardedAgent> {
        self.0.agent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets the server use this agent.
    pub(super) fn allow_agent(&self, agent: ForwardedAgent) {
        *self.0.agent.lock().unwrap_or_else(PoisonError::into_inner) = Some(agent);
    }

    /// Lets the server open connections that came in there.
    pub(super) fn allow(&self, listen: Listen, target: ForwardTarget) {
        self.remote().push((listen, target));
    }

    /// The server does not listen there after all.
    pub(super) fn forbid(&self, listen: &Listen) {
        self.remote().retain(|(open, _)| open != listen);
    }

    /// Where a connection that came in there goes.
    pub(super) fn target(&self, listen: &Listen) -> Option<ForwardTarget> {
        let remote = self.remote();
        remote.iter().find(|(open, _)| open == listen).map(|(_, target)| target.clone())
    }

    fn remote(&self) -> MutexGuard<'_, Vec<(Listen, ForwardTarget)>> {
        self.0.remote.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the server's SOCKS connections go there only.
    pub(super) fn restrict(&self, reach: Reach) {
        *self.0.reach.lock().unwrap_or_else(PoisonError::into_inner) = reach;
    }

    /// Where the server's SOCKS connections may go.
    pub(super) fn reach(&self) -> Reach {
        self.0.reach.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is to be said of forwarded connections, line by line, from now on.
    pub(super) fn notes(&self) -> mpsc::UnboundedReceiver<String> {
        let (sender, notes) = mpsc::unbounded_channel();
        *self.0.notes.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        notes
    }

    /// Sends a line to the session, which prints it at its terminal.
    pub(super) fn note(&self, line: impl Display) {
        if let Some(notes) = &*self.0.notes.lock().unwrap_or_else(PoisonError::into_inner) {
            // A session that has ended says nothing more.
            let _ = notes.send(line.to_string());
        }
    }

    /// The server has refused a channel.
    pub(super) fn refused(&self, line: String) {
        self.note(&line);
        *self.0.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
    }

    /// What the server said of the last channel that it refused, if that is what `error` is about.
    pub(super) fn refusal(&self, error: &russh::Error) -> Option<String> {
        let is_refused = matches!(error, russh::Error::ChannelOpenFailure(_));
        let refusal = self.0.refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
        refusal.filter(|_| is_refused)
    }

    /// Runs a connection, which is called so, until it ends.
    pub(super) fn run(
        &self,
        what: String,
        work: impl Future<Output = io::Result<()>> + Send + 'static,
    ) {
        let shared = Arc::clone(&self.0);
        let number = shared.begun.fetch_add(1, Ordering::SeqCst);
        shared.running.lock().unwrap_or_else(PoisonError::into_inner).insert(number, what);
        tokio::spawn(async move {
            // A forwarded connection that fails is closed, so the program that opened it sees its end.
            let _ = work.await;
            shared.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            shared.ended.notify_waiters();
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_refused_to_listen_on_it_may_not_open() {
        let allowed = Allowed::default();
        let listen = |address: &str| Listen::Port(address.to_owned(), 80);
        allowed.allow(listen("a"), ForwardTarget::Socks);
        allowed.allow(listen("b"), ForwardTarget::Socks);
        allowed.forbid(&listen("a"));
        assert_eq!(allowed.target(&listen("a")), None);
        assert_eq!(allowed.target(&listen("b")), Some(ForwardTarget::Socks));
        assert_eq!(allowed.target(&Listen::Socket("b".to_owned())), None);
    }
}
