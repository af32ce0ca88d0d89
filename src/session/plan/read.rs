//! PURE: groups of options as typed values, ssh's defaults where nothing is set.

use std::path::PathBuf;
use std::time::Duration;

use sshp_config::pattern::matches;
use sshp_config::service_class;
use sshp_known_hosts::picture::FingerprintHash;

use super::forwards::{self, Forwards};
use super::typed::{
    AddToAgent, Auth, HostTrust, HostsCommand, Identity, Method, Service, SessionRequest, Strict,
    TtyChoice, UpdateKeys,
};
use super::{ConnectRequest, Facts, run, timeouts};
use crate::session::options::Options;

/// russh cannot go further without new keys.
const MAX_REKEY_BYTES: u64 = 1 << 30;

/// `512M 1h`, in bytes and seconds as `ssh -G` prints them, or with their units.
pub(super) fn rekey(value: Option<&str>) -> (Option<u64>, Option<Duration>) {
    let mut words = value.unwrap_or_default().split_whitespace();
    let bytes = words.next().and_then(|word| {
        let (digits, unit) = match word.as_bytes().last()? {
            b'K' | b'k' => (&word[..word.len() - 1], 1 << 10),
            b'M' | b'm' => (&word[..word.len() - 1], 1 << 20),
            b'G' | b'g' => (&word[..word.len() - 1], 1 << 30),
            _ => (word, 1),
        };
        let bytes = digits.parse::<u64>().ok()?.saturating_mul(unit);
        (bytes > 0).then_some(bytes.min(MAX_REKEY_BYTES))
    });
    let time = words.next().and_then(|word| word.parse().ok()).filter(|seconds| *seconds > 0);
    (bytes, time.map(Duration::from_secs))
}

pub(super) fn trust(options: &Options, facts: &Facts) -> HostTrust {
    let files = |keyword: &str, defaults: [PathBuf; 2]| -> Vec<PathBuf> {
        let set: Vec<PathBuf> =
            options.all(keyword).iter().map(|setting| PathBuf::from(&setting.value)).collect();
        match set.as_slice() {
            [] => defaults.to_vec(),
            [one] if one.as_os_str().eq_ignore_ascii_case("none") => Vec::new(),
            _ => set,
        }
    };
    let etc = |name: &str| PathBuf::from("/etc/ssh").join(name);
    HostTrust {
        strict: match options.text("stricthostkeychecking") {
            Some("yes" | "true") => Strict::Yes,
            Some("accept-new") => Strict::AcceptNew,
            Some("no" | "false" | "off") => Strict::No,
            _ => Strict::Ask,
        },
        alias: options.some("hostkeyalias").map(str::to_owned),
        user_files: files(
            "userknownhostsfile",
            [facts.ssh_dir.join("known_hosts"), facts.ssh_dir.join("known_hosts2")],
        ),
        global_files: files(
            "globalknownhostsfile",
            [etc("ssh_known_hosts"), etc("ssh_known_hosts2")],
        ),
        hash: options.flag("hashknownhosts", false),
        check_ip: options.flag("checkhostip", false),
        skip_localhost: options.flag("nohostauthenticationforlocalhost", false),
        revoked: options
            .all("revokedhostkeys")
            .iter()
            .filter(|file| !file.value.eq_ignore_ascii_case("none"))
            .map(|file| PathBuf::from(&file.value))
            .collect(),
        command: options
            .some("knownhostscommand")
            .zip(options.tokens.as_ref())
            .map(|(line, tokens)| HostsCommand { line: line.to_owned(), tokens: tokens.clone() }),
        update: match options.text("updatehostkeys") {
            Some("yes" | "true") => UpdateKeys::Yes,
            Some("ask") => UpdateKeys::Ask,
            _ => UpdateKeys::No,
        },
        fingerprint: options
            .text("fingerprinthash")
            .and_then(FingerprintHash::find)
            .unwrap_or_default(),
        visual: options.flag("visualhostkey", false),
        pins: Vec::new(),
    }
}

