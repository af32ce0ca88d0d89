//! PURE: what runs at the destination, and what is worth knowing of it before a connect.

use super::ConnectRequest;
use crate::session::options::{OptionSetting, Options};

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
pub(super) fn run(options: &Options, request: &ConnectRequest) -> Run {
    let typed = request.command.as_ref().filter(|command| !command.is_empty()).cloned();
    let command = typed.or_else(|| remote_command(options).map(|s| s.value.as_bytes().to_vec()));
    match (&request.stdio_forward, options.text("sessiontype"), command) {
        (Some((host, port)), _, _) => Run::Connection(host.clone(), *port),
        (None, Some("none"), _) => Run::Nothing,
        (None, Some("subsystem"), Some(name)) => {
            Run::Subsystem(String::from_utf8_lossy(&name).into_owned())
        }
        (None, _, Some(command)) => Run::Command(command),
        (None, _, None) => Run::Shell,
    }
}

/// ForkAfterAuthentication
pub(super) fn is_in_background(options: &Options) -> bool {
    options.flag("forkafterauthentication", false)
}

fn remote_command(options: &Options) -> Option<&OptionSetting> {
    options.some("remotecommand")?;
    options.get("remotecommand").filter(|setting| !setting.value.is_empty())
}

/// Where a value stands, as the end of a sentence has it.
fn place(setting: &OptionSetting) -> String {
    match &setting.origin {
        Some(origin) => format!(" ({origin})"),
        None => " (command line)".to_owned(),
    }
}

/// What a connect without a command on its command line does that a login with a shell does not,
/// a sentence each.
#[must_use]
pub fn peculiarities(options: &Options, run: &Run) -> Vec<String> {
    let said = |keyword: &str, title: &str| {
        let setting = options.get(keyword)?;
        Some(format!("`{title} {}`{}", setting.value, place(setting)))
    };
    let session = said("sessiontype", "SessionType").unwrap_or_default();
    let remote = remote_command(options).and_then(|_| said("remotecommand", "RemoteCommand"));
    let mut notes = Vec::new();
    match run {
        Run::Nothing => notes.push(format!(
            "{session}: a connect logs in, runs no shell and no command, and stays until it is ended{}",
            if is_in_background(options) { ", in the background" } else { "" }
        )),
        Run::Subsystem(name) => notes.push(format!(
            "{session}: a connect asks for the subsystem `{name}`, and runs no shell"
        )),
        Run::Shell if options.text("sessiontype") == Some("subsystem") => notes.push(format!(
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
    if is_in_background(options) && matches!(run, Run::Command(_) | Run::Subsystem(_)) {
        let fork = said("forkafterauthentication", "ForkAfterAuthentication").unwrap_or_default();
        notes
            .push(format!("{fork}: it goes to the background after the login, and reads no input"));
    }
    notes
}
