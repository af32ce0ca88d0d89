//! The try-out: a throw-away home and a small server inside the process.
//!
//! Nothing here reads or writes the user's own files: home, keys, config and metadata are in a
//! temporary folder that goes when the demo ends.

pub mod home;
pub mod prompt;
pub mod server;

pub use home::Home;
