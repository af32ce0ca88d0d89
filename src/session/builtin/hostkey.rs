//! Whether a server is the one that is meant: known_hosts, and what is asked and written where
//! it says nothing.
//!
//! A changed or revoked key and a file that cannot be read all stop the connection.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use sshp_known_hosts::krl::Krl;
use sshp_known_hosts::picture::{fingerprint, picture};
use sshp_known_hosts::verdict::{Match, Matches};
use sshp_known_hosts::{File, HostKey, KnownHosts, Names, Verdict};

use super::host_ip::{self, Address};
use super::hosts_command::{self, Reason};
use super::negotiate::Expected;
use super::{blocking, certificate, failed};
use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::repository;
use crate::session::plan::{Endpoint, Strict};
use crate::session::{askpass, pins};
use crate::ui::prompt::PromptError;

/// What known_hosts has for one server.
pub(super) struct KnownKeys {
    files: KnownHosts,
    names: Names,
    matches: Matches,
    /// CheckHostIP
    address: Option<Address>,
    revoked: Revoked,
    /// NoHostAuthenticationForLocalhost lets it be any server of this machine.
    any_local: bool,
}

/// RevokedHostKeys
#[derive(Default)]
struct Revoked {
    keys: Vec<HostKey>,
    lists: Vec<Krl>,
}

impl Revoked {
    fn names(&self, key: &HostKey) -> bool {
        let listed = self.keys.iter().any(|one| {
            one.same_public(key) || key.signer().is_some_and(|signer| one.same_public(signer))
        });
        listed || self.lists.iter().any(|list| list.revokes(key))
    }

    /// Adds a file of RevokedHostKeys: a KRL, or public keys, one a line.
    fn read(&mut self, endpoint: &Endpoint, path: &Path) -> Result<()> {
        let place = path.display();
        let found = repository::read(path)?;
        // Without the list any key may be on it.
        let Some(found) = found else {
            return Err(failed(endpoint, format!("RevokedHostKeys: there is no `{place}`")));
        };
        if Krl::is_one(&found) {
            let list = Krl::parse(&found).map_err(|error| {
                failed(endpoint, format!("RevokedHostKeys: `{place}`: {error}"))
            })?;
            self.lists.push(list);
            return Ok(());
        }
        let text = String::from_utf8_lossy(&found);
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let key = HostKey::from_line(line).ok_or_else(|| {
                failed(endpoint, format!("RevokedHostKeys: `{place}` has a line that is no key"))
            })?;
            self.keys.push(key);
        }
        Ok(())
    }
}

/// How much a server is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Accepted {
    /// It is the one that is meant: a file, an authority or the user says so.
    Verified,
    /// No file has a key for it, and StrictHostKeyChecking takes new ones without a question.
    New,
    /// `StrictHostKeyChecking no` lets a changed key through: it gets no password.
    Unverified,
}

impl KnownKeys {
    /// What is asked for first.
    pub(super) fn expected(&self) -> Expected<'_> {
        Expected { types: self.matches.key_types(), authority: self.matches.has_authority() }
    }

    /// Whether the address is looked up beside the name.
    pub(super) fn checks_address(&self) -> bool {
        self.address.is_some()
    }
}

/// As [`read`], on a thread that may block: a KnownHostsCommand takes as long as it takes.
///
/// # Errors
/// As [`read`].
pub(super) async fn known(
    ctx: &Ctx,
    endpoint: &Endpoint,
    peer: Option<SocketAddr>,
) -> Result<Arc<KnownKeys>> {
    let (ctx, endpoint) = (ctx.clone(), endpoint.clone());
    blocking::run(move || read(&ctx, &endpoint, peer).map(Arc::new)).await
}

/// As [`examine`], on a thread that may block.
///
/// # Errors
/// As [`examine`].
pub(super) async fn look_up(
    ctx: &Ctx,
    endpoint: &Endpoint,
    known: &Arc<KnownKeys>,
    blob: &[u8],
) -> Result<(HostKey, Examined)> {
    let (ctx, endpoint) = (ctx.clone(), endpoint.clone());
    let (known, blob) = (Arc::clone(known), blob.to_vec());
    blocking::run(move || examine(&ctx, &endpoint, &known, &blob)).await
}

