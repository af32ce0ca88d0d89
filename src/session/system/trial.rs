//! One run of the system's ssh whose log is watched: it has a limit, changes nothing, and is over
//! when this returns.

#![allow(clippy::disallowed_methods, reason = "ssh is tried here, as the launcher runs it")]

use std::ffi::OsString;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::tied::tied;
use super::{Ssh, command};
use crate::error::Result;
use crate::repository::ScratchFolder;
use crate::ui::terminal;

/// How often the log is looked at.
const STEP: Duration = Duration::from_millis(20);
/// How long ssh may take to end after SIGTERM, and its output to close after it.
const FAREWELL: Duration = Duration::from_secs(1);
/// No run takes longer, however much it says.
const TOTAL: Duration = Duration::from_mins(10);
/// What is kept of an output.
const KEPT: usize = 64 * 1024;

/// What ssh gets in every run, so that nothing is stored, forwarded, shared or run beside the login.
/// `FingerprintHash` is what sshp shows.
pub(super) const HARMLESS: [&str; 14] = [
    "UpdateHostKeys=no",
    "ControlMaster=no",
    "AddKeysToAgent=no",
    "PermitLocalCommand=no",
    "RemoteCommand=none",
    "ClearAllForwardings=yes",
    "ForwardAgent=no",
    "ForwardX11=no",
    "Tunnel=no",
    "VisualHostKey=no",
    "FingerprintHash=sha256",
    "ExitOnForwardFailure=no",
    "EscapeChar=none",
    "RequestTTY=no",
];

/// A run of ssh.
pub(super) struct Trial<'a> {
    /// The program.
    pub(super) ssh: &'a Ssh,
    /// What `-F` says.
    pub(super) config: Option<&'a Path>,
    /// `-o` options, which win over the config.
    pub(super) options: Vec<String>,
    /// What follows: flags, the destination, the command.
    pub(super) arguments: Vec<OsString>,
    /// Whether its input stays open.
    pub(super) holds_input: bool,
    /// How long it may say nothing until the connection is encrypted, and after that.
    pub(super) patience: (Duration, Duration),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TrialEnd {
    /// ssh ended, with this status unless a signal ended it.
    Exited(Option<i32>),
    /// Enough was seen, and ssh was ended.
    Enough,
    /// ssh said nothing for so long, and was ended.
    Silent(Duration),
}

/// What a run gave.
pub(super) struct TrialResult {
    /// ssh's log.
    pub(super) log: String,
    /// What the command wrote.
    pub(super) stdout: Vec<u8>,
    /// What the command, a ProxyCommand and the server's banner wrote.
    pub(super) stderr: Vec<u8>,
    /// How it ended.
    pub(super) end: TrialEnd,
}

/// An output as far as it has come.
#[derive(Clone, Default)]
struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    /// Reads a pipe until its end, in a thread: a ProxyCommand that stays may hold it open for longer
    /// than ssh runs.
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let output = Output::default();
        let kept = output.clone();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = pipe.read(&mut part) {
                let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
                let room = KEPT - kept.len();
                kept.extend(&part[..length.min(room)]);
            }
        });
        output
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_closed(&self) -> bool {
        Arc::strong_count(&self.0) == 1
    }
}

impl Trial<'_> {
    /// Runs ssh until it ends, says nothing for too long, or `enough` of its log and output was seen;
    /// that also gets the time since the login.
    ///
    /// # Errors
    /// When ssh cannot be started.
    pub(super) fn run(
        self,
        mut enough: impl FnMut(&str, &[u8], Option<Duration>) -> bool,
    ) -> Result<TrialResult> {
        let folder = ScratchFolder::new()?;
        let file = folder.path().join("log");
        let options: Vec<OsString> = self.options.iter().map(OsString::from).collect();
        let mut ssh = command(self.ssh, self.config, &options, &[]);
        ssh.arg("-vv").arg("-E").arg(&file).args(&self.arguments);
        let mut ssh = tied(&ssh);
        let input = if self.holds_input { Stdio::piped() } else { Stdio::null() };
        ssh.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = Running(ssh.spawn()?);
        let (pid, kept) = (child.pid(), folder.path().to_owned());
        let last = terminal::before_end(move || {
            let _ = kill(pid, Signal::SIGTERM);
            crate::repository::ScratchFolder::remove(&kept);
        });
        let stdout = child.0.stdout.take().map(Output::of).unwrap_or_default();
        let stderr = child.0.stderr.take().map(Output::of).unwrap_or_default();
        let start = Instant::now();
        let (mut size, mut changed, mut login) = (0, start, None);
        let mut log;
        let end = loop {
            let exited = child.0.try_wait()?;
            log = read(&file);
            if let Some(status) = exited {
                break TrialEnd::Exited(status.code());
            }
            let (out, now) = (stdout.bytes(), Instant::now());
            let all = log.len() + out.len() + stderr.bytes().len();
            if all != size {
                (size, changed) = (all, now);
            }
            if login.is_none() && is_logged_in(&log) {
                login = Some(now);
            }
            if enough(&log, &out, login.map(|login| now - login)) {
                break TrialEnd::Enough;
            }
            let (before, after) = self.patience;
            let limit = if log.contains("SSH2_MSG_NEWKEYS received") { after } else { before };
            if now - changed > limit || now - start > TOTAL {
                break TrialEnd::Silent(limit);
            }
            std::thread::sleep(STEP);
        };
        child.end();
        drop(last);
        let ended = Instant::now();
        while !(stdout.is_closed() && stderr.is_closed()) && ended.elapsed() < FAREWELL {
            std::thread::sleep(STEP);
        }
        Ok(TrialResult { log, stdout: stdout.bytes(), stderr: stderr.bytes(), end })
    }
}

/// Whether a log tells that ssh is logged in.
pub(super) fn is_logged_in(log: &str) -> bool {
    log.lines().any(|line| line.starts_with("Authenticated to "))
}

fn read(path: &PathBuf) -> String {
    let read = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&read).into_owned()
}

/// A child that never outlives this.
struct Running(Child);

impl Running {
    fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.0.id()).unwrap_or(i32::MAX))
    }

    /// Ends it, gently first: then it ends its ProxyCommand, too.
    fn end(&mut self) {
        let start = Instant::now();
        while let Ok(None) = self.0.try_wait() {
            if start.elapsed() > FAREWELL {
                let _ = self.0.kill();
                let _ = self.0.wait();
                return;
            }
            let _ = kill(self.pid(), Signal::SIGTERM);
            std::thread::sleep(STEP);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
