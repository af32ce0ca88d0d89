//! Logging in with keys: of files, of an agent, with certificates.

use std::time::Duration;

use russh::MethodKind;
use russh::keys::agent::Constraint;
use russh::keys::agent::client::AgentClient;
use russh::keys::{Algorithm, HashAlg, PublicKey};
use sshp_known_hosts::HostKey;
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::{KeyTurn, Login, LoginStep};
use crate::error::{Error, ErrorKind, Result};
use crate::session::builtin::blocking;
use crate::session::builtin::identities::{Identities, KeyHolder, OfferedKey};
use crate::session::builtin::negotiate::key_type;
use crate::session::builtin::signer::{Locked, SignError, Signer, unlock};
use crate::session::deadline::Deadline;

/// A token may want to be touched, an agent to be asked.
const AGENT_LIMIT: Duration = Duration::from_mins(2);
/// An agent takes a key at once, or never.
const KEEP_LIMIT: Duration = Duration::from_secs(5);

impl Login<'_> {
    /// Tries every key; a key that was tried does not come again, unless the server wants
    /// another step.
    pub(super) async fn public_key(
        &mut self,
        keys: &mut Identities,
        server: &mut Option<Vec<MethodKind>>,
    ) -> Result<LoginStep> {
        let Identities { candidates, agent } = keys;
        let mut at = 0;
        while at < candidates.len() {
            let outcome = self.offer(&mut candidates[at], agent).await?;
            match outcome {
                LoginStep::Success => return Ok(LoginStep::Success),
                LoginStep::Partial(list) => {
                    // The same key does not count twice (AuthenticationMethods publickey,publickey).
                    candidates.remove(at);
                    return Ok(LoginStep::Partial(list));
                }
                LoginStep::Failed(Some(list)) => {
                    let over = !list.contains(&MethodKind::PublicKey);
                    *server = Some(list);
                    if over {
                        break;
                    }
                }
                LoginStep::Failed(None) => {}
            }
            at += 1;
        }
        Ok(LoginStep::Failed(None))
    }

    async fn offer(
        &mut self,
        candidate: &mut OfferedKey,
        agent: &mut Option<AgentClient<UnixStream>>,
    ) -> Result<LoginStep> {
        let prompts = self.endpoint.auth.prompts;
        let batch = self.endpoint.auth.batch;
        if candidate.public.is_none()
            && let KeyHolder::Locked(path) = &candidate.holder
        {
            // The public half is hidden too, so the passphrase comes before the server's word.
            let Some(key) = unlock(self.ctx, &self.opened, path, prompts, batch).await? else {
                self.auth_log.unopened = Some(path.clone());
                self.auth_log.turn(&candidate.label, KeyTurn::Unopened);
                return Ok(LoginStep::Failed(None));
            };
            candidate.public = Some(key.public_key().clone());
            candidate.holder = KeyHolder::File(Box::new(key));
        }
        let Some(public) = candidate.public.clone() else { return Ok(LoginStep::Failed(None)) };
        if let Some(bits) = rsa_bits(&public).filter(|bits| *bits < self.endpoint.rsa_bits) {
            self.ctx.ui.warning(format_args!(
                "{}: an RSA key of {bits} bits is below RequiredRSASize, {}; it is ignored",
                candidate.label, self.endpoint.rsa_bits
            ));
            return Ok(LoginStep::Failed(None));
        }
        let Some(hash) = self.hash_for(&public).await? else {
            self.ctx.ui.verbose(format_args!(
                "{}: the server takes no signature of this type",
                candidate.label
            ));
            self.auth_log.turn(&candidate.label, KeyTurn::NoSignature);
            return Ok(LoginStep::Failed(None));
        };
        self.ctx.ui.verbose(format_args!("offering {}", candidate.label));
        // Until the server says other, or if it hangs up.
        self.auth_log.turn(&candidate.label, KeyTurn::Refused);
        let user = self.endpoint.user.clone();
        let usual = self.deadline.clone();
        let mut signer = match (&candidate.holder, agent.as_mut()) {
            (KeyHolder::Agent(identity), Some(agent)) => {
                self.deadline = Deadline::new(AGENT_LIMIT);
                Signer::Agent(agent, identity)
            }
            (KeyHolder::Agent(_), None) => return Ok(LoginStep::Failed(None)),
            (KeyHolder::File(key), _) => Signer::File(key),
            (KeyHolder::Locked(path), _) => Signer::Locked(Locked {
                ctx: self.ctx,
                keys: self.opened.clone(),
                path,
                prompts,
                batch,
                deadline: usual.clone(),
                opened: None,
            }),
        };
        let done = if let Some(certificate) = candidate.certificate.clone() {
            self.limited(async |handle| {
                handle.authenticate_certificate_with(user, certificate, hash, &mut signer).await
            })
            .await
        } else {
            self.limited(async |handle| {
                handle.authenticate_publickey_with(user, public, hash, &mut signer).await
            })
            .await
        };
        self.deadline = usual;
        let opened = match signer {
            Signer::Locked(Locked { opened: Some(key), .. }) => Some(key),
            _ => None,
        };
        if let Some(key) = opened {
            candidate.holder = KeyHolder::File(key);
        }
        match done? {
            Ok(result) => {
                let outcome = self.outcome(result)?;
                if matches!(outcome, LoginStep::Success | LoginStep::Partial(_)) {
                    if let Some(public) = &candidate.public {
                        let fingerprint = public.fingerprint(HashAlg::Sha256);
                        let label = &candidate.label;
                        // As ssh says it; `sshp key push` looks for it.
                        self.ctx
                            .ui
                            .verbose(format_args!("Server accepts key: {label} {fingerprint}"));
                    }
                    self.auth_log.became(KeyTurn::Accepted);
                    self.keep(candidate, agent).await;
                }
                Ok(outcome)
            }
            Err(SignError::Cancelled) => Err(Error::new(ErrorKind::Cancelled, "")),
            Err(_) if self.link.handle.is_closed() => Err(self.lost()),
            Err(error) => {
                if let (SignError::Locked, KeyHolder::Locked(path)) = (&error, &candidate.holder) {
                    self.auth_log.unopened = Some(path.clone());
                    self.auth_log.became(KeyTurn::Unopened);
                } else {
                    self.auth_log.became(KeyTurn::Unsigned);
                    self.ctx.ui.warning(format_args!(
                        "{}: the server takes this key, and it could not be signed with: {error}",
                        candidate.label
                    ));
                }
                Ok(LoginStep::Failed(None))
            }
        }
    }

    /// AddKeysToAgent: a key of a file that was of use goes to the agent.
    async fn keep(&self, candidate: &OfferedKey, agent: &mut Option<AgentClient<UnixStream>>) {
        let (Some(add), KeyHolder::File(key), Some(agent)) =
            (&self.endpoint.auth.add_to_agent, &candidate.holder, agent)
        else {
            return;
        };
        if self.endpoint.auth.ask_to_add && !self.may_add(&candidate.label).await {
            return;
        }
        let mut constraints = Vec::new();
        if let Some(seconds) = add.lifetime {
            constraints.push(Constraint::KeyLifetime { seconds });
        }
        if add.confirm {
            constraints.push(Constraint::Confirm);
        }
        let added = timeout(KEEP_LIMIT, agent.add_identity(key, &constraints)).await;
        if !matches!(added, Ok(Ok(()))) {
            self.ctx.ui.verbose(format_args!("{}: the agent does not take it", candidate.label));
        }
    }

    /// `AddKeysToAgent ask` (readpass.c: ask_permission).
    async fn may_add(&self, label: &str) -> bool {
        blocking::answers(self.ctx, format!("Add key {label} to agent? "), &["", "yes"]).await
    }

    /// The hash for a signature: `Some(None)` for keys that have but one, `None` where the server
    /// or the configuration takes none that we make.
    async fn hash_for(&mut self, public: &PublicKey) -> Result<Option<Option<HashAlg>>> {
        let accepted = &self.endpoint.algorithms.user_keys;
        let algorithm = public.algorithm();
        if !matches!(algorithm, Algorithm::Rsa { .. }) {
            let name = key_type(&algorithm);
            return Ok(accepted.contains(&name).then_some(None));
        }
        let takes = |wanted: &str| accepted.iter().any(|name| name == wanted);
        let (sha512, sha256) = (takes("rsa-sha2-512"), takes("rsa-sha2-256"));
        // Only where PubkeyAcceptedAlgorithms asks for it.
        let sha1 = takes("ssh-rsa");
        let best = self.limited(async |handle| handle.best_supported_rsa_hash().await).await?;
        let best = best.map_err(|_| self.lost())?;
        Ok(match best {
            // The server only takes SHA-1, or is so old that it does not say what it takes
            // (sshconnect2.c: key_sig_algorithm).
            Some(None) | None if sha1 => Some(None),
            Some(None) => None,
            Some(Some(HashAlg::Sha256)) if sha256 => Some(Some(HashAlg::Sha256)),
            _ if sha512 => Some(Some(HashAlg::Sha512)),
            _ if sha256 => Some(Some(HashAlg::Sha256)),
            _ if sha1 => Some(None),
            _ => None,
        })
    }
}

/// The size of an RSA key.
fn rsa_bits(key: &PublicKey) -> Option<usize> {
    key.to_bytes()
        .ok()
        .and_then(|blob| HostKey::parse(&blob))
        .filter(HostKey::is_rsa)
        .map(|key| key.bits())
}
