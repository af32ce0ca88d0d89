//! A program that ends when the process that started it does, however that ends: doctor's ssh would
//! go on by itself after a SIGKILL of doctor.
//!
//! Linux sends a process a signal when its parent ends (prctl(2), PR_SET_PDEATHSIG). Only the process
//! itself can ask for it, and execve(2) keeps it: sshp is started in the place of the program, asks,
//! and becomes the program. It is sent at the end of the thread that started it, which is the main
//! thread here. Other systems have nothing of the kind, and run the program at once.

#![allow(clippy::disallowed_methods, reason = "ssh is started here, as the launcher does")]

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use rustix::process::{Pid, getpid, getppid};

/// Tells a second process what it is: its value is the number of the parent, or nothing.
const MARK: &str = "_SSHP_TIED";
/// This very program, even if its file has another name by now or is gone.
const OWN: &str = "/proc/self/exe";

/// The same command, ended with this process.
pub(super) fn tied(command: &Command) -> Command {
    let has_own = cfg!(target_os = "linux") && std::path::Path::new(OWN).exists();
    let mut tied = Command::new(if has_own { OsStr::new(OWN) } else { command.get_program() });
    if has_own {
        tied.env(MARK, getpid().as_raw_nonzero().to_string()).arg(command.get_program());
    }
    tied.args(command.get_args());
    tied
}

/// The words before a program that ssh starts for a ProxyCommand, with which that ends with ssh.
pub(super) fn words() -> Vec<OsString> {
    let own = || std::env::current_exe().ok().filter(|own| own.exists());
    let own = cfg!(target_os = "linux").then(own).flatten().map(PathBuf::into_os_string);
    own.map_or_else(Vec::new, |own| vec!["env".into(), format!("{MARK}=").into(), own])
}

/// Becomes the program that [`tied`] or [`words`] stand before; comes back where this is another
/// process, or that fails.
#[must_use]
pub fn become_tied() -> Option<ExitCode> {
    let parent = std::env::var_os(MARK)?;
    let mut arguments = std::env::args_os().skip(1);
    let program = arguments.next()?;
    let parent = parent.to_str().and_then(|parent| parent.parse().ok()).and_then(Pid::from_raw);
    end_with_parent();
    // It may have ended before that.
    if parent.is_some() && getppid() != parent {
        return Some(ExitCode::from(255));
    }
    let error = Command::new(&program).args(arguments).env_remove(MARK).exec();
    // Where stderr is closed, the status says enough.
    let _ = writeln!(std::io::stderr(), "cannot run `{}`: {error}", program.display());
    Some(ExitCode::from(255))
}

/// SIGTERM lets ssh end its own ProxyCommand; where it is ignored, SIGKILL does what it can.
fn end_with_parent() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::Signal;
        let ignored = crate::platform::ignored_signals();
        let is_ignored = ignored & (1 << (Signal::TERM.as_raw() - 1)) != 0;
        let signal = if is_ignored { Signal::KILL } else { Signal::TERM };
        // Without it the program runs as it does on other systems.
        let _ = rustix::process::set_parent_process_death_signal(Some(signal));
    }
}
