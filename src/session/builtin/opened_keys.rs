//! The key files that were opened with a passphrase: it is asked for once, however many servers on
//! the way want the key.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use russh::keys::PrivateKey;

/// Keys by the path of their file; they are wiped from memory with the last clone of this.
#[derive(Clone, Default)]
pub(super) struct OpenedKeys(Arc<Mutex<HashMap<PathBuf, PrivateKey>>>);

impl OpenedKeys {
    /// The key of a file that was opened before.
    pub(super) fn get(&self, path: &Path) -> Option<PrivateKey> {
        self.keys().get(path).cloned()
    }

    /// Keeps a key for the next server.
    pub(super) fn keep(&self, path: &Path, key: &PrivateKey) {
        self.keys().insert(path.to_owned(), key.clone());
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<PathBuf, PrivateKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
