//! The connection to a server through a jump host, and algorithms that are not in common.

use std::time::Duration;

use russh::{AlgorithmKind, ChannelOpenFailure};
use sshp_config::algorithms::List;
use tokio::time::timeout;

use crate::doctor::{Fault, Stage};
use crate::session::algorithms::{self, Algorithms};
use crate::session::builtin::connection::{self, Connection};
use crate::session::plan::Endpoint;
use crate::session::probe::{Look, Way, reach};
use crate::session::transport::{OpenTransport, Stream};

/// Opens the connection to a server, through the one before it on the way.
pub(super) async fn open(look: &mut Look<'_>, before: Option<&Connection>) -> Way<OpenTransport> {
    let Some(before) = before else { return reach::open(look).await };
    let endpoint = look.endpoint;
    look.good(Stage::Address, "left to the jump host")?;
    look.stage = Stage::Tcp;
    let stream = through(before, endpoint, endpoint.transport.timeout).await?;
    look.good(Stage::Tcp, format!("through the jump host to {}", connection::place(endpoint)))?;
    Ok(OpenTransport::from(stream))
}

/// A channel of the jump host.
async fn through(
    before: &Connection,
    endpoint: &Endpoint,
    limit: Duration,
) -> Result<Box<dyn Stream>, Fault> {
    let (host, port) = (endpoint.host.clone(), u32::from(endpoint.port));
    let opened = before.handle.channel_open_direct_tcpip(host, port, "127.0.0.1", 0);
    let why = match timeout(limit, opened).await {
        Ok(Ok(channel)) => return Ok(Box::new(channel.into_stream())),
        Ok(Err(russh::Error::ChannelOpenFailure(
            ChannelOpenFailure::AdministrativelyProhibited,
        ))) => return Err(Fault::JumpForbids),
        Ok(Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed))) => {
            "refused, not answered, or the name is not known there".to_owned()
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => format!("no answer within {} s", limit.as_secs()),
    };
    Err(Fault::JumpCannotReach { why })
}

/// What is missing, and who has it; `configured` tells what the config asks for in vain.
pub(super) fn no_common(
    kind: &AlgorithmKind,
    ours: &[String],
    theirs: &[String],
    configured: &Algorithms,
) -> Fault {
    let (option, of_ssh) = match kind {
        AlgorithmKind::Kex => ("KexAlgorithms", List::Kex.all()),
        AlgorithmKind::Key => ("HostKeyAlgorithms", List::Keys.all()),
        AlgorithmKind::Cipher => ("Ciphers", List::Ciphers.all()),
        AlgorithmKind::Mac => ("MACs", List::Macs.all()),
        AlgorithmKind::Compression => ("Compression", [].as_slice()),
    };
    // Names that only say what a side can do beside it.
    let real = |list: &[String]| -> Vec<String> {
        let marks = ["ext-info-", "kex-strict-"];
        list.iter().filter(|name| !marks.iter().any(|m| name.starts_with(m))).cloned().collect()
    };
    let theirs = real(theirs);
    let (mut on_demand, mut of_system) = (Vec::new(), Vec::new());
    for name in &theirs {
        if algorithms::has(option, name) {
            on_demand.push(name.clone());
        } else if of_ssh.contains(&name.as_str()) {
            of_system.push(name.clone());
        }
    }
    // What the config asks of ssh needs no further option.
    let is_asked =
        of_system.iter().any(|name| configured.missing_for(option).contains(&name.as_str()));
    let of_other = of_system.first().map(|first| {
        let add = if is_asked { String::new() } else { format!(" -o {option}=+{first}") };
        format!("--session system{add}")
    });
    Fault::NoCommonAlgorithm { option, ours: real(ours), theirs, on_demand, of_other }
}
