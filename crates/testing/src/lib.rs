//! What carries the weight of sshp's tests, so that a test is a few lines: homes of their own
//! ([`sandbox`]), the real sshd and ssh-agent ([`sshd`], [`agent`]), a terminal with a screen (`pty`),
//! packets of the protocol (`packets`), addresses that do not answer ([`address`]), waits that name what
//! they wait for ([`wait`]), and what a test needs of the machine ([`mod@needs`]).
//!
//! A fixture that cannot be made is a fault of the machine: functions here panic and say what is missing.
//! Nothing here knows a crate of sshp, or where its binary is: Cargo tells `CARGO_BIN_EXE_sshp` only to the
//! integration tests of the package, so `tests/it` hands it to [`sandbox::Sandbox::with_program`].

#![allow(clippy::disallowed_methods, reason = "tests are the world that sshp lives in")]
#![allow(clippy::missing_panics_doc, reason = "a fixture that cannot be made panics, see above")]
#![allow(clippy::missing_errors_doc, reason = "errors are those of a peer that went away")]
#![allow(clippy::return_self_not_must_use, reason = "a check of a run gives the run, for the next")]
#![warn(missing_docs)]

pub mod address;
pub mod agent;
pub mod configs;
#[cfg(feature = "application")]
pub mod kept;
pub mod needs;
#[cfg(feature = "application")]
pub mod packets;
#[cfg(feature = "application")]
pub mod palette;
#[cfg(feature = "application")]
pub mod pty;
pub mod sandbox;
#[cfg(feature = "application")]
pub mod schema;
pub mod sshd;
#[cfg(feature = "application")]
pub mod svg;
pub mod wait;