/// As [`judge`], on a thread that may block: a person may be asked.
///
/// # Errors
/// As [`judge`].
pub(super) async fn decide(
    ctx: &Ctx,
    endpoint: &Endpoint,
    known: &Arc<KnownKeys>,
    blob: &[u8],
) -> Result<Accepted> {
    let (ctx, endpoint) = (ctx.clone(), endpoint.clone());
    let (known, blob) = (Arc::clone(known), blob.to_vec());
    blocking::run(move || judge(&ctx, &endpoint, &known, &blob)).await
}

/// Reads all known_hosts files of a server; `peer` is the address that was connected to, where that
/// is the server's own.
///
/// # Errors
/// When one of them is there and cannot be read: what it would have said cannot be known.
fn read(ctx: &Ctx, endpoint: &Endpoint, peer: Option<SocketAddr>) -> Result<KnownKeys> {
    let trust = &endpoint.trust;
    let files = repository::known_hosts::load(&trust.user_files, &trust.global_files)?;
    let names = Names::new(&endpoint.host, endpoint.port, trust.alias.as_deref());
    let matches = match &trust.command {
        // A fixed order needs no types (sshconnect2.c: ssh_kex2, use_known_hosts_order).
        Some(command) if !endpoint.host_keys_fixed => {
            let said = hosts_command::run(ctx, endpoint, &names, command, Reason::Order, None)?;
            with(&files, said).find(&names)
        }
        _ => files.find(&names),
    };
    ctx.ui.verbose(format_args!(
        "{} line(s) of known_hosts for {}",
        matches.all().len(),
        names.name()
    ));
    let mut revoked = Revoked::default();
    for path in &trust.revoked {
        revoked.read(endpoint, path)?;
    }
    let address = Address::find(endpoint, peer, &files, &names);
    // Not by its name, which may lead anywhere (sshconnect.c: check_host_key).
    let is_local = peer.is_some_and(|peer| peer.ip().is_loopback());
    let any_local = trust.skip_localhost && trust.alias.is_none() && is_local;
    Ok(KnownKeys { files, names, matches, address, revoked, any_local })
}

/// The files, and what a command has said.
pub(super) fn with(files: &KnownHosts, said: File) -> KnownHosts {
    let mut all = files.files().to_vec();
    all.push(said);
    KnownHosts::new(all)
}

/// What is known of a key that a server has proved to be its own.
pub(super) enum Examined {
    /// It is the one that is meant.
    Verified {
        /// Who says so.
        by: String,
        /// CheckHostIP: no file has a key for the address.
        address_is_new: bool,
    },
    /// It is never to be accepted; who says so.
    Revoked(String),
    /// The profile is pinned to other keys.
    NotPinned(Error),
    /// The server is known by other keys.
    Changed {
        /// The lines with those keys.
        known: Vec<Match>,
        /// CheckHostIP: what is known of this one for the address.
        address: Option<Verdict>,
    },
    /// The address is known by other keys.
    AddressDiffers {
        /// Who says that the name has this one, unless it is new there.
        by: Option<String>,
        /// The lines with those keys.
        known: Vec<Match>,
    },
    /// No file has a key for the server.
    Unknown {
        /// CheckHostIP: nor for its address.
        address_is_new: bool,
    },
}

