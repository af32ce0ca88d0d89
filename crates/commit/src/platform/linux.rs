//! Linux: proc(5) knows processes, fsync(2) reaches the disk.

use std::fs;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

/// Writes a file, or a folder's names, through to the disk.
///
/// # Errors
/// What fsync(2) says.
pub(crate) fn sync(file: impl AsFd) -> rustix::io::Result<()> {
    rustix::fs::fsync(file)
}

/// Makes sure that the disk has room for so many bytes from an offset on; the size stays. A file
/// system that cannot tell says nothing.
///
/// # Errors
/// When there is no room.
pub(crate) fn reserve(file: impl AsFd, at: u64, len: u64) -> io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::KEEP_SIZE, at, len) {
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The words of a process' command line; none where they cannot be read.
pub(crate) fn command_of(pid: u32) -> Vec<Vec<u8>> {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    command.split(|b| *b == 0).filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
}

/// Whether a process is stopped by a signal or a debugger.
pub(crate) fn is_stopped(pid: u32) -> bool {
    stat_fields(pid).first().is_some_and(|state| state == "T" || state == "t")
}

/// When a process was started, in clock ticks since the start of the system: a number of a process is
/// used again, this is not. `None` where it cannot be told.
pub(crate) fn started(pid: u32) -> Option<String> {
    stat_fields(pid).into_iter().nth(19)
}

/// The set of processes that sees the same numbers: in a container it is another.
pub(crate) fn process_space() -> String {
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
}
