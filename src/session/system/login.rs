//! Logging in by the system's ssh: what its log says of the keys and of the server's answers.

use std::path::{Path, PathBuf};

use sshp_keys::KeyFile;

use super::System;
use super::probe::words;
use super::trial::{TrialEnd, TrialResult};
use super::users;
use crate::doctor::ssh_log::{LoggedTurn, SshLog};
use crate::doctor::{Fault, Stage};
use crate::keys;
use crate::session::plan::{Endpoint, Method};
use crate::session::probe::{Look, ProbeStop, Way, without_password};

impl System<'_> {
    /// What the server takes, and the login.
    pub(super) fn login(
        &self,
        look: &mut Look<'_>,
        seen: &TrialResult,
        log: &SshLog,
        stored: &Path,
        key: Option<Fault>,
    ) -> Way<()> {
        let endpoint = look.endpoint;
        look.stage = Stage::Methods;
        if log.authenticated.as_deref() == Some("none") {
            look.note(Stage::Methods, format!("it lets anybody in as {}", endpoint.user))?;
            return Ok(());
        }
        let Some(methods) = &log.methods else {
            let why = match seen.end {
                TrialEnd::Silent(limit) => format!("no answer within {} s", limit.as_secs()),
                _ => words(seen, log),
            };
            return Err(Fault::ClosedAtLogin { why }.into());
        };
        let server = methods.replace(',', ", ");
        look.good(Stage::Methods, format!("it takes {server}"))?;
        look.stage = Stage::Login;
        if self.ask.no_auth {
            return match key {
                Some(fault) => {
                    look.stage = Stage::Keys;
                    Err(fault.into())
                }
                None => Err(ProbeStop::Left("not tried: --no-auth".to_owned())),
            };
        }
        if let Some(method) = &log.authenticated {
            let by = match (method.as_str(), log.keys.last()) {
                ("publickey", Some(key)) if key.of_agent => format!("{} (agent)", key.label),
                ("publickey", Some(key)) => key.label.clone(),
                ("password", _) => "a password".to_owned(),
                (method, _) => method.to_owned(),
            };
            return look.good(Stage::Login, format!("as {} with {by}", endpoint.user));
        }
        if let (Some(fault), false) = (key, log.too_many) {
            look.stage = Stage::Keys;
            return Err(fault.into());
        }
        let fault = self.denied(endpoint, seen, log, &server)?;
        if let (Fault::KeyNotAccepted { keys, .. }, true) = (&fault, self.ask.guess_user) {
            let (users, guessed) =
                users::guess(self, look.hop, stored, log).map_err(ProbeStop::Error)?;
            let keys = keys.clone();
            let fault = if users.is_empty() {
                Fault::KeyNotAccepted { keys, guessed }
            } else {
                Fault::WrongUser { users }
            };
            return Err(fault.into());
        }
        Err(fault.into())
    }

    /// Why the server did not let one in.
    fn denied(
        &self,
        endpoint: &Endpoint,
        seen: &TrialResult,
        log: &SshLog,
        server: &str,
    ) -> Way<Fault> {
        if log.too_many {
            let of_agent = log.keys.iter().filter(|key| key.of_agent).count();
            return Ok(Fault::TooManyFailures { offered: log.keys.len(), of_agent });
        }
        let was_denied = log.said.iter().any(|line| line.contains("Permission denied ("));
        if !was_denied {
            let why = match seen.end {
                TrialEnd::Silent(limit) => format!("no answer within {} s", limit.as_secs()),
                _ => words(seen, log),
            };
            return Ok(Fault::ClosedAtLogin { why });
        }
        let is_encrypted =
            |label: &str| keys::inspect(Path::new(label)).is_ok_and(|found| found.is_encrypted());
        let takes = |names: &[&str]| server.split(", ").any(|method| names.contains(&method));
        let asks = takes(&["password", "keyboard-interactive"]);
        let typed = endpoint.auth.methods.iter().any(|method| *method != Method::PublicKey);
        if log.partial && asks && typed && !self.ask.password {
            return Err(ProbeStop::Left(
                "the key is accepted, and the server wants a password besides, which only `--password` asks \
                 for and sends"
                    .to_owned(),
            ));
        }
        for key in log.keys.iter().rev() {
            let path = PathBuf::from(&key.label);
            let unloaded = log.unloaded.iter().find(|(label, _)| *label == key.label);
            match (&key.turn, unloaded) {
                (LoggedTurn::Unsigned(why), _) => {
                    let key = key.label.clone();
                    return Ok(Fault::KeyNotSigned { key, why: why.clone() });
                }
                (LoggedTurn::Accepted | LoggedTurn::Opened, Some((_, why)))
                    if !why.contains("passphrase") =>
                {
                    if matches!(keys::inspect(&path), Ok(KeyFile::Public)) {
                        let why =
                            "it is a public key, and no agent holds the private one".to_owned();
                        return Ok(Fault::KeyUnusable { path, why });
                    }
                    return Ok(Fault::KeyUnusable { path, why: format!("ssh says `{why}`") });
                }
                (LoggedTurn::Accepted | LoggedTurn::Opened, _) if is_encrypted(&key.label) => {
                    let asked = self.is_interactive(endpoint);
                    return Ok(if asked {
                        Fault::WrongPassphrase { path }
                    } else {
                        Fault::PassphraseNeeded { path }
                    });
                }
                _ => {}
            }
        }
        // A file that only ssh looks at, and does not take.
        if let Some((path, why)) = log.unloaded.first()
            && !log.keys.iter().any(|key| key.turn == LoggedTurn::Offered)
        {
            let why = format!("ssh says `{why}`");
            return Ok(Fault::KeyUnusable { path: path.into(), why });
        }
        if log.asked && self.ask.password {
            return Ok(Fault::PasswordRefused);
        }
        let keys = log.keys.iter().map(|key| {
            let of = if key.of_agent { " (agent)" } else { "" };
            let why = match key.turn {
                LoggedTurn::Accepted => ": accepted, and the server wants more",
                LoggedTurn::NoSignature => {
                    ": not offered, no signature algorithm of its type is allowed by both"
                }
                LoggedTurn::Opened => ": it could not be opened",
                LoggedTurn::Offered | LoggedTurn::Unsigned(_) => "",
            };
            format!("{}{of}{why}", key.label)
        });
        without_password(&endpoint.auth, self.ask, keys.collect(), server, asks)
    }
}
