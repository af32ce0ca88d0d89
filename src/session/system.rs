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

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use self::host_keys::host_keys;
pub use self::probe::{Judged, System, probe};
pub use self::tied::become_tied;
use crate::ctx::Env;
use crate::error::Error;

/// An ssh to run: a program, and what comes before all other arguments, as in `kitten ssh`.
#[derive(Clone, Debug)]
pub struct Ssh {
    /// The program's file.
    pub program: PathBuf,
    arguments: Vec<String>,
}

impl Ssh {
    /// The program with its own arguments.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
    }

    /// The name by which a command may call it; none where that is another program's.
    #[must_use]
    pub fn name(&self) -> Option<&OsStr> {
        self.program.file_name().filter(|_| self.arguments.is_empty())
    }
}

impl fmt::Display for Ssh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.program.display())?;
        self.arguments.iter().try_for_each(|argument| write!(f, " {argument}"))
    }
}

/// The ssh that will be run: `$SSHP_SSH`, a program or a program with arguments, else the one in the
/// search path.
#[must_use]
pub fn find(chosen: Option<OsString>) -> Option<Ssh> {
    let program = chosen.unwrap_or_else(|| "ssh".into());
    if let Ok(program) = which::which(&program) {
        return Some(Ssh { program, arguments: Vec::new() });
    }
    let mut words = shlex::split(program.to_str()?)?.into_iter();
    let program = which::which(words.next()?).ok()?;
    Some(Ssh { program, arguments: words.collect() })
}

/// The ssh that `auto` runs: none where passwd(5) has no entry for the user, since ssh then ends with
/// "No user exists for uid" before it reads its arguments (ssh.c: main). One that `$SSHP_SSH` names
/// may be another program, and is run.
#[must_use]
pub fn for_auto(env: &Env) -> Option<Ssh> {
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
