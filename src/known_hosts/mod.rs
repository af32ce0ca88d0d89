//! PURE: known_hosts, sshd(8) SSH_KNOWN_HOSTS FILE FORMAT.
//!
//! Reads what ssh reads, as ssh reads it (hostfile.c), and plans what changes. A file stays its
//! bytes: a line is a span, an edit is a splice, and what is not understood is never touched.
//! Nothing here opens a file or decides what to do about a verdict.

pub mod append;
pub mod file;
pub mod fingerprint;
pub mod forget;
pub mod key;
pub mod krl;
pub mod line;
pub mod name;
pub mod picture;
pub mod removal;
pub mod trust;
pub mod verdict;

pub use file::{File, Place, Scope};
pub use key::HostKey;
pub use line::{Line, Marker};
pub use name::Names;
pub use verdict::{KnownHosts, Verdict};
