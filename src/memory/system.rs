//! The system's allocator, with an end of the process where it has no memory to give.

#![allow(unsafe_code, reason = "an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};

use super::refused;

#[global_allocator]
static ALLOCATOR: OrEnd = OrEnd;

/// Gives memory of the system, or ends the process.
struct OrEnd;

fn given(memory: *mut u8) -> *mut u8 {
    if memory.is_null() { refused() } else { memory }
}

// SAFETY: every call is passed on as it is to `System`, and what it gives is given. `refused` takes no
// memory and does not unwind.
unsafe impl GlobalAlloc for OrEnd {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        given(unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        given(unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        given(unsafe { System.realloc(memory, layout, size) })
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
}
