//! The signals that end a process, kept waiting while files are half done.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

use crate::error::Result;
use crate::ui::terminal::{self, Busy};

/// While it lives, Ctrl-C and its kin wait; they arrive when it is dropped. Another thread may have
/// taken them on, and waits too.
pub(super) struct Held {
    before: SigSet,
    _busy: Busy,
}

impl Held {
    /// From here on they wait.
    ///
    /// # Errors
    /// When the mask cannot be set, which no system does.
    pub(super) fn new() -> Result<Self> {
        let ending = SigSet::from_iter([
            Signal::SIGINT,
            Signal::SIGTERM,
            Signal::SIGHUP,
            Signal::SIGQUIT,
            Signal::SIGPIPE,
            Signal::SIGTSTP,
        ]);
        let before = ending.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
        Ok(Held { before, _busy: terminal::busy() })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The mask was valid before, so it is now.
        let _ = self.before.thread_set_mask();
    }
}
