//! Forwarded connections, in both directions, and the agent's: where they come from and go to.

mod relay;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use russh::client::{ChannelOpenHandle, Handle, Msg};
use russh::{Channel, ChannelOpenFailure};
use rustix::fs::Mode;
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::{Notify, mpsc};

use self::relay::copy;
use super::handler::Handler;
use super::link::Link;
use super::transport::Stream;
use super::{failed, socks};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::session::plan::{Endpoint, Forward, Forwards, Place, Reach, Target};

/// What the server may open, and what is open.
#[derive(Clone, Default)]
pub(super) struct Allowed(Arc<Shared>);

#[derive(Default)]
struct Shared {
    remote: Mutex<Vec<Open>>,
    agent: Mutex<Option<PathBuf>>,
    reach: Mutex<Reach>,
    told: AtomicBool,
    notes: Mutex<Option<mpsc::UnboundedSender<String>>>,
    running: Mutex<BTreeMap<usize, String>>,
    begun: AtomicUsize,
    ended: Notify,
}

/// A remote forwarding that the server has agreed to.
#[derive(Clone)]
struct Open {
    listen: Place,
    /// The port that it really has.
    port: u16,
    target: Target,
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
    pub(super) fn agent(&self) -> Option<PathBuf> {
        self.0.agent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets the server use the agent at this socket.
    pub(super) fn allow_agent(&self, socket: PathBuf) {
        *self.0.agent.lock().unwrap_or_else(PoisonError::into_inner) = Some(socket);
    }

    fn allow(&self, open: Open) {
        self.0.remote.lock().unwrap_or_else(PoisonError::into_inner).push(open);
    }

    /// Lets the server's SOCKS connections go there only.
    fn restrict(&self, reach: Reach) {
        *self.0.reach.lock().unwrap_or_else(PoisonError::into_inner) = reach;
    }

    /// Where the server's SOCKS connections may go.
    pub(super) fn reach(&self) -> Reach {
        self.0.reach.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where a connection to a port of the server goes.
    pub(super) fn target_of_port(&self, port: u32) -> Option<Target> {
        let remote = self.0.remote.lock().unwrap_or_else(PoisonError::into_inner);
        remote.iter().find(|open| u32::from(open.port) == port).map(|open| open.target.clone())
    }

    /// Where a connection to a socket of the server goes.
    pub(super) fn target_of_socket(&self, path: &str) -> Option<Target> {
        let remote = self.0.remote.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = Place::Socket(PathBuf::from(path));
        remote.iter().find(|open| open.listen == wanted).map(|open| open.target.clone())
    }

    /// What is to be said of forwarded connections, line by line, from now on.
    pub(super) fn notes(&self) -> mpsc::UnboundedReceiver<String> {
        let (sender, notes) = mpsc::unbounded_channel();
        *self.0.notes.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        notes
    }

    /// Has a line said by whoever has the terminal.
    pub(super) fn note(&self, line: impl Display) {
        if let Some(notes) = &*self.0.notes.lock().unwrap_or_else(PoisonError::into_inner) {
            // A session that has ended says nothing more.
            let _ = notes.send(line.to_string());
        }
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
            // A forwarded connection that fails ends like one: whoever made it sees it close.
            let _ = work.await;
            shared.running.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
            shared.ended.notify_waiters();
        });
    }
}

/// Begins all forwardings of a session.
///
/// # Errors
/// With ExitOnForwardFailure, when one cannot begin.
pub(super) async fn start(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: &Link,
    forwards: &Forwards,
) -> Result<()> {
    link.allowed.restrict(forwards.reach.clone());
    for forward in &forwards.local {
        if let Err(error) = listen(ctx, link, forward, forwards).await {
            let what = format!("cannot listen on {}: {error}", name(&forward.listen));
            if forwards.strict {
                return Err(failed(endpoint, what));
            }
            ctx.ui.warning(what);
        }
    }
    for forward in &forwards.remote {
        match ask(link, forward).await {
            Ok(Some(port)) => ctx.ui.status(format_args!(
                "Allocated port {port} for remote forward to {}",
                match &forward.target {
                    Target::Place(place) => name(place),
                    Target::Socks => "dynamic".to_owned(),
                }
            )),
            Ok(None) => {}
            Err(error) => {
                let place = name(&forward.listen);
                let what = format!("the server does not listen on {place}: {error}");
                if forwards.strict {
                    return Err(failed(endpoint, what));
                }
                ctx.ui.warning(what);
            }
        }
    }
    Ok(())
}

