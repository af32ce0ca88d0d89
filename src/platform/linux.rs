//! Linux: proc(5) knows processes and descriptors, fsync(2) reaches the disk.

use std::fs;
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

use rustix::fs::{FallocateFlags, Mode, Stat};
use rustix::io::Errno;
use rustix::termios::{InputModes, LocalModes, OutputModes};

/// Upper case to lower case on input.
pub const IUCLC: InputModes = InputModes::IUCLC;
/// Upper case written with a backslash.
pub const XCASE: LocalModes = LocalModes::XCASE;
/// Lower case to upper case on output.
pub const OLCUC: OutputModes = OutputModes::OLCUC;

/// The type and permission bits of a file.
#[must_use]
pub fn mode(stat: &Stat) -> u32 {
    stat.st_mode
}

/// Permission bits as the system takes them.
#[must_use]
pub fn permissions(bits: u32) -> Mode {
    Mode::from_raw_mode(bits)
}

/// Writes a file, or a folder's names, through to the disk.
///
/// # Errors
/// What fsync(2) says.
pub fn sync(file: impl AsFd) -> rustix::io::Result<()> {
    rustix::fs::fsync(file)
}

/// Makes sure that the disk has room for so many bytes from an offset on; the size stays. A file
/// system that cannot tell says nothing.
///
/// # Errors
/// When there is no room.
pub fn reserve(file: impl AsFd, at: u64, len: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, at, len) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The path by which a terminal or a pipe can be opened anew, with flags of its own.
#[must_use]
pub fn reopened(file: impl AsFd) -> Option<PathBuf> {
    Some(format!("/proc/self/fd/{}", file.as_fd().as_raw_fd()).into())
}

/// The set of ignored signals of this process, bit N-1 for signal N.
#[must_use]
pub fn ignored_signals() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

/// The words of a process' command line; none where they cannot be read.
#[must_use]
pub fn command_of(pid: u32) -> Vec<Vec<u8>> {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|b| *b == 0).filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
}

/// Whether a process is stopped by a signal or a debugger.
#[must_use]
pub fn is_stopped(pid: u32) -> bool {
    stat_fields(pid).first().is_some_and(|state| state == "T" || state == "t")
}

/// When a process was started, in clock ticks since the start of the system: a number of a process is
/// used again, this is not. `None` where it cannot be told.
#[must_use]
pub fn started(pid: u32) -> Option<String> {
    stat_fields(pid).into_iter().nth(19)
}

/// The set of processes that sees the same numbers: in a container it is another.
#[must_use]
pub fn process_space() -> String {
    fs::read_link("/proc/self/ns/pid").unwrap_or_default().display().to_string()
}

/// The fields of proc_pid_stat(5) from the third, the state, on.
fn stat_fields(pid: u32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    after_name.split_ascii_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_known() {
        let pid = std::process::id();
        assert!(!command_of(pid).is_empty());
        assert!(!is_stopped(pid));
        assert!(started(pid).is_some_and(|ticks| ticks.parse::<u64>().is_ok()));
        assert!(process_space().starts_with("pid:["));
        assert_eq!(started(u32::MAX), None);
    }

    #[test]
    fn room_is_made_without_a_change_of_size() {
        let file = tempfile::tempfile().expect("a file");
        reserve(&file, 0, 1 << 16).expect("room");
        assert_eq!(file.metadata().expect("metadata").len(), 0);
        sync(&file).expect("synced");
    }

    #[test]
    fn a_pipe_is_opened_anew() {
        let (reader, _writer) = std::io::pipe().expect("a pipe");
        let path = reopened(&reader).expect("a path");
        assert!(fs::File::open(path).is_ok());
    }
}
