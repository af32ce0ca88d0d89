//! From a name to a connection: addresses, TCP, a ProxyCommand.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::{Look, ProbeStop, Way, patience};
use crate::doctor::{Fault, PortAnswer, Stage};
use crate::session::deadline::Deadline;
use crate::session::plan::Endpoint;
use crate::session::transport::{self, ConnectError, OpenTransport, plain};
use crate::session::{greeting, limits};

/// A packet that is not answered by then is dropped somewhere.
const TCP_LIMIT: Duration = Duration::from_secs(10);
/// How long the other ports may take.
const OTHER_LIMIT: Duration = Duration::from_secs(3);
/// Where ssh listens if not where it was looked for.
const USUAL_PORTS: [u16; 2] = [22, 2222];

/// Looks for an address and a connection to it, and lets the connection go.
pub(in crate::session) fn look(look: &mut Look<'_>) -> Way<()> {
    limits::require().map_err(ProbeStop::Error)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| ProbeStop::Error(error.into()))?;
    let opened = runtime.block_on(open(look));
    runtime.shutdown_background();
    opened.map(|_| ())
}

/// Opens the connection to the first server on the way.
pub(in crate::session) async fn open(look: &mut Look<'_>) -> Way<OpenTransport> {
    let endpoint = look.endpoint;
    let limit = patience(endpoint, TCP_LIMIT);
    if let Some(command) = &endpoint.transport.proxy_command {
        look.good(Stage::Address, "left to the ProxyCommand")?;
        look.stage = Stage::Tcp;
        look.note(Stage::Tcp, format!("runs the ProxyCommand, as a connect does: `{command}`"))?;
        let deadline = Deadline::new(endpoint.transport.timeout);
        let stream = transport::open(endpoint, &transport::shell(look.ctx), &deadline).await;
        let command = command.clone();
        let wrong = |error: ConnectError| Fault::ProxyCommand { command, why: error.to_string() };
        return Ok(stream.map_err(wrong)?);
    }
    look.stage = Stage::Address;
    let addresses = match timeout(endpoint.transport.timeout, transport::addresses(endpoint)).await
    {
        Ok(Ok(found)) => found,
        Ok(Err(error)) => return Err(Fault::CannotResolve { why: plain(&error) }.into()),
        Err(_) => {
            return Err(Fault::CannotResolve { why: "the DNS does not answer".to_owned() }.into());
        }
    };
    if addresses.is_empty() {
        let family = if endpoint.transport.ipv6 == Some(true) { "IPv6" } else { "IPv4" };
        return Err(Fault::NoAddressOfFamily { family }.into());
    }
    let shown: Vec<String> = addresses.iter().map(|found| found.ip().to_string()).collect();
    if endpoint.host.parse::<IpAddr>().is_ok() {
        look.good(Stage::Address, "is one")?;
    } else {
        look.good(Stage::Address, shown.join(", "))?;
    }
    look.stage = Stage::Tcp;
    let mut failures: Vec<(&SocketAddr, Option<io::Error>)> = Vec::new();
    for address in &addresses {
        match timeout(limit, transport::dial(endpoint, *address)).await {
            Ok(Ok(stream)) => {
                for (failed, why) in &failures {
                    look.note(
                        Stage::Tcp,
                        format!(
                            "{failed}: {}",
                            why.as_ref().map_or_else(|| "no answer".to_owned(), plain)
                        ),
                    )?;
                }
                look.good(Stage::Tcp, format!("connected to {address}"))?;
                return Ok(OpenTransport { peer: Some(*address), ..OpenTransport::from(stream) });
            }
            Ok(Err(error)) => failures.push((address, Some(error))),
            Err(_) => failures.push((address, None)),
        }
    }
    // The first address is the one that ssh prefers.
    let Some((address, error)) = failures.into_iter().next() else {
        return Err(Fault::CannotResolve { why: "it has no address".to_owned() }.into());
    };
    Err(match error {
        Some(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Fault::Refused { others: others(endpoint, *address).await }
        }
        Some(error) if error.kind() != io::ErrorKind::TimedOut => {
            Fault::Unreachable { why: plain(&error) }
        }
        _ => {
            let others = others(endpoint, *address).await;
            Fault::TimedOut { seconds: limit.as_secs(), others }
        }
    }
    .into())
}

/// What answers at the ports where ssh usually is.
async fn others(endpoint: &Endpoint, address: SocketAddr) -> Vec<(u16, PortAnswer)> {
    let mut found = Vec::new();
    for port in USUAL_PORTS.into_iter().filter(|port| *port != endpoint.port) {
        let address = SocketAddr::new(address.ip(), port);
        let answer = match timeout(OTHER_LIMIT, transport::dial(endpoint, address)).await {
            Ok(Ok(mut stream)) => {
                let mut first = [0; 256];
                match timeout(OTHER_LIMIT, stream.read(&mut first)).await {
                    Ok(Ok(length @ 1..)) => PortAnswer::Says(greeting::shown(&first[..length])),
                    _ => PortAnswer::Silence,
                }
            }
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                PortAnswer::Refused
            }
            _ => PortAnswer::Nothing,
        };
        found.push((port, answer));
    }
    found
}
