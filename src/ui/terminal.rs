//! The terminal's modes: changed for a session or a secret, and always put back.
//!
//! Whoever changes the modes leaves them as found on every way out: the guard's drop, a panic, a
//! signal that ends or stops the process. What to put back is kept in one place, since none of
//! those know each other.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use rustix::termios::{
    InputModes, LocalModes, OptionalActions, OutputModes, SpecialCodeIndex, Termios, tcgetattr,
    tcgetwinsize, tcsetattr,
};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGSTOP, SIGTERM, SIGTSTP};
use signal_hook::iterator::Signals;

use super::sanitize;
use crate::platform;
use crate::unicode;

/// The terminal whose modes are changed.
static CHANGED: Mutex<Option<ChangedTerminal>> = Mutex::new(None);

/// A terminal whose modes are changed.
struct ChangedTerminal {
    fd: OwnedFd,
    /// The modes it had.
    modes: Termios,
    /// The modes it has.
    changed: Termios,
    /// What it was asked with, to be shown again after a stop.
    prompt: String,
}

fn found() -> MutexGuard<'static, Option<ChangedTerminal>> {
    CHANGED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The exit status of a session that a signal ends, as in ssh (clientloop.c: signal_handler).
const KILLED: i32 = 255;
/// Whether a session runs.
static IN_SESSION: AtomicBool = AtomicBool::new(false);
/// Whether SIGTERM is how the process is meant to end.
static TERM_IS_THE_END: AtomicBool = AtomicBool::new(false);

/// From here on a signal ends the process with status 255, as it ends a session of ssh
/// (clientloop.c: client_loop); where it `runs_nothing` (`ssh -N`), SIGTERM with 0.
pub fn begin_session(runs_nothing: bool) {
    TERM_IS_THE_END.store(runs_nothing, Ordering::SeqCst);
    IN_SESSION.store(true, Ordering::SeqCst);
}

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

/// Does what [`before_end`] asked for; called where the process ends.
pub fn end() {
    let last = LAST.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(work) = last {
        work();
    }
}

/// How many are at something that no signal may end in the middle.
static BUSY: AtomicUsize = AtomicUsize::new(0);

/// While it lives, the signals that [`guard`] takes wait.
#[must_use]
pub struct Busy(());

/// Has the signals that [`guard`] takes wait until this is dropped. Those that it does not take are
/// for the caller to block.
pub fn busy() -> Busy {
    BUSY.fetch_add(1, Ordering::SeqCst);
    Busy(())
}

