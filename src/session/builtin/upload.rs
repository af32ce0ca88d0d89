//! What goes to the remote command: local input, from which escapes are taken.

use std::sync::Arc;

use bytes::Bytes;
use russh::ChannelWriteHalf;
use russh::client::Msg;
use tokio::sync::{Notify, mpsc};

use super::escape::{EscapeAction, Escapes, Step};
use super::input::StdinReader;

/// Sends what is typed.
pub(super) struct Upload {
    pub(super) writer: Arc<ChannelWriteHalf<Msg>>,
    /// Told after each piece.
    pub(super) sent: Arc<Notify>,
}

impl Upload {
    /// Sends all of the input, then its end. It waits for the server's window, which the session must
    /// not.
    pub(super) async fn run(
        self,
        input: Option<StdinReader>,
        mut escapes: Option<Escapes>,
        actions: mpsc::UnboundedSender<EscapeAction>,
    ) {
        if let Some(mut input) = input {
            while let Some(typed) = input.next().await {
                let Some(escapes) = &mut escapes else {
                    if !self.send(typed).await {
                        return;
                    }
                    continue;
                };
                for step in escapes.take(&typed) {
                    let goes_on = match step {
                        Step::Send(plain) => self.send(plain.into()).await,
                        Step::Do(action) => actions.send(action).is_ok(),
                    };
                    if !goes_on {
                        return;
                    }
                }
            }
        }
        // The session may have ended first.
        let _ = self.writer.eof().await;
    }

    /// Sends a piece; whether the session still takes more.
    async fn send(&self, bytes: Bytes) -> bool {
        let sent = self.writer.data_bytes(bytes).await.is_ok();
        self.sent.notify_one();
        sent
    }
}
