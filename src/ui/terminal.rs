//! The terminal's modes: changed for a session or a secret, and always put back.
//!
//! Whoever changes the modes leaves them as found on every way out: the guard's drop, a panic, a
//! signal that ends the process. What to put back is kept in one place, since none of those
//! know each other.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Mutex, Once, PoisonError};

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr,
    tcgetwinsize, tcsetattr,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

/// The terminal whose modes are changed, and the modes it had.
static FOUND: Mutex<Option<(OwnedFd, Termios)>> = Mutex::new(None);

/// The exit status of a session that a signal ends, as in ssh (clientloop.c: signal_handler).
const KILLED: i32 = 255;

/// What else must be done before a signal ends the process, where no drop will run.
static LAST: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

/// Work that a drop does at any other end, done before a deadly signal ends the process too.
#[must_use]
pub struct Last(());

/// Has `work` done if a signal ends the process, here or in the picker, before this is dropped.
pub fn before_end(work: impl FnOnce() + Send + 'static) -> Last {
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(work));
    Last(())
}

impl Drop for Last {
    fn drop(&mut self) {
        LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Does what [`before_end`] asked for: for whoever ends the process.
pub fn end() {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(work) = last {
        work();
    }
}

/// Puts the terminal back as it was found, if anything changed it.
pub fn restore() {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((fd, modes)) = found.take() {
        // Drained first, so that the last of a session's output is not shown under other modes.
        // A terminal that has gone needs nothing put back.
        let _ = tcsetattr(&fd, OptionalActions::Drain, &modes);
    }
}

/// Makes panics and deadly signals put the terminal back before they end the process.
///
/// Signals that were ignored when the process began, as under nohup(1), stay ignored.
pub fn guard() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            restore();
            before(panic);
        }));
        let ignored = ignored_signals();
        let deadly = [SIGHUP, SIGINT, SIGQUIT, SIGTERM];
        let deadly = deadly.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        // Without the handler the session still runs; only the modes are at risk.
        let Ok(mut signals) = Signals::new(deadly) else { return };
        std::thread::spawn(move || {
            if signals.forever().next().is_some() {
                restore();
                end();
                signal_hook::low_level::exit(KILLED);
            }
        });
    });
}

/// The set of ignored signals, by proc(5).
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|set| u64::from_str_radix(set.trim(), 16).ok()).unwrap_or(0)
}

/// Changed modes that end with this value.
#[derive(Debug)]
pub struct Modes {
    changed: Termios,
}

impl Modes {
    /// Lets every key through as it is and shows none, as for a session
    /// (sshtty.c: enter_raw_mode).
    ///
    /// # Errors
    /// When `fd` is no terminal.
    pub fn raw(fd: impl AsFd) -> io::Result<Self> {
        Modes::change(fd, |modes| {
            modes.input_modes |= InputModes::IGNPAR;
            modes.input_modes -= InputModes::ISTRIP
                | InputModes::INLCR
                | InputModes::IGNCR
                | InputModes::ICRNL
                | InputModes::IXON
                | InputModes::IXANY
                | InputModes::IXOFF
                | InputModes::IUCLC;
            modes.local_modes -= LocalModes::ISIG
                | LocalModes::ICANON
                | LocalModes::ECHO
                | LocalModes::ECHOE
                | LocalModes::ECHOK
                | LocalModes::ECHONL
                | LocalModes::IEXTEN;
            modes.output_modes -= OutputModes::OPOST;
        })
    }

    /// Shows no keys and leaves `^C` to the reader, as for a secret; output is not changed.
    ///
    /// # Errors
    /// When `fd` is no terminal.
    pub fn secret(fd: impl AsFd) -> io::Result<Self> {
        Modes::change(fd, |modes| {
            modes.local_modes -= LocalModes::ISIG
                | LocalModes::ICANON
                | LocalModes::ECHO
                | LocalModes::ECHOE
                | LocalModes::ECHOK
                | LocalModes::ECHONL
                | LocalModes::IEXTEN;
        })
    }

    fn change(fd: impl AsFd, edit: impl FnOnce(&mut Termios)) -> io::Result<Self> {
        guard();
        let found = tcgetattr(&fd)?;
        let mut changed = found.clone();
        edit(&mut changed);
        changed.special_codes[SpecialCodeIndex::VMIN] = 1;
        changed.special_codes[SpecialCodeIndex::VTIME] = 0;
        let own = fd.as_fd().try_clone_to_owned()?;
        {
            let mut kept = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
            // Modes inside modes: the outermost are what was found.
            kept.get_or_insert((own, found));
        }
        tcsetattr(&fd, OptionalActions::Drain, &changed)?;
        Ok(Modes { changed })
    }

    /// Puts the terminal back, lets `pause` run, and changes it again.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn pause(&self, fd: impl AsFd, pause: impl FnOnce()) -> io::Result<()> {
        restore();
        pause();
        let found = tcgetattr(&fd)?;
        let own = fd.as_fd().try_clone_to_owned()?;
        FOUND.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((own, found));
        tcsetattr(&fd, OptionalActions::Drain, &self.changed)?;
        Ok(())
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        restore();
    }
}

/// The size of a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Characters in a line.
    pub columns: u32,
    /// Lines.
    pub rows: u32,
    /// Pixels across, 0 where that is not known.
    pub width: u32,
    /// Pixels down, 0 where that is not known.
    pub height: u32,
}

/// The size of the terminal at `fd`; all 0 where it is none, as ssh sends it.
pub fn size(fd: impl AsFd) -> Size {
    tcgetwinsize(fd).map_or_else(
        |_| Size::default(),
        |size| Size {
            columns: size.ws_col.into(),
            rows: size.ws_row.into(),
            width: size.ws_xpixel.into(),
            height: size.ws_ypixel.into(),
        },
    )
}
