//! Where the store keeps files of its own, all below the state folder.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use sshp_splice::FileChange;

/// A short name for a path, the same in every process.
pub(crate) fn name_of(real: &Path) -> String {
    let hash = Sha256::digest(real.as_os_str().as_bytes());
    HEXLOWER.encode(&hash[..16])
}

/// SHA-256 of a text, in hex: how the journal knows a file again.
pub(crate) fn hash_of(text: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(text))
}

/// The hashes of what a change finds and of what it leaves.
pub(crate) fn hashes_of(change: &FileChange) -> (String, String) {
    let before = change.before();
    let same = change.splices.first().map_or(before.len(), |first| first.at.start);
    let shared = Sha256::new_with_prefix(&before[..same]);
    let old = shared.clone().chain_update(&before[same..]).finalize();
    let new = change.pieces().skip(1).fold(shared, Digest::chain_update).finalize();
    (HEXLOWER.encode(&old), HEXLOWER.encode(&new))
}

/// Changes that are done, oldest first by name.
pub(crate) fn journal(state: &Path) -> PathBuf {
    state.join("journal")
}

/// Changes that were begun; empty but for the moment of a write.
pub(crate) fn pending(state: &Path) -> PathBuf {
    state.join("pending")
}

/// Former texts of one file.
pub(crate) fn backups(state: &Path, real: &Path) -> PathBuf {
    state.join("backup").join(name_of(real))
}
