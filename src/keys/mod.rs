//! Private keys: what a file holds, its modes, reading and writing its forms, what an agent holds.
//!
//! Only reads files and repairs their modes; nothing here asks or prints.

pub mod agent;
mod armour;
pub mod authorized;
pub mod defect;
pub mod encode;
pub mod inspect;
pub mod load;
pub mod modes;
mod pem;
mod pkcs8;
mod ppk;
pub mod public;

pub use defect::{Client, Defect, clean_copy, defect};
pub use encode::{Form, encode};
pub use inspect::{Encryption, Format, KeyFile, Text, classify, inspect, read};
pub use load::{LoadError, Unsupported, decode, load};
