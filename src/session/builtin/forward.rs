//! Forwarded connections, in both directions: where they come from and go to.

mod relay;

use std::fmt::Display;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use russh::client::{ChannelOpenHandle, Handle, Msg};
use russh::{Channel, ChannelOpenFailure};
use rustix::io::Errno;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use self::relay::copy;
use super::allowed::{Allowed, Listen};
use super::connection::Connection;
use super::handler::Handler;
use super::{failed, socks};
use crate::ctx::Ctx;
use crate::error::Result;
use crate::platform;
use crate::session::plan::{Endpoint, ForwardPlace, ForwardTarget, Forwards, PlannedForward};
use crate::session::transport::Stream;

/// Begins all forwardings of a session.
///
/// # Errors
/// With ExitOnForwardFailure, when one cannot begin.
pub(super) async fn start(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: &Connection,
    forwards: &Forwards,
) -> Result<()> {
    link.allowed.restrict(forwards.reach.clone());
    for forward in &forwards.local {
        if let Err(error) = listen(ctx, endpoint, link, forward, forwards).await {
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
                    ForwardTarget::ForwardPlace(place) => name(place),
                    ForwardTarget::Socks => "dynamic".to_owned(),
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
pub(super) fn describe(kind: &str, listen: impl Display, target: &ForwardTarget) -> String {
    match target {
        ForwardTarget::ForwardPlace(place) => {
            format!("{kind}: listening {listen} for {}", name(place))
        }
        ForwardTarget::Socks => format!("{kind}: listening {listen} for SOCKS"),
    }
}

fn name(place: &ForwardPlace) -> String {
    match place {
        ForwardPlace::Tcp { host: None, port } => format!("port {port}"),
        ForwardPlace::Tcp { host: Some(host), port } => format!("{host}:{port}"),
        ForwardPlace::Socket(path) => path.display().to_string(),
    }
}

/// Asks the server to listen; gives the port where it was the server's to choose.
async fn ask(
    link: &Connection,
    forward: &PlannedForward,
) -> std::result::Result<Option<u16>, russh::Error> {
    let (allowed, target) = (&link.allowed, forward.target.clone());
    let (address, port) = match &forward.listen {
        ForwardPlace::Socket(path) => {
            let path = path.to_string_lossy().into_owned();
            let listen = Listen::Socket(path.clone());
            // Before the answer: the first connection may come with it.
            allowed.allow(listen.clone(), target);
            let asked = link.handle.streamlocal_forward(path).await;
            return asked.map(|()| None).inspect_err(|_| allowed.forbid(&listen));
        }
        // The protocol's words: `localhost`, and nothing for every address.
        ForwardPlace::Tcp { host: None, port } => ("localhost", *port),
        ForwardPlace::Tcp { host: Some(host), port } if host == "*" => ("", *port),
        ForwardPlace::Tcp { host: Some(host), port } => (host.as_str(), *port),
    };
    let listen = |port| Listen::Port(address.to_owned(), port);
    if port != 0 {
        allowed.allow(listen(port), target);
        let asked = link.handle.tcpip_forward(address, u32::from(port)).await;
        return asked.map(|_| None).inspect_err(|_| allowed.forbid(&listen(port)));
    }
    let chosen = link.handle.tcpip_forward(address, 0).await?;
    let chosen = u16::try_from(chosen).ok().filter(|chosen| *chosen != 0);
    let chosen = chosen.ok_or(russh::Error::Inconsistent)?;
    allowed.allow(listen(chosen), target);
    Ok(Some(chosen))
}

async fn listen(
    ctx: &Ctx,
    endpoint: &Endpoint,
    link: &Connection,
    forward: &PlannedForward,
    forwards: &Forwards,
) -> io::Result<()> {
    let what = describe("direct-tcpip", name(&forward.listen), &forward.target);
    match &forward.listen {
        ForwardPlace::Socket(path) => {
            if forwards.unlink {
                match rustix::fs::unlink(path) {
                    Ok(()) | Err(Errno::NOENT) => {}
                    Err(error) => return Err(error.into()),
                }
            }
            let before = rustix::process::umask(platform::permissions(forwards.mask));
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
        ForwardPlace::Tcp { host, port } => {
            let hosts: Vec<&str> = match host.as_deref() {
                None if forwards.gateway => vec!["0.0.0.0", "::"],
                None | Some("localhost") => vec!["127.0.0.1", "::1"],
                Some("" | "*") => vec!["0.0.0.0", "::"],
                Some(host) => vec![host],
            };
            let mut listeners = Vec::new();
            let mut last = None;
            // All addresses of a name, of the family that is asked for (channels.c:
            // channel_setup_fwd_listener_tcpip).
            let mut addresses = Vec::new();
            for host in hosts {
                addresses.extend(tokio::net::lookup_host((host, *port)).await?);
            }
            let ipv6 = endpoint.transport.ipv6;
            addresses.retain(|address| ipv6.is_none_or(|six| address.is_ipv6() == six));
            if addresses.is_empty() {
                return Err(io::Error::other("it has no address of the family that is asked for"));
            }
            for address in addresses {
                match bind(address) {
                    Ok(listener) => listeners.push(listener),
                    Err(error) => {
                        // Another address may be enough, and yet whoever dials this one meets
                        // another program.
                        if error.kind() == io::ErrorKind::AddrInUse {
                            let host = address.ip();
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

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv6() {
        tokio::net::TcpSocket::new_v6()
    } else {
        tokio::net::TcpSocket::new_v4()
    }?;
    socket.set_reuseaddr(true)?;
    if address.is_ipv6() {
        rustix::net::sockopt::set_ipv6_v6only(&socket, true)?;
    }
    socket.bind(address)?;
    socket.listen(128)
}

/// A connection that came in here goes out there.
fn serve<S: Stream + 'static>(
    handle: &Arc<Handle<Handler>>,
    allowed: &Allowed,
    mut stream: S,
    target: ForwardTarget,
    what: String,
) {
    let handle = Arc::clone(handle);
    allowed.run(what, async move {
        let channel = match target {
            ForwardTarget::ForwardPlace(ForwardPlace::Socket(path)) => {
                handle.channel_open_direct_streamlocal(path.to_string_lossy()).await
            }
            ForwardTarget::ForwardPlace(ForwardPlace::Tcp { host, port }) => {
                let host = host.unwrap_or_else(|| "localhost".to_owned());
                handle.channel_open_direct_tcpip(host, u32::from(port), "127.0.0.1", 0).await
            }
            ForwardTarget::Socks => {
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
/// to, as in ssh: where there is none, the forwarded connection is refused.
pub(super) async fn connect(
    channel: Channel<Msg>,
    reply: ChannelOpenHandle,
    target: ForwardTarget,
    allowed: Allowed,
) -> io::Result<()> {
    match target {
        ForwardTarget::ForwardPlace(ForwardPlace::Socket(path)) => {
            let stream = UnixStream::connect(&path).await;
            if stream.is_err() {
                allowed.note(format_args!("connect_to {}: failed.", path.display()));
            }
            join(channel, reply, stream).await
        }
        ForwardTarget::ForwardPlace(ForwardPlace::Tcp { host, port }) => {
            let host = host.unwrap_or_else(|| "localhost".to_owned());
            join(channel, reply, dial(&allowed, &host, port).await).await
        }
        ForwardTarget::Socks => {
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
pub(super) async fn join<S: AsyncRead + AsyncWrite + Unpin>(
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
