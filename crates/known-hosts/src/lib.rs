#![doc = include_str!("../README.md")]

pub mod append;
pub mod console;
pub mod file;
pub mod fingerprint;
pub mod forget;
pub mod key;
pub mod krl;
pub mod line;
pub mod name;
pub mod picture;
mod pins;
pub mod removal;
pub mod trust;
pub mod verdict;

pub use file::{File, Place, Scope};
pub use key::HostKey;
pub use line::{Line, Marker};
pub use name::Names;
pub use pins::{PinnedKeys, Pins};
pub use verdict::{KnownHosts, Verdict};
