//! What was tried on a server, and what became of it.

use std::path::PathBuf;

use russh::MethodKind;

/// What has been tried on a server, for who wants to know why it did not let one in.
#[derive(Debug, Default)]
pub(in crate::session::builtin) struct AuthLog {
    /// The methods that the server still takes, once it has said so.
    pub(in crate::session::builtin) server: Option<Vec<MethodKind>>,
    /// The keys in the order in which they had their turn, and what became of each.
    pub(in crate::session::builtin) keys: Vec<(String, KeyTurn)>,
    /// A key that the server accepts, and whose passphrase was not entered.
    pub(in crate::session::builtin) unopened: Option<PathBuf>,
    /// Whether an answer was given to a question for a password.
    pub(in crate::session::builtin) answered: bool,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session::builtin) enum KeyTurn {
    /// It was right.
    Accepted,
    /// The server does not want it.
    Refused,
    /// It was not offered: the server takes no signature of its type.
    NoSignature,
    /// Its passphrase was not to be had.
    Unopened,
    /// The server accepts it, and the agent or token that holds it did not sign.
    Unsigned,
}

impl AuthLog {
    /// A key has its turn.
    pub(super) fn turn(&mut self, label: &str, turn: KeyTurn) {
        self.keys.push((label.to_owned(), turn));
    }

    /// What became of the key that had its turn last.
    pub(super) fn became(&mut self, turn: KeyTurn) {
        if let Some((_, last)) = self.keys.last_mut() {
            *last = turn;
        }
    }
}
