//! EDGE: the only writer of files.
pub mod usage;
