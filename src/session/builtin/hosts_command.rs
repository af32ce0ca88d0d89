//! KnownHostsCommand: a program that says which keys a server may have.

#![allow(clippy::disallowed_methods, reason = "KnownHostsCommand is a program to be run")]

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};
use std::sync::Arc;

use data_encoding::BASE64;
use sshp_config::{tokens, words};
use sshp_known_hosts::picture::fingerprint;
use sshp_known_hosts::{File, HostKey, Names, Scope};

use super::failed;
use crate::ctx::Ctx;
use crate::error::Result;
use crate::session::plan::{Endpoint, HostsCommand};

/// Longer answers are not taken.
const MAX_ANSWER: u64 = 16 << 20;

/// What it is run for, ssh_config(5): `%I`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// To find out which types of keys are known.
    Order,
    /// To look up a key that the server offered.
    HostName,
    /// The same by the server's address, for CheckHostIP.
    Address,
}

impl Reason {
    fn word(self) -> &'static str {
        match self {
            Reason::Order => "ORDER",
            Reason::HostName => "HOSTNAME",
            Reason::Address => "ADDRESS",
        }
    }
}

/// Runs it, and gives what it says as a known_hosts file that nothing is written to
/// (sshconnect.c: load_hostkeys_command). A command that is not there says nothing; the files still
/// count.
///
/// # Errors
/// When it ran and failed: what it would have said cannot be known.
pub(super) fn run(
    ctx: &Ctx,
    endpoint: &Endpoint,
    names: &Names,
    command: &HostsCommand,
    reason: Reason,
    key: Option<&HostKey>,
) -> Result<File> {
    let wrong = |what: String| failed(endpoint, format!("KnownHostsCommand: {what}"));
    let hash = endpoint.trust.fingerprint;
    let of_key = |text: fn(&HostKey) -> String| key.map_or_else(|| "NONE".to_owned(), text);
    let lookup = |letter: u8| -> Option<Vec<u8>> {
        Some(match letter {
            b'H' => match reason {
                // ssh has no port here.
                Reason::Order => endpoint.host.clone(),
                Reason::HostName | Reason::Address => names.name().to_owned(),
            }
            .into_bytes(),
            b'I' => reason.word().as_bytes().to_vec(),
            b't' => of_key(|key| key.type_name().to_owned()).into_bytes(),
            b'K' => of_key(|key| BASE64.encode(key.blob())).into_bytes(),
            b'f' => {
                key.map_or_else(|| "NONE".to_owned(), |key| fingerprint(key, hash)).into_bytes()
            }
            common => return command.tokens.get(common),
        })
    };
    let mut argv = Vec::new();
    let empty = File::new(format!("KnownHostsCommand-{}", reason.word()), Scope::Global, None);
    let not_run = |what: String| {
        ctx.ui.warning(format_args!("{}: KnownHostsCommand is not run: {what}", endpoint.name));
        Ok(empty)
    };
    for word in words::split(command.line.as_bytes()) {
        let word = match word {
            Ok(word) => word,
            Err(error) => return not_run(error.to_string()),
        };
        // The program itself stands as it is.
        argv.push(if argv.is_empty() {
            word.value.into_owned()
        } else {
            tokens::expand(&word.value, Some(&lookup), Some(&ctx.env))
                .map_err(|error| wrong(error.to_string()))?
        });
    }
    let Some((program, arguments)) = argv.split_first() else {
        return not_run("it is empty".to_owned());
    };
    let shown = String::from_utf8_lossy(program).into_owned();
    if !program.starts_with(b"/") {
        return not_run(format!("`{shown}` is not an absolute path"));
    }
    if let Err(error) = std::fs::metadata(OsStr::from_bytes(program)) {
        return not_run(format!("`{shown}`: {error}"));
    }
    let mut child = Command::new(OsStr::from_bytes(program))
        .args(arguments.iter().map(|word| OsStr::from_bytes(word)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| wrong(format!("`{shown}`: {error}")))?;
    let mut text = Vec::new();
    if let Some(output) = child.stdout.take() {
        output.take(MAX_ANSWER).read_to_end(&mut text)?;
    }
    let status = child.wait()?;
    if !status.success() {
        return Err(wrong(format!("`{shown}` failed: {status}")));
    }
    let place = format!("KnownHostsCommand-{}", reason.word());
    Ok(File::new(place, Scope::Global, Some(Arc::from(text))))
}
