//! Writes stdout and stderr in threads of their own, many messages with one call; files, which
//! never keep anybody waiting, are written at once, and so is what is short and goes to a terminal
//! that has room for it: the echo of a key waits for no other thread.
//!
//! A reader that is slow holds nothing up until [`SPILL`] bytes wait for it: the connection has
//! to keep answering the server, or the server ends it.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use bytes::{Buf, Bytes};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use tokio::sync::Notify;

use super::stdio::{self, StdioKind};

/// What may wait to be written before the connection is held back.
const SPILL: usize = 64 << 20;
/// Below this the connection goes on.
const LOW: usize = SPILL / 2;
/// What is longer than the echo of a key can wait for the thread.
const SHORT: usize = 256;
/// Buffers for one system call.
const VECTORS: usize = 64;

/// The reader has closed its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Broken;

/// One output.
pub(super) struct Output {
    shared: Arc<OutputQueue>,
    /// The descriptor, where it is written without a thread.
    direct: Option<OwnedFd>,
    /// The same terminal, opened anew so that a write to it never waits.
    terminal: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

struct OutputQueue {
    state: Mutex<QueueState>,
    work: Condvar,
    room: Notify,
}

#[derive(Default)]
struct QueueState {
    queue: VecDeque<Bytes>,
    waiting: usize,
    finished: bool,
    broken: bool,
}

impl OutputQueue {
    fn state(&self) -> MutexGuard<'_, QueueState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Output {
    /// An output that writes to `fd`.
    pub(super) fn start(fd: OwnedFd, name: &str) -> io::Result<Self> {
        let shared = Arc::new(OutputQueue {
            state: Mutex::default(),
            work: Condvar::new(),
            room: Notify::new(),
        });
        let terminal = match StdioKind::of(&fd) {
            // These never wait.
            StdioKind::File(_) | StdioKind::Device => {
                return Ok(Output { shared, direct: Some(fd), terminal: None, thread: None });
            }
            StdioKind::Terminal => stdio::reopen(&fd, OFlags::WRONLY),
            StdioKind::Pipe | StdioKind::Other => None,
        };
        let theirs = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || write_all(&fd, &theirs))?;
        Ok(Output { shared, direct: None, terminal, thread: Some(thread) })
    }

    /// Puts bytes in line, waiting while too many are there already.
    pub(super) async fn write(&self, mut bytes: Bytes) -> Result<(), Broken> {
        if let Some(fd) = &self.direct {
            let mut queue = VecDeque::from([bytes]);
            while !queue.is_empty() {
                write_some(fd, &mut queue).map_err(|_| Broken)?;
            }
            return Ok(());
        }
        if let Some(terminal) = &self.terminal
            && bytes.len() <= SHORT
            && self.shared.state().waiting == 0
        {
            // What it does not take, and why, is for the thread to find out.
            let written = rustix::io::write(terminal, &bytes).unwrap_or(0);
            bytes.advance(written);
            if bytes.is_empty() {
                return Ok(());
            }
        }
        loop {
            let room = self.shared.room.notified();
            {
                let mut state = self.shared.state();
                if state.broken {
                    return Err(Broken);
                }
                if state.waiting < SPILL {
                    state.waiting += bytes.len();
                    state.queue.push_back(bytes);
                    // A thread that is at work looks again before it sleeps.
                    if state.queue.len() == 1 {
                        self.shared.work.notify_one();
                    }
                    return Ok(());
                }
            }
            room.await;
        }
    }

    /// Drops the output that is queued, and wakes the reader that waits for more.
    pub(super) fn discard(&mut self) {
        let mut state = self.shared.state();
        state.broken = true;
        state.queue.clear();
        drop(state);
        // The thread may be stuck in a write that never ends.
        drop(self.thread.take());
    }

    /// Writes what is in line, and ends.
    pub(super) fn finish(&mut self) {
        self.shared.state().finished = true;
        self.shared.work.notify_one();
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has written what it could.
            let _ = thread.join();
        }
    }
}