/// Looks a key up without a question and without storing anything; gives the key without its
/// certificate, too.
///
/// # Errors
/// When it is no key that ssh knows or takes, or a KnownHostsCommand fails.
fn examine(
    ctx: &Ctx,
    endpoint: &Endpoint,
    known: &KnownKeys,
    blob: &[u8],
) -> Result<(HostKey, Examined)> {
    let Some(key) = HostKey::parse(blob) else {
        return Err(failed(endpoint, "its host key is of a type that ssh does not know"));
    };
    if known.revoked.names(&key) {
        return Ok((key, Examined::Revoked("RevokedHostKeys".to_owned())));
    }
    let too_small = |key: &HostKey| key.is_rsa() && key.bits() < endpoint.rsa_bits;
    if too_small(&key) || key.signer().is_some_and(too_small) {
        let (bits, needed) = (key.bits(), endpoint.rsa_bits);
        let what = format!("its RSA host key of {bits} bits is below RequiredRSASize, {needed}");
        return Err(failed(endpoint, what));
    }
    if let Err(error) = pins::check(endpoint, &key) {
        return Ok((key, Examined::NotPinned(error)));
    }
    let said;
    let matches = match &endpoint.trust.command {
        None => &known.matches,
        Some(command) => {
            let (names, why) = (&known.names, Reason::HostName);
            let file = hosts_command::run(ctx, endpoint, names, command, why, Some(&key))?;
            said = with(&known.files, file).find(names);
            &said
        }
    };
    if endpoint.trust.visual {
        let hash = endpoint.trust.fingerprint;
        let (fingerprint, picture) = (fingerprint(&key, hash), picture(&key, hash));
        ctx.ui.status(format_args!("Host key fingerprint is {fingerprint}\n{picture}"));
    }
    let mut verdict = matches.verdict(&key);
    if let Verdict::Certified { authority } = &verdict {
        let host = endpoint.trust.alias.as_ref().unwrap_or(&endpoint.host).to_lowercase();
        match certificate::check(blob, &host, &endpoint.algorithms.authorities, ctx.now) {
            Ok(()) => {
                let by = format!("the authority of {authority}");
                return Ok((key, Examined::Verified { by, address_is_new: false }));
            }
            Err(why) => {
                ctx.ui.warning(format_args!("the host certificate is not good: {why}"));
                verdict = matches.verdict(&key.without_certificate());
            }
        }
    }
    let key = if key.is_certificate() { key.without_certificate() } else { key };
    match verdict {
        Verdict::Revoked(place) => return Ok((key, Examined::Revoked(place.to_string()))),
        // A bare key is never certified.
        Verdict::Certified { .. } => return Err(failed(endpoint, "its certificate is not good")),
        Verdict::Known(_) | Verdict::Changed { .. } | Verdict::Unknown { .. } => {}
    }
    let address = known.address.as_ref();
    let address = address.map(|address| address.verdict(ctx, endpoint, &known.files, &key));
    let address = address.transpose()?;
    let by = match verdict {
        Verdict::Known(place) => Some(place.to_string()),
        _ if known.any_local => Some("NoHostAuthenticationForLocalhost".to_owned()),
        Verdict::Changed { known } => return Ok((key, Examined::Changed { known, address })),
        _ => None,
    };
    let address_is_new = match address {
        Some(Verdict::Changed { known }) => {
            return Ok((key, Examined::AddressDiffers { by, known }));
        }
        Some(Verdict::Revoked(place)) => return Ok((key, Examined::Revoked(place.to_string()))),
        address => matches!(address, Some(Verdict::Unknown { .. })),
    };
    let examined = match by {
        Some(by) => Examined::Verified { by, address_is_new },
        None => Examined::Unknown { address_is_new },
    };
    Ok((key, examined))
}

/// Decides about the key that a server has proved to be its own.
///
/// # Errors
/// When the connection must end: the key is changed, revoked, or unknown and not accepted.
fn judge(ctx: &Ctx, endpoint: &Endpoint, known: &KnownKeys, blob: &[u8]) -> Result<Accepted> {
    let (key, examined) = examine(ctx, endpoint, known, blob)?;
    match examined {
        Examined::Verified { by, address_is_new } => {
            ctx.ui.verbose(format_args!("host key known by {by}"));
            if address_is_new {
                record_address(ctx, endpoint, known, &key);
            }
            Ok(Accepted::Verified)
        }
        Examined::Revoked(by) => Err(failed(
            endpoint,
            format!(
                "its {} host key {} is revoked by {by}; someone may be intercepting the connection",
                key.label(),
                key.sha256()
            ),
        )),
        Examined::NotPinned(error) => Err(error),
        Examined::Changed { known: lines, address } => {
            let spoofed = known.address.as_ref().zip(address);
            let spoofed = spoofed.map(|(own, verdict)| host_ip::spoofed(&own.names, &verdict));
            changed(ctx, endpoint, &key, &lines, &spoofed.unwrap_or_default())
        }
        Examined::AddressDiffers { by, known: lines } => {
            if let Some(address) = &known.address {
                host_ip::differs(ctx, endpoint, &address.names, &key, by.as_deref(), &lines)?;
            }
            match by {
                Some(_) => Ok(Accepted::Verified),
                None => unknown(ctx, endpoint, known, &key, false),
            }
        }
        Examined::Unknown { address_is_new } => unknown(ctx, endpoint, known, &key, address_is_new),
    }
}

