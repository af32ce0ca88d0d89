//! ControlPath: a connect goes through the connection that another ssh holds, if it holds one.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{Access, access};

use super::System;
use super::probe::has_mark;
use super::trial::{HARMLESS, Trial, TrialEnd};
use crate::doctor::{Fault, Stage};
use crate::session::probe::COMMAND;
use crate::session::probe::{Look, ProbeStop, Way};

/// How long the other ssh may take.
const LIMIT: Duration = Duration::from_secs(10);

impl System<'_> {
    /// Looks whether a connection is shared, and whether a command runs through it, which is all that
    /// a connect does then. Without one there is nothing to tell.
    pub(super) fn look_at_shared(&self, look: &mut Look<'_>, path: &Path) -> Way<bool> {
        if let Some(why) = self.shares.then(|| hindrance(path)).flatten() {
            look.stage = Stage::Config;
            return Err(Fault::ControlPathUnusable { path: path.to_owned(), why }.into());
        }
        let check = self.through_shared(&["-O", "check"], &[]).map_err(ProbeStop::Error)?;
        match check.end {
            TrialEnd::Exited(Some(0)) => {}
            TrialEnd::Silent(limit) => {
                look.stage = Stage::Tcp;
                return Err(Fault::SharedConnectionStuck { seconds: limit.as_secs() }.into());
            }
            TrialEnd::Exited(_) | TrialEnd::Enough => return Ok(false),
        }
        look.note(
            Stage::Tcp,
            "a shared connection is open (ControlPath): a connect goes through it",
        )?;
        if self.ask.no_auth {
            return Ok(false);
        }
        look.stage = Stage::Session;
        let seen = self.through_shared(&["-T"], &[COMMAND]).map_err(ProbeStop::Error)?;
        if has_mark(&seen.stdout) {
            look.good(Stage::Session, format!("`{COMMAND}` ran through the shared connection"))?;
            return Ok(true);
        }
        match seen.end {
            TrialEnd::Silent(limit) => {
                Err(Fault::SharedConnectionStuck { seconds: limit.as_secs() }.into())
            }
            // The account may close at once: what it says is found out by a new connection.
            TrialEnd::Exited(_) | TrialEnd::Enough => Ok(false),
        }
    }

    fn through_shared(
        &self,
        flags: &[&str],
        command: &[&str],
    ) -> crate::error::Result<super::trial::TrialResult> {
        let mut arguments: Vec<OsString> = flags.iter().map(OsString::from).collect();
        arguments.extend(self.destination.iter().cloned());
        arguments.extend(command.iter().map(OsString::from));
        let mut options: Vec<String> = HARMLESS.map(str::to_owned).to_vec();
        options.extend(["BatchMode=yes", "StrictHostKeyChecking=yes"].map(str::to_owned));
        if self.sets_session_type {
            options.push("SessionType=default".to_owned());
        }
        if self.goes_to_background {
            options.push("ForkAfterAuthentication=no".to_owned());
        }
        let trial = Trial {
            ssh: self.ssh,
            config: self.config,
            options,
            arguments,
            holds_input: false,
            patience: (LIMIT, LIMIT),
        };
        trial.run(|_, stdout, _| has_mark(stdout))
    }
}

/// Why ssh cannot make its socket, with which it ends after a good login (misc.c: unix_listener,
/// which first makes one with 17 more characters: mux.c: muxserver_listen).
fn hindrance(path: &Path) -> Option<String> {
    /// What `sockaddr_un` has room for, less on macOS and the BSDs.
    const ROOM: usize = if cfg!(target_os = "linux") { 108 } else { 104 };
    let length = path.as_os_str().len() + 17;
    if length >= ROOM {
        let most = ROOM - 18;
        return Some(format!(
            "it has {} characters, and {most} are possible",
            path.as_os_str().len()
        ));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().as_bytes().is_empty())?;
    match access(folder, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) => None,
        Err(error) => Some(format!("`{}`: {error}", folder.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_needs_a_folder_and_a_short_path() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(hindrance(&folder.path().join("socket")), None);
        assert!(
            hindrance(&folder.path().join("none/socket")).is_some_and(|why| why.contains("none"))
        );
        let long = folder.path().join("x".repeat(100));
        assert!(hindrance(&long).is_some_and(|why| why.contains("characters")));
    }
}
