//! PURE: groups of options as typed values, ssh's defaults where nothing is set.

use std::path::PathBuf;
use std::time::Duration;

use sshp_config::pattern::matches;
use sshp_config::{Effective, Keyword, service_class, tokens};
use sshp_known_hosts::picture::FingerprintHash;

use super::forwards::{self, Forwards};
use super::typed::{
    AddToAgent, Auth, HostTrust, HostsCommand, Identity, Method, Service, SessionRequest, Strict,
    TtyChoice, UpdateKeys,
};
use super::{
    ConnectRequest, Facts, ResolvedServer, SessionPlanError, count, expanded, lossy, path, run,
    text, timeouts, wrong,
};

/// russh cannot go further without new keys.
const MAX_REKEY_BYTES: u64 = 1 << 30;
/// The keys to offer where IdentityFile is not set: those of them that the client can read.
const DEFAULT_KEYS: [&str; 3] = ["id_rsa", "id_ecdsa", "id_ed25519"];

/// RekeyLimit: bytes and time, each `None` where there is no limit.
pub(super) fn rekey(found: &Effective) -> (Option<u64>, Option<Duration>) {
    let value = found.text(Keyword::RekeyLimit).unwrap_or_default();
    let mut numbers = value.split(' ').map(|word| word.parse().ok().filter(|number| *number > 0));
    let (bytes, seconds) = (numbers.next().flatten(), numbers.next().flatten());
    (bytes.map(|bytes: u64| bytes.min(MAX_REKEY_BYTES)), seconds.map(Duration::from_secs))
}

pub(super) fn trust(
    server: &ResolvedServer,
    facts: Facts<'_>,
) -> Result<HostTrust, SessionPlanError> {
    use Keyword as K;
    let found = &server.options;
    let files = |keyword| paths(found, keyword, facts);
    Ok(HostTrust {
        strict: match found.get(K::StrictHostKeyChecking) {
            Some(b"true") => Strict::Yes,
            Some(b"accept-new") => Strict::AcceptNew,
            Some(b"false") => Strict::No,
            _ => Strict::Ask,
        },
        alias: text(found, K::HostKeyAlias)?,
        user_files: files(K::UserKnownHostsFile)?,
        global_files: files(K::GlobalKnownHostsFile)?,
        hash: found.flag(K::HashKnownHosts),
        check_ip: found.flag(K::CheckHostIP),
        skip_localhost: found.flag(K::NoHostAuthenticationForLocalhost),
        revoked: files(K::RevokedHostKeys)?,
        command: text(found, K::KnownHostsCommand)?
            .map(|line| HostsCommand { line, tokens: found.tokens().clone() }),
        update: match found.get(K::UpdateHostKeys) {
            Some(b"true") => UpdateKeys::Yes,
            Some(b"ask") => UpdateKeys::Ask,
            _ => UpdateKeys::No,
        },
        fingerprint: found
            .text(K::FingerprintHash)
            .and_then(|name| FingerprintHash::find(&name))
            .unwrap_or_default(),
        visual: found.flag(K::VisualHostKey),
        pins: server.pins.clone(),
    })
}

pub(super) fn auth(found: &Effective, facts: Facts<'_>) -> Result<Auth, SessionPlanError> {
    use Keyword as K;
    let batch = found.flag(K::BatchMode);
    let mut allowed = Vec::new();
    // `unbound` and `host-bound` are words of PubkeyAuthentication too.
    if !found.is(K::PubkeyAuthentication, "false") {
        allowed.push(Method::PublicKey);
    }
    if !batch && !found.is(K::KbdInteractiveAuthentication, "no") {
        allowed.push(Method::KeyboardInteractive);
    }
    if !batch && !found.is(K::PasswordAuthentication, "no") {
        allowed.push(Method::Password);
    }
    let methods = match found.text(K::PreferredAuthentications) {
        None => allowed,
        Some(list) => list
            .split(',')
            .filter_map(|name| match name.trim() {
                "publickey" => Some(Method::PublicKey),
                "keyboard-interactive" => Some(Method::KeyboardInteractive),
                "password" => Some(Method::Password),
                _ => None,
            })
            .filter(|method| allowed.contains(method))
            .collect(),
    };
    let chosen = found.is_set(K::IdentityFile);
    let identities = if chosen {
        paths(found, K::IdentityFile, facts)?
    } else {
        let folder = path(facts.machine.home()).join(".ssh");
        DEFAULT_KEYS.map(|name| folder.join(name)).to_vec()
    };
    let to_agent = found.text(K::AddKeysToAgent).unwrap_or_default();
    Ok(Auth {
        methods,
        identities: identities.into_iter().map(|path| Identity { path, chosen }).collect(),
        certificates: paths(found, K::CertificateFile, facts)?,
        add_to_agent: AddToAgent::parse(&to_agent),
        ask_to_add: to_agent == "ask",
        devices: text(found, K::KbdInteractiveDevices)?,
        identities_only: found.flag(K::IdentitiesOnly),
        agent: agent_socket(found, facts),
        prompts: count(found, K::NumberOfPasswordPrompts).unwrap_or(3),
        batch,
    })
}

