//! The key files of a server: there, closed to others, and keys.

use std::path::Path;
use std::time::Duration;

use sshp_keys::ssh_key::PublicKey;
use sshp_keys::{Client, Defect, KeyFile};

use super::{Look, Way};
use crate::doctor::{Fault, Stage};
use crate::keys::public::public_half;
use crate::keys::{self, agent, modes};
use crate::profile::Session;
use crate::session::plan::Method;

/// An agent that does not answer is left alone after this.
const AGENT_PATIENCE: Duration = Duration::from_secs(10);

/// Looks at every key file; gives what is wrong where those that the config names are of no use and
/// no other key could take their place.
pub(in crate::session) fn look(look: &mut Look<'_>) -> Way<Option<Fault>> {
    let auth = &look.endpoint.auth;
    if !auth.methods.contains(&Method::PublicKey) {
        return look.good(Stage::Keys, "none is offered, the config says so").map(|()| None);
    }
    let held = match &auth.agent {
        Some(socket) => agent::list(socket, AGENT_PATIENCE),
        None => Ok(Vec::new()),
    };
    let holds = |path: &Path| {
        let public = public_half(path);
        let public = public.as_ref().map(PublicKey::key_data);
        let held = held.iter().flatten();
        public.is_some_and(|public| held.into_iter().any(|k| k.public.key_data() == public))
    };
    let mut fault = None;
    let mut usable = Vec::new();
    for identity in &auth.identities {
        let found = match examine(&identity.path) {
            // ssh asks its own middleware.
            Err(Fault::KeyNeedsAgent { .. }) if look.client == Session::System => {
                Ok("for ssh to use")
            }
            Err(Fault::KeyNeedsAgent { .. }) if holds(&identity.path) => Ok("held by the agent"),
            found => found,
        };
        match found {
            Ok(kind) => usable.push(format!("{} ({kind})", identity.path.display())),
            Err(Fault::KeyMissing { .. }) if !identity.chosen => {}
            Err(found) => {
                fault.get_or_insert((found, identity.chosen));
            }
        }
    }
    let by_agent = match held.map(|held| held.len()) {
        Ok(0) => None,
        Ok(count) if auth.identities_only => {
            Some(format!("the agent's {count}, of which IdentitiesOnly leaves those of the files"))
        }
        Ok(count) => Some(format!("the agent's {count}")),
        Err(why) => {
            look.note(Stage::Keys, format!("`$SSH_AUTH_SOCK` leads to no agent: {why}"))?;
            None
        }
    };
    let spare = by_agent.is_some() && !auth.identities_only;
    let typed = auth.methods.iter().any(|method| *method != Method::PublicKey);
    match fault {
        Some((fault, true)) if usable.is_empty() && !spare => return Ok(Some(fault)),
        Some((fault, _)) => look.note(Stage::Keys, said(&fault))?,
        None if usable.is_empty() && by_agent.is_none() && !typed => {
            return Ok(Some(Fault::NoKey));
        }
        None => {}
    }
    usable.extend(by_agent);
    let shown = if usable.is_empty() { "none".to_owned() } else { usable.join(", ") };
    look.good(Stage::Keys, shown).map(|()| None)
}

pub(in crate::session) fn said(fault: &Fault) -> String {
    match fault {
        Fault::KeyMissing { path } => format!("there is no `{}`", path.display()),
        Fault::KeyTooOpen { path, mode } => {
            format!(
                "`{}` can be read by others (mode {mode:04o}), so it is not used",
                path.display()
            )
        }
        Fault::KeyUnusable { path, why } => format!("`{}`: {why}", path.display()),
        Fault::KeyNeedsAgent { path, kind } => format!(
            "`{}` is {kind}, which the built-in session uses through an agent only",
            path.display()
        ),
        Fault::NoKey => "there is no key".to_owned(),
        _ => String::new(),
    }
}

/// What kind of key a file holds, or why the built-in session cannot load it; what only ssh can load,
/// or what ssh cannot, ssh's own log tells.
fn examine(path: &Path) -> Result<&'static str, Fault> {
    let unusable = |why: String| Fault::KeyUnusable { path: path.to_owned(), why };
    let found = match keys::inspect(path) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            // A public half alone names a key of the agent.
            return match public_half(path) {
                Some(_) => Ok("public half, for the agent"),
                None => Err(Fault::KeyMissing { path: path.to_owned() }),
            };
        }
        // `IdentityFile /dev/null` says that no file is meant.
        Err(_) if path == Path::new("/dev/null") => return Ok("no file"),
        Err(error) => return Err(unusable(error.to_string())),
    };
    if let Some(defect) = keys::read(path).ok().and_then(|b| sshp_keys::public::defect(&b)) {
        return Err(unusable(defect.to_string()));
    }
    match found {
        KeyFile::Public | KeyFile::Certificate => return Ok("public half, for the agent"),
        KeyFile::X509 => return Err(unusable("it is an X.509 certificate, not a key".into())),
        KeyFile::NotAKey => return Err(unusable("it is not a private key".into())),
        KeyFile::Private { .. } => {}
    }
    if let Ok(Some(mode)) = modes::too_open(path) {
        return Err(Fault::KeyTooOpen { path: path.to_owned(), mode });
    }
    let bytes = keys::read(path).map_err(|error| unusable(error.to_string()))?;
    match sshp_keys::defect(&bytes, None, Client::BuiltIn) {
        None if found.is_encrypted() => Ok("encrypted"),
        None => Ok("private key"),
        Some(Defect::Unsupported(what)) => {
            Err(Fault::KeyNeedsAgent { path: path.to_owned(), kind: what.to_string() })
        }
        Some(defect) => Err(unusable(defect.to_string())),
    }
}