fn changed(
    ctx: &Ctx,
    endpoint: &Endpoint,
    key: &HostKey,
    lines: &[Match],
    spoofed: &str,
) -> Result<Accepted> {
    let mut text = format!(
        "the host key has changed: someone may be intercepting the connection, or the server was reinstalled\n  \
         offered: {} {}",
        key.label(),
        fingerprint(key, endpoint.trust.fingerprint)
    );
    for line in lines {
        let known = fingerprint(&line.key, endpoint.trust.fingerprint);
        text += &format!("\n  known:   {} {known} ({})", line.key.label(), line.place);
    }
    text += spoofed;
    if endpoint.trust.strict == Strict::No {
        ctx.ui.alarm(format_args!("{}: {text}", endpoint.name));
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

fn unknown(
    ctx: &Ctx,
    endpoint: &Endpoint,
    known: &KnownKeys,
    key: &HostKey,
    address_is_new: bool,
) -> Result<Accepted> {
    let fingerprint = fingerprint(key, endpoint.trust.fingerprint);
    let what = format!("{} key fingerprint is {fingerprint}.", key.label());
    let name = &endpoint.name;
    let refused = |why: &str| {
        failed(endpoint, format!("the host key is not known, and {why}\n  {what}")).hint(
            format_args!("compare it with the server's console and store it: `sshp trust {name}`"),
        )
    };
    let mut accepted = Accepted::Verified;
    match endpoint.trust.strict {
        Strict::Yes => return Err(refused("`StrictHostKeyChecking yes` takes no new ones")),
        Strict::AcceptNew | Strict::No => accepted = Accepted::New,
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
            let again = "Please type 'yes', 'no' or the fingerprint: ";
            match askpass::confirm(ctx, &text, again, Some(&fingerprint)) {
                Ok(true) => {}
                Ok(false) | Err(PromptError::Cancelled) => {
                    return Err(refused("it was not accepted"));
                }
                Err(PromptError::NoTerminal) => {
                    return Err(refused("there is no terminal to ask on"));
                }
                Err(error) => return Err(failed(endpoint, error)),
            }
        }
    }
    let address = known.address.as_ref().filter(|_| address_is_new);
    let names: Vec<&Names> =
        [&known.names].into_iter().chain(address.map(|address| &address.names)).collect();
    if record(ctx, endpoint, known, &names, key) {
        let name = names.iter().map(|names| names.name()).collect::<Vec<_>>().join(",");
        ctx.ui.status(format_args!(
            "Warning: Permanently added '{name}' ({}) to the list of known hosts.",
            key.label()
        ));
    }
    Ok(accepted)
}

fn other_names(known: &KnownKeys, key: &HostKey) -> String {
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

/// CheckHostIP: stores an address that is new, beside a name that a file knows.
fn record_address(ctx: &Ctx, endpoint: &Endpoint, known: &KnownKeys, key: &HostKey) {
    let Some(address) = &known.address else { return };
    if !matches!(known.files.find(&known.names).verdict(key), Verdict::Known(_)) {
        return;
    }
    if record(ctx, endpoint, known, &[&address.names], key) {
        ctx.ui.status(format_args!(
            "Warning: Permanently added the {} host key for IP address '{}' to the list of known hosts.",
            key.label(),
            address.names
        ));
    }
}

/// Stores a key that was accepted, and says whether it did. A file that cannot be written does not
/// end the connection, which is as ssh has it: the key is asked about again next time.
fn record(
    ctx: &Ctx,
    endpoint: &Endpoint,
    known: &KnownKeys,
    names: &[&Names],
    key: &HostKey,
) -> bool {
    let Some(file) = known.files.record_in() else { return false };
    let folder = file.path.parent().unwrap_or(&file.path);
    // The only one that ssh makes (hostfile.c: hostfile_create_user_ssh_dir).
    let written = if folder.is_dir() || folder == ctx.paths.ssh_dir {
        repository::commit_files(ctx, repository::CommitOptions::default(), || {
            let hash = endpoint.trust.hash;
            repository::known_hosts::plan_record(&known.files, names, key, hash)
        })
    } else {
        Err(Error::failed(format_args!("there is no folder `{}`", folder.display())))
    };
    if let Err(error) = &written {
        ctx.ui.warning(format_args!(
            "the host key was not stored in `{}`: {:#}",
            file.path.display(),
            error.source
        ));
    }
    written.is_ok()
}
