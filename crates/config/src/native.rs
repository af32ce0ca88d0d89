//! Bytes of a config as text of the operating system.

use std::ffi::OsString;

/// A word or path of a config for the operating system. Unix takes the bytes as they are; elsewhere
/// bytes that are not UTF-8 become U+FFFD.
pub(crate) fn os_string(bytes: Vec<u8>) -> OsString {
    #[cfg(unix)]
    return std::os::unix::ffi::OsStringExt::from_vec(bytes);
    #[cfg(not(unix))]
    return String::from_utf8_lossy(&bytes).into_owned().into();
}
