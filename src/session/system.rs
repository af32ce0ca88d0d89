//! The system's ssh takes this process's place.

#![allow(clippy::disallowed_methods, reason = "this is the launcher")]

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::ctx::Env;
use crate::error::{Error, Exit};

/// The ssh that will be run: `$SSHP_SSH`, else the one in the search path.
#[must_use]
pub fn find(chosen: Option<OsString>) -> Option<PathBuf> {
    match chosen {
        Some(program) => which::which(program).ok(),
        None => which::which("ssh").ok(),
    }
}

/// The ssh that `auto` runs: none where passwd(5) has no entry for the user, since ssh then ends with
/// "No user exists for uid" before it reads its arguments (ssh.c: main). One that `$SSHP_SSH` names
/// may be another program, and is run.
#[must_use]
pub fn for_auto(env: &Env) -> Option<PathBuf> {
    let named = env.var("SSHP_SSH");
    if !env.in_passwd && named.is_none() {
        return None;
    }
    find(named)
}

/// Becomes `ssh [-F config] [-o OPTION]… ARGUMENTS…`; comes back only when that fails.
///
/// The arguments are what the user gave, with `--` before the destination; the options stand
/// above them.
pub fn exec(
    ssh: &Path,
    config: Option<&Path>,
    options: &[OsString],
    arguments: &[OsString],
) -> Error {
    let mut command = Command::new(ssh);
    if let Some(config) = config {
        command.arg("-F").arg(config);
    }
    for option in options {
        command.arg("-o").arg(option);
    }
    let error = command.args(arguments).exec();
    Error::from(anyhow::Error::new(error).context(format!("cannot run `{}`", ssh.display())))
        .exit(Exit::Connect)
}

/// What an ssh says of its version, `OpenSSH_9.2p1 …`.
#[must_use]
pub fn version(ssh: &Path) -> Option<String> {
    let output = Command::new(ssh).arg("-V").stdin(Stdio::null()).output().ok()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().and_then(|line| line.split(',').next());
    first.map(|version| version.trim().to_owned()).filter(|version| !version.is_empty())
}

/// What to say where there is no ssh to run.
#[must_use]
pub fn missing(chosen: Option<OsString>) -> Error {
    let what = match chosen {
        Some(program) => format!("cannot run `{}` (SSHP_SSH)", program.display()),
        None => "there is no `ssh` in the search path".to_owned(),
    };
    Error::new(Exit::Connect, what)
        .hint("install OpenSSH's client, or connect with `--session builtin`")
}
