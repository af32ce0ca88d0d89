//! What is installed and set up, without any server.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::ValueEnum;
use sshp_keys::KeyFile;

use super::Report;
use crate::config_check;
use crate::ctx::Ctx;
use crate::doctor::{Fault, Outcome, Stage};
use crate::error::Result;
use crate::installed_ssh;
use crate::keys::{self, inspect, modes};
use crate::profile_keys::found;
use crate::repository::load;
use crate::session::system;
use crate::shell::Shell;

/// More keys than this end in "Too many authentication failures" (MaxAuthTries).
const MANY_KEYS: usize = 5;

/// An agent that does not answer is left alone after this.
const AGENT_PATIENCE: Duration = Duration::from_secs(10);

/// Looks at everything, whatever is wrong before.
pub(super) fn look(ctx: &Ctx, report: &mut Report<'_>) -> Result<()> {
    load::require_config(ctx)?;
    report.add(Stage::Ssh, ssh(ctx))?;
    report.add(Stage::Home, home(ctx))?;
    let open = too_open(ctx);
    if open.is_empty() {
        let what = "only you can change what is there, and read the keys";
        report.add(Stage::Modes, Outcome::Good(what.to_owned()))?;
    }
    let config_is_open = open.iter().any(|fault| matches!(fault, Fault::ConfigTooOpen { .. }));
    for fault in open {
        report.add(Stage::Modes, Outcome::Failed(Box::new(fault)))?;
    }
    let tree = load::load_tree(ctx);
    let mut findings = config_check::findings(ctx, &tree);
    if config_is_open {
        // The stage before has said why this file is not read.
        let config = ctx.paths.user_config.as_path();
        findings.retain(|found| found.check != "unreadable" || *found.origin.file != *config);
    }
    let outcome = match findings.len() {
        0 => Outcome::Good(format!("no problems found in {} file(s)", tree.files.len())),
        count => Outcome::Failed(Box::new(Fault::Lint { count })),
    };
    report.add(Stage::Check, outcome)?;
    report.add(Stage::Shell, shell(ctx))?;
    report.add(Stage::Agent, agent(ctx))
}

fn ssh(ctx: &Ctx) -> Outcome {
    let named = ctx.env.var("SSHP_SSH");
    if !ctx.env.in_passwd && named.is_none() {
        let uid = ctx.env.uid;
        return Outcome::Note(format!(
            "passwd(5) has no entry for uid {uid}, so ssh does not run (`No user exists for uid \
             {uid}`): sessions run by the client inside sshp"
        ));
    }
    match (system::find(named.clone()), named) {
        (Some(ssh), _) => match installed_ssh::asked(&ssh).map(|_| system::version(&ssh)) {
            Ok(Some(version)) => Outcome::Good(format!("`{ssh}`, {version}")),
            Ok(None) => Outcome::Note(format!("`{ssh}` does not tell its version")),
            Err(why) => Outcome::Note(format!(
                "`{ssh}` does not tell which OpenSSH it is ({why}): a config is read as any OpenSSH \
                 takes it"
            )),
        },
        (None, Some(named)) => {
            let named = Some(named.to_string_lossy().into_owned());
            Outcome::Failed(Box::new(Fault::SshMissing { named }))
        }
        (None, None) => {
            Outcome::Note("none is installed: sessions run by the client inside sshp".to_owned())
        }
    }
}

fn home(ctx: &Ctx) -> Outcome {
    let (home, passwd) = (&ctx.env.home, &ctx.env.passwd_home);
    if home != passwd {
        let (home, passwd) = (home.display(), passwd.display());
        return Outcome::Note(format!(
            "`$HOME` is `{home}`, by passwd(5) it is `{passwd}`: ssh gets the config of `$HOME` by \
             -F, and its other files are in `{passwd}`"
        ));
    }
    if !ctx.paths.ssh_dir.is_dir() {
        return Outcome::Note("there is no ~/.ssh yet; `sshp add` makes it".to_owned());
    }
    Outcome::Good(format!("`{}`", home.display()))
}

/// What others can use, write or read.
fn too_open(ctx: &Ctx) -> Vec<Fault> {
    let mut faults = Vec::new();
    let folder = ctx.paths.ssh_dir.clone();
    if let Some(mode) = mode(&folder).filter(|mode| mode & 0o077 != 0) {
        faults.push(Fault::FolderTooOpen { path: folder.clone(), mode });
    }
    let config = ctx.paths.user_config.clone();
    if let Some(mode) = mode(&config).filter(|mode| mode & 0o022 != 0) {
        faults.push(Fault::ConfigTooOpen { path: config, mode });
    }
    for path in found::in_folder(&folder) {
        if let (Ok(KeyFile::Private { .. }), Ok(Some(mode))) =
            (inspect(&path), modes::too_open(&path))
        {
            faults.push(Fault::KeyTooOpen { path, mode });
        }
    }
    faults
}

fn mode(path: &Path) -> Option<u32> {
    Some(path.metadata().ok()?.permissions().mode() & 0o7777)
}

/// Whether the start-up file of the user's shell has the line of the README.
fn shell(ctx: &Ctx) -> Outcome {
    let shell = ctx.env.var("SHELL").map(PathBuf::from);
    let name = shell.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    let Some(shell) = name.and_then(Shell::of_program) else {
        let known: Vec<_> = Shell::value_variants().iter().map(|shell| shell.name()).collect();
        let known = known.join(", ");
        return Outcome::Note(format!("`$SHELL` is none of {known}: no completion, no Alt-J"));
    };
    let (files, line) = shell.start_up();
    let has = |file: &&&str| {
        let text = crate::repository::read(&ctx.env.home.join(file)).ok().flatten();
        let text = text.map(|text| String::from_utf8_lossy(&text).into_owned());
        text.is_some_and(|text| text.contains("sshp init") || text.contains("/.sshp."))
    };
    match files.iter().find(has) {
        Some(file) => Outcome::Good(format!("`~/{file}` has the line")),
        None => {
            Outcome::Note(format!("Tab and Alt-J need this line in `~/{}`: `{line}`", files[0]))
        }
    }
}

fn agent(ctx: &Ctx) -> Outcome {
    let Some(socket) = ctx.env.var("SSH_AUTH_SOCK").map(PathBuf::from) else {
        return Outcome::Good("none; keys are read from their files".to_owned());
    };
    match keys::agent::list(&socket, AGENT_PATIENCE).map(|held| held.len()) {
        Ok(count) if count > MANY_KEYS => Outcome::Note(format!(
            "{count} keys, and most servers hang up after 6: give profiles `IdentitiesOnly yes`, as \
             `sshp add --key` does"
        )),
        Ok(count) => Outcome::Good(format!("{count} key(s)")),
        Err(error) => {
            let text = error.to_string();
            let why = text.split(" (os error").next().unwrap_or_default().to_owned();
            Outcome::Failed(Box::new(Fault::AgentUnreachable { socket, why }))
        }
    }
}
