//! The connection under a session: TCP, or a command that stands for it.

#![allow(clippy::disallowed_methods, reason = "ProxyCommand is a program to be run")]

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::process::Stdio;
use std::time::Duration;

use nix::net::if_::InterfaceFlags;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::net::AddressFamily;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::ctx::Ctx;
use crate::session::deadline::Deadline;
use crate::session::plan::Endpoint;

/// Anything that bytes go through both ways.
pub(in crate::session) trait Stream:
    AsyncRead + AsyncWrite + Unpin + Send
{
}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection that is open.
#[cfg_attr(not(feature = "builtin"), expect(dead_code, reason = "a look lets it go at once"))]
pub(in crate::session) struct OpenTransport {
    /// The bytes.
    pub(in crate::session) stream: Box<dyn Stream>,
    /// The socket of it, where it is one of ours. While this is held, the connection is too.
    pub(in crate::session) socket: Option<OwnedFd>,
    /// The server's own address, where there is no other between.
    pub(in crate::session) peer: Option<SocketAddr>,
}

impl<S: Stream + 'static> From<S> for OpenTransport {
    fn from(stream: S) -> Self {
        OpenTransport { stream: Box::new(stream), socket: None, peer: None }
    }
}

/// How long ssh waits before it tries again (ConnectionAttempts).
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(1);

/// Why there is no connection.
pub(in crate::session) enum ConnectError {
    /// The ProxyCommand cannot be started.
    Proxy(io::Error),
    /// The name has no address.
    Resolve(io::Error),
    /// The name is still not looked up after this long.
    ResolveTimeout(Duration),
    /// Each address, and why it is not connected to.
    Addresses(Vec<(SocketAddr, DialError)>),
}

/// Why one address is not connected to.
pub(in crate::session) enum DialError {
    /// It does not answer within this time.
    Timeout(Duration),
    /// It refuses, or there is no way to it.
    Io(io::Error),
}

impl fmt::Display for DialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DialError::Timeout(limit) => write!(f, "no answer within {} s", limit.as_secs()),
            DialError::Io(error) => f.write_str(&plain(error)),
        }
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectError::Proxy(error) | ConnectError::Resolve(error) => f.write_str(&plain(error)),
            ConnectError::ResolveTimeout(limit) => {
                write!(f, "its name is not looked up within {} s", limit.as_secs())
            }
            ConnectError::Addresses(failures) => match failures.as_slice() {
                [(_, why)] => why.fmt(f),
                failures => {
                    let mut separator = "";
                    for (address, why) in failures {
                        write!(f, "{separator}{}: {why}", address.ip())?;
                        separator = "; ";
                    }
                    Ok(())
                }
            },
        }
    }
}

/// An error without its number.
pub(in crate::session) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" (os error ").unwrap_or(text.len());
    text[..end].to_owned()
}

/// Opens the connection for the first server on the way. `deadline` begins anew with each address
/// (sshconnect.c: ssh_connect_direct), and what is left of it is for the handshake.
pub(in crate::session) async fn open(
    endpoint: &Endpoint,
    shell: &str,
    deadline: &Deadline,
) -> Result<OpenTransport, ConnectError> {
    if let Some(command) = &endpoint.transport.proxy_command {
        return Proxy::start(shell, command).map(OpenTransport::from).map_err(ConnectError::Proxy);
    }
    let found = deadline.within(addresses(endpoint)).await;
    let found = found.map_err(|_| ConnectError::ResolveTimeout(endpoint.transport.timeout))?;
    let addresses = found.map_err(ConnectError::Resolve)?;
    if addresses.is_empty() {
        let error = not_found("it has no address of the family that is asked for");
        return Err(ConnectError::Resolve(error));
    }
    let mut attempts = endpoint.transport.attempts;
    loop {
        attempts = attempts.saturating_sub(1);
        let error = match first_that_answers(endpoint, &addresses, deadline).await {
            Ok(opened) => return Ok(opened),
            Err(error) => error,
        };
        if attempts == 0 {
            return Err(error);
        }
        tokio::time::sleep(BETWEEN_ATTEMPTS).await;
    }
}

/// Connects to the first address that answers, each within the deadline's whole time.
async fn first_that_answers(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
    deadline: &Deadline,
) -> Result<OpenTransport, ConnectError> {
    let mut failures = Vec::with_capacity(addresses.len());
    for address in addresses {
        deadline.restart();
        match deadline.within(connect(endpoint, *address)).await {
            Ok(Ok(opened)) => return Ok(opened),
            Ok(Err(error)) => failures.push((*address, DialError::Io(error))),
            Err(_) => {
                failures.push((*address, DialError::Timeout(endpoint.transport.timeout)));
            }
        }
    }
    Err(ConnectError::Addresses(failures))
}

