//! Reads stdin, and can be stopped without taking a keystroke with it: a file in place, a terminal or
//! a pipe opened anew, and all else in a thread of its own.
//!
//! stdin itself is neither made non-blocking, since that flag is shared with the shell that started
//! us, nor given to the runtime, which cannot stop a read. A thread is the last resort: what passes
//! from one to the other costs a fast transfer a tenth of its speed.

use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;

use bytes::{Bytes, BytesMut};
use rustix::buffer::spare_capacity;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::stdio::stdin;
use tokio::net::unix::pipe;
use tokio::sync::mpsc;

use super::stdio::{self, StdioKind};

/// Large enough that system calls do not count, small enough for a cache.
const READ: usize = 256 * 1024;
/// How many reads may wait for the network.
const WAITING: usize = 2;

/// stdin, as it comes. Dropped, it takes no more of it.
pub(super) enum StdinReader {
    /// A file: a read never waits, except on a network file system.
    File,
    /// A terminal or a pipe opened anew, so that a read never waits: the runtime does.
    Anew(pipe::Receiver, BytesMut),
    /// Anything else.
    Thread(Thread),
    /// Nothing comes any more.
    Over,
}

impl StdinReader {
    /// Begins to read.
    pub(super) fn start() -> io::Result<Self> {
        match StdioKind::of(stdin()) {
            // Without a size it may be of the kernel's making, and wait as /proc/kmsg does.
            StdioKind::File(1..) => return Ok(StdinReader::File),
            kind @ (StdioKind::Terminal | StdioKind::Pipe) => {
                if let Some(fd) = stdio::reopen(stdin(), OFlags::RDONLY) {
                    return StdinReader::anew(fd, kind);
                }
            }
            StdioKind::File(0) | StdioKind::Device | StdioKind::Other => {}
        }
        Thread::start().map(StdinReader::Thread)
    }

    fn anew(fd: OwnedFd, kind: StdioKind) -> io::Result<Self> {
        let mut first = Vec::new();
        if kind == StdioKind::Pipe {
            // Read once without waiting for readiness: poll(2) reports none for a named pipe whose
            // last writer has closed it. A terminal is not read so: it stops a process that reads
            // it in the background.
            first.reserve(READ);
            if rustix::io::read(&fd, spare_capacity(&mut first)) == Ok(0) {
                return Ok(StdinReader::Over);
            }
        }
        // Unchecked, for a terminal is no pipe; it is waited for and read as one.
        let anew = pipe::Receiver::from_file_unchecked(fd.into())?;
        Ok(StdinReader::Anew(anew, Bytes::from(first).into()))
    }

    /// The next bytes; `None` at the end of input, or where there is none to be had any more.
    pub(super) async fn next(&mut self) -> Option<Bytes> {
        match self {
            StdinReader::File => read_file(),
            StdinReader::Anew(anew, buffer) => read_anew(anew, buffer).await,
            StdinReader::Thread(thread) => thread.bytes.recv().await,
            StdinReader::Over => None,
        }
    }
}

fn read_file() -> Option<Bytes> {
    let mut bytes = Vec::with_capacity(READ);
    loop {
        match rustix::io::read(stdin(), spare_capacity(&mut bytes)) {
            Ok(1..) => return Some(bytes.into()),
            Err(Errno::INTR) => {}
            Ok(0) | Err(_) => return None,
        }
    }
}

async fn read_anew(anew: &pipe::Receiver, buffer: &mut BytesMut) -> Option<Bytes> {
    if !buffer.is_empty() {
        return Some(buffer.split().freeze());
    }
    if buffer.capacity() < READ / 4 {
        *buffer = BytesMut::with_capacity(READ);
    }
    loop {
        anew.readable().await.ok()?;
        // Not `read`, which takes a short read for an empty pipe: a terminal gives line by line.
        match anew.try_read_buf(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            // The other end has closed it, Ctrl-D was typed, or the terminal has gone.
            Ok(0) | Err(_) => return None,
            Ok(1..) => return Some(buffer.split().freeze()),
        }
    }
}

/// A thread that reads stdin, until this is dropped.
pub(super) struct Thread {
    // First to go, since the thread may wait for room in it.
    bytes: mpsc::Receiver<Bytes>,
    _stop: ReadingThread,
}

/// Stops the reading thread when dropped.
struct ReadingThread {
    wake: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    fn start() -> io::Result<Self> {
        let (woken, wake) = io::pipe()?;
        let (woken, wake) = (OwnedFd::from(woken), OwnedFd::from(wake));
        let (sender, bytes) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read_all(&woken, &sender))?;
        Ok(Thread { bytes, _stop: ReadingThread { wake: Some(wake), thread: Some(thread) } })
    }
}

impl Drop for ReadingThread {
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
    let stdin = stdin();
    let mut buffer = BytesMut::zeroed(READ);
    loop {
        let mut fds = [PollFd::new(&stdin, PollFlags::IN), PollFd::new(woken, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
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
            Err(Errno::INTR | Errno::AGAIN) => {}
            // A terminal that has gone, a closed descriptor: the end of input.
            Err(_) => return,
        }
    }
}