impl Drop for Busy {
    fn drop(&mut self) {
        BUSY.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Puts the terminal back as it was found, if anything changed it.
pub fn restore() {
    if let Some(ChangedTerminal { fd, modes, .. }) = found().take() {
        // Drained first, so that the last of a session's output is not shown under other modes.
        // A terminal that has gone needs nothing put back.
        let _ = tcsetattr(&fd, OptionalActions::Drain, &modes);
    }
}

/// As [`restore`], where no other thread has the modes at this moment; takes no memory.
pub fn restore_unless_busy() {
    if let Ok(found) = CHANGED.try_lock()
        && let Some(ChangedTerminal { fd, modes, .. }) = &*found
    {
        let _ = tcsetattr(fd, OptionalActions::Now, modes);
    }
}

/// Ends the line of a secret's prompt, as readpassphrase(3) does before it lets a signal through.
fn end_prompt() {
    if let Some(ChangedTerminal { fd, prompt, .. }) = &*found()
        && !prompt.is_empty()
    {
        let _ = rustix::io::write(fd, b"\n");
    }
}

/// Stops the process as SIGTSTP does, the terminal as it was found meanwhile (readpassphrase(3)).
fn stop() {
    // No other thread restores the terminal while it is held.
    let found = found();
    if let Some(ChangedTerminal { fd, modes, .. }) = &*found {
        let _ = tcsetattr(fd, OptionalActions::Drain, modes);
    }
    let _ = signal_hook::low_level::raise(SIGSTOP);
    // SIGCONT; in the background the terminal driver stops us again, until we have it.
    if let Some(ChangedTerminal { fd, changed, prompt, .. }) = &*found {
        let _ = tcsetattr(fd, OptionalActions::Drain, changed);
        let _ = rustix::io::write(fd, prompt.as_bytes());
    }
}

/// Makes panics and deadly signals put the terminal back before they end the process, and SIGTSTP
/// before it stops it. The parent process sees which signal it was, except from a session.
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
        let ignored = platform::ignored_signals();
        let taken = [SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP];
        let taken = taken.into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0);
        // Without the handler the session still runs; only the modes are at risk.
        let Ok(mut signals) = Signals::new(taken) else { return };
        std::thread::spawn(move || {
            for signal in signals.forever() {
                while BUSY.load(Ordering::SeqCst) > 0 {
                    std::thread::sleep(Duration::from_millis(1));
                }
                if signal == SIGTSTP {
                    stop();
                    continue;
                }
                end_prompt();
                restore();
                end();
                if !IN_SESSION.load(Ordering::SeqCst) {
                    // The process ends by the signal itself: a shell's loop stops only then.
                    let _ = signal_hook::low_level::emulate_default_handler(signal);
                }
                let is_meant = signal == SIGTERM && TERM_IS_THE_END.load(Ordering::SeqCst);
                signal_hook::low_level::exit(if is_meant { 0 } else { KILLED });
            }
        });
    });
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
                | platform::IUCLC;
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

    /// Shows no keys, as for a secret; output is not changed, and `^C` is a signal to the whole
    /// foreground process group still.
    ///
    /// # Errors
    /// When `fd` is no terminal.
    pub fn secret(fd: impl AsFd) -> io::Result<Self> {
        Modes::change(fd, |modes| {
            modes.local_modes -= LocalModes::ICANON
                | LocalModes::ECHO
                | LocalModes::ECHOE
                | LocalModes::ECHOK
                | LocalModes::ECHONL
                | LocalModes::IEXTEN;
        })
    }

    /// Gathers, shows and edits whole lines, where another program left the terminal in another mode.
    ///
    /// # Errors
    /// When `fd` is no terminal.
    pub fn lines(fd: impl AsFd) -> io::Result<Option<Self>> {
        let wanted = LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG;
        if tcgetattr(&fd)?.local_modes.contains(wanted) {
            return Ok(None);
        }
        Modes::change(fd, |modes| {
            modes.local_modes |= wanted;
            modes.input_modes |= InputModes::ICRNL;
        })
        .map(Some)
    }

    fn change(fd: impl AsFd, edit: impl FnOnce(&mut Termios)) -> io::Result<Self> {
        guard();
        let modes = tcgetattr(&fd)?;
        let mut changed = modes.clone();
        edit(&mut changed);
        if !changed.local_modes.contains(LocalModes::ICANON) {
            changed.special_codes[SpecialCodeIndex::VMIN] = 1;
            changed.special_codes[SpecialCodeIndex::VTIME] = 0;
        }
        keep(&fd, modes, &changed)?;
        tcsetattr(&fd, OptionalActions::Drain, &changed)?;
        Ok(Modes { changed })
    }

    /// What to show again when the process goes on after a stop.
    pub fn prompt(&self, text: &str) {
        if let Some(found) = &mut *found() {
            text.clone_into(&mut found.prompt);
        }
    }

    /// Puts the terminal back, lets `pause` run, and changes it again.
    ///
    /// # Errors
    /// When the terminal has gone.
    pub fn pause(&self, fd: impl AsFd, pause: impl FnOnce()) -> io::Result<()> {
        restore();
        pause();
        keep(&fd, tcgetattr(&fd)?, &self.changed)?;
        tcsetattr(&fd, OptionalActions::Drain, &self.changed)?;
        Ok(())
    }
}

/// Remembers what to put back. Modes inside modes: the outermost are what was found.
fn keep(fd: impl AsFd, modes: Termios, changed: &Termios) -> io::Result<()> {
    let fd = fd.as_fd().try_clone_to_owned()?;
    let (changed, prompt) = (changed.clone(), String::new());
    match &mut *found() {
        Some(outer) => outer.changed = changed,
        none => *none = Some(ChangedTerminal { fd, modes, changed, prompt }),
    }
    Ok(())
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

/// Gives text to the terminal's clipboard (XTerm Control Sequences, OSC 52). Whether it takes it is
/// the terminal's choice, and it does not say.
///
/// # Errors
/// When there is no terminal, and for text with a control character (pasted, it would press Enter or
/// end the paste, `ESC [201~`) or with a byte that is no UTF-8.
pub fn copy(text: &str) -> io::Result<()> {
    use std::io::Write;
    if text.chars().any(|c| c.is_control() || unicode::byte(c).is_some()) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("`{}` holds what is no text, so it is not copied", sanitize::line(text)),
        ));
    }
    let mut tty = std::fs::File::options().write(true).open("/dev/tty")?;
    let text = data_encoding::BASE64.encode(text.as_bytes());
    tty.write_all(format!("\x1b]52;c;{text}\x07").as_bytes())
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

#[cfg(test)]
mod tests {
    use portable_pty::{PtySize, native_pty_system};

    use super::*;

    #[test]
    fn a_panic_gives_the_terminal_back() {
        let pair = native_pty_system().openpty(PtySize::default()).expect("a terminal");
        let name = pair.master.tty_name().expect("its name");
        let tty = std::fs::File::options().read(true).write(true).open(name).expect("it opens");
        let local = || tcgetattr(&tty).expect("its modes").local_modes;
        let before = local();
        let panicked = std::thread::scope(|scope| {
            let panics = scope.spawn(|| {
                // Not dropped, as where a panic ends the process.
                std::mem::forget(Modes::secret(&tty).expect("other modes"));
                assert_eq!(local(), before, "the modes differ, and so it panics");
            });
            panics.join()
        });
        assert!(panicked.is_err());
        assert_eq!(local(), before);
    }
}
