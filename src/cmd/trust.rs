//! `sshp trust`

use std::cell::RefCell;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};
use sshp_config::Keyword;
use sshp_known_hosts::console::{self, Console};
use sshp_known_hosts::fingerprint::Pasted;
use sshp_known_hosts::trust::{CompareError, TrustError, Trusting, compare, plan_trust};
use sshp_known_hosts::verdict::verdict;
use sshp_known_hosts::{HostKey, Verdict};
use sshp_splice::ChangeSet;

use crate::cli;
use crate::ctx::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;
use crate::launch;
use crate::profile_edit;
use crate::repository::{self, known_hosts::Keeping};
use crate::session::plan::Run;
use crate::session::{ProbeOptions, builtin, system};
use crate::ui::prompt::{self, Echo, PromptError};
use crate::ui::sanitize;

/// No paste is longer.
const LARGEST_PASTE: u64 = 64 << 20;

/// Fetches a server's host keys, compares them with what its console shows, and makes them known.
///
/// # Errors
/// A key that is not the expected one or is revoked (exit 6), nothing to compare with (exit 5), a
/// server that cannot be reached. Nothing is stored then.
pub fn run(ctx: &Ctx, args: &cli::Trust) -> Result<Exit> {
    let tree = repository::load::load_tree_to_look(ctx);
    let asked = launch::host_argument(&tree, &args.name)?;
    let expected = expected(ctx, args)?;
    if args.pin && !launch::is_profile(&tree, args.name.as_bytes()) {
        return Err(Error::not_found(format_args!("there is no profile `{}` to pin", args.name))
            .hint("without `--pin`, the keys of any host are stored"));
    }
    if expected.is_none() && !ctx.tty.controlling {
        return Err(Error::refused(
            "nothing to compare the host keys with, and no terminal to ask at",
        )
        .hint("name what the server's console shows: `--fingerprint SHA256:…`")
        .hint("or all of the console's text: `--from FILE`, `--from -`"));
    }
    let keeping = repository::known_hosts::keeping(ctx, &tree, &asked)?;
    let name = sanitize::line(&args.name);
    let progress = ctx.ui.progress(format_args!("asking `{name}` for its host keys"));
    let offered = launch::route(ctx, &asked).and_then(|route| host_keys(ctx, &route))?;
    drop(progress);
    let verified = match &expected {
        Some(pasted) => compare(pasted, &offered),
        None => ask(&keeping, &offered)?,
    };
    let verified = match verified {
        Ok(verified) => verified,
        Err(error) => {
            if args.json {
                let nothing = Trusting::default();
                ctx.ui
                    .json(&render_json(args, expected.as_ref(), &offered, &[], &nothing), false)?;
            }
            return Err(not_verified(&error));
        }
    };
    // What shows that the keys are the server's shows it for the pin too.
    // That pins cannot be read, a connect says.
    let pins = repository::MetadataStore::read(ctx).pins(&args.name).unwrap_or_default();
    let moves = !pins.is_empty() && verified.iter().any(|key| !pins.contains(&key.sha256()));
    let done = RefCell::new(Trusting::default());
    let plan = || -> Result<ChangeSet> {
        let known = repository::known_hosts::load(&keeping.user, &keeping.global)?;
        let spelling = repository::known_hosts::spelling(keeping.hash)?;
        let planned = plan_trust(&known, &keeping.server, &verified, &offered, || spelling)
            .map_err(not_stored)?;
        let mut change = ChangeSet::new(format!("trust {}", args.name));
        for file in &planned.files {
            change.push(file.clone());
        }
        if args.pin || moves {
            plan_pin(ctx, &args.name, &verified, &mut change)?;
        }
        done.replace(planned);
        Ok(change)
    };
    if args.write.dry_run {
        profile_edit::print_diff(ctx, &plan()?)?;
        return Ok(Exit::Ok);
    }
    repository::commit_files(ctx, profile_edit::commit_options(args.write), plan)?;
    let done = done.into_inner();
    if args.json {
        ctx.ui.json(&render_json(args, expected.as_ref(), &offered, &verified, &done), false)?;
    } else {
        report(ctx, &keeping, &offered, &verified, &done)?;
        if args.pin {
            ctx.ui.status(format_args!("{} is pinned to {} key(s)", args.name, verified.len()));
        }
    }
    if moves && !args.pin {
        ctx.ui.status(format_args!("{} was pinned to other keys; now it is to these", args.name));
    }
    Ok(Exit::Ok)
}

