//! UpdateHostKeys: a server that is known tells its further keys and proves them, and they become
//! known; those that it no longer has do not stay (clientloop.c: client_input_hostkeys).

use std::sync::Arc;
use std::time::Duration;

use russh::client::Handle;
use russh::keys::PublicKey;
use sshp_known_hosts::append::Spelling;
use sshp_known_hosts::forget::Server;
use sshp_known_hosts::picture::fingerprint;
use sshp_known_hosts::trust::{Trusting, plan_trust};
use sshp_known_hosts::{HostKey, Names, Scope, Verdict};
use sshp_splice::ChangeSet;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::blocking;
use super::handler::Handler;
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::repository;
use crate::session::algorithms::KEYS;
use crate::session::plan::{Endpoint, UpdateKeys};
use crate::ui::prompt::Echo;

/// A server tells its keys with its answer to the login, and proves them at once, or never.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the question is repeated after an answer that is neither yes nor no (clientloop.c:
/// update_known_hosts).
const MAX_TRIES: usize = 3;

/// One server, and the key by which it is known.
pub(super) struct HostKeyUpdates {
    pub(super) ctx: Ctx,
    pub(super) endpoint: Endpoint,
    pub(super) handle: Arc<Handle<Handler>>,
    pub(super) announced: mpsc::UnboundedReceiver<Vec<PublicKey>>,
    pub(super) proved: HostKey,
}

impl HostKeyUpdates {
    /// Takes what the server tells first, and stores it. Nothing of it is worth a session: what
    /// goes wrong is said.
    pub(super) async fn run(mut self) {
        let Ok(Some(announced)) = timeout(PATIENCE, self.announced.recv()).await else { return };
        if let Err(error) = self.learn(announced).await {
            let name = &self.endpoint.name;
            self.ctx.ui.warning(format_args!(
                "{name}: its further host keys were not stored: {:#}",
                error.source
            ));
        }
    }

    async fn learn(&self, announced: Vec<PublicKey>) -> Result<()> {
        let accepted = &self.endpoint.algorithms.host_keys;
        let parsed = |key: &PublicKey| key.to_bytes().ok().and_then(|blob| HostKey::parse(&blob));
        let mut keys: Vec<HostKey> = Vec::new();
        let mut announced_as = Vec::new();
        for public in announced {
            let Some(key) = parsed(&public) else { continue };
            let wanted = !key.is_certificate()
                && (!key.is_rsa() || key.bits() >= self.endpoint.rsa_bits)
                && accepted.iter().any(|name| is_of(name, &key));
            if wanted && !keys.contains(&key) {
                keys.push(key);
                announced_as.push(public);
            }
        }
        let Some(mut planned) = self.plan(&keys).await? else { return Ok(()) };
        let ui = &self.ctx.ui;
        if !planned.added.is_empty() {
            let is_new =
                |public: &PublicKey| parsed(public).is_some_and(|key| planned.added.contains(&key));
            let proof = self.prove(announced_as.into_iter().filter(is_new).collect()).await?;
            let proof: Vec<HostKey> = proof.iter().filter_map(parsed).collect();
            let (kept, left): (Vec<HostKey>, Vec<HostKey>) = keys
                .into_iter()
                .partition(|key| !planned.added.contains(key) || proof.contains(key));
            keys = kept;
            for key in &left {
                ui.verbose(format_args!("{} is proved by SHA-1 alone: not stored", key.label()));
            }
            if !left.is_empty() {
                let Some(again) = self.plan(&keys).await? else { return Ok(()) };
                planned = again;
            }
        }
        let hash = self.endpoint.trust.fingerprint;
        let learnt = planned.added.iter().map(|key| ("Learned new hostkey", key));
        let lost = planned.removed.iter().filter_map(|removed| removed.key.as_ref());
        let told = learnt.chain(lost.map(|key| ("Deprecating obsolete hostkey", key)));
        let asks = self.endpoint.trust.update == UpdateKeys::Ask;
        for (what, key) in told {
            let line = format!("{what}: {} {}", key.label(), fingerprint(key, hash));
            if asks { ui.status(line) } else { ui.verbose(line) }
        }
        if asks && !self.may_store().await {
            return Ok(());
        }
        let (ctx, endpoint, proved) =
            (self.ctx.clone(), self.endpoint.clone(), self.proved.clone());
        // Another process may hold the file, and the session is not to wait for it.
        let stored = blocking::run(move || {
            repository::commit_files(&ctx, repository::CommitOptions::default(), || {
                let title = format!("learn the host keys of {}", names_of(&endpoint));
                let mut change = ChangeSet::new(title);
                let planned = plan(&endpoint, &proved, &keys)?;
                for file in planned.map(|planned| planned.files).unwrap_or_default() {
                    change.push(file);
                }
                Ok(change)
            })
        });
        stored.await.map(drop)
    }

