//! Memory that the system refuses ends the process with an error that names the limit. Rust would
//! abort (SIGABRT, "memory allocation of … bytes failed").
//!
//! The allocator is mimalloc, which the picker's crate sets, or without the feature `picker` the
//! system's; a file for each calls [`refused`]. An end here is one like a crash: files are the old or the
//! new ones, and the next start tidies up.

#[cfg(feature = "picker")]
mod mimalloc;
#[cfg(not(feature = "picker"))]
mod system;

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicI16, Ordering};

use rustix::fs::{Mode, OFlags};
use rustix::process::{Resource, getrlimit};

#[cfg(feature = "picker")]
pub use self::mimalloc::guard;
use crate::ui::terminal;

/// The length of the longest error.
const ROOM: usize = 256;

/// What the process ends with; [`UNKNOWN`] until its command line is read.
static EXIT: AtomicI16 = AtomicI16::new(UNKNOWN);
const UNKNOWN: i16 = -1;
/// Whether nothing is said: a Tab press must not write over the line that is typed.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Chooses what the process ends with where memory is refused.
pub fn ends_with(status: u8) {
    EXIT.store(status.into(), Ordering::Relaxed);
}

/// Ends without a word, and well, where memory is refused.
pub fn ends_quietly() {
    ends_with(0);
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Says what is refused, and ends. Nothing here takes memory.
fn refused() -> ! {
    terminal::restore_unless_busy();
    if !IS_QUIET.load(Ordering::Relaxed) {
        let mut text = [0; ROOM];
        let mut room = &mut text[..];
        // What does not fit is left out.
        let _ = say(&mut room);
        let length = ROOM - room.len();
        let _ = rustix::io::write(rustix::stdio::stderr(), &text[..length]);
    }
    let exit = match EXIT.load(Ordering::Relaxed) {
        // ssh(1), EXIT STATUS.
        UNKNOWN if connects() => 255,
        UNKNOWN => 1,
        exit => exit,
    };
    signal_hook::low_level::exit(exit.into());
}

/// Whether a command line that could not be read holds the word `connect`, by proc(5).
fn connects() -> bool {
    let mut words = [0; 4096];
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let read = rustix::fs::open(c"/proc/self/cmdline", flags, Mode::empty())
        .and_then(|file| rustix::io::read(file, &mut words[..]))
        .unwrap_or(0);
    words[..read].split(|byte| *byte == 0).skip(1).any(|word| word == b"connect")
}

fn say(out: &mut impl Write) -> std::io::Result<()> {
    let limits = [(Resource::As, "the address space", 'v'), (Resource::Data, "data", 'd')];
    let limit = limits
        .into_iter()
        .find_map(|(resource, what, flag)| Some((getrlimit(resource).current? >> 10, what, flag)));
    match limit {
        Some((most, what, flag)) => writeln!(
            out,
            "error: out of memory: {what} is limited to {most} KiB\n\
             hint: `ulimit -{flag} unlimited` lifts the limit"
        ),
        None => writeln!(out, "error: out of memory: the system has no more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_fits() {
        let mut text = [0; ROOM];
        let mut room = &mut text[..];
        say(&mut room).expect("it fits");
        let length = ROOM - room.len();
        assert!(text.starts_with(b"error: out of memory: "));
        assert_eq!(text[length - 1], b'\n');
    }
}
