#![doc = include_str!("../README.md")]

mod change;
pub mod encoding;
pub mod line_diff;
pub mod parallel;
mod splice;

pub use change::{ChangeSet, FileChange, Secret};
pub use line_diff::unified_diff;
pub use splice::{Splice, splice};
