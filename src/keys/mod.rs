//! Private keys: what a file holds, its modes, reading and writing its forms, what an agent holds.
//!
//! Only reads files and repairs their modes; nothing here asks or prints.

pub mod agent;
pub mod authorized;
pub mod encode;
pub mod inspect;
pub mod load;
pub mod modes;
mod pem;
mod ppk;
pub mod public;

pub use encode::{Form, encode};
pub use inspect::{Encryption, Format, KeyFile, Text, classify, inspect, read};
pub use load::{LoadError, decode, load};
