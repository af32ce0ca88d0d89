//! What Linux and macOS do in different ways, a file for each.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod macos;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use macos as system;

pub(crate) use system::{command_of, is_stopped, process_space, reserve, started, sync};
