//! `sshp help [COMMAND]` and `sshp version`: other words for `--help` and `--version`.

use std::ffi::{OsStr, OsString};

use clap::{CommandFactory, Parser};

use crate::cli::Cli;
use crate::error::{Error, ErrorKind, Result};
use crate::exit::Exit;

/// Prints what `sshp COMMAND FLAG` prints.
///
/// # Errors
/// When there is no such command: exit 2.
pub fn run(command: &[OsString], flag: &str) -> Result<Exit> {
    if let Some(name) = command.first()
        && Cli::command().find_subcommand(name).is_none()
    {
        let wrong = Error::usage(format_args!("there is no command `{}`", name.display()));
        return Err(wrong.hint("`sshp help` lists them"));
    }
    let words = [OsStr::new("sshp")].into_iter().chain(command.iter().map(OsString::as_os_str));
    match Cli::try_parse_from(words.chain([OsStr::new(flag)])) {
        Err(text) => {
            text.print()?;
            Ok(if text.use_stderr() { Exit::Error(ErrorKind::Usage) } else { Exit::Ok })
        }
        Ok(_) => Err(Error::usage(format_args!("`{flag}` is not known here"))),
    }
}
