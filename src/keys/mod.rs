//! Key files and agents on this machine: reads them, repairs their modes, asks what an agent holds.
//!
//! What the bytes mean is `sshp-keys`' to say. Nothing here asks for a passphrase or prints.

pub mod agent;
mod files;
pub mod modes;
pub mod public;

pub use files::{LoadError, Text, decode, inspect, load, read};
