//! The resolver against `ssh -G`, key by key: that of this machine, and those of `tests/openssh-oracles`.
//!
//! `SSHP_SEEDS=20000 cargo test --test it resolve` tries more random configs than the 1,000 of each run, and
//! `SSHP_CLIENTS=/one/ssh:/other/ssh` compares with more clients.

mod cases;
mod destination;
mod frozen;
mod random;
mod refused;
mod releases;
mod shapes;
mod shown;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::needs;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// The environment that both programs see, for `${NAME}` in values.
const VARIABLES: [(&str, &str); 3] =
    [("SSHP_TEST_DIR", "/tmp/sshp dir"), ("SSHP_TEST_PORT", "8022"), ("SSHP_TEST_EMPTY", "")];

/// An OpenSSH client, and sshp told by `SSHP_SSH` to follow it.
struct Client {
    program: PathBuf,
    /// What `ssh -V` says before the comma.
    version: String,
}

impl Client {
    /// This machine's.
    fn installed(s: &Sandbox) -> Client {
        Client::at(s, Path::new("ssh"))
    }

    /// This machine's, and those of `tests/openssh-oracles`. One that is newer than sshp knows is told and
    /// left out: unstable has it before sshp can.
    fn all(s: &Sandbox) -> Vec<Client> {
        let more = std::env::var_os("SSHP_CLIENTS").unwrap_or_default();
        let more = std::env::split_paths(&more).filter(|path| !path.as_os_str().is_empty());
        let clients = needs::openssh_clients().into_iter().chain(more);
        let clients = clients.map(|program| Client::at(s, &program));
        clients.filter(|client| client.is_known(s)).collect()
    }

    fn at(s: &Sandbox, program: &Path) -> Client {
        let said = Run::of(s.command(program).arg("-V")).success().stderr;
        let version = said.split(',').next().unwrap_or_default().trim().to_owned();
        assert!(version.starts_with("OpenSSH_"), "{}: {said}", program.display());
        Client { program: program.to_owned(), version }
    }

    /// Whether sshp knows that version.
    fn is_known(&self, s: &Sandbox) -> bool {
        let number = self.version.trim_start_matches("OpenSSH_").split('p').next();
        let number = number.expect("a version number");
        let asked = s.sshp_args(["check", "-F", "/dev/null", "--dialect", number]);
        if asked.code == Some(0) {
            return true;
        }
        let asked = asked.exits(2).says("newer than");
        needs::tell(&format!("{} is not compared: {}", self.version, asked.stderr.trim()));
        false
    }

    fn ssh(&self, s: &Sandbox, args: &[String]) -> Run {
        run(s.command(&self.program).arg("-G").args(args))
    }

    fn sshp(&self, s: &Sandbox, args: &[String]) -> Run {
        run(s.command(SSHP).args(["connect", "-G"]).args(args).env("SSHP_SSH", &self.program))
    }

    /// Whether both print the same, `Ok(true)`, or both refuse, `Ok(false)`; else
    /// what differs.
    fn compare(&self, s: &Sandbox, args: &[String]) -> Result<bool, String> {
        let (theirs, ours) = (self.ssh(s, args), self.sshp(s, args));
        if theirs.code == ours.code && theirs.stdout == ours.stdout {
            return Ok(theirs.code == Some(0));
        }
        let only = |a: &Run, b: &Run, sign: &str| {
            let lone =
                a.stdout.lines().filter(|line| !b.stdout.lines().any(|other| other == *line));
            lone.fold(String::new(), |out, line| out + sign + " " + line + "\n")
        };
        Err(format!(
            "{}: {args:?}\n{}{}ssh ended with {:?}: {}\nsshp ended with {:?}: {}",
            self.version,
            only(&theirs, &ours, "ssh: "),
            only(&ours, &theirs, "sshp:"),
            theirs.code,
            theirs.stderr,
            ours.code,
            ours.stderr,
        ))
    }
}

fn run(command: &mut Command) -> Run {
    Run::of(command.env("SHELL", "/bin/sh").envs(VARIABLES))
}

fn ssh(s: &Sandbox, args: &[String]) -> Run {
    run(s.command("ssh").arg("-G").args(args))
}

fn sshp(s: &Sandbox, args: &[String]) -> Run {
    run(s.command(SSHP).args(["connect", "-G"]).args(args))
}

/// As [`Client::compare`], with this machine's ssh.
fn compare(s: &Sandbox, args: &[String]) -> Result<bool, String> {
    Client::installed(s).compare(s, args)
}
