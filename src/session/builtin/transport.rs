//! The connection under a session: TCP, or a command that stands for it.

#![allow(clippy::disallowed_methods, reason = "ProxyCommand is a program to be run")]

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::Stdio;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::session::plan::Endpoint;

/// Anything that bytes go through both ways.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Opens the connection for the first server on the way.
pub(super) async fn open(endpoint: &Endpoint, shell: &str) -> io::Result<Box<dyn Stream>> {
    if let Some(command) = &endpoint.transport.proxy_command {
        return Ok(Box::new(Proxy::start(shell, command)?));
    }
    let mut attempt = 1;
    loop {
        match tcp(endpoint).await {
            Ok(stream) => return Ok(Box::new(stream)),
            Err(error) if attempt >= endpoint.transport.attempts => return Err(error),
            Err(_) => {
                attempt += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
    }
}

async fn tcp(endpoint: &Endpoint) -> io::Result<TcpStream> {
    let transport = &endpoint.transport;
    let wanted = |address: &SocketAddr| transport.ipv6.is_none_or(|six| address.is_ipv6() == six);
    let found = tokio::net::lookup_host((endpoint.host.as_str(), endpoint.port)).await?;
    let found: Vec<SocketAddr> = found.filter(wanted).collect();
    let bind = match &transport.bind {
        None => None,
        Some(name) => {
            let mut own = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let own = own.find(wanted).ok_or_else(|| not_found("BindAddress has no address"))?;
            Some(own.ip())
        }
    };
    let mut last = not_found("it has no address of the family that is asked for");
    for address in found {
        match one(address, bind).await {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                SockRef::from(&stream).set_keepalive(transport.keepalive)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn one(address: SocketAddr, bind: Option<IpAddr>) -> io::Result<TcpStream> {
    let socket = if address.is_ipv6() { TcpSocket::new_v6() } else { TcpSocket::new_v4() }?;
    if let Some(own) = bind.filter(|own| own.is_ipv6() == address.is_ipv6()) {
        socket.bind(SocketAddr::new(own, 0))?;
    }
    socket.connect(address).await
}

fn not_found(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, what.to_owned())
}

/// Runs a LocalCommand to its end; its status counts for nothing, as in ssh.
pub(super) async fn run_local(shell: &str, command: &str) -> io::Result<()> {
    Command::new(shell).arg("-c").arg(command).status().await.map(drop)
}

/// A ProxyCommand: its input and output are the connection, its stderr is ours.
struct Proxy {
    input: ChildStdin,
    output: ChildStdout,
    // Held so that it is ended with the connection.
    _child: Child,
}

impl Proxy {
    fn start(shell: &str, command: &str) -> io::Result<Self> {
        let mut child = Command::new(shell)
            .arg("-c")
            .arg(format!("exec {command}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the ProxyCommand has no input or output"));
        };
        Ok(Proxy { input, output, _child: child })
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
