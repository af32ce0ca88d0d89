//! Memory that the system refuses ends the process with an error that names the limit. Rust would
//! abort (SIGABRT, "memory allocation of … bytes failed").
//!
//! The allocator is mimalloc, which the picker's crate sets; it has a place for a handler. An end here
//! is one like a crash: files are the old or the new ones, and the next start tidies up.

#![allow(unsafe_code, reason = "the handler of an allocator in C")]

use std::ffi::{c_int, c_void};
use std::io::Write;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI16, Ordering};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::ui::terminal;

/// The length of the longest error.
const ROOM: usize = 256;

/// What the process ends with; [`UNKNOWN`] until its command line is read.
static EXIT: AtomicI16 = AtomicI16::new(UNKNOWN);
const UNKNOWN: i16 = -1;
/// Whether nothing is said: a Tab press must not write over the line that is typed.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    /// mimalloc.h: calls `handler` with an errno and `argument` where an allocation fails.
    fn mi_register_error(
        handler: Option<unsafe extern "C" fn(c_int, *mut c_void)>,
        argument: *mut c_void,
    );
}

/// Sets the handler before `main`, since the start of Rust's runtime takes memory too.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = guard;

/// From here on the process ends with an error where memory is refused.
pub extern "C" fn guard() {
    // SAFETY: the handler is a function that may be called at any time from any thread, and uses no
    // argument.
    unsafe { mi_register_error(Some(refused), ptr::null_mut()) }
}

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
unsafe extern "C" fn refused(error: c_int, _: *mut c_void) {
    // The other errors are of memory that was freed wrongly.
    if ![Errno::NOMEM, Errno::OVERFLOW].map(Errno::raw_os_error).contains(&error) {
        return;
    }
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
