//! Reads stdin in a thread of its own, which can be stopped without taking a keystroke with it.
//!
//! stdin is neither made non-blocking, since that flag is shared with the shell that started us,
//! nor given to the runtime, which cannot stop a read.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;

use bytes::{Bytes, BytesMut};
use rustix::event::{PollFd, PollFlags, poll};
use tokio::sync::mpsc;

/// Large enough that system calls do not count, small enough for a cache.
const READ: usize = 256 * 1024;
/// How many reads may wait for the network.
const WAITING: usize = 2;

/// stdin, as it comes.
pub(super) struct Input {
    /// The bytes; ends at the end of input.
    pub(super) bytes: mpsc::Receiver<Bytes>,
    /// What stops the thread; it must outlive the session.
    pub(super) stop: Stop,
}

/// Stops the reading thread when dropped.
pub(super) struct Stop {
    wake: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    /// Begins to read.
    pub(super) fn start() -> io::Result<Self> {
        let (woken, wake) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let (sender, bytes) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read_all(&woken, &sender))?;
        Ok(Input { bytes, stop: Stop { wake: Some(wake), thread: Some(thread) } })
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        // The other end sees the pipe close.
        drop(self.wake.take());
        if let Some(thread) = self.thread.take() {
            // A reader that panicked has nothing more to give.
            let _ = thread.join();
        }
    }
}

fn read_all(woken: &OwnedFd, sender: &mpsc::Sender<Bytes>) {
    let stdin = rustix::stdio::stdin();
    let mut buffer = BytesMut::zeroed(READ);
    loop {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return,
        }
        if !fds[1].revents().is_empty() {
            return;
        }
        if buffer.len() < READ / 4 {
            buffer = BytesMut::zeroed(READ);
        }
        match rustix::io::read(stdin, &mut buffer[..]) {
            Ok(0) => return,
            Ok(n) => {
                if sender.blocking_send(buffer.split_to(n).freeze()).is_err() {
                    return;
                }
            }
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            // A terminal that has gone, a closed descriptor: the end of input.
            Err(_) => return,
        }
    }
}
