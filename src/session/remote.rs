//! A command on a server, run by `sshp connect` in another process: the client is chosen, and the
//! server checked, as for any connect.

#![allow(clippy::disallowed_methods, reason = "sshp starts itself for a connection")]

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::{Command, Output, Stdio};

/// Where the messages of a connection go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    /// To the person.
    Shown,
    /// Into the result.
    MetadataStore,
}

/// Runs `sshp connect ARGUMENTS…` with a text as its input, and gives its status and output.
///
/// # Errors
/// When sshp cannot be started, or its output cannot be read.
pub fn connect(arguments: &[OsString], input: &[u8], messages: Messages) -> io::Result<Output> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("connect")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(if messages == Messages::MetadataStore { Stdio::piped() } else { Stdio::inherit() })
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(input) {
            // A connection that fails reads nothing, and says itself why.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait_with_output()
}