fn write_all(fd: &OwnedFd, shared: &OutputQueue) {
    let mut taken: VecDeque<Bytes> = VecDeque::new();
    loop {
        {
            let mut state = shared.state();
            while state.queue.is_empty() {
                if state.finished {
                    return;
                }
                state = shared.work.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            std::mem::swap(&mut taken, &mut state.queue);
        }
        while !taken.is_empty() {
            let Ok(written) = write_some(fd, &mut taken) else {
                let mut state = shared.state();
                state.broken = true;
                state.queue.clear();
                state.waiting = 0;
                drop(state);
                shared.room.notify_one();
                return;
            };
            let mut state = shared.state();
            let before = state.waiting;
            state.waiting = before.saturating_sub(written);
            let low = before >= LOW && state.waiting < LOW;
            drop(state);
            if low {
                shared.room.notify_one();
            }
        }
    }
}

/// Writes as much as one call takes, and takes that out of the queue.
fn write_some(fd: &OwnedFd, queue: &mut VecDeque<Bytes>) -> io::Result<usize> {
    let written = loop {
        let slices: Vec<IoSlice<'_>> =
            queue.iter().take(VECTORS).map(|bytes| IoSlice::new(bytes)).collect();
        match rustix::io::writev(fd, &slices) {
            Ok(written) => break written,
            Err(Errno::INTR) => {}
            // The parent process may have made it non-blocking.
            Err(Errno::AGAIN) => {
                let fd = fd.as_fd();
                let _ = poll(&mut [PollFd::new(&fd, PollFlags::OUT)], None);
            }
            Err(error) => return Err(error.into()),
        }
    };
    let mut rest = written;
    while let Some(first) = queue.front_mut() {
        if rest < first.len() {
            first.advance(rest);
            break;
        }
        rest -= first.len();
        queue.pop_front();
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use rustix::fs::Mode;

    use super::*;

    fn pipe() -> (std::fs::File, OwnedFd) {
        let (read, write) = rustix::pipe::pipe().expect("a pipe");
        (std::fs::File::from(read), write)
    }

    #[tokio::test(flavor = "current_thread")]
    async fn everything_arrives_in_order() {
        let (mut reader, writer) = pipe();
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            reader.read_to_end(&mut all).expect("the output");
            all
        });
        let mut output = Output::start(writer, "test").expect("a thread");
        let mut expected = Vec::new();
        for number in 0..5000_u32 {
            let text = format!("{number} ").repeat(10);
            expected.extend_from_slice(text.as_bytes());
            output.write(Bytes::from(text)).await.expect("written");
        }
        output.finish();
        drop(output);
        assert!(reading.join().expect("a reader") == expected);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_file_is_written_at_once() {
        let file = tempfile::tempfile().expect("a file");
        let own = OwnedFd::from(file.try_clone().expect("a second handle"));
        let output = Output::start(own, "test").expect("an output");
        for text in ["one ", "two"] {
            output.write(Bytes::from_static(text.as_bytes())).await.expect("written");
        }
        assert_eq!(file.metadata().expect("metadata").len(), 7);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_terminal_that_is_full_keeps_nobody_waiting_and_its_order() {
        let pair = portable_pty::native_pty_system().openpty(portable_pty::PtySize::default());
        let pair = pair.expect("a terminal");
        let mut reader = pair.master.try_clone_reader().expect("its other side");
        let name = pair.master.tty_name().expect("its name");
        let terminal = rustix::fs::open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty());
        let terminal = terminal.expect("a terminal");
        let mut modes = rustix::termios::tcgetattr(&terminal).expect("its modes");
        modes.make_raw();
        rustix::termios::tcsetattr(&terminal, rustix::termios::OptionalActions::Now, &modes)
            .expect("its modes");
        let mut output = Output::start(terminal, "test").expect("an output");
        assert!(output.terminal.is_some());
        let mut expected = Vec::new();
        // Much more than a terminal buffers, before anything reads it.
        for number in 0..20_000_u32 {
            let text = format!("{number} ");
            expected.extend_from_slice(text.as_bytes());
            output.write(Bytes::from(text)).await.expect("written");
        }
        let length = expected.len();
        let reading = std::thread::spawn(move || {
            let mut all = vec![0; length];
            reader.read_exact(&mut all).expect("the output");
            all
        });
        output.finish();
        assert!(reading.join().expect("a reader") == expected);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_reader_that_has_gone_is_noticed() {
        let (reader, writer) = pipe();
        drop(reader);
        let mut output = Output::start(writer, "test").expect("a thread");
        let mut broken = false;
        for _ in 0..1000 {
            broken = output.write(Bytes::from_static(b"x")).await.is_err();
            if broken {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        output.finish();
        assert!(broken);
    }
}