/// The host keys that a server has: by the client inside sshp, else by ssh, which has more
/// algorithms and ways to a server.
fn host_keys(ctx: &Ctx, route: &launch::Route) -> Result<Vec<HostKey>> {
    let ssh = system::for_auto(&ctx.env);
    if cfg!(not(feature = "builtin")) && ssh.is_none() {
        return Err(system::missing(None));
    }
    // A jump host may ask for a password; the server itself is never logged in to.
    let ask = ProbeOptions { password: true, ..ProbeOptions::default() };
    let by_ssh =
        |ssh: &system::Ssh| system::host_keys(&route.by_system(ctx, ssh, ask, &Run::Nothing));
    let passes_descriptor = route.effective.flag(Keyword::ProxyUseFdpass);
    if let Some(ssh) = ssh.as_ref().filter(|_| passes_descriptor || cfg!(not(feature = "builtin")))
    {
        return by_ssh(ssh);
    }
    match (builtin::host_keys(ctx, &route.hops)?, ssh) {
        (builtin::Fetched::Keys(keys), _) => Ok(keys),
        (builtin::Fetched::Lacking(lacking), Some(ssh)) => by_ssh(&ssh).map_err(|error| {
            lacking
                .hint(error.source)
                .hint("`sshp doctor` with its name tells which option is missing")
        }),
        (builtin::Fetched::Lacking(lacking), None) => Err(lacking
            .hint("OpenSSH's client has more algorithms; where it is installed, `trust` asks it")),
    }
}

/// Puts the verified keys in the place of those that the profile was pinned to.
fn plan_pin(ctx: &Ctx, name: &str, verified: &[HostKey], change: &mut ChangeSet) -> Result<()> {
    let store = repository::MetadataStore::read(ctx);
    store.require_changeable()?;
    let mut file = store.file.clone();
    let mut metadata = file.get(name).unwrap_or_default();
    metadata.host_keys = verified.iter().map(HostKey::sha256).collect();
    file.set(name, &metadata);
    store.change(ctx, file, change);
    Ok(())
}

/// What the keys are to be compared with; `None` where nothing was named.
fn expected(ctx: &Ctx, args: &cli::Trust) -> Result<Option<Pasted>> {
    if args.fingerprint.is_empty() && args.from.is_none() {
        return Ok(None);
    }
    let mut pasted = Pasted::default();
    for argument in &args.fingerprint {
        pasted.extend(Pasted::parse_argument(argument));
    }
    if let Some(file) = &args.from {
        pasted.extend(read_console(ctx, args, &read_paste(file)?)?);
    }
    if pasted.is_empty() {
        let what = match pasted.broken.first() {
            Some(broken) => format!(
                "`{}` is no whole SHA256 fingerprint: 43 characters follow `SHA256:`",
                sanitize::line(broken)
            ),
            None => "no fingerprint in what was given".to_owned(),
        };
        return Err(Error::refused(what).hint(
            "paste what the server's console shows between `BEGIN SSH HOST KEY FINGERPRINTS` and `END`",
        ));
    }
    let twice = pasted.ambiguous();
    if !twice.is_empty() {
        return Err(Error::refused(format_args!(
            "there are several fingerprints for {}: the log of more than one boot?",
            twice.join(" and ")
        ))
        .hint("paste only the last block"));
    }
    Ok(Some(pasted))
}

