//! CheckHostIP: the address of a server is looked up in known_hosts beside its name, so that a name
//! that leads to another server is noticed (sshconnect.c: check_host_key).
//!
//! Stricter than ssh in two places: a key that is revoked for the address is revoked, and a key that
//! the address contradicts is not stored before the user has agreed.

use std::net::SocketAddr;

use sshp_known_hosts::verdict::{Match, Matches};
use sshp_known_hosts::{HostKey, KnownHosts, Names, Verdict};

use super::hosts_command::{self, Reason};
use super::{failed, hostkey};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::session::askpass;
use crate::session::plan::{Endpoint, Strict};

/// The address that was connected to.
pub(super) struct Address {
    /// What it is called in known_hosts.
    pub(super) names: Names,
    matches: Matches,
}

impl Address {
    /// What is to be looked up beside `names`. `None` where CheckHostIP is off, and where ssh turns
    /// it off: without an address of the server's own, on loopback, and for a name or a HostName that
    /// is the address.
    pub(super) fn find(
        endpoint: &Endpoint,
        peer: Option<SocketAddr>,
        files: &KnownHosts,
        names: &Names,
    ) -> Option<Self> {
        let ip = peer.filter(|_| endpoint.trust.check_ip)?.ip();
        let own = Names::of_address(ip, endpoint.port);
        if ip.is_loopback() || [names.name(), &endpoint.host].contains(&own.name()) {
            return None;
        }
        Some(Address { matches: files.find(&own), names: own })
    }

    /// What is known of the key for the address.
    ///
    /// # Errors
    /// When a KnownHostsCommand fails.
    pub(super) fn verdict(
        &self,
        ctx: &Ctx,
        endpoint: &Endpoint,
        files: &KnownHosts,
        key: &HostKey,
    ) -> Result<Verdict> {
        let Some(command) = &endpoint.trust.command else { return Ok(self.matches.verdict(key)) };
        let why = Reason::Address;
        let said = hosts_command::run(ctx, endpoint, &self.names, command, why, Some(key))?;
        Ok(hostkey::with(files, said).find(&self.names).verdict(key))
    }
}

/// The address is known by other keys than the one that the name is known by, or is new with.
///
/// # Errors
/// When the connection must end because the user did not agree.
pub(super) fn differs(
    ctx: &Ctx,
    endpoint: &Endpoint,
    address: &Names,
    key: &HostKey,
    by: Option<&str>,
    lines: &[Match],
) -> Result<()> {
    let name = &endpoint.name;
    let mut text = format!(
        "the {} host key for '{name}' differs from the key for the IP address '{address}'",
        key.label()
    );
    for line in lines {
        text += &format!("\nOffending key for IP in {}", line.place);
    }
    if let Some(by) = by {
        text += &format!("\nMatching host key in {by}");
    }
    let refused = |text: &str| -> Error {
        failed(endpoint, text).hint(format_args!(
            "if the address was another server's before: `sshp forget '{address}'`"
        ))
    };
    match endpoint.trust.strict {
        Strict::No => {
            ctx.ui.warning(&text);
            Ok(())
        }
        Strict::Ask if !endpoint.auth.batch => {
            let question =
                format!("Warning: {text}\nAre you sure you want to continue connecting (yes/no)? ");
            match askpass::confirm(ctx, &question, "Please type 'yes' or 'no': ", None) {
                Ok(true) => Ok(()),
                _ => Err(refused(&text)),
            }
        }
        Strict::Ask | Strict::Yes | Strict::AcceptNew => Err(refused(&text)),
    }
}

/// What is known of the address of a server whose own key has changed.
pub(super) fn spoofed(address: &Names, verdict: &Verdict) -> String {
    let what = match verdict {
        Verdict::Unknown { .. } => "is not known",
        Verdict::Known(_) | Verdict::Certified { .. } => "is this one",
        Verdict::Changed { .. } | Verdict::Revoked(_) => "is another one too",
    };
    format!("\n  the key for its IP address {address} {what}")
}
