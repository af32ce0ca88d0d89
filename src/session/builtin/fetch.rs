//! Asks a server for its host keys, one handshake for each, and logs in nowhere.

use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use russh::client;
use russh::keys::{Algorithm, PublicKeyOrCertificate};
use sshp_known_hosts::HostKey;

use super::connection::{self, Connection};
use super::failed;
use super::handler::explain;
use super::negotiate::{self, Expected};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::session::algorithms::KEYS;
use crate::session::deadline::Deadline;
use crate::session::plan::Endpoint;
use crate::session::transport;
use crate::session::transport::plain;

/// What no server has: asked for alone, it makes the server tell all that it has.
const NO_SUCH_ALGORITHM: &str = "none@sshp.invalid";

/// Takes the key that a server has proved to be its own, and goes.
struct Taker(Arc<Mutex<Option<Vec<u8>>>>);

impl client::Handler for Taker {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        offered: &PublicKeyOrCertificate,
    ) -> std::result::Result<bool, russh::Error> {
        let blob = offered.public_key().to_bytes()?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(blob);
        Ok(false)
    }
}

/// What one handshake gave.
enum HandshakeAnswer {
    Key(HostKey),
    /// The server has no such key; these it has.
    Others(Vec<String>),
    /// It has no other algorithm in common with the built-in session.
    NoCommon(String),
    Failure(String),
}

/// What asking a server for its host keys gave.
pub enum Fetched {
    /// Its keys.
    Keys(Vec<HostKey>),
    /// It has no algorithms that the built-in session has, too.
    Lacking(Error),
}

/// All host keys that a server has and the built-in session can check, those first that ssh
/// prefers.
///
/// # Errors
/// When the server cannot be reached or gives no key at all.
pub(super) async fn host_keys(
    ctx: &Ctx,
    endpoint: &Endpoint,
    before: Option<&Connection>,
) -> Result<Fetched> {
    // All keys are those of one server: the address that answered is asked again.
    let mut peer = None;
    let none = Algorithm::new(NO_SUCH_ALGORITHM)?;
    let has = match handshake(ctx, endpoint, before, &mut peer, none).await? {
        HandshakeAnswer::Others(names) => Some(names),
        // A command that fails once fails for each key type, and may ask the user each time.
        HandshakeAnswer::Failure(why) if endpoint.transport.proxy_command.is_some() => {
            return Err(failed(endpoint, format!("{why} ({})", connection::place(endpoint))));
        }
        HandshakeAnswer::NoCommon(why) => return Ok(Fetched::Lacking(lacking(endpoint, &why))),
        HandshakeAnswer::Key(_) | HandshakeAnswer::Failure(_) => None,
    };
    let mut keys: Vec<HostKey> = Vec::new();
    let mut failure = None;
    for name in KEYS {
        let is_rsa = name.starts_with("rsa-");
        let skip = has.as_ref().is_some_and(|has| !has.iter().any(|other| other == name))
            || (is_rsa && keys.iter().any(|key| key.type_name() == "ssh-rsa"));
        if skip {
            continue;
        }
        match handshake(ctx, endpoint, before, &mut peer, Algorithm::new(name)?).await? {
            HandshakeAnswer::Key(key) if keys.contains(&key) => {}
            HandshakeAnswer::Key(key) => keys.push(key),
            HandshakeAnswer::Others(_) => {}
            HandshakeAnswer::NoCommon(why) => return Ok(Fetched::Lacking(lacking(endpoint, &why))),
            HandshakeAnswer::Failure(why) => failure = Some(why),
        }
    }
    if keys.is_empty() {
        return match (failure, has) {
            (None, Some(has)) => {
                let why = format!("it has only host keys of other types: {}", has.join(","));
                Ok(Fetched::Lacking(lacking(endpoint, &why)))
            }
            (failure, _) => {
                let why = failure.unwrap_or_else(|| "it gives no host key".to_owned());
                Err(failed(endpoint, format!("{why} ({})", connection::place(endpoint))))
            }
        };
    }
    Ok(Fetched::Keys(keys))
}

fn lacking(endpoint: &Endpoint, why: &str) -> Error {
    failed(endpoint, format!("{why} ({})", connection::place(endpoint)))
}

async fn handshake(
    ctx: &Ctx,
    endpoint: &Endpoint,
    before: Option<&Connection>,
    peer: &mut Option<SocketAddr>,
    algorithm: Algorithm,
) -> Result<HandshakeAnswer> {
    let mut config = negotiate::config(endpoint, &Expected::default());
    config.preferred.key = Cow::Owned(vec![algorithm]);
    config.preferred.host_key_certificates = Cow::Borrowed(&[]);
    let key = Arc::new(Mutex::new(None));
    let deadline = Deadline::new(endpoint.transport.timeout);
    let opened = match (before, *peer) {
        (None, Some(address)) => {
            let opened = deadline.within(transport::connect(endpoint, address)).await;
            opened.map_err(|_| connection::timed_out(endpoint))?.map_err(|error| {
                failed(endpoint, format!("cannot connect to {address}: {}", plain(&error)))
            })?
        }
        _ => connection::stream(ctx, endpoint, before, &deadline).await?,
    };
    *peer = opened.peer;
    let handshake = client::connect_stream(Arc::new(config), opened.stream, Taker(key.clone()));
    let ended = deadline.within(handshake).await.map_err(|_| connection::timed_out(endpoint))?;
    let blob = key.lock().unwrap_or_else(PoisonError::into_inner).take();
    Ok(match (blob, ended) {
        (Some(blob), _) => HostKey::parse(&blob).map_or_else(
            || {
                HandshakeAnswer::Failure(
                    "its host key is of a type that ssh does not know".to_owned(),
                )
            },
            HandshakeAnswer::Key,
        ),
        (None, Err(russh::Error::NoCommonAlgo { kind: russh::AlgorithmKind::Key, theirs, .. })) => {
            HandshakeAnswer::Others(theirs)
        }
        (None, Err(error @ russh::Error::NoCommonAlgo { .. })) => {
            HandshakeAnswer::NoCommon(explain(&error))
        }
        (None, Err(error)) => HandshakeAnswer::Failure(explain(&error)),
        (None, Ok(_)) => HandshakeAnswer::Failure("it gives no host key".to_owned()),
    })
}
