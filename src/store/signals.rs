//! The signals that end a process, kept waiting while files are half done.

use nix::sys::signal::{SigSet, SigmaskHow, Signal};

use crate::error::Result;

/// While it lives, Ctrl-C and its kin wait; they arrive when it is dropped.
pub(super) struct Held(SigSet);

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
        Ok(Held(ending.thread_swap_mask(SigmaskHow::SIG_BLOCK)?))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The mask was valid before, so it is now.
        let _ = self.0.thread_set_mask();
    }
}
