//! A stream that keeps the first bytes that come: the library does not tell what it read there.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::session::builtin::transport::Stream;
use crate::ui::sanitize;

/// A greeting with what may stand before it (RFC 4253, section 4.2) is not longer.
const KEPT: usize = 8 * 1024;
/// A line of it that is worth showing.
const SHOWN: usize = 100;

/// What came first.
#[derive(Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    /// Whether nothing came.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// The line of an ssh server's greeting, else the first.
    pub(super) fn line(&self) -> String {
        greeting(&self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hear(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT - kept.len();
        kept.extend(&bytes[..bytes.len().min(room)]);
    }
}

/// The line of an ssh server's greeting, else the first; safe to print.
pub(super) fn greeting(bytes: &[u8]) -> String {
    let lines = || bytes.split(|byte| *byte == b'\n');
    let line = lines().find(|line| line.starts_with(b"SSH-")).or_else(|| lines().next());
    let text = sanitize::bytes(line.unwrap_or_default().trim_ascii());
    let end = text.floor_char_boundary(SHOWN);
    if end < text.len() { format!("{}…", &text[..end]) } else { text }
}

/// The stream.
pub(super) struct Tap {
    inner: Box<dyn Stream>,
    heard: Heard,
}

impl Tap {
    pub(super) fn new(inner: Box<dyn Stream>) -> (Self, Heard) {
        let heard = Heard::default();
        (Tap { inner, heard: heard.clone() }, heard)
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
        self.heard.hear(&buf.filled()[before..]);
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
    }
}