/// Connects to this address of a server.
pub(in crate::session) async fn connect(
    endpoint: &Endpoint,
    address: SocketAddr,
) -> io::Result<OpenTransport> {
    let stream = dial(endpoint, address).await?;
    let socket = stream.as_fd().try_clone_to_owned()?;
    Ok(OpenTransport { socket: Some(socket), peer: Some(address), ..OpenTransport::from(stream) })
}

/// The addresses of a server, of the family that is asked for; none where it has only others.
pub(in crate::session) async fn addresses(endpoint: &Endpoint) -> io::Result<Vec<SocketAddr>> {
    let ipv6 = endpoint.transport.ipv6;
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await?;
    Ok(found.filter(|address| ipv6.is_none_or(|six| address.is_ipv6() == six)).collect())
}

/// Connects to one address of a server.
pub(in crate::session) async fn dial(
    endpoint: &Endpoint,
    address: SocketAddr,
) -> io::Result<TcpStream> {
    let transport = &endpoint.transport;
    let wanted = |own: &SocketAddr| own.is_ipv6() == address.is_ipv6();
    let bind = match &transport.bind {
        None => match &transport.interface {
            Some(name) => Some(address_of(name, wanted)?),
            None => None,
        },
        Some(name) => {
            let mut own = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let own = own
                .find(wanted)
                .ok_or_else(|| not_found("BindAddress has no address of its family"))?;
            Some(own.ip())
        }
    };
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    if let Some(own) = bind {
        socket.bind(SocketAddr::new(own, 0))?;
    }
    if let Some(class) = transport.service.interactive {
        // Unmarked packets arrive as well.
        let _ = mark(&socket, class);
    }
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    rustix::net::sockopt::set_socket_keepalive(&stream, transport.keepalive)?;
    Ok(stream)
}

/// An address of an interface, rather one that leads anywhere (sshconnect.c: check_ifaddrs). As
/// in ssh, BindAddress counts more.
fn address_of(name: &str, wanted: impl Fn(&SocketAddr) -> bool) -> io::Result<IpAddr> {
    let mut found: Vec<IpAddr> = nix::ifaddrs::getifaddrs()?
        .filter(|one| one.interface_name == name && one.flags.contains(InterfaceFlags::IFF_UP))
        .filter_map(|one| {
            let address = one.address?;
            let four = address.as_sockaddr_in().map(|four| IpAddr::V4(four.ip()));
            four.or_else(|| address.as_sockaddr_in6().map(|six| IpAddr::V6(six.ip())))
        })
        .filter(|ip| wanted(&SocketAddr::new(*ip, 0)))
        .collect();
    // A stable sort: the first of each sort stays first.
    found.sort_by_key(|ip| match ip {
        IpAddr::V4(four) => four.is_loopback(),
        IpAddr::V6(six) => six.is_loopback() || six.is_unicast_link_local(),
    });
    let missing = || not_found(&format!("the interface {name} has no address to come from"));
    found.into_iter().next().ok_or_else(missing)
}

/// Has the packets of a connection marked (packet.c: ssh_packet_set_tos).
pub(in crate::session) fn mark(socket: impl AsFd, class: u8) -> io::Result<()> {
    let six = rustix::net::getsockname(&socket)?.address_family() == AddressFamily::INET6;
    if six {
        rustix::net::sockopt::set_ipv6_tclass(socket, class.into())?;
    } else {
        rustix::net::sockopt::set_ip_tos(socket, class)?;
    }
    Ok(())
}

fn not_found(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, what.to_owned())
}

/// The shell that runs the commands of a config, as ssh chooses it.
pub(in crate::session) fn shell(ctx: &Ctx) -> String {
    let shell = ctx.env.var("SHELL").and_then(|shell| shell.into_string().ok());
    shell.unwrap_or_else(|| "/bin/sh".to_owned())
}

/// A ProxyCommand: its input and output are the connection, its stderr is ours.
struct Proxy {
    input: ChildStdin,
    output: ChildStdout,
    child: Child,
}

impl Drop for Proxy {
    /// Ends it with the connection, and lets it clean up (sshconnect.c: ssh_kill_proxy_command).
    fn drop(&mut self) {
        let process = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(process) = process {
            // It may have ended by itself.
            let _ = kill(Pid::from_raw(process), Signal::SIGHUP);
        }
    }
}

impl Proxy {
    fn start(shell: &str, command: &str) -> io::Result<Self> {
        let mut child = Command::new(shell)
            .arg("-c")
            .arg(format!("exec {command}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the ProxyCommand has no input or output"));
        };
        Ok(Proxy { input, output, child })
    }
}

impl AsyncRead for Proxy {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.output).poll_read(cx, buf)
    }
}

impl AsyncWrite for Proxy {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<io::Result<usize>> {
        std::pin::Pin::new(&mut self.input).poll_write(cx, buf)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.input).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        std::pin::Pin::new(&mut self.input).poll_shutdown(cx)
    }
}
