//! Asks a server for its host keys by the system's ssh, which has algorithms that the built-in
//! session lacks, and goes through jump hosts and ProxyCommands as a connect does.
//!
//! ssh checks that the server proves each key and stores it in a file that is gone afterwards;
//! whether the keys are the server's is for the caller to compare. There is no login.

use std::ffi::OsString;

use sshp_known_hosts::HostKey;

use super::System;
use super::probe::words;
use super::trial::Trial;
use crate::doctor::ssh_log;
use crate::error::{Error, Result};
use crate::repository::ScratchFolder;

/// The name under which ssh stores the keys.
const ALIAS: &str = "sshp-trust";

/// All host keys of the last server on the way that ssh can check, those first that ssh prefers.
///
/// # Errors
/// When ssh gets no key, with what it says.
pub fn host_keys(system: &System<'_>) -> Result<Vec<HostKey>> {
    let folder = ScratchFolder::new()?;
    let Some(at) = system.hops.len().checked_sub(1) else { return Ok(Vec::new()) };
    let mut keys: Vec<HostKey> = Vec::new();
    let (mut said, offered) = ask(system, at, &folder, None, &mut keys)?;
    for (number, algorithm) in offered.iter().enumerate() {
        let has = |key: &HostKey| type_of(algorithm) == key.type_name();
        // A certificate holds a key that the server has without it, too.
        if algorithm.contains("-cert-v") || keys.iter().any(has) {
            continue;
        }
        let (more, _) = ask(system, at, &folder, Some((number, algorithm)), &mut keys)?;
        said = more;
    }
    if keys.is_empty() {
        return Err(Error::failed(format_args!("ssh gets no host key either: {said}")));
    }
    Ok(keys)
}

/// The type of key that a signature algorithm is for.
fn type_of(algorithm: &str) -> &str {
    if algorithm.starts_with("rsa-sha2-") { "ssh-rsa" } else { algorithm }
}

/// One connection; what ssh says, and the algorithms of the server's host keys.
fn ask(
    system: &System<'_>,
    at: usize,
    folder: &ScratchFolder,
    algorithm: Option<(usize, &String)>,
    keys: &mut Vec<HostKey>,
) -> Result<(String, Vec<String>)> {
    let endpoint = &system.hops[at];
    let name = algorithm.map_or("first".to_owned(), |(number, _)| number.to_string());
    let file = folder.path().join(name);
    let mut options = vec![
        "StrictHostKeyChecking=accept-new".to_owned(),
        format!("UserKnownHostsFile=\"{}\"", file.display()),
        "GlobalKnownHostsFile=/dev/null".to_owned(),
        format!("HostKeyAlias={ALIAS}"),
        "HashKnownHosts=no".to_owned(),
        "CheckHostIP=no".to_owned(),
        "VerifyHostKeyDNS=no".to_owned(),
        "PreferredAuthentications=none".to_owned(),
        "BatchMode=yes".to_owned(),
    ];
    if let Some((_, algorithm)) = algorithm {
        options.push(format!("HostKeyAlgorithms={algorithm}"));
    }
    if endpoint.trust.command.is_some() {
        options.push("KnownHostsCommand=none".to_owned());
    }
    if !endpoint.trust.revoked.is_empty() {
        options.push("RevokedHostKeys=none".to_owned());
    }
    options.extend(system.options(at, &folder.path().join("hops")));
    let mut arguments: Vec<OsString> = vec!["-N".into()];
    arguments.extend(system.words(at));
    let limit = endpoint.transport.timeout;
    let trial = Trial {
        ssh: system.ssh,
        config: system.config,
        options,
        arguments,
        holds_input: false,
        patience: (limit, limit),
    };
    let seen = trial.run(|log, _, _| log.contains("SSH2_MSG_NEWKEYS received"))?;
    let log = ssh_log::parse(&seen.log);
    let stored = crate::repository::read(&file)?.map(|file| file.to_vec()).unwrap_or_default();
    for line in String::from_utf8_lossy(&stored).lines() {
        let key = line.strip_prefix(ALIAS).and_then(|line| HostKey::from_line(line.trim()));
        keys.extend(key.filter(|key| !keys.contains(key)));
    }
    let offered = match &log.no_common {
        Some(("HostKeyAlgorithms", offer)) => offer.clone(),
        _ => log.proposals[1].of("HostKeyAlgorithms").to_vec(),
    };
    Ok((words(&seen, &log), offered))
}
