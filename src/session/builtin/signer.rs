//! Who signs a login: a key that is open, one that is opened when the server wants it, the agent.

use std::path::Path;

use russh::keys::agent::AgentIdentity;
use russh::keys::agent::client::AgentClient;
use russh::keys::ssh_encoding::Encode;
use russh::keys::ssh_key::private::KeypairData;
use russh::keys::{HashAlg, PrivateKey, signature};
use sshp_keys::DecodeError;
use tokio::net::UnixStream;

use super::blocking;
use super::opened_keys::OpenedKeys;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::keys::{self, LoadError};
use crate::session::askpass;
use crate::session::deadline::Deadline;
use crate::ui::prompt::{Echo, PromptError};

/// Why a signature was not made.
#[derive(Debug, thiserror::Error)]
pub(super) enum SignError {
    #[error(transparent)]
    Send(#[from] russh::SendError),
    #[error("{0}")]
    Sign(String),
    #[error("it was not unlocked")]
    Locked,
    #[error("cancelled")]
    Cancelled,
}

/// Who signs.
pub(super) enum Signer<'a> {
    /// The agent, with a key that it holds, certified or not.
    Agent(&'a mut AgentClient<UnixStream>, &'a AgentIdentity),
    /// A key that is open.
    File(&'a PrivateKey),
    /// A key file that is opened when the server wants its key, as ssh does: the user is not asked for
    /// the passphrase of a key that the server refuses.
    Locked(Locked<'a>),
}

/// A key file and how to open it.
pub(super) struct Locked<'a> {
    /// The facts of this run.
    pub(super) ctx: &'a Ctx,
    /// The keys that are open.
    pub(super) keys: OpenedKeys,
    /// The file.
    pub(super) path: &'a Path,
    /// How often to ask.
    pub(super) prompts: usize,
    /// There is no terminal to ask at.
    pub(super) batch: bool,
    /// The time limit that stops while the user types.
    pub(super) deadline: Deadline,
    /// The key, once it is open.
    pub(super) opened: Option<Box<PrivateKey>>,
}

impl russh::Signer for Signer<'_> {
    type Error = SignError;

    async fn auth_sign(
        &mut self,
        _: &AgentIdentity,
        hash: Option<HashAlg>,
        data: Vec<u8>,
    ) -> std::result::Result<Vec<u8>, SignError> {
        match self {
            // The plain key, also where a certificate is offered: the agent may hold no other.
            Signer::Agent(agent, identity) => {
                let signed = agent.sign_request(identity, hash, data).await;
                signed.map_err(|error| SignError::Sign(error.to_string()))
            }
            Signer::File(key) => sign(key, hash, data),
            Signer::Locked(locked) => {
                let question = locked.deadline.question();
                let Locked { ctx, keys, path, prompts, batch, .. } = locked;
                let opened = unlock(ctx, keys, path, *prompts, *batch).await;
                drop(question);
                match opened {
                    Ok(Some(key)) => {
                        let signed = sign(&key, hash, data);
                        locked.opened = Some(Box::new(key));
                        signed
                    }
                    Ok(None) => Err(SignError::Locked),
                    Err(error) if error.kind == ErrorKind::Cancelled => Err(SignError::Cancelled),
                    Err(error) => Err(SignError::Sign(error.source.to_string())),
                }
            }
        }
    }
}

/// A key that is open, else asks for the passphrase of its file until it opens, the user gives none, or the attempts are
/// used up.
pub(super) async fn unlock(
    ctx: &Ctx,
    keys: &OpenedKeys,
    path: &Path,
    prompts: usize,
    batch: bool,
) -> Result<Option<PrivateKey>> {
    if let Some(key) = keys.get(path) {
        return Ok(Some(key));
    }
    if batch {
        return Ok(None);
    }
    // Opening takes as long as the KDF of the key wants.
    let (ctx, file) = (ctx.clone(), path.to_owned());
    let opened = blocking::run(move || open(&ctx, &file, prompts)).await?;
    if let Some(key) = &opened {
        keys.keep(path, key);
    }
    Ok(opened)
}

fn open(ctx: &Ctx, path: &Path, prompts: usize) -> Result<Option<PrivateKey>> {
    let mut text = format!("Enter passphrase for key '{}': ", path.display());
    for _ in 0..prompts {
        let passphrase = match askpass::ask_bytes(ctx, &text, Echo::Hidden) {
            Ok(passphrase) => passphrase,
            Err(PromptError::NoTerminal) => {
                ctx.ui.verbose(format_args!("`{}` needs a passphrase", path.display()));
                return Ok(None);
            }
            Err(PromptError::Cancelled) => return Err(Error::new(ErrorKind::Cancelled, "")),
            Err(PromptError::Io(error)) => return Err(error.into()),
        };
        if passphrase.is_empty() {
            return Ok(None);
        }
        match keys::load(path, Some(&passphrase)) {
            Ok(key) => return Ok(Some(key)),
            Err(LoadError::Decode(DecodeError::WrongPassphrase)) => {
                text = format!("Bad passphrase, try again for '{}': ", path.display());
            }
            Err(error) => {
                ctx.ui.warning(format_args!("`{}`: {error}", path.display()));
                return Ok(None);
            }
        }
    }
    Ok(None)
}

/// Puts the signature after what is signed (RFC 4252, section 7).
fn sign(
    key: &PrivateKey,
    hash: Option<HashAlg>,
    mut data: Vec<u8>,
) -> std::result::Result<Vec<u8>, SignError> {
    let wrong = |error: String| SignError::Sign(error);
    let signature = match key.key_data() {
        KeypairData::Rsa(pair) => signature::Signer::try_sign(&(pair, hash), &data),
        other => signature::Signer::try_sign(other, &data),
    };
    let signature = signature.map_err(|error| wrong(error.to_string()))?;
    let mut blob = Vec::new();
    signature.encode(&mut blob).map_err(|error| wrong(error.to_string()))?;
    blob.encode(&mut data).map_err(|error| wrong(error.to_string()))?;
    Ok(data)
}
