//! `ssh -E FILE` and `ssh -y`: messages go to a file or to syslog(3) instead of standard error.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use rustix::fs::{Mode, OFlags};

/// Where syslogd(8) listens.
const SYSLOG: &str = if cfg!(target_os = "linux") { "/dev/log" } else { "/var/run/syslog" };
/// LOG_ERR and LOG_INFO of syslog(3).
const ERROR: u8 = 3;
const INFO: u8 = 6;

/// Where messages go, once that is said: the message that ends the process goes there too.
static TARGET: OnceLock<LogTarget> = OnceLock::new();
/// LOG_USER of syslog(3), until the config says another.
static FACILITY: AtomicU8 = AtomicU8::new(1);

enum LogTarget {
    File(File),
    Syslog,
}

/// Appends all further messages to this file (log.c: log_redirect_stderr_to). Prompts, banners and
/// the output of the server stay where they are.
///
/// # Errors
/// When it cannot be opened.
pub fn open(path: &Path) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::APPEND | OFlags::CLOEXEC;
    let file = rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR)?;
    // A second file would be one of a second command line.
    let _ = TARGET.set(LogTarget::File(file.into()));
    Ok(())
}

/// Sends all further messages to syslog (log.c: log_init).
pub fn to_syslog() {
    let _ = TARGET.set(LogTarget::Syslog);
}

/// SyslogFacility, as ssh_config(5) names it.
pub fn set_facility(name: &str) {
    let facility = match name.to_ascii_uppercase().as_str() {
        "USER" => 1,
        "DAEMON" => 3,
        "AUTH" => 4,
        "AUTHPRIV" => 10,
        local => match local.strip_prefix("LOCAL").and_then(|number| number.parse().ok()) {
            Some(number @ 0..8u8) => 16 + number,
            _ => return,
        },
    };
    FACILITY.store(facility, Ordering::Relaxed);
}

/// Whether messages go to a file or to syslog.
#[must_use]
pub fn is_open() -> bool {
    TARGET.get().is_some()
}

/// Writes a message without its colours; `false` where it is for standard error.
pub(super) fn write(text: &str) -> bool {
    let Some(log) = TARGET.get() else { return false };
    let plain = anstream::adapter::strip_str(text).to_string();
    // A message that cannot be written has nowhere else to go, as with ssh.
    match log {
        LogTarget::File(file) => {
            let mut file = file;
            let _ = file.write_all(plain.as_bytes());
        }
        LogTarget::Syslog => {
            let lines = plain.lines().filter(|line| !line.trim().is_empty());
            for packet in lines.map(|line| packet(line, FACILITY.load(Ordering::Relaxed))) {
                let _ = send(Path::new(SYSLOG), &packet);
            }
        }
    }
    true
}

/// A line as syslog(3) sends it, without the time (RFC 3164, 4.3.2): libc writes the local one, and
/// who receives it without puts that in.
fn packet(line: &str, facility: u8) -> String {
    let level = if line.starts_with("error") { ERROR } else { INFO };
    format!("<{}>sshp[{}]: {line}", facility << 3 | level, std::process::id())
}

/// As syslog(3): a datagram, else a stream in which NUL ends a message.
fn send(socket: &Path, packet: &str) -> io::Result<()> {
    let datagram = UnixDatagram::unbound()?;
    if datagram.send_to(packet.as_bytes(), socket).is_ok() {
        return Ok(());
    }
    UnixStream::connect(socket)?.write_all(format!("{packet}\0").as_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_daemon_that_listens_on_a_stream_gets_it_too() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("log");
        let listener = UnixListener::bind(&socket).expect("a socket");
        send(&socket, &packet("error: no", 4)).expect("sent");
        let mut text = String::new();
        listener.accept().expect("it").0.read_to_string(&mut text).expect("text");
        assert_eq!(text, format!("<35>sshp[{}]: error: no\0", std::process::id()));
    }
}