pub(super) fn auth(options: &Options, pubkey: Option<bool>, facts: &Facts) -> Auth {
    let batch = options.flag("batchmode", false);
    let mut allowed = Vec::new();
    // `unbound` and `host-bound` are words of PubkeyAuthentication too.
    if pubkey.unwrap_or(true) {
        allowed.push(Method::PublicKey);
    }
    if !batch && options.flag("kbdinteractiveauthentication", true) {
        allowed.push(Method::KeyboardInteractive);
    }
    if !batch && options.flag("passwordauthentication", true) {
        allowed.push(Method::Password);
    }
    let methods = match options.text("preferredauthentications") {
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
    let chosen = options.all("identityfile");
    let identities = if chosen.is_empty() {
        ["id_rsa", "id_ecdsa", "id_ed25519"]
            .map(|name| Identity { path: facts.ssh_dir.join(name), chosen: false })
            .to_vec()
    } else {
        chosen
            .iter()
            .filter(|setting| !setting.value.eq_ignore_ascii_case("none"))
            .map(|setting| Identity { path: PathBuf::from(&setting.value), chosen: true })
            .collect()
    };
    Auth {
        methods,
        identities,
        certificates: options
            .all("certificatefile")
            .iter()
            .filter(|setting| !setting.value.eq_ignore_ascii_case("none"))
            .map(|setting| PathBuf::from(&setting.value))
            .collect(),
        add_to_agent: options
            .text("addkeystoagent")
            .filter(|value| !matches!(*value, "no" | "false"))
            .and_then(AddToAgent::parse),
        ask_to_add: options.text("addkeystoagent") == Some("ask"),
        devices: options.text("kbdinteractivedevices").map(str::to_owned),
        identities_only: options.flag("identitiesonly", false),
        agent: agent_socket(options, facts),
        prompts: options.number("numberofpasswordprompts").unwrap_or(3),
        batch,
    }
}

fn agent_socket(options: &Options, facts: &Facts) -> Option<PathBuf> {
    match options.text("identityagent") {
        None | Some("SSH_AUTH_SOCK") => facts.agent.clone(),
        Some(none) if none.eq_ignore_ascii_case("none") => None,
        Some(variable) if variable.starts_with('$') => {
            let found = facts.environment.iter().find(|(name, _)| *name == variable[1..]);
            found.map(|(_, value)| PathBuf::from(value))
        }
        Some(path) => Some(PathBuf::from(path)),
    }
}

pub(super) fn work(options: &Options, request: &ConnectRequest, facts: &Facts) -> SessionRequest {
    let run = run::run(options, request);
    let idle_limit = timeouts::of_session(options, &run);
    let background = run::is_in_background(options);
    let tty = match options.text("requesttty") {
        Some("yes" | "true") => TtyChoice::Yes,
        Some("force") => TtyChoice::Force,
        Some("no" | "false") => TtyChoice::No,
        _ => TtyChoice::Auto,
    };
    // The first of a name counts: what is set before what is there.
    let mut environment = Vec::new();
    for setting in options.all("setenv") {
        if let Some((name, value)) = setting.value.split_once('=') {
            environment.push((name.to_owned(), value.to_owned()));
        }
    }
    for setting in options.all("sendenv") {
        for pattern in setting.value.split_whitespace() {
            let taken = facts
                .environment
                .iter()
                .filter(|(name, _)| matches(name.as_bytes(), pattern.as_bytes()));
            environment.extend(taken.cloned());
        }
    }
    let mut seen = std::collections::HashSet::new();
    environment.retain(|(name, _)| seen.insert(name.clone()));
    SessionRequest {
        run,
        tty,
        no_input: options.flag("stdinnull", false) || background,
        background,
        idle_limit,
        environment,
        escape: escape(options.text("escapechar")),
        quiet: matches!(
            options.text("loglevel").map(str::to_ascii_lowercase).as_deref(),
            Some("silent" | "quiet" | "fatal" | "error")
        ),
        local_command: options
            .text("localcommand")
            .filter(|_| options.flag("permitlocalcommand", false))
            .map(str::to_owned),
        // `-W` is the only connection then (ssh.c: main).
        forwards: match &request.stdio_forward {
            Some(_) => Forwards::default(),
            None => forwards::forwards(options, agent_socket(options, facts), &facts.environment),
        },
    }
}

/// IPQoS, as two words of `ssh -G`.
pub(super) fn service(value: Option<&str>) -> Service {
    let (interactive, bulk) =
        value.and_then(|value| value.split_once(' ')).unwrap_or(("lowdelay", "throughput"));
    Service { interactive: service_class(interactive), bulk: service_class(bulk) }
}

/// EscapeChar: a character, `^` and a letter, or `none`; `ssh -G` has `\\^` for `^`.
fn escape(value: Option<&str>) -> Option<u8> {
    match value.map(str::as_bytes) {
        None => Some(b'~'),
        Some([b'^', letter] | [b'\\', b'^', letter]) => Some(letter & 31),
        Some([byte]) => Some(*byte),
        Some(_) => None,
    }
}
