//! EDGE: the only writer of files.
//!
//! [`commit_files`] is how files change: lock, plan, compare, journal, replace. Nothing else in
//! sshp writes a file.

#![allow(clippy::disallowed_methods, reason = "this module is where files are written")]

mod apply;
mod commit;
mod disk;
mod journal;
pub mod known_hosts;
pub mod load;
mod lock;
mod machine;
mod paths;
pub mod undo;
pub mod usage;

pub use apply::{commit_files, commit_quietly};
pub use disk::{Snapshot, follow, read};
pub use journal::{Entry, FileEntry};
