#![doc = include_str!("../README.md")]

pub mod agent;
mod armour;
pub mod authorized;
mod decode;
pub mod defect;
mod der;
mod encode;
mod inspect;
mod pem;
mod pkcs8;
mod ppk;
pub mod public;

pub use decode::{DecodeError, Unsupported, decode};
pub use defect::{Client, Defect, clean_copy, defect};
pub use encode::{EncodeError, Form, encode};
pub use inspect::{Encryption, Format, KeyFile, classify};
// The types of keys are those of ssh-key.
pub use ssh_key;
