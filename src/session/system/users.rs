//! Which of the users that the images of clouds have would be let in with a key: ssh offers its
//! public half, and has no private one to sign with, so there is no login.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sshp_keys::ssh_key::PublicKey;

use super::System;
use super::trial::Trial;
use crate::doctor::ssh_log::SshLog;
use crate::error::Result;
use crate::keys::public::{self, public_at};
use crate::keys::{self, agent};
use crate::repository::ScratchFolder;
use crate::session::plan::Endpoint;
use crate::session::probe::{KEYS, USUAL};

/// How long a server may take for one user, and an agent for its list.
const LIMIT: Duration = Duration::from_secs(20);

/// The users that would be let in, and those that would not. Each has a connection of its own.
pub(super) fn guess(
    system: &System<'_>,
    at: usize,
    stored: &Path,
    log: &SshLog,
) -> Result<(Vec<String>, Vec<String>)> {
    let endpoint = &system.hops[at];
    let folder = ScratchFolder::new()?;
    let mut identities = Vec::new();
    for (number, key) in offered(endpoint, log).iter().take(KEYS).enumerate() {
        let line = sshp_keys::public::line(key)?;
        folder.write(&format!("key{number}.pub"), line.as_bytes())?;
        let file = folder.path().join(format!("key{number}"));
        identities.push(format!("IdentityFile={}", file.display()));
    }
    let config = folder.write("config", &without_identities(&super::effective(system)?))?;
    let mut would_not = Vec::new();
    for user in USUAL.into_iter().filter(|user| *user != endpoint.user) {
        let mut options = vec!["IdentitiesOnly=yes".to_owned(), "IdentityAgent=none".to_owned()];
        options.push("PreferredAuthentications=publickey".to_owned());
        options.push("BatchMode=yes".to_owned());
        options.push(format!("User={user}"));
        options.extend(identities.iter().cloned());
        options.extend(system.options(at, stored));
        let mut arguments = vec!["-N".into(), "-l".into(), user.into()];
        arguments.extend(system.words(at));
        let (ssh, config, patience) = (system.ssh, Some(config.as_path()), (LIMIT, LIMIT));
        let trial = Trial { ssh, config, options, arguments, holds_input: false, patience };
        let accepts = |log: &str| log.lines().any(|line| line.contains(": Server accepts key: "));
        if accepts(&trial.run(|log, _, _| accepts(log))?.log) {
            return Ok((vec![user.to_owned()], would_not));
        }
        // A server that hangs up says no as well.
        would_not.push(user.to_owned());
    }
    Ok((Vec::new(), would_not))
}

/// A config with everything that ssh has for the server but what it logs in with: IdentityFile adds to
/// what is set before, and a private key would log in.
fn without_identities(config: &str) -> Vec<u8> {
    let left_out = ["host ", "identityfile ", "certificatefile ", "user ", "proxyjump "];
    let lines = config.lines().filter(|line| {
        let line = line.to_ascii_lowercase();
        !left_out.iter().any(|start| line.starts_with(start))
    });
    lines.flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
}

/// The keys that were offered to the user of the config, in that order.
fn offered(endpoint: &Endpoint, log: &SshLog) -> Vec<PublicKey> {
    let held = endpoint.auth.agent.as_ref().and_then(|socket| agent::list(socket, LIMIT).ok());
    let held = held.unwrap_or_default();
    let of_agent = |label: &str| {
        let key = held.iter().find(|key| key.comment == label);
        key.map(|key| key.public.clone())
    };
    let of_file = |label: &str| {
        let path = PathBuf::from(label);
        let public = public_at(&public::beside(&path)).or_else(|| public_at(&path));
        public.or_else(|| keys::load(&path, None).ok().map(|key| key.public_key().clone()))
    };
    let keys = log.keys.iter().filter_map(|key| {
        let (file, agent) = (of_file(&key.label), of_agent(&key.label));
        if key.of_agent { agent.or(file) } else { file }
    });
    keys.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_identity_of_the_config_is_left() {
        let config = "host web\nuser root\nport 22\nidentityfile ~/.ssh/id\nidentitiesonly no\n";
        assert_eq!(without_identities(config), b"port 22\nidentitiesonly no\n");
    }
}
