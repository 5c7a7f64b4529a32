//! The door to the allocator: what was freed goes back to the system.
//!
//! glibc gives back by itself only what lies on top of its heap. A page that is read takes some
//! megabytes for some milliseconds, and a few bytes that stay above them keep them all.

/// Gives back every free page of the heap; takes some milliseconds. Does nothing where the allocator
/// is not glibc's.
pub fn give_back() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[expect(unsafe_code, reason = "no crate offers this call of the C library to safe code")]
    // SAFETY: it is handed no pointer, and locks each heap while it looks through it (malloc_trim(3)).
    unsafe {
        libc::malloc_trim(0);
    }
}
