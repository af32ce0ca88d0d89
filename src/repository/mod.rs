//! EDGE: profiles and their files, read and kept; the application's one door to `sshp-commit`.
//!
//! [`State`] is what is there: the config with all it Includes, and the metadata. [`commit_profiles`]
//! is how it changes. Nothing else in sshp writes a file.

#![allow(clippy::disallowed_methods, reason = "this module is where files are written")]

mod advice;
mod commit;
pub mod drift;
mod files;
pub mod generated;
mod imports;
pub mod installed_ssh;
pub mod known_hosts;
pub mod load;
mod metadata;
pub mod refused;
mod scratch;
pub mod settings;
mod signals;
mod state;
mod targets;
pub mod usage;

pub use commit::{Log, commit_files, commit_profiles, log, plan_undos, recover, undo, write_key};
pub use files::{follow, read};
pub use imports::{INCLUDE, ImportFile};
pub use metadata::MetadataStore;
pub use scratch::{Scratch, ScratchFolder};
pub use sshp_commit::{CommitOptions, Entry, redoable, taken_back, undoable};
pub use state::{State, look_alikes};
