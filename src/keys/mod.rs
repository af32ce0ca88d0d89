//! Private keys: what a file holds, its modes, loading it; the agent is spoken to in `session`.
//!
//! Only reads files and repairs their modes; nothing here asks or prints.

pub mod inspect;
pub mod load;
pub mod modes;

pub use inspect::{Encryption, Format, KeyFile, classify, inspect};
pub use load::{LoadError, decode, load};
