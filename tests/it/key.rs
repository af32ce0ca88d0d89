//! `sshp key`, against the real ssh-keygen, puttygen, openssl, ssh-agent and sshd.

mod convert;
mod fix;
mod import;
mod list;
mod loadable;
mod push;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::sandbox::{Run, SSHP, Sandbox};

/// A program that answers every question for a passphrase with this one.
fn answering(sandbox: &Sandbox, passphrase: &str) -> PathBuf {
    let program = sandbox.write("askpass", format!("#!/bin/sh\nprintf '%s\\n' '{passphrase}'\n"));
    sandbox.chmod("askpass", 0o700);
    program
}

/// sshp, its questions answered.
fn sshp_with(sandbox: &Sandbox, passphrase: &str) -> Command {
    let mut command = sandbox.command(SSHP);
    command.env("SSH_ASKPASS", answering(sandbox, passphrase)).env("SSH_ASKPASS_REQUIRE", "force");
    command
}

/// The two words of a public key that are not its comment, as ssh-keygen finds them.
#[track_caller]
fn public_of(sandbox: &Sandbox, key: &Path, passphrase: &str) -> String {
    let run = Run::of(sandbox.command("ssh-keygen").args(["-y", "-P", passphrase, "-f"]).arg(key));
    two_words(&run.success().stdout)
}

fn two_words(line: &str) -> String {
    line.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
