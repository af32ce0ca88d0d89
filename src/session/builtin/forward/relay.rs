//! What one forwarded connection carries, both ways.
//!
//! Each has a buffer of its own, so that one that stalls holds up neither the others nor the
//! session.

use std::convert::Infallible;
use std::io;

use bytes::{Bytes, BytesMut};
use russh::client::Msg;
use russh::{Channel, ChannelMsg};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Notify, Semaphore, mpsc};

/// What one connection may have waiting for a slow reader.
const SPILL: usize = 16 << 20;
/// One read.
const READ: usize = 64 * 1024;

/// Copies both ways until both are at their end, or the other side has closed the channel: then what
/// has come is still written, and nothing more is read (channels.c: chan_rcvd_oclose).
pub(super) async fn copy<S: AsyncRead + AsyncWrite + Unpin>(
    channel: Channel<Msg>,
    stream: S,
) -> io::Result<()> {
    let (mut incoming, outgoing) = channel.split();
    let (mut reader, mut writer) = tokio::io::split(stream);
    let room = Semaphore::new(SPILL);
    let closed = Notify::new();
    let (sender, mut waiting) = mpsc::unbounded_channel::<Bytes>();
    let receive = async {
        // Given up with the end of what comes, while the close may be long in coming.
        let mut sender = Some(sender);
        while let Some(message) = incoming.wait().await {
            match message {
                ChannelMsg::Data { data } => {
                    let Some(sender) = &sender else { continue };
                    let size = u32::try_from(data.len()).unwrap_or(u32::MAX);
                    if let Ok(permit) = room.acquire_many(size).await {
                        permit.forget();
                    }
                    if sender.send(data).is_err() {
                        break;
                    }
                }
                ChannelMsg::Eof => sender = None,
                ChannelMsg::Close => break,
                _ => {}
            }
        }
        drop(sender);
        closed.notify_one();
        std::future::pending::<Infallible>().await
    };
    let write = async {
        while let Some(data) = waiting.recv().await {
            writer.write_all(&data).await?;
            room.add_permits(data.len());
        }
        writer.shutdown().await
    };
    let read = async {
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(READ);
            if reader.read_buf(&mut buffer).await? == 0 {
                break;
            }
            outgoing.data_bytes(buffer.split().freeze()).await.map_err(io::Error::other)?;
        }
        outgoing.eof().await.map_err(io::Error::other)
    };
    let send = async {
        tokio::select! {
            done = read => done,
            () = closed.notified() => Ok(()),
        }
    };
    // When one side fails, the other is closed too.
    let both = async { tokio::try_join!(write, send) };
    let done = tokio::select! {
        done = both => done,
        never = receive => match never {},
    };
    // The connection may have gone first.
    let _ = outgoing.close().await;
    done.map(|_| ())
}
