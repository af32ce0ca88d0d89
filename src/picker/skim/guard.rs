//! Signals while the picker has the terminal.

use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SigSet, Signal};
use ratatui::crossterm;

use crate::error::Result;
use crate::platform;
use crate::ui::terminal;

/// What takes the terminal back when a signal ends the process while the picker has it.
///
/// The signals are blocked and waited for by a thread instead of handled: afterwards everything
/// is as before, where a handler could not be taken away again.
pub(super) struct Guard {
    signals: SigSet,
    done: Arc<AtomicBool>,
    waiter: std::thread::JoinHandle<()>,
}

/// Wakes the waiting thread at the end; ends the process at any other time, as it would by itself.
const WAKE: Signal = Signal::SIGUSR2;

impl Guard {
    /// From here on; until it is released.
    pub(super) fn new() -> Result<Self> {
        // A signal that is ignored, as SIGHUP under nohup(1), would come all the same once it is
        // blocked, and end nothing.
        let ignored = platform::ignored_signals();
        let is_taken = |signal: &Signal| ignored & (1 << (*signal as i32 - 1)) == 0;
        let signals: SigSet =
            [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT, Signal::SIGQUIT, Signal::SIGTSTP]
                .into_iter()
                .filter(is_taken)
                .chain([WAKE])
                .collect();
        signals.thread_block()?;
        let done = Arc::new(AtomicBool::new(false));
        let waiter = std::thread::spawn({
            let done = Arc::clone(&done);
            move || {
                // The picker does not stop, as Ctrl-Z does not stop it.
                let deadly = |signal: &Signal| *signal != Signal::SIGTSTP;
                let wait = || signals.wait().ok();
                let Some(signal) = std::iter::from_fn(wait).find(deadly) else { return };
                if signal == WAKE && done.load(Ordering::Acquire) {
                    return;
                }
                restore_terminal();
                terminal::end();
                // Unblocked, the signal does to the process what it always does.
                let _ = signals.thread_unblock();
                let _ = nix::sys::signal::raise(signal);
            }
        });
        Ok(Guard { signals, done, waiter })
    }

    /// The picker has given the terminal back by itself.
    pub(super) fn release(self) {
        self.done.store(true, Ordering::Release);
        let _ = nix::sys::signal::kill(nix::unistd::getpid(), WAKE);
        let _ = self.waiter.join();
        let _ = self.signals.thread_unblock();
    }
}

/// Runs the picker in a new thread and returns its panic message if it panics. The hook's own output,
/// which names the place in the source, is not printed: the user can do nothing with it.
pub(super) fn without_panic_message<T: Send + 'static>(
    picker: impl FnOnce() -> T + Send + 'static,
) -> std::result::Result<T, String> {
    const NAME: &str = "picker";
    let before: Arc<dyn Fn(&PanicHookInfo<'_>) + Send + Sync> = std::panic::take_hook().into();
    let other = Arc::clone(&before);
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() != Some(NAME) {
            other(panic);
        }
    }));
    let ran = std::thread::Builder::new().name(NAME.to_owned()).spawn(picker);
    let ran = ran.map(std::thread::JoinHandle::join);
    std::panic::set_hook(Box::new(move |panic| before(panic)));
    match ran {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(panic)) => {
            restore_terminal();
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(text.unwrap_or_else(|| "for no reason that it gave".to_owned()))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// Undoes all that skim does to a terminal. Where it cannot, nothing else can.
fn restore_terminal() {
    let _ = crossterm::execute!(
        std::io::stderr(),
        crossterm::event::PopKeyboardEnhancementFlags,
        crossterm::event::DisableBracketedPaste,
        crossterm::terminal::LeaveAlternateScreen,
        crossterm::cursor::Show
    );
    let _ = crossterm::terminal::disable_raw_mode();
}
