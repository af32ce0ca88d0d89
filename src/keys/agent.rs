//! Asks an agent what it holds.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use sshp_keys::agent::AgentIdentity;
use sshp_keys::agent::{REQUEST, answer_length, parse};

/// Asks an agent what it holds; one that is silent for so long fails.
///
/// # Errors
/// When it cannot be reached, does not answer or does not keep to the protocol.
pub fn list(socket: &Path, patience: Duration) -> io::Result<Vec<AgentIdentity>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(patience))?;
    stream.set_write_timeout(Some(patience))?;
    stream.write_all(&REQUEST)?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; answer_length(u32::from_be_bytes(length))?];
    stream.read_exact(&mut answer)?;
    parse(&answer)
}
