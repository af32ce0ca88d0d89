#![doc = include_str!("../README.md")]

mod change;
pub mod encoding;
pub mod parallel;
mod splice;

pub use change::{ChangeSet, FileChange, Secret, unified_diff};
pub use splice::{Splice, splice};
