//! `-f`: after the login, a second process runs the session, and the first ends.
//!
//! A process with a runtime and threads cannot be forked, so the session runs in a second process
//! from the beginning: in the same terminal, where it may ask what it must, until it is logged in.
//! Its stdin, which such a session does not read, is where it says so.

#![allow(clippy::disallowed_methods, reason = "the second process is started here")]

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Command;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::fs::{Mode, OFlags};

use crate::ctx::Ctx;
use crate::error::Result;
use crate::session::SessionEnd;
use crate::ui::terminal;

/// What tells the second process what it is.
const MARK: &str = "_SSHP_BACKGROUND";

/// How long the second process may take to end by a signal.
const TO_END: Duration = Duration::from_secs(1);

/// Whether this is the second process.
#[must_use]
pub fn is_behind(ctx: &Ctx) -> bool {
    ctx.env.var(MARK).is_some()
}

/// Runs this very command line in a second process, and leaves when that one is logged in, or
/// with what it has come to.
///
/// # Errors
/// When it cannot be started.
pub fn start() -> Result<SessionEnd> {
    let (mut ours, theirs) = UnixStream::pair()?;
    let mut command = Command::new(std::env::current_exe()?);
    let mut words = std::env::args_os();
    // The name may stand for words, too: `sshp-ssh`.
    if let Some(name) = words.next() {
        command.arg0(name);
    }
    command.args(words).env(MARK, "1").stdin(OwnedFd::from(theirs));
    let mut child = command.spawn()?;
    // Or the end of the other side would never be seen.
    drop(command);
    // A signal to this process is meant for the session.
    terminal::guard();
    let process = i32::try_from(child.id()).map(Pid::from_raw);
    let _last = terminal::before_end(move || {
        let Ok(process) = process else { return };
        // It may have ended by itself.
        let _ = kill(process, Signal::SIGTERM);
        // It gives the terminal back its modes, before the shell goes on.
        let start = Instant::now();
        while matches!(waitpid(process, Some(WaitPidFlag::WNOHANG)), Ok(WaitStatus::StillAlive))
            && start.elapsed() < TO_END
        {
            std::thread::sleep(Duration::from_millis(2));
        }
    });
    let mut word = [0];
    if ours.read_exact(&mut word).is_ok() {
        return Ok(SessionEnd::Status(0));
    }
    let status = child.wait()?;
    if let Some(signal) = status.signal() {
        // The shell learns of it as if there were one process.
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(SessionEnd::NoStatus, SessionEnd::Status))
}

/// Tells the first process that the session is logged in, and leaves the terminal. Where no remote
/// command has output, stdout and stderr are closed, so that a reader of them does not wait for the
/// session (ssh.c: fork_postauth).
///
/// # Errors
/// When there is no /dev/null.
pub fn leave(output: bool) -> std::io::Result<()> {
    let starter = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3)?;
    // It fails for the leader of a group, which we are not.
    let _ = rustix::process::setsid();
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    if !output {
        rustix::stdio::dup2_stdout(&null)?;
        rustix::stdio::dup2_stderr(&null)?;
    }
    // Last, since the first process ends now and may close the terminal. It may be gone already.
    let _ = rustix::io::write(&starter, b"+");
    Ok(())
}
