#![doc = include_str!("../README.md")]
#![cfg_attr(
    test,
    allow(clippy::disallowed_methods, reason = "tests make files and start programs")
)]

mod attributes;
mod backup;
mod entry;
mod error;
mod file;
mod folder;
mod host;
mod in_place;
mod journal;
mod lock;
mod lock_file;
mod numbered;
mod paths;
mod platform;
mod recovery;
mod regular_file;
mod replace;
mod rights;
mod transaction;
mod undo;
mod user;

pub use attributes::ModeChange;
pub use entry::{Damage, Entry, FileEntry};
pub use error::{Denied, EntryFault, Error, ErrorKind, InPlace, Remedy, Result};
pub use file::{LARGEST, follow, read};
pub use folder::make as make_folder;
pub use host::{Committer, Event, Host, Targets};
pub use journal::Entries;
pub use lock::{Holder, Lock, try_lock};
pub use regular_file::{OpenError, RegularFile, open_regular};
pub use rights::{Owner, Rights, owner_of};
pub use transaction::{CommitError, CommitOptions};
pub use undo::{log, redoable, taken_back, undoable};
pub use user::user_name;
