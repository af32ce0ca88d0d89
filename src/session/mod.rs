//! A session with a server: what will be run is planned purely, and then one of two clients runs it.

pub mod algorithms;
pub mod askpass;
pub mod background;
pub mod builtin;
pub mod options;
pub mod pins;
pub mod plan;
pub mod remote;
pub mod system;
