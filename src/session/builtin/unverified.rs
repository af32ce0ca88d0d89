//! What a server gets that `StrictHostKeyChecking no` lets through although its key has changed:
//! nothing that would help who is in the middle (sshconnect.c: check_host_key). That it gets no
//! password is the login's to see to.

use std::borrow::Cow;

use super::connection::Connection;
use super::failed;
use super::hostkey::Accepted;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::session::plan::{Builtin, Endpoint, Forwards, Run};

/// Requires that the last of these connections may lead on to another server.
///
/// # Errors
/// When it is to a server whose key has changed.
pub(super) fn refuse_as_hop(hops: &[Endpoint], links: &[Connection]) -> Result<()> {
    let Some((link, hop)) = links.last().zip(hops.get(links.len().saturating_sub(1))) else {
        return Ok(());
    };
    match link.accepted {
        Accepted::Verified | Accepted::New => Ok(()),
        Accepted::Unverified => Err(leads_nowhere(hop)),
    }
}

fn leads_nowhere(endpoint: &Endpoint) -> Error {
    failed(endpoint, "nothing goes through it, since its host key has changed")
}

/// The plan without what a changed server must not have, each said.
///
/// # Errors
/// When nothing else is asked for, or ExitOnForwardFailure makes each forwarding count.
pub(super) fn without_forwarding<'a>(
    ctx: &Ctx,
    plan: &'a Builtin,
    link: Option<&Connection>,
) -> Result<Cow<'a, Builtin>> {
    let (Some(link), Some(endpoint)) = (link, plan.hops.last()) else {
        return Ok(Cow::Borrowed(plan));
    };
    if link.accepted != Accepted::Unverified {
        return Ok(Cow::Borrowed(plan));
    }
    let forwards = &plan.work.forwards;
    if matches!(plan.work.run, Run::Connection(..)) {
        return Err(leads_nowhere(endpoint));
    }
    let mut lost = Vec::new();
    if forwards.agent.is_some() {
        lost.push("agent");
    }
    if !forwards.local.is_empty() || !forwards.remote.is_empty() {
        lost.push("port");
    }
    for what in &lost {
        let line = format!("{what} forwarding is off, since the host key has changed");
        ctx.ui.warning(format_args!("{}: {line}", endpoint.name));
    }
    if forwards.strict && !lost.is_empty() {
        return Err(failed(endpoint, "forwarding is off, and ExitOnForwardFailure wants it"));
    }
    let mut plan = plan.clone();
    plan.work.forwards = Forwards::default();
    Ok(Cow::Owned(plan))
}
