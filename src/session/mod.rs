//! A session with a server: what will be run is planned purely, and then one of two clients runs it.

pub mod algorithms;
pub mod askpass;
pub mod background;
#[cfg(feature = "builtin")]
pub mod builtin;
#[cfg(not(feature = "builtin"))]
#[path = "without_builtin.rs"]
pub mod builtin;
mod deadline;
mod greeting;
mod limits;
pub mod pins;
pub mod plan;
mod probe;
pub mod remote;
pub mod system;
mod transport;

pub use self::probe::ProbeOptions;

/// How a session ended where nothing failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEnd {
    /// With the status of the remote command; 0 where there was none to run.
    Status(u8),
    /// Without a status: `~.` or the server closed it, or a signal ended the remote command.
    NoStatus,
}
