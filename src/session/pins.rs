//! Profiles that are pinned to host keys: `sshp trust --pin`.
//!
//! The built-in session compares the key that it is offered. ssh cannot be told a fingerprint, but
//! it accepts no key that known_hosts does not hold, when it is told so: then it is enough that
//! known_hosts holds no other key for the server.

use crate::error::{Error, Exit, Result};
use crate::known_hosts::{HostKey, Marker, Names};
use crate::session::plan::Endpoint;
use crate::store;

/// What ssh gets, so that only keys of the known_hosts files count: nothing new is accepted, asked
/// of a command or the DNS, or learnt from the server.
pub const SSH_OPTIONS: [&str; 5] = [
    "StrictHostKeyChecking=yes",
    "KnownHostsCommand=none",
    "VerifyHostKeyDNS=no",
    "NoHostAuthenticationForLocalhost=no",
    "UpdateHostKeys=no",
];

/// Requires that a key is one that the server is pinned to, where it is pinned.
///
/// # Errors
/// When it is another, with exit 255.
pub fn check(endpoint: &Endpoint, key: &HostKey) -> Result<()> {
    let pins = &endpoint.trust.pins;
    if pins.is_empty() || pins.contains(&key.sha256()) {
        return Ok(());
    }
    Err(refused(
        endpoint,
        &format!("its {} host key {} is not the one it is pinned to", key.label(), key.sha256()),
    ))
}

/// Requires that known_hosts holds no key for the server but those it is pinned to, and says
/// whether it holds one of them: ssh refuses the server otherwise.
///
/// # Errors
/// When it holds another, when an authority answers for the server, when a file cannot be read.
pub fn check_files(endpoint: &Endpoint) -> Result<bool> {
    let mut known = false;
    let trust = &endpoint.trust;
    let files = store::known_hosts::load(&trust.user_files, &trust.global_files)
        .map_err(|error| error.exit(Exit::Connect))?;
    let names = Names::new(&endpoint.host, endpoint.port, trust.alias.as_deref());
    for line in files.find(&names).all() {
        let (label, fingerprint) = (line.key.label(), line.key.sha256());
        match line.marker {
            Some(Marker::Revoked) => {}
            Some(Marker::CertAuthority) => {
                return Err(refused(
                    endpoint,
                    &format!("{} lets an authority answer for it, and it is pinned", line.place),
                )
                .hint("the built-in session compares all the same: `--session builtin`"));
            }
            None if trust.pins.contains(&fingerprint) => known = true,
            None => {
                return Err(refused(
                    endpoint,
                    &format!(
                        "{} holds the {label} key {fingerprint}, which is not the one it is pinned to",
                        line.place
                    ),
                ));
            }
        }
    }
    Ok(known)
}

fn refused(endpoint: &Endpoint, what: &str) -> Error {
    let name = &endpoint.name;
    let pins = endpoint.trust.pins.join(", ");
    Error::new(Exit::Connect, format_args!("{name}: {what}\n  pinned: {pins}")).hint(format_args!(
        "if the server was reinstalled: `sshp trust {name} --pin` with the text of its console"
    ))
}
