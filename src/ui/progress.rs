//! Says what is being done once it takes longer than people wait without wondering.

use std::fmt::Display;
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::Ui;

/// How long nothing is said.
const PATIENCE: Duration = Duration::from_millis(300);

/// Something that may take long, until it is dropped.
#[must_use = "it ends when it is dropped"]
pub struct Progress {
    waiting: Option<(Sender<()>, JoinHandle<()>)>,
}

impl Ui {
    /// Says `what` in a line of its own, if it still goes on after 0.3 s and stderr is a
    /// terminal. The line stays on the screen.
    pub fn progress(&self, what: impl Display) -> Progress {
        if !std::io::stderr().is_terminal() {
            return Progress { waiting: None };
        }
        let (sender, done) = channel();
        let (ui, what) = (*self, what.to_string());
        let thread = std::thread::spawn(move || {
            if done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                ui.status(what);
            }
        });
        Progress { waiting: Some((sender, thread)) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.waiting.take() {
            drop(sender);
            // It ends now, and nothing is said after what it was about.
            let _ = thread.join();
        }
    }
}