/// Reads what was pasted, or what a cloud printed of the server in JSON.
fn read_console(ctx: &Ctx, args: &cli::Trust, text: &[u8]) -> Result<Pasted> {
    let Some(console) = Console::parse(text) else { return Ok(Pasted::parse(text)) };
    let console = console.map_err(|error| {
        let error = Error::refused(error);
        console::COMMANDS.iter().fold(error, |error, command| {
            error.hint(format_args!("`{command}` prints what is read"))
        })
    })?;
    if let Some(instance) = &console.instance {
        require_same_server(ctx, &args.name, instance)?;
    }
    Ok(console.pasted)
}

/// Requires that the console is that of the server which a profile was imported for.
fn require_same_server(ctx: &Ctx, name: &str, instance: &str) -> Result<()> {
    let metadata = repository::MetadataStore::read(ctx).file.get(name).unwrap_or_default();
    let (Some((source, id)), Some(imported)) = (metadata.source_and_id(), &metadata.imported)
    else {
        return Ok(());
    };
    let of_cloud = imported.scope.is_some() || imported.host_key_alias.is_some();
    let is_it = id == instance
        || imported
            .host_key_alias
            .as_ref()
            .is_some_and(|alias| alias.eq_ignore_ascii_case(instance));
    if is_it || !of_cloud {
        return Ok(());
    }
    let instance = sanitize::line(instance);
    let found = sanitize::line(id);
    Err(Error::new(
        ErrorKind::HostKey,
        format_args!("this is the console of `{instance}`, and `{name}` is `{found}` of {source}\nnothing was stored"),
    )
    .hint("ask the cloud for the console of that server"))
}

fn read_paste(file: &Path) -> Result<Vec<u8>> {
    if file == Path::new("-") {
        let mut text = Vec::new();
        std::io::stdin().lock().take(LARGEST_PASTE).read_to_end(&mut text)?;
        return Ok(text);
    }
    match repository::read(file)? {
        Some(found) => Ok(found.to_vec()),
        None => Err(Error::not_found(format_args!("no file `{}`", file.display()))),
    }
}

/// Shows the keys and asks whether they are the console's.
fn ask(
    keeping: &Keeping,
    offered: &[HostKey],
) -> Result<std::result::Result<Vec<HostKey>, CompareError>> {
    let known = repository::known_hosts::load(&keeping.user, &keeping.global)?;
    let mut text = format!("{} has these host keys:\n", keeping.server.names);
    let mut old: Vec<String> = Vec::new();
    for key in offered {
        text += &format!("  {} {}\n", key.label(), key.sha256());
        match verdict(&known, &keeping.server.names, key) {
            Verdict::Changed { known } => {
                for line in known {
                    old.push(format!(
                        "  {} {} ({})\n",
                        line.key.label(),
                        line.key.sha256(),
                        line.place
                    ));
                }
            }
            Verdict::Revoked(place) => {
                return Err(not_stored(TrustError::Revoked {
                    label: key.label(),
                    fingerprint: key.sha256(),
                    place,
                }));
            }
            Verdict::Known(_) | Verdict::Unknown { .. } | Verdict::Certified { .. } => {}
        }
    }
    old.sort();
    old.dedup();
    if !old.is_empty() {
        text += &format!("known for it until now:\n{}", old.concat());
    }
    text += "Does the server's console show the same? (yes/no/[fingerprint]) ";
    loop {
        let answer = prompt::ask(&text, Echo::Shown).map_err(|error| match error {
            PromptError::Cancelled => Error::new(ErrorKind::Cancelled, "nothing was stored"),
            error => Error::from(error),
        })?;
        match answer.trim() {
            "yes" => return Ok(Ok(offered.to_vec())),
            "no" => return Err(Error::refused("nothing was stored")),
            answer => {
                let pasted = Pasted::parse_argument(answer);
                if !pasted.is_empty() {
                    return Ok(compare(&pasted, offered));
                }
                "Please type 'yes', 'no' or the fingerprint: ".clone_into(&mut text);
            }
        }
    }
}

