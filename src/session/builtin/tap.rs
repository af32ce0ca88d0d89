//! A stream that keeps the first line that comes and the greeting: the library does not tell what it
//! read there.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::session::greeting::Heard;
use crate::session::transport::Stream;

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
