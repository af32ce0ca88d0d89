//! PURE: what runs at the destination, and what is worth knowing of it before a connect.

use sshp_config::{Effective, Keyword};

use super::ConnectRequest;

/// What runs at the destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// The login shell.
    Shell,
    /// A command for it.
    Command(Vec<u8>),
    /// A subsystem such as `sftp`.
    Subsystem(String),
    /// Nothing: `-N`.
    Nothing,
    /// A connection from there takes the place of input and output: `-W`.
    Connection(String, u16),
}

/// What a command line and the config have run at the destination. The resolver has refused what ssh
/// refuses: a command beside RemoteCommand, and nothing to run in the background.
pub(super) fn run(found: &Effective, request: &ConnectRequest) -> Run {
    let typed = request.command.as_ref().filter(|command| !command.is_empty()).cloned();
    let command = typed.or_else(|| remote_command(found).map(<[u8]>::to_vec));
    match (&request.stdio_forward, found.get(Keyword::SessionType), command) {
        (Some((host, port)), _, _) => Run::Connection(host.clone(), *port),
        (None, Some(b"none"), _) => Run::Nothing,
        (None, Some(b"subsystem"), Some(name)) => {
            Run::Subsystem(String::from_utf8_lossy(&name).into_owned())
        }
        (None, _, Some(command)) => Run::Command(command),
        (None, _, None) => Run::Shell,
    }
}

fn remote_command(found: &Effective) -> Option<&[u8]> {
    found.value(Keyword::RemoteCommand).filter(|command| !command.is_empty())
}

/// What a connect without a command on its command line does that a login with a shell does not,
/// a sentence each.
#[must_use]
pub fn peculiarities(found: &Effective, run: &Run) -> Vec<String> {
    let is_in_background = found.flag(Keyword::ForkAfterAuthentication);
    let said = |keyword: Keyword| {
        let setting = found.setting(keyword)?;
        Some(format!("`{} {}` ({})", keyword.title(), setting.text(), setting.source))
    };
    let session = said(Keyword::SessionType).unwrap_or_default();
    let remote = remote_command(found).and_then(|_| said(Keyword::RemoteCommand));
    let mut notes = Vec::new();
    match run {
        Run::Nothing => notes.push(format!(
            "{session}: a connect logs in, runs no shell and no command, and stays until it is ended{}",
            if is_in_background { ", in the background" } else { "" }
        )),
        Run::Subsystem(name) => notes.push(format!(
            "{session}: a connect asks for the subsystem `{name}`, and runs no shell"
        )),
        Run::Shell if found.is(Keyword::SessionType, "subsystem") => notes.push(format!(
            "{session}: a connect runs a shell; a command after the name is taken for a subsystem"
        )),
        Run::Command(_) | Run::Shell | Run::Connection(..) => {}
    }
    if let Some(remote) = remote {
        if matches!(run, Run::Command(_)) {
            notes.push(format!("{remote}: a connect runs this command, and no shell"));
        }
        notes.push(format!(
            "{remote}: a connect with a command after the name fails: \"Cannot execute command-line \
             and remote command.\""
        ));
    }
    if is_in_background && matches!(run, Run::Command(_) | Run::Subsystem(_)) {
        let fork = said(Keyword::ForkAfterAuthentication).unwrap_or_default();
        notes
            .push(format!("{fork}: it goes to the background after the login, and reads no input"));
    }
    notes
}
