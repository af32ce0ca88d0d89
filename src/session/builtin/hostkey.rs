//! Whether a server is the one that is meant: known_hosts, and what is asked and written where
//! it says nothing.
//!
//! A changed or revoked key and a file that cannot be read all stop the connection.

use super::failed;
use crate::ctx::Ctx;
use crate::error::{Exit, Result};
use crate::known_hosts::verdict::{Match, Matches};
use crate::known_hosts::{HostKey, KnownHosts, Names, Verdict};
use crate::session::plan::{Endpoint, Strict};
use crate::store;
use crate::ui::prompt::{self, Echo, PromptError};

/// What known_hosts has for one server.
pub(super) struct Known {
    files: KnownHosts,
    names: Names,
    matches: Matches,
}

/// How much a server is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    /// It is the one that is meant.
    Verified,
    /// `StrictHostKeyChecking no` lets a changed key through: it gets no password.
    Unverified,
}

impl Known {
    /// The key types that are known, to be asked for first.
    pub(super) fn key_types(&self) -> Vec<&'static str> {
        self.matches.key_types()
    }
}

/// Reads all known_hosts files of a server.
///
/// # Errors
/// When one of them is there and cannot be read: what it would have said cannot be known.
pub(super) fn known(ctx: &Ctx, endpoint: &Endpoint) -> Result<Known> {
    let trust = &endpoint.trust;
    let files = store::known_hosts::load(&trust.user_files, &trust.global_files)
        .map_err(|error| error.exit(Exit::Connect))?;
    let names = Names::new(&endpoint.host, endpoint.port, trust.alias.as_deref());
    let matches = files.find(&names);
    ctx.ui.verbose(format_args!(
        "{} line(s) of known_hosts for {}",
        matches.all().len(),
        names.name()
    ));
    Ok(Known { files, names, matches })
}

/// Decides about the key that a server has proved to be its own.
///
/// # Errors
/// When the connection must end: the key is changed, revoked, or unknown and not accepted.
pub(super) fn judge(
    ctx: &Ctx,
    endpoint: &Endpoint,
    known: &Known,
    blob: &[u8],
) -> Result<Accepted> {
    let Some(key) = HostKey::parse(blob) else {
        return Err(failed(endpoint, "its host key is of a type that ssh does not know"));
    };
    match known.matches.verdict(&key) {
        Verdict::Known(place) => {
            ctx.ui.verbose(format_args!("host key known by {place}"));
            Ok(Accepted::Verified)
        }
        Verdict::Revoked(place) => Err(failed(
            endpoint,
            format!(
                "its {} host key {} is revoked by {place}; somebody may be in the middle",
                key.label(),
                key.sha256()
            ),
        )),
        // A certificate never comes, as none is asked for.
        Verdict::Certified { .. } => Err(failed(endpoint, "it sent a certificate unasked")),
        _ if endpoint.trust.skip_localhost && is_loopback(&endpoint.host) => Ok(Accepted::Verified),
        Verdict::Changed { known: lines } => changed(ctx, endpoint, &key, &lines),
        Verdict::Unknown { .. } => unknown(ctx, endpoint, known, &key),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn changed(ctx: &Ctx, endpoint: &Endpoint, key: &HostKey, lines: &[Match]) -> Result<Accepted> {
    let mut text = format!(
        "the host key has changed: somebody may be in the middle, or the server was reinstalled\n  \
         offered: {} {}",
        key.label(),
        key.sha256()
    );
    for line in lines {
        text +=
            &format!("\n  known:   {} {} ({})", line.key.label(), line.key.sha256(), line.place);
    }
    if endpoint.trust.strict == Strict::No {
        ctx.ui.warning(format_args!("{}: {text}", endpoint.name));
        ctx.ui.warning("it gets no password, since `StrictHostKeyChecking no` lets it through");
        return Ok(Accepted::Unverified);
    }
    let name = &endpoint.name;
    Err(failed(endpoint, text)
        .hint(format_args!(
            "compare the fingerprint with the server's console: `sshp trust {name}`"
        ))
        .hint(format_args!("if the server was reinstalled: `sshp forget {name}`, then connect")))
}

fn unknown(ctx: &Ctx, endpoint: &Endpoint, known: &Known, key: &HostKey) -> Result<Accepted> {
    let fingerprint = key.sha256();
    let what = format!("{} key fingerprint is {fingerprint}.", key.label());
    let name = &endpoint.name;
    let refused = |why: &str| {
        failed(endpoint, format!("the host key is not known, and {why}\n  {what}")).hint(
            format_args!("compare it with the server's console and store it: `sshp trust {name}`"),
        )
    };
    match endpoint.trust.strict {
        Strict::Yes => return Err(refused("`StrictHostKeyChecking yes` takes no new ones")),
        Strict::AcceptNew | Strict::No => {}
        Strict::Ask if endpoint.auth.batch => {
            return Err(refused("`BatchMode yes` lets nobody be asked"));
        }
        Strict::Ask => {
            let place = match &endpoint.transport.proxy_command {
                Some(_) => format!("'{}'", known.names.name()),
                None => format!("'{name} ({})'", known.names.name()),
            };
            let mut text =
                format!("The authenticity of host {place} can't be established.\n{what}\n");
            text += &other_names(known, key);
            text += "Are you sure you want to continue connecting (yes/no/[fingerprint])? ";
            loop {
                let answer = match prompt::ask(&text, Echo::Shown) {
                    Ok(answer) => answer,
                    Err(PromptError::NoTerminal) => {
                        return Err(refused("there is no terminal to ask on"));
                    }
                    Err(PromptError::Cancelled) => return Err(refused("it was not accepted")),
                    Err(error) => return Err(failed(endpoint, error)),
                };
                match answer.trim() {
                    "yes" => break,
                    "no" => return Err(refused("it was not accepted")),
                    answer if answer == fingerprint => break,
                    _ => "Please type 'yes', 'no' or the fingerprint: ".clone_into(&mut text),
                }
            }
        }
    }
    record(ctx, endpoint, known, key);
    Ok(Accepted::Verified)
}

fn other_names(known: &Known, key: &HostKey) -> String {
    let names = known.files.other_names(key);
    if names.is_empty() {
        return "This key is not known by any other names.\n".to_owned();
    }
    let mut text = "This host key is known by the following other names/addresses:\n".to_owned();
    for (place, name) in names {
        text += &format!("    {place}: {}\n", name.as_deref().unwrap_or("[hashed name]"));
    }
    text
}

/// Stores a key that was accepted. A file that cannot be written does not end the connection,
/// which is as ssh has it: the key is asked about again next time.
fn record(ctx: &Ctx, endpoint: &Endpoint, known: &Known, key: &HostKey) {
    let Some(file) = known.files.record_in() else { return };
    let written = store::commit_files(ctx, || {
        let hash = endpoint.trust.hash;
        store::known_hosts::plan_record(&known.files, &known.names, key, hash)
    });
    let (name, label) = (known.names.name(), key.label());
    match written {
        Ok(_) => ctx.ui.status(format_args!(
            "Warning: Permanently added '{name}' ({label}) to the list of known hosts."
        )),
        Err(error) => ctx.ui.warning(format_args!(
            "the host key was not stored in `{}`: {:#}",
            file.path.display(),
            error.source
        )),
    }
}
