//! LocalCommand: a program on this machine, once the session is there.

#![allow(clippy::disallowed_methods, reason = "LocalCommand is a program to be run")]

use std::io;

use tokio::process::Command;

/// Runs a LocalCommand to its end; its status counts for nothing, as in ssh.
pub(super) async fn run(shell: &str, command: &str) -> io::Result<()> {
    Command::new(shell).arg("-c").arg(command).status().await.map(drop)
}
