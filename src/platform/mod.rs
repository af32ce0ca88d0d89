//! What Linux and macOS do in different ways, one function or constant each, with a file for each
//! system. `docs/platforms.md` says what a system lacks.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod macos;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(not(target_os = "linux"))]
use macos as system;

pub use system::{IUCLC, OLCUC, XCASE, ignored_signals, mode, permissions, reopened};
