//! `sshp forget`

use std::cell::RefCell;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sshp_known_hosts::HostKey;
use sshp_known_hosts::forget::{Forgetting, Server, Stays, Why, plan_forget};
use sshp_known_hosts::removal::{Reach, Removed};
use sshp_splice::ChangeSet;

use crate::cli;
use crate::ctx::Ctx;
use crate::error::{ErrorKind, Result};
use crate::exit::Exit;
use crate::launch;
use crate::profile_edit;
use crate::repository;
use crate::ui::sanitize;

/// Removes the keys of servers from the user's known_hosts files, and says what stays.
///
/// # Errors
/// A name that names no host, a file that cannot be read or written.
pub fn run(ctx: &Ctx, args: &cli::Forget) -> Result<Exit> {
    let asked = gather(ctx, args)?;
    let progress = ctx.ui.progress("looking through known_hosts");
    let look = || -> Result<Forgetting> {
        let known = repository::known_hosts::load(&asked.user, &asked.global)?;
        Ok(plan_forget(&known, &asked.servers, &[], asked.reach))
    };
    if args.check || args.write.dry_run {
        let found = look()?;
        drop(progress);
        if args.json {
            ctx.ui.json(&render_json(&asked, &found, false), false)?;
        } else if args.check {
            list(ctx, &found, "")?;
        } else {
            profile_edit::print_diff(ctx, &change_set(&asked, &found))?;
        }
        say_what_stays(ctx, &asked, &found);
        let nothing = found.removed.is_empty() && args.check;
        return Ok(if nothing { Exit::Error(ErrorKind::NotFound) } else { Exit::Ok });
    }
    let done = RefCell::new(Forgetting::default());
    repository::commit_files(ctx, profile_edit::commit_options(args.write), || {
        let found = look()?;
        let change = change_set(&asked, &found);
        done.replace(found);
        Ok(change)
    })?;
    drop(progress);
    let done = done.into_inner();
    if args.json {
        ctx.ui.json(&render_json(&asked, &done, true), false)?;
    } else {
        list(ctx, &done, "removed ")?;
    }
    say_what_stays(ctx, &asked, &done);
    if !done.removed.is_empty() {
        ctx.ui.hint("`sshp undo` restores it");
    }
    Ok(Exit::Ok)
}

/// What was asked for, with all that the config says of it.
struct Asked {
    words: Vec<String>,
    servers: Vec<Server>,
    user: Vec<PathBuf>,
    global: Vec<PathBuf>,
    commands: Vec<String>,
    reach: Reach,
}

fn gather(ctx: &Ctx, args: &cli::Forget) -> Result<Asked> {
    let mut asked = Asked {
        words: Vec::new(),
        servers: Vec::new(),
        user: args.known_hosts.clone(),
        global: Vec::new(),
        commands: Vec::new(),
        reach: Reach { wildcards: args.wildcards, whole_line: args.whole_line },
    };
    let tree = repository::load::load_tree_to_look(ctx);
    for word in args.names.iter().flat_map(|names| names.split(',')) {
        let host = launch::host_argument(&tree, word)?;
        let keeping = repository::known_hosts::keeping(ctx, &tree, &host)?;
        asked.words.push(word.to_owned());
        asked.servers.push(keeping.server);
        asked.commands.extend(keeping.command);
        if args.known_hosts.is_empty() {
            asked.user.extend(keeping.user);
            asked.global.extend(keeping.global);
        }
    }
    // One file by two names would be changed twice.
    let mut seen = HashSet::new();
    for files in [&mut asked.user, &mut asked.global] {
        let all = std::mem::take(files);
        for file in all {
            if seen.insert(real(&file)?) {
                files.push(file);
            }
        }
    }
    Ok(asked)
}

fn real(file: &Path) -> Result<PathBuf> {
    if file == Path::new("/dev/null") { Ok(file.to_owned()) } else { repository::follow(file) }
}

fn change_set(asked: &Asked, found: &Forgetting) -> ChangeSet {
    let mut change = ChangeSet::new(format!("forget {}", asked.words.join(" ")));
    for file in &found.files {
        change.push(file.clone());
    }
    change
}

/// One line for each that goes: type, fingerprint, names, place.
fn list(ctx: &Ctx, found: &Forgetting, before: &str) -> Result<()> {
    for removed in &found.removed {
        let names = sanitize::line(&removed.names.join(",")).into_owned();
        let hashed = if removed.hashed { " (hashed)" } else { "" };
        let key = shown_key(removed.key.as_ref(), &removed.key_type);
        ctx.ui.data(format_args!("{before}{key} {names}{hashed} ({})", removed.place))?;
    }
    Ok(())
}