fn not_verified(error: &CompareError) -> Error {
    let kind = match error {
        CompareError::Mismatch { .. } => ErrorKind::HostKey,
        CompareError::OnlyMd5 { .. } | CompareError::NoSuchType { .. } => ErrorKind::Refused,
    };
    let shown = Error::new(kind, format_args!("{error}\nnothing was stored"));
    match error {
        CompareError::Mismatch { .. } => shown
            .hint("either someone intercepts the connection, or this text is of another server or an earlier boot"),
        CompareError::OnlyMd5 { .. } => {
            shown.hint("on the server: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`")
        }
        CompareError::NoSuchType { .. } => shown,
    }
}

fn not_stored(error: TrustError) -> Error {
    let kind = match &error {
        TrustError::Revoked { .. } => ErrorKind::HostKey,
        _ => ErrorKind::Refused,
    };
    let hint = match &error {
        TrustError::Revoked { .. } => "if it was revoked by mistake, delete that line",
        TrustError::Name(_) => "set a HostKeyAlias of letters, digits, dots and dashes",
        TrustError::NoFile => "set UserKnownHostsFile to a file",
        TrustError::NotAccepted(_) => "nothing was stored",
    };
    Error::from(error).with_kind(kind).hint(hint)
}

fn report(
    ctx: &Ctx,
    keeping: &Keeping,
    offered: &[HostKey],
    verified: &[HostKey],
    done: &Trusting,
) -> Result<()> {
    let name = &keeping.server.names;
    for removed in &done.removed {
        let names = removed.names.join(",");
        let key = match &removed.key {
            Some(key) => format!("{} {}", key.label(), key.sha256()),
            None => format!("{} unreadable key", sanitize::line(&removed.key_type)),
        };
        ctx.ui.data(format_args!(
            "removed {key} {} ({})",
            sanitize::line(&names),
            removed.place
        ))?;
    }
    for key in &done.added {
        ctx.ui.data(format_args!("trusted {} {} {name}", key.label(), key.sha256()))?;
    }
    for (key, place) in &done.known {
        let (label, fingerprint) = (key.label(), key.sha256());
        ctx.ui.data(format_args!("known   {label} {fingerprint} {name} ({place})"))?;
    }
    for key in offered.iter().filter(|key| !verified.contains(key)) {
        ctx.ui.status(format_args!(
            "not stored: {} {} (no fingerprint given)",
            key.label(),
            key.sha256()
        ));
    }
    if !done.files.is_empty() {
        ctx.ui.hint("`sshp undo` takes it back");
    }
    Ok(())
}

fn render_json(
    args: &cli::Trust,
    expected: Option<&Pasted>,
    offered: &[HostKey],
    verified: &[HostKey],
    done: &Trusting,
) -> Value {
    let key = |key: &HostKey| json!({ "type": key.type_name(), "fingerprint": key.sha256() });
    let offered = offered.iter().map(|offer| {
        let mut shown = key(offer);
        shown["verified"] = verified.contains(offer).into();
        shown
    });
    let expected = expected.iter().flat_map(|pasted| &pasted.fingerprints).map(|fingerprint| {
        json!({ "type": fingerprint.label, "fingerprint": fingerprint.digest.to_string() })
    });
    let removed = done.removed.iter().map(|removed| {
        json!({
            "file": removed.place.file.to_string_lossy(),
            "line": removed.place.line,
            "names": removed.names,
            "fingerprint": removed.key.as_ref().map(HostKey::sha256),
        })
    });
    json!({
        "schema": "sshp.trust.v1",
        "asked": args.name,
        "expected": expected.collect::<Vec<_>>(),
        "offered": offered.collect::<Vec<_>>(),
        "stored": done.added.iter().map(key).collect::<Vec<_>>(),
        "known": done.known.iter().map(|(known, _)| key(known)).collect::<Vec<_>>(),
        "removed": removed.collect::<Vec<_>>(),
    })
}
