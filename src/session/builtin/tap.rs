//! A stream that keeps the first line that comes and the greeting: the library does not tell what it
//! read there.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::transport::Stream;
use crate::ui::sanitize;

/// A line of it that is worth showing.
const SHOWN: usize = 100;
/// A longer line is not kept whole.
const KEPT: usize = 512;

/// What came first.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Lines>>);

/// The lines before a greeting (RFC 4253, section 4.2), which may be many.
#[derive(Default)]
struct Lines {
    /// The first that is not blank.
    first: Vec<u8>,
    /// The one that is read, or the greeting.
    current: Vec<u8>,
    /// Whether `current` is a whole greeting.
    complete: bool,
}

impl Heard {
    /// Whether nothing came.
    pub(super) fn is_empty(&self) -> bool {
        self.line().is_empty()
    }

    /// The line of an ssh server's greeting, else the first; safe to print.
    pub(super) fn line(&self) -> String {
        let lines = self.lines();
        let line = if lines.current.starts_with(b"SSH-") || lines.first.is_empty() {
            &lines.current
        } else {
            &lines.first
        };
        shown(line)
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there is more to hear.
    fn hear(&self, bytes: &[u8]) -> bool {
        let mut lines = self.lines();
        for byte in bytes {
            match byte {
                b'\n' if lines.current.starts_with(b"SSH-") => {
                    lines.complete = true;
                    break;
                }
                b'\n' => {
                    let line = std::mem::take(&mut lines.current);
                    if lines.first.is_empty() && !line.trim_ascii().is_empty() {
                        lines.first = line;
                    }
                }
                byte if lines.current.len() < KEPT => lines.current.push(*byte),
                _ => {}
            }
        }
        !lines.complete
    }
}

/// The line of an ssh server's greeting, else the first; safe to print.
pub(super) fn greeting(bytes: &[u8]) -> String {
    let heard = Heard::default();
    heard.hear(bytes);
    heard.line()
}

fn shown(line: &[u8]) -> String {
    let text = sanitize::bytes(line.trim_ascii());
    let end = text.floor_char_boundary(SHOWN);
    if end < text.len() { format!("{}…", &text[..end]) } else { text }
}

/// The stream.
pub(super) struct Tap {
    inner: Box<dyn Stream>,
    heard: Heard,
    listens: bool,
}

impl Tap {
    pub(super) fn new(inner: Box<dyn Stream>) -> (Self, Heard) {
        let heard = Heard::default();
        (Tap { inner, heard: heard.clone(), listens: true }, heard)
    }
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let done = Pin::new(&mut self.inner).poll_read(cx, buf);
        if self.listens {
            self.listens = self.heard.hear(&buf.filled()[before..]);
        }
        done
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_may_come_after_other_lines_and_never_reaches_a_terminal_raw() {
        assert_eq!(greeting(b"hello\r\nSSH-2.0-x y\r\nmore"), "SSH-2.0-x y");
        assert_eq!(greeting(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "HTTP/1.1 400 Bad Request");
        assert!(!greeting(b"\x1b[31mred\n").contains('\x1b'));
        assert!(greeting(&[b'x'; 5000]).len() < 200);
        assert_eq!(greeting(b""), "");
        assert_eq!(greeting(b"\r\nExceeded MaxStartups\r\n"), "Exceeded MaxStartups");
        let notice = b"notice\n".repeat(5000);
        assert_eq!(greeting(&[&notice, &b"SSH-2.0-\xfc\r\n"[..]].concat()), "SSH-2.0-\\xfc");
    }
}