fn shown_key(key: Option<&HostKey>, key_type: &str) -> String {
    match key {
        Some(key) => format!("{} {}", key.label(), key.sha256()),
        None => format!("{} unreadable key", sanitize::line(key_type)),
    }
}

fn say_what_stays(ctx: &Ctx, asked: &Asked, found: &Forgetting) {
    let ui = &ctx.ui;
    if found.removed.is_empty() {
        let files: Vec<String> = asked.user.iter().map(|f| f.display().to_string()).collect();
        let (words, files) = (asked.words.join(", "), files.join(", "));
        ui.status(format_args!(
            "no key of {} in {}",
            sanitize::line(&words),
            if files.is_empty() { "any file of yours".into() } else { sanitize::line(&files) }
        ));
    }
    for removed in found.removed.iter().filter(|removed| !removed.left.is_empty()) {
        let left = removed.left.join(", ");
        ui.status(format_args!("{}: {} stays", removed.place, sanitize::line(&left)));
    }
    for stays in &found.stays {
        say_one(ctx, stays);
    }
    for command in &asked.commands {
        ui.status(format_args!(
            "KnownHostsCommand `{}` may know more keys; sshp does not run it",
            sanitize::line(command)
        ));
    }
    if found.hidden > 0 {
        ui.status(format_args!(
            "{} more line(s) hold a removed key under hashed names that cannot be read",
            found.hidden
        ));
    }
    let metadata = repository::MetadataStore::read(ctx);
    for word in &asked.words {
        // `connect` reports pins that cannot be read.
        if metadata.pins(word).is_ok_and(|pins| !pins.is_empty()) {
            let word = sanitize::line(word);
            ui.status(format_args!("`{word}` stays pinned to its host keys"));
            ui.hint(format_args!(
                "`sshp trust {word} --pin` pins it to others, `sshp edit {word} --unpin` to none"
            ));
        }
    }
    for file in &found.with_bom {
        ui.warning(format_args!(
            "`{}` begins with a byte order mark, so ssh does not see its first line",
            file.display()
        ));
    }
}

fn say_one(ctx: &Ctx, stays: &Stays) {
    let Stays { line, name, why } = stays;
    let hosts = line.hosts.as_deref().unwrap_or("a hashed name");
    let (hosts, name) = (sanitize::line(hosts), sanitize::line(name));
    let key = shown_key(Some(&line.key), "");
    let place = &line.place;
    match why {
        Why::Wildcard => {
            ctx.ui.status(format_args!("{place}: {key} still matches {name} by `{hosts}`"));
            ctx.ui.hint("`--wildcards` removes such patterns, for all hosts that they match");
        }
        Why::Global => ctx.ui.status(format_args!(
            "{place}: {key} still matches {name}; sshp writes no global file"
        )),
        Why::PlainHost => {
            ctx.ui.status(format_args!("{place}: {key} of {hosts} is accepted for {name} too"));
            ctx.ui.hint(format_args!("`sshp forget {hosts}` removes it"));
        }
        Why::Asked => ctx.ui.status(format_args!("{place}: {key} of {hosts} stays")),
        Why::CertAuthority => ctx.ui.status(format_args!(
            "{place}: certificates for {name} signed by {key} are still accepted"
        )),
        Why::Revoked => {
            ctx.ui.status(format_args!("{place}: {key} stays revoked for {name}"));
        }
    }
}

fn render_json(asked: &Asked, found: &Forgetting, changed: bool) -> Value {
    let removed = |removed: &Removed| {
        json!({
            "file": removed.place.file.to_string_lossy(),
            "line": removed.place.line,
            "names": removed.names,
            "left": removed.left,
            "hashed": removed.hashed,
            "type": removed.key_type,
            "fingerprint": removed.key.as_ref().map(HostKey::sha256),
        })
    };
    let stays = |stays: &Stays| {
        json!({
            "file": stays.line.place.file.to_string_lossy(),
            "line": stays.line.place.line,
            "hosts": stays.line.hosts,
            "matches": stays.name,
            "why": stays.why.as_str(),
            "type": stays.line.key.type_name(),
            "fingerprint": stays.line.key.sha256(),
        })
    };
    json!({
        "schema": "sshp.forget.v1",
        "asked": asked.words,
        "names": asked.servers.iter().flat_map(|server| server.own.clone()).collect::<Vec<_>>(),
        "changed": changed && !found.files.is_empty(),
        "removed": found.removed.iter().map(removed).collect::<Vec<_>>(),
        "stays": found.stays.iter().map(stays).collect::<Vec<_>>(),
        "hashed_with_the_same_key": found.hidden,
    })
}
