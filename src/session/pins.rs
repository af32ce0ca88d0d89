//! Profiles that are pinned to host keys: `sshp trust --pin`.
//!
//! The built-in session compares the key that it is offered. ssh cannot be told a fingerprint, but
//! it accepts no key that known_hosts does not hold, when it is told so: then it is enough that
//! known_hosts holds no other key for the server.

use std::path::PathBuf;

use sshp_known_hosts::{HostKey, Marker, Names, Pins};

use crate::error::{Error, Result};
use crate::repository;
use crate::session::plan::Endpoint;

/// What ssh gets, so that only keys of the known_hosts files count: nothing new is accepted, asked
/// of a command or the DNS, or learnt from the server.
pub const SSH_OPTIONS: [&str; 5] = [
    "StrictHostKeyChecking=yes",
    "KnownHostsCommand=none",
    "VerifyHostKeyDNS=no",
    "NoHostAuthenticationForLocalhost=no",
    "UpdateHostKeys=no",
];

/// A server that the system's ssh connects to, and what it is pinned to.
pub struct Pinned {
    /// What messages call it.
    pub name: String,
    /// How known_hosts names it.
    pub known_as: Names,
    /// UserKnownHostsFile
    pub user_files: Vec<PathBuf>,
    /// GlobalKnownHostsFile
    pub global_files: Vec<PathBuf>,
    /// The keys that are accepted.
    pub pins: Pins,
}

impl Pinned {
    /// A server as the built-in session would connect to it.
    pub fn of(endpoint: &Endpoint) -> Self {
        let trust = &endpoint.trust;
        Pinned {
            name: endpoint.name.clone(),
            known_as: Names::new(&endpoint.host, endpoint.port, trust.alias.as_deref()),
            user_files: trust.user_files.clone(),
            global_files: trust.global_files.clone(),
            pins: trust.pins.clone(),
        }
    }
}

/// Requires that a key is one that the server is pinned to, where it is pinned.
///
/// # Errors
/// When it is another.
pub fn check(endpoint: &Endpoint, key: &HostKey) -> Result<()> {
    let pins = &endpoint.trust.pins;
    require_readable(endpoint)?;
    if pins.allow(key) {
        return Ok(());
    }
    Err(refused(
        &endpoint.name,
        pins,
        &format!("its {} host key {} is not the one it is pinned to", key.label(), key.sha256()),
    ))
}

/// Requires that what a server is pinned to is known.
///
/// # Errors
/// When it cannot be read.
pub fn require_readable(endpoint: &Endpoint) -> Result<()> {
    let name = &endpoint.name;
    match endpoint.trust.pins {
        Pins::None | Pins::Only(_) => Ok(()),
        Pins::Unreadable => Err(Error::failed(format_args!(
            "`{name}` may be pinned to host keys that cannot be read"
        ))),
    }
}

/// Requires that known_hosts holds no key for the server but those it is pinned to, and says
/// whether it holds one of them: ssh refuses the server otherwise.
///
/// # Errors
/// When it holds another, when an authority answers for the server, when a file cannot be read.
pub fn check_files(server: &Pinned) -> Result<bool> {
    let mut known = false;
    let refused = |what: &str| refused(&server.name, &server.pins, what);
    let files = repository::known_hosts::load(&server.user_files, &server.global_files)?;
    for line in files.find(&server.known_as).all() {
        let (label, fingerprint) = (line.key.label(), line.key.sha256());
        let place = &line.place;
        match line.marker {
            Some(Marker::Revoked) => {}
            Some(Marker::CertAuthority) => {
                let what = format!("{place} lets an authority answer for it, and it is pinned");
                let error = refused(&what);
                return Err(if cfg!(feature = "builtin") {
                    error.hint("the built-in session compares all the same: `--session builtin`")
                } else {
                    error
                });
            }
            None if server.pins.allow_fingerprint(&fingerprint) => known = true,
            None => {
                let what = format!(
                    "{place} holds the {label} key {fingerprint}, which is not the one it is pinned to"
                );
                return Err(refused(&what));
            }
        }
    }
    Ok(known)
}

fn refused(name: &str, pins: &Pins, what: &str) -> Error {
    Error::failed(format_args!("{name}: {what}\n  pinned: {pins}")).hint(format_args!(
        "if the server was reinstalled: `sshp trust {name} --pin` with the text of its console"
    ))
}
