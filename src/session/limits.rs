//! The limits of setrlimit(2) that a session needs, checked before it begins: the runtime and its
//! threads cannot report what they do not get.

use std::fs::File;

use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};

use crate::error::{Error, Result};

/// What a session without forwardings and agent has open, beside what it begins with.
const DESCRIPTORS: usize = 14;
/// What its program, threads and buffers map.
const ADDRESS_SPACE: u64 = 48 << 20;

/// Requires that a session can begin.
///
/// # Errors
/// When it may open too few files, or map too little memory; the limit is named.
pub(in crate::session) fn require() -> Result<()> {
    if let Some(bytes) = getrlimit(Resource::As).current.filter(|bytes| *bytes < ADDRESS_SPACE) {
        let (has, needs) = (bytes >> 10, ADDRESS_SPACE >> 10);
        let what =
            format!("the address space is limited to {has} KiB, and a session needs {needs}");
        return Err(Error::failed(what).hint("`ulimit -v unlimited` lifts the limit"));
    }
    let mut held = Vec::with_capacity(DESCRIPTORS);
    while held.len() < DESCRIPTORS {
        match File::open("/dev/null") {
            Ok(file) => held.push(file),
            Err(error) if Errno::from_io_error(&error) == Some(Errno::MFILE) => {
                let limit = getrlimit(Resource::Nofile).current.unwrap_or_default();
                let what = format!(
                    "the limit of {limit} open files leaves room for {}, and a session needs \
                     {DESCRIPTORS}",
                    held.len()
                );
                return Err(Error::failed(what).hint("`ulimit -n 1024` raises it"));
            }
            // What else is wrong is met again, by what knows the file.
            Err(_) => break,
        }
    }
    Ok(())
}