    /// What the files lose and gain, read on a thread that may block.
    async fn plan(&self, keys: &[HostKey]) -> Result<Option<Trusting>> {
        let (endpoint, proved) = (self.endpoint.clone(), self.proved.clone());
        let keys = keys.to_vec();
        blocking::run(move || plan(&endpoint, &proved, &keys)).await
    }

    /// Those of the keys that the server proves.
    async fn prove(&self, keys: Vec<PublicKey>) -> Result<Vec<PublicKey>> {
        let proof = timeout(PATIENCE, self.handle.hostkeys_prove(keys)).await;
        proof.map_err(|_| Error::failed("the server does not prove them"))?.map_err(|error| {
            match error {
                russh::Error::WrongServerSig => Error::failed("the server signs with another key"),
                other => other.into(),
            }
        })
    }

    async fn may_store(&self) -> bool {
        for _ in 0..MAX_TRIES {
            let text = "Accept updated hostkeys? (yes/no): ";
            match blocking::ask(&self.ctx, text, Echo::Shown).await {
                Ok(answer) if answer.eq_ignore_ascii_case(b"yes") => return true,
                Ok(answer) if !answer.eq_ignore_ascii_case(b"no") => {}
                _ => return false,
            }
        }
        false
    }
}

fn names_of(endpoint: &Endpoint) -> Names {
    Names::new(&endpoint.host, endpoint.port, endpoint.trust.alias.as_deref())
}

/// What the files lose and gain as they are now; `None` where they stay as they are. Files that
/// know the server in a way that the user wrote by hand are left alone: by a pattern, by an authority,
/// by a global file, by its name without the port.
fn plan(endpoint: &Endpoint, proved: &HostKey, keys: &[HostKey]) -> Result<Option<Trusting>> {
    let trust = &endpoint.trust;
    let files = repository::known_hosts::load(&trust.user_files, &trust.global_files)?;
    let names = names_of(endpoint);
    let found = files.find(&names);
    let is_own = matches!(found.verdict(proved), Verdict::Known(place)
        if place.scope == Scope::User && found.by_own_name(&place));
    let plain = found.all().iter().all(|line| {
        let complex = |hosts: &String| hosts.contains(['*', '?', '!']);
        line.marker.is_none() && !line.hosts.as_ref().is_some_and(complex)
    });
    if !is_own || !plain || !keys.contains(proved) {
        return Ok(None);
    }
    // Keys of a type that is not read here say nothing of what the server has.
    let mut keep = keys.to_vec();
    let foreign = |key: &HostKey| !KEYS.iter().any(|name| is_of(name, key));
    keep.extend(found.all().iter().map(|line| line.key.clone()).filter(foreign));
    let server = Server { own: vec![names.name().to_owned()], names, beside: None };
    let mut spelling = Vec::with_capacity(keys.len());
    for _ in keys {
        spelling.push(repository::known_hosts::spelling(trust.hash)?);
    }
    let mut spelling = spelling.into_iter();
    let planned =
        plan_trust(&files, &server, keys, &keep, || spelling.next().unwrap_or(Spelling::Plain));
    let planned = planned.map_err(Error::failed)?;
    Ok(Some(planned).filter(|planned| !planned.files.is_empty()))
}

/// Whether a signature algorithm is one of this key's.
fn is_of(algorithm: &str, key: &HostKey) -> bool {
    algorithm == key.type_name() || key.is_rsa() && algorithm.starts_with("rsa-sha2-")
}
