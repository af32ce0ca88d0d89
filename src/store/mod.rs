//! EDGE: the only writer of files.
//!
//! [`State`] is what is there: the config with all it Includes, and the metadata. [`commit_as`] is how
//! it changes: lock, plan, compare, journal, replace. Nothing else in sshp writes a file.

#![allow(clippy::disallowed_methods, reason = "this module is where files are written")]

mod apply;
mod backup;
mod disk;
pub mod drift;
mod entry;
mod explain;
mod folder;
pub mod generated;
mod in_place;
mod journal;
pub mod known_hosts;
pub mod load;
mod lock;
mod lock_file;
mod machine;
mod metadata;
mod numbered;
mod paths;
mod recover;
mod replace;
mod rights;
mod scratch;
pub mod settings;
mod signals;
mod state;
mod targets;
pub mod undo;
pub mod usage;
pub mod verify;

pub use apply::{Way, commit_as, commit_files, commit_files_as, commit_quietly, write_key};
pub use disk::{Snapshot, follow, read};
pub use entry::{Entry, FileEntry};
pub use journal::Entries;
pub use metadata::MetadataStore;
pub use scratch::{Scratch, ScratchFolder};
pub use state::{State, look_alikes};
