//! The system's ssh: it takes this process's place for a session, and is tried by `sshp doctor`.

#![allow(clippy::disallowed_methods, reason = "this is the launcher")]

mod host_keys;
mod login;
mod probe;
mod shared;
mod tied;
mod trial;
mod users;
mod way;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

pub use self::host_keys::host_keys;
pub use self::probe::{Judged, System, probe};
pub use self::tied::become_tied;
use crate::ctx::Ctx;
use crate::error::Error;
pub use crate::installed_ssh::{Ssh, find, for_auto};

/// Becomes `ssh [-F config] [-o OPTION]… ARGUMENTS…`; comes back only when that fails.
///
/// The arguments are what the user gave, with `--` before the destination; the options stand
/// above them.
pub fn exec(
    ssh: &Ssh,
    config: Option<&Path>,
    options: &[OsString],
    arguments: &[OsString],
) -> Error {
    let error = command(ssh, config, options, arguments).exec();
    Error::from(anyhow::Error::new(error).context(format!("cannot run `{ssh}`")))
}

fn command(
    ssh: &Ssh,
    config: Option<&Path>,
    options: &[OsString],
    arguments: &[OsString],
) -> Command {
    let mut command = ssh.command();
    if let Some(config) = config {
        command.arg("-F").arg(config);
    }
    for option in options {
        command.arg("-o").arg(option);
    }
    command.args(arguments);
    command
}

/// The algorithms that an ssh has for an option, `ssh -Q`; none where it does not tell.
#[must_use]
pub fn algorithms(ssh: &Ssh, option: &str) -> Vec<String> {
    let query = match option {
        "KexAlgorithms" => "kex",
        "Ciphers" => "cipher",
        "MACs" => "mac",
        _ => option,
    };
    let output = ssh.command().args(["-Q", query]).stdin(Stdio::null()).output();
    let Ok(output) = output else { return Vec::new() };
    String::from_utf8_lossy(&output.stdout).lines().map(|line| line.trim().to_owned()).collect()
}

/// What `ssh -G` prints for the destination of a look.
fn effective(system: &System<'_>) -> crate::error::Result<String> {
    let mut arguments = vec![OsString::from("-G")];
    arguments.extend(system.destination.iter().cloned());
    let mut ssh = command(system.ssh, system.config, &[], &arguments);
    let output = ssh.stdin(Stdio::null()).output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// What an ssh says of its version, `OpenSSH_9.2p1 …`.
#[must_use]
pub fn version(ssh: &Ssh) -> Option<String> {
    let output = ssh.command().arg("-V").stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().and_then(|line| line.split(',').next());
    first.map(|version| version.trim().to_owned()).filter(|version| !version.is_empty())
}

/// The ssh that will be run.
///
/// # Errors
/// When there is none.
pub fn installed(ctx: &Ctx) -> Result<Ssh, Error> {
    let chosen = ctx.env.var("SSHP_SSH");
    find(chosen.clone()).ok_or_else(|| missing(chosen))
}

/// What to say where there is no ssh to run.
#[must_use]
pub fn missing(chosen: Option<OsString>) -> Error {
    let what = match chosen {
        Some(program) => format!("cannot run `{}` (SSHP_SSH)", program.display()),
        None => "there is no `ssh` in the search path".to_owned(),
    };
    Error::failed(what).hint(if cfg!(feature = "builtin") {
        "install OpenSSH's client, or connect with `--session builtin`"
    } else {
        "install OpenSSH's client"
    })
}
