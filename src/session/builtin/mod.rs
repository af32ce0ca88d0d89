//! The built-in session: russh, with what it lacks around it.
//!
//! One runtime of one thread. Threads of their own read stdin and write stdout and stderr, so
//! that a slow terminal or pipe never holds up the connection.
//!
//! russh's ciphers are those of aws-lc-rs, not of ring: over 512 MiB each way on loopback both take
//! 0.8 times the processor time that ssh takes for AES-GCM down, but for chacha20-poly1305, which
//! OpenSSH prefers, ring takes 1.2 to 1.3 times as much as ssh and aws-lc-rs 1.0 to 1.1. A runtime of
//! several threads takes 15 to 20 % more than this one and is no faster.

mod agent_forward;
mod allowed;
mod auth;
mod blocking;
mod certificate;
mod channel;
mod connection;
mod escape;
mod fetch;
mod forward;
mod handler;
mod host_ip;
mod host_key_updates;
mod hostkey;
mod hosts_command;
mod identities;
mod input;
mod local_command;
mod modes;
mod negotiate;
mod opened_keys;
mod output;
mod probe;
mod signer;
mod socks;
mod stdio;
mod tap;
mod unverified;
mod upload;

use std::fmt::Display;

use self::connection::Connection;
pub use self::fetch::Fetched;
use self::opened_keys::OpenedKeys;
pub use self::probe::probe;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::session::plan::{Builtin, Endpoint, Run};
use crate::session::{SessionEnd, limits};
use crate::ui::{sanitize, secret, terminal};

/// The version of the library below, from the greeting that it would send.
#[must_use]
pub fn russh_version() -> Option<String> {
    let russh::SshId::Standard(id) = russh::client::Config::default().client_id else {
        return None;
    };
    id.rsplit('_').next().map(str::to_owned)
}

/// Runs a session to its end and gives the status of the remote command.
///
/// # Errors
/// All of ours end the process with 255, as those of ssh do.
pub fn run(ctx: &Ctx, plan: &Builtin) -> Result<SessionEnd> {
    limits::require()?;
    terminal::guard();
    // It holds decrypted keys and the keys of the session.
    secret::keep_from_core_dumps();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let end = runtime.block_on(async {
        let mut links: Vec<Connection> = Vec::with_capacity(plan.hops.len());
        let opened = OpenedKeys::default();
        for endpoint in &plan.hops {
            unverified::refuse_as_hop(&plan.hops, &links)?;
            let link = connection::open(ctx, endpoint, links.last(), &opened).await?;
            links.push(link);
            if let Some(link) = links.last_mut() {
                link.learn(ctx, endpoint).await;
            }
        }
        let plan = unverified::without_forwarding(ctx, plan, links.last())?;
        terminal::begin_session(plan.work.run == Run::Nothing);
        let end = channel::run(ctx, &plan, &mut links).await;
        while let Some(mut link) = links.pop() {
            link.learnt().await;
            link.close().await;
        }
        end
    });
    // A name that is still being looked up would hold the process.
    runtime.shutdown_background();
    end
}

/// Asks the last of these servers for its host keys, through the ones before it, which are
/// checked and logged in to as for a session.
///
/// # Errors
/// When a server cannot be reached, a jump host is not to be trusted or refuses the login, or there
/// is no key.
pub fn host_keys(ctx: &Ctx, hops: &[Endpoint]) -> Result<Fetched> {
    let Some((endpoint, before)) = hops.split_last() else { return Ok(Fetched::Keys(Vec::new())) };
    limits::require()?;
    if !before.is_empty() {
        // A jump host may ask for a password.
        terminal::guard();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let keys = runtime.block_on(async {
        let mut links: Vec<Connection> = Vec::with_capacity(before.len());
        let opened = OpenedKeys::default();
        for hop in before {
            unverified::refuse_as_hop(hops, &links)?;
            let link = connection::open(ctx, hop, links.last(), &opened).await?;
            links.push(link);
        }
        unverified::refuse_as_hop(hops, &links)?;
        let keys = fetch::host_keys(ctx, endpoint, links.last()).await;
        while let Some(link) = links.pop() {
            link.close().await;
        }
        keys
    });
    // A name that is still being looked up would hold the process.
    runtime.shutdown_background();
    keys
}

/// A failure on the way to a server, or with it.
fn failed(endpoint: &Endpoint, what: impl Display) -> Error {
    let what = what.to_string();
    Error::failed(format!("{}: {}", endpoint.name, sanitize::block(&what)))
}
