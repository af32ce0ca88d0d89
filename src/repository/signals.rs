//! The signals that end a process, kept waiting while files are half done.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

use crate::ui::terminal::{self, Busy};

/// While it lives, Ctrl-C and its kin wait; they arrive when it is dropped. Another thread may have
/// taken them on, and waits too.
pub(super) struct Held {
    before: Option<SigSet>,
    _busy: Busy,
}

impl Held {
    /// From here on they wait.
    pub(super) fn new() -> Self {
        let ending = SigSet::from_iter([
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
            Signal::SIGPIPE,
            Signal::SIGTSTP,
        ]);
        // No system refuses to set a mask (pthread_sigmask(3)).
        let before = ending.thread_swap_mask(SigmaskHow::SIG_BLOCK).ok();
        Held { before, _busy: terminal::busy() }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            // The mask was valid before, so it is now.
            let _ = before.thread_set_mask();
        }
    }
}
