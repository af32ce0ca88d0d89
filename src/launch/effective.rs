//! The effective options of a connect: what it may run and ask to find them, and `connect -G`, which
//! prints them as `ssh -G` does.

#![allow(clippy::disallowed_methods, reason = "`Match exec` is run here, as ssh runs it")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use dns_lookup::{AddrInfoHints, getaddrinfo};
use nix::libc::{AF_INET, AF_INET6, AI_CANONNAME, SOCK_STREAM};
use sshp_config::{CommandLine, Effective, Family, Probe, Tree, resolve};

use crate::ctx::Ctx;
use crate::error::{Error, Result};
use crate::installed_ssh::Ssh;
use crate::repository::{load, refused};

/// Prints what ssh would use for a command line, and fails where ssh fails.
///
/// # Errors
/// What ssh refuses the config or the command line for.
pub(super) fn print(ctx: &Ctx, command: &CommandLine) -> Result<()> {
    let tree = tree_for(ctx, command);
    let effective = for_connect(ctx, &tree, command)?;
    warn(ctx, &effective);
    ctx.ui.bytes(&effective.dump())?;
    Ok(())
}

/// Says what ssh complains about without giving up.
pub fn warn(ctx: &Ctx, effective: &Effective) {
    for complaint in &effective.complaints {
        ctx.ui.warning(crate::ui::sanitize::line(&complaint.text));
    }
}

/// The config that a command line reads: its own `-F`, else that of sshp.
#[must_use]
pub fn tree_for(ctx: &Ctx, command: &CommandLine) -> Tree {
    match command.config() {
        Some(config) => load::load_tree_of(ctx, &config),
        None => load::load_tree(ctx),
    }
}

/// What a connect uses: commands of `Match exec` are run and names resolved where ssh does.
///
/// # Errors
/// What ssh refuses the config or the command line for.
pub fn for_connect(ctx: &Ctx, tree: &Tree, command: &CommandLine) -> Result<Effective> {
    for_connect_by(&Connecting { ctx }, ctx, tree, command)
}

/// As [`for_connect`], with something between that sees what is run.
///
/// # Errors
/// As [`for_connect`].
pub(super) fn for_connect_by(
    probe: &dyn Probe,
    ctx: &Ctx,
    tree: &Tree,
    command: &CommandLine,
) -> Result<Effective> {
    resolve(tree, command, &ctx.env, Some(probe), &ctx.env.dialect)
        .map_err(|rejected| refused::in_the_words_of_ssh(ctx, tree, command, rejected))
}

/// What the `-G` of an ssh prints for a command line, from the same config.
///
/// # Errors
/// When it refuses the config, with what it says.
pub fn ask_ssh(ctx: &Ctx, ssh: &Ssh, line: &CommandLine) -> Result<Vec<u8>> {
    let mut command = ssh.command();
    command.arg("-G");
    if let Some(config) = ctx.paths.ssh_config_flag() {
        command.arg("-F").arg(config);
    }
    let output = command.args(&line.words).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim_end().to_owned();
    let host = String::from_utf8_lossy(line.host());
    Err(Error::failed(format_args!("`{ssh} -G {host}` fails: {said}")))
}

/// Runs and asks what only a connect may.
pub struct Connecting<'a> {
    /// The facts of this run.
    pub ctx: &'a Ctx,
}

impl Probe for Connecting<'_> {
    fn run(&self, command: &[u8]) -> std::result::Result<bool, String> {
        let shell = self.ctx.env.raw_var(OsStr::new("SHELL")).unwrap_or_else(|| "/bin/sh".into());
        let mut shell_command = Command::new(&shell);
        shell_command.arg("-c").arg(OsStr::from_bytes(command));
        let status = shell_command.stdin(Stdio::null()).stdout(Stdio::null()).status();
        match status {
            Ok(status) if status.code().is_none() => {
                let shown = String::from_utf8_lossy(command);
                Err(format!("command '{shown}' exited abnormally"))
            }
            Ok(status) => Ok(status.success()),
            Err(error) => Err(format!("Shell \"{}\" is not executable: {error}", shell.display())),
        }
    }

    fn lookup(&self, name: &[u8], family: Family) -> std::result::Result<Option<Vec<u8>>, String> {
        let text = std::str::from_utf8(name).map_err(|error| error.to_string())?;
        let hints = AddrInfoHints {
            flags: AI_CANONNAME,
            address: match family {
                Family::Any => 0,
                Family::Inet => AF_INET,
                Family::Inet6 => AF_INET6,
            },
            socktype: SOCK_STREAM,
            ..AddrInfoHints::default()
        };
        let mut found = getaddrinfo(Some(text), None, Some(hints))
            .map_err(|error| std::io::Error::from(error).to_string())?;
        // Only the first of the answers has the name.
        let first = found.next().transpose().map_err(|error| error.to_string())?;
        Ok(first.and_then(|first| first.canonname).map(String::into_bytes))
    }

    fn reach(&self, path: &[u8]) -> std::result::Result<(), String> {
        match std::fs::metadata(OsStr::from_bytes(path)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err("No such file or directory".to_owned())
            }
            Err(error) => Err(error.to_string()),
        }
    }
}