/// A forwarded connection, as `~#` lists it (channels.c: channel_open_message).
pub(super) fn describe(kind: &str, listen: &str, target: &Target) -> String {
    match target {
        Target::Place(place) => format!("{kind}: listening {listen} for {}", name(place)),
        Target::Socks => format!("{kind}: listening {listen} for SOCKS"),
    }
}

fn name(place: &Place) -> String {
    match place {
        Place::Tcp { host: None, port } => format!("port {port}"),
        Place::Tcp { host: Some(host), port } => format!("{host}:{port}"),
        Place::Socket(path) => path.display().to_string(),
    }
}

/// Asks the server to listen; gives the port where it was the server's to choose.
async fn ask(link: &Link, forward: &Forward) -> std::result::Result<Option<u16>, russh::Error> {
    match &forward.listen {
        Place::Socket(path) => {
            let open =
                Open { listen: forward.listen.clone(), port: 0, target: forward.target.clone() };
            // Before the answer: the first connection may come with it.
            link.allowed.allow(open);
            link.handle.streamlocal_forward(path.to_string_lossy()).await?;
            Ok(None)
        }
        Place::Tcp { host, port } => {
            // The protocol's words: `localhost`, and nothing for every address.
            let address = match host.as_deref() {
                None => "localhost",
                Some("*") => "",
                Some(host) => host,
            };
            let open = |port: u16| Open {
                listen: forward.listen.clone(),
                port,
                target: forward.target.clone(),
            };
            if *port != 0 {
                link.allowed.allow(open(*port));
            }
            let chosen = link.handle.tcpip_forward(address, u32::from(*port)).await?;
            let chosen = u16::try_from(chosen).ok().filter(|chosen| *port == 0 && *chosen != 0);
            if let Some(chosen) = chosen {
                link.allowed.allow(open(chosen));
            }
            Ok(chosen)
        }
    }
}

async fn listen(ctx: &Ctx, link: &Link, forward: &Forward, forwards: &Forwards) -> io::Result<()> {
    let what = describe("direct-tcpip", &name(&forward.listen), &forward.target);
    match &forward.listen {
        Place::Socket(path) => {
            if forwards.unlink {
                match rustix::fs::unlink(path) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let before = rustix::process::umask(Mode::from_raw_mode(forwards.mask));
            let listener = UnixListener::bind(path);
            rustix::process::umask(before);
            let listener = listener?;
            let (handle, allowed, target) =
                (Arc::clone(&link.handle), link.allowed.clone(), forward.target.clone());
            tokio::spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    serve(&handle, &allowed, stream, target.clone(), what.clone());
                }
            });
        }
        Place::Tcp { host, port } => {
            let hosts: Vec<&str> = match host.as_deref() {
                None if forwards.gateway => vec!["0.0.0.0", "::"],
                None | Some("localhost") => vec!["127.0.0.1", "::1"],
                Some("" | "*") => vec!["0.0.0.0", "::"],
                Some(host) => vec![host],
            };
            let mut listeners = Vec::new();
            let mut last = None;
            for host in hosts {
                match bind(host, *port).await {
                    Ok(listener) => listeners.push(listener),
                    Err(error) => {
                        // Another address may be enough, and yet whoever dials this one meets
                        // another program.
                        if error.kind() == io::ErrorKind::AddrInUse {
                            ctx.ui.warning(format_args!(
                                "bind [{host}]:{port}: Address already in use"
                            ));
                        }
                        last = Some(error);
                    }
                }
            }
            // A machine without one of the two address families is none the worse for it.
            if let (true, Some(error)) = (listeners.is_empty(), last) {
                return Err(error);
            }
            for listener in listeners {
                let (handle, allowed, target) =
                    (Arc::clone(&link.handle), link.allowed.clone(), forward.target.clone());
                let what = what.clone();
                tokio::spawn(async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        // Without it only small messages are slower.
                        let _ = stream.set_nodelay(true);
                        serve(&handle, &allowed, stream, target.clone(), what.clone());
                    }
                });
            }
        }
    }
    Ok(())
}

