//! The resolver against the installed `ssh -G`, key by key.
//!
//! `SSHP_SEEDS=20000 cargo test --test it resolve` tries more random configs than the 1,000 of each run.

mod cases;
mod refused;
mod shown;

use std::process::Command;

use crate::support::configs;
use crate::support::sandbox::{Run, SSHP, Sandbox};

/// The environment that both programs see, for `${NAME}` in values.
const VARIABLES: [(&str, &str); 3] =
    [("SSHP_TEST_DIR", "/tmp/sshp dir"), ("SSHP_TEST_PORT", "8022"), ("SSHP_TEST_EMPTY", "")];

fn ssh(s: &Sandbox, args: &[String]) -> Run {
    run(s.command("ssh").arg("-G").args(args))
}

fn sshp(s: &Sandbox, args: &[String]) -> Run {
    run(s.command(SSHP).args(["connect", "-G"]).args(args))
}

fn run(command: &mut Command) -> Run {
    Run::of(command.env("SHELL", "/bin/sh").envs(VARIABLES))
}

/// Whether both print the same, `Ok(true)`, or both refuse, `Ok(false)`; else what differs.
fn compare(s: &Sandbox, args: &[String]) -> Result<bool, String> {
    let (theirs, ours) = (ssh(s, args), sshp(s, args));
    if theirs.code == ours.code && theirs.stdout == ours.stdout {
        return Ok(theirs.code == Some(0));
    }
    let only = |a: &Run, b: &Run, sign: &str| {
        let lone = a.stdout.lines().filter(|line| !b.stdout.lines().any(|other| other == *line));
        lone.fold(String::new(), |out, line| out + sign + " " + line + "\n")
    };
    Err(format!(
        "{args:?}\n{}{}ssh ended with {:?}: {}\nsshp ended with {:?}: {}",
        only(&theirs, &ours, "ssh: "),
        only(&ours, &theirs, "sshp:"),
        theirs.code,
        theirs.stderr,
        ours.code,
        ours.stderr,
    ))
}

fn seeds() -> u64 {
    let more = std::env::var("SSHP_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    more.unwrap_or(1000)
}

fn random_configs(seeds: impl Iterator<Item = u64>) {
    let s = Sandbox::new();
    let (mut printed, mut all) = (0, 0);
    let mut different = Vec::new();
    for seed in seeds {
        let config = configs::Config::new(seed, s.home());
        for (name, text) in &config.files {
            s.write(name, text);
        }
        all += 1;
        match compare(&s, &config.args) {
            Ok(both) => printed += u32::from(both),
            Err(difference) => {
                different.push(format!("seed {seed}: {difference}\n{}", config.shown()));
            }
        }
        for (name, _) in &config.files {
            std::fs::remove_file(s.path(name)).expect("the file goes");
        }
    }
    let count = different.len();
    different.truncate(3);
    assert!(count == 0, "{count} of {all} differ\n{}", different.join("\n"));
    assert!(printed * 10 >= all * 7, "only {printed} of {all} configs were accepted by ssh");
}

#[test]
fn random_configs_resolve_as_ssh_resolves_them_even_seeds() {
    needs!("ssh");
    random_configs((0..seeds()).filter(|seed| seed % 2 == 0));
}

#[test]
fn random_configs_resolve_as_ssh_resolves_them_odd_seeds() {
    needs!("ssh");
    random_configs((0..seeds()).filter(|seed| seed % 2 == 1));
}
