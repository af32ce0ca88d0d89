//! Where the picker's crate has set mimalloc as the allocator: its handler of errors.

#![allow(unsafe_code, reason = "the handler of an allocator in C")]

use std::ffi::{c_int, c_void};
use std::ptr;

use rustix::io::Errno;

unsafe extern "C" {
    /// mimalloc.h: calls `handler` with an errno and `argument` where an allocation fails.
    fn mi_register_error(
        handler: Option<unsafe extern "C" fn(c_int, *mut c_void)>,
        argument: *mut c_void,
    );
}

/// Sets the handler before `main`, since the start of Rust's runtime takes memory too.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = guard;

/// From here on the process ends with an error where memory is refused.
pub extern "C" fn guard() {
    // SAFETY: the handler is a function that may be called at any time from any thread, and uses no
    // argument.
    unsafe { mi_register_error(Some(failed), ptr::null_mut()) }
}

unsafe extern "C" fn failed(error: c_int, _: *mut c_void) {
    // The other errors are of memory that was freed wrongly.
    if [Errno::NOMEM, Errno::OVERFLOW].map(Errno::raw_os_error).contains(&error) {
        super::refused();
    }
}
