//! What carries the weight, so that a test is a few lines.

pub mod address;
pub mod agent;
pub mod packets;
pub mod palette;
pub mod pty;
pub mod sandbox;
pub mod schema;
pub mod sshd;
pub mod svg;
pub mod wait;
