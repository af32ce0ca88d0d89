//! Linux: proc(5) knows signals and descriptors.

use std::fs;
use std::os::fd::{AsFd, AsRawFd};
use std::path::PathBuf;

use rustix::fs::{Mode, Stat};
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_opened_anew() {
        let (reader, _writer) = std::io::pipe().expect("a pipe");
        let path = reopened(&reader).expect("a path");
        assert!(fs::File::open(path).is_ok());
    }
}