fn paths(
    found: &Effective,
    keyword: Keyword,
    facts: Facts<'_>,
) -> Result<Vec<PathBuf>, SessionPlanError> {
    found.paths(keyword, facts.machine).map_err(|error| wrong(found, keyword, error))
}

fn agent_socket(found: &Effective, facts: Facts<'_>) -> Option<PathBuf> {
    match found.text(Keyword::IdentityAgent).as_deref() {
        None | Some("SSH_AUTH_SOCK") => facts.path_of("SSH_AUTH_SOCK"),
        Some(variable) if variable.starts_with('$') => facts.path_of(&variable[1..]),
        Some(_) => found.value(Keyword::IdentityAgent).map(path),
    }
}

pub(super) fn work(
    found: &Effective,
    request: &ConnectRequest,
    facts: Facts<'_>,
) -> Result<SessionRequest, SessionPlanError> {
    use Keyword as K;
    let run = run::run(found, request);
    let idle_limit = timeouts::of_session(found, &run);
    let background = found.flag(K::ForkAfterAuthentication);
    let tty = match found.get(K::RequestTTY) {
        Some(b"true") => TtyChoice::Yes,
        Some(b"force") => TtyChoice::Force,
        Some(b"false") => TtyChoice::No,
        _ => TtyChoice::Auto,
    };
    // The first of a name counts: what is set before what is there.
    let mut environment = Vec::new();
    for setting in found.all(K::SetEnv) {
        let setting = std::str::from_utf8(&setting.value);
        let setting = setting.map_err(|_| wrong(found, K::SetEnv, "not UTF-8"))?;
        if let Some((name, value)) = setting.split_once('=') {
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
    for pattern in found.all(K::SendEnv) {
        let taken = facts.environment.iter();
        let taken = taken.filter(|(name, _)| matches(name.as_bytes(), &pattern.value));
        environment.extend(taken.cloned());
    }
    let mut seen = std::collections::HashSet::new();
    environment.retain(|(name, _)| seen.insert(name.clone()));
    let local_command = expanded(found, K::LocalCommand, |line| {
        // The tunnel device, which there never is (ssh_config(5), TOKENS).
        let lookup = |letter| match letter {
            b'T' => Some(b"NONE".to_vec()),
            letter => found.tokens().get(letter),
        };
        tokens::expand(line, Some(&lookup), None)
    })?;
    Ok(SessionRequest {
        run,
        tty,
        no_input: found.flag(K::StdinNull) || background,
        background,
        idle_limit,
        environment,
        escape: escape(found.get(K::EscapeChar)),
        quiet: matches!(found.get(K::LogLevel), Some(b"SILENT" | b"QUIET" | b"FATAL" | b"ERROR")),
        local_command: local_command.filter(|_| found.flag(K::PermitLocalCommand)),
        // `-W` is the only connection then (ssh.c: main).
        forwards: match &request.stdio_forward {
            Some(_) => Forwards::default(),
            None => forwards::forwards(found, agent_socket(found, facts), facts),
        },
    })
}

/// IPQoS: the class of sessions with a terminal, and that of others.
pub(super) fn service(found: &Effective) -> Service {
    let value = found.get(Keyword::IPQoS).map(lossy).unwrap_or_default();
    let mut classes = value.split(' ').map(service_class);
    let (interactive, bulk) = (classes.next().flatten(), classes.next().flatten());
    Service { interactive, bulk }
}

/// EscapeChar: a character, `^` and a letter, or `none`; `ssh -G` has `\\^` for `^`.
fn escape(value: Option<&[u8]>) -> Option<u8> {
    match value {
        None => Some(b'~'),
        Some([b'^', letter] | [b'\\', b'^', letter]) => Some(letter & 31),
        Some([byte]) => Some(*byte),
        Some(_) => None,
    }
}