async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let found = tokio::net::lookup_host((host, port)).await?.next();
    let address = found.ok_or_else(|| io::Error::other("it has no address"))?;
    let socket = if address.is_ipv6() {
        tokio::net::TcpSocket::new_v6()
    } else {
        tokio::net::TcpSocket::new_v4()
    }?;
    socket.set_reuseaddr(true)?;
    if address.is_ipv6() {
        socket2::SockRef::from(&socket).set_only_v6(true)?;
    }
    socket.bind(address)?;
    socket.listen(128)
}

/// A connection that came in here goes out there.
fn serve<S: Stream + 'static>(
    handle: &Arc<Handle<Handler>>,
    allowed: &Allowed,
    mut stream: S,
    target: Target,
    what: String,
) {
    let handle = Arc::clone(handle);
    allowed.run(what, async move {
        let channel = match target {
            Target::Place(Place::Socket(path)) => {
                handle.channel_open_direct_streamlocal(path.to_string_lossy()).await
            }
            Target::Place(Place::Tcp { host, port }) => {
                let host = host.unwrap_or_else(|| "localhost".to_owned());
                handle.channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0).await
            }
            Target::Socks => {
                let request = socks::accept(&mut stream).await?;
                let port = u32::from(request.port);
                let channel = handle
                    .channel_open_direct_tcpip(request.host.clone(), port, "127.0.0.1", 0)
                    .await;
                socks::reply(&mut stream, &request, channel.is_ok()).await?;
                channel
            }
        };
        copy(channel.map_err(io::Error::other)?, stream).await
    });
}

/// A connection that came in there goes out here. It is accepted once there is a place for it to go
/// to, as in ssh: whoever made it sees it refused where there is none.
pub(super) async fn connect(
    channel: Channel<Msg>,
    reply: ChannelOpenHandle,
    target: Target,
    allowed: Allowed,
) -> io::Result<()> {
    match target {
        Target::Place(Place::Socket(path)) => {
            let stream = UnixStream::connect(&path).await;
            if stream.is_err() {
                allowed.note(format_args!("connect_to {}: failed.", path.display()));
            }
            join(channel, reply, stream).await
        }
        Target::Place(Place::Tcp { host, port }) => {
            let host = host.unwrap_or_else(|| "localhost".to_owned());
            join(channel, reply, dial(&allowed, &host, port).await).await
        }
        Target::Socks => {
            reply.accept().await;
            // Dropped, it closes the channel.
            let mut inner = channel.into_stream();
            let request = socks::accept(&mut inner).await?;
            let stream = if allowed.reach().permits(&request.host, request.port) {
                dial(&allowed, &request.host, request.port).await
            } else {
                Err(io::Error::new(io::ErrorKind::PermissionDenied, "PermitRemoteOpen"))
            };
            socks::reply(&mut inner, &request, stream.is_ok()).await?;
            tokio::io::copy_bidirectional(&mut inner, &mut stream?).await?;
            Ok(())
        }
    }
}

/// A connection that came in there goes to the agent here.
pub(super) async fn to_agent(
    channel: Channel<Msg>,
    reply: ChannelOpenHandle,
    socket: PathBuf,
) -> io::Result<()> {
    join(channel, reply, UnixStream::connect(socket).await).await
}

/// Connects to a port, and says so where that fails (channels.c: connect_to).
async fn dial(allowed: &Allowed, host: &str, port: u16) -> io::Result<TcpStream> {
    let found = tokio::net::lookup_host((host, port)).await.inspect_err(|error| {
        allowed.note(format_args!("connect_to {host}: unknown host ({error})"));
    })?;
    let addresses: Vec<_> = found.collect();
    let stream = TcpStream::connect(&*addresses).await.inspect_err(|_| {
        allowed.note(format_args!("connect_to {host} port {port}: failed."));
    })?;
    // Without it only small messages are slower.
    let _ = stream.set_nodelay(true);
    Ok(stream)
}

/// Answers the server, and copies where there is somewhere to copy to.
async fn join<S: AsyncRead + AsyncWrite + Unpin>(
    channel: Channel<Msg>,
    reply: ChannelOpenHandle,
    stream: io::Result<S>,
) -> io::Result<()> {
    match stream {
        Ok(stream) => {
            reply.accept().await;
            copy(channel, stream).await
        }
        Err(error) => {
            reply.reject(ChannelOpenFailure::ConnectFailed).await;
            Err(error)
        }
    }
}
