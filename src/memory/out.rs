//! How it is told that memory has run out all the same.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;

use super::amount;

/// What a failure of libtorch says if it is one of memory: in one line, with the amount that was asked for.
#[must_use]
pub fn ran_out(message: &str) -> Option<String> {
    const SIGNS: [&str; 5] = [
        "can't allocate memory",
        "not enough memory",
        "out of memory",
        "std::bad_alloc",
        "Storage size calculation overflowed",
    ];
    if !SIGNS.iter().any(|sign| message.contains(sign)) {
        return None;
    }
    // "… you tried to allocate 4000000000000 bytes. …"
    let asked = message.split("tried to allocate ").nth(1);
    let bytes = asked.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    Some(told(bytes))
}

fn told(bytes: Option<f64>) -> String {
    let asked =
        bytes.map_or_else(String::new, |bytes| format!(" when {} more were asked for", amount(bytes)));
    format!(
        "memory ran out{asked}; what was saved before is untouched. Make batches (train.batch, evaluation.batch) or the model smaller, give fewer --threads, or use a machine with more memory"
    )
}

/// The system's allocator, which ends the process with one clear line and the exit code 1 where there is no memory.
///
/// Rust's own way is to abort, with a core dump and no word of what to do.
#[derive(Debug)]
pub struct Named;

impl Named {
    /// `pointer`, if it is one.
    fn checked(pointer: *mut u8, bytes: usize) -> *mut u8 {
        if pointer.is_null() {
            // What is written here asks for some memory itself, of which there is a little as a rule.
            let _ = writeln!(std::io::stderr(), "error: {}", told(Some(bytes as f64)));
            // SAFETY: ends the process without running destructors, which working threads still rely on.
            unsafe { nix::libc::_exit(1) }
        }
        pointer
    }
}

// SAFETY: every call is passed on to the system's allocator as it is; a null pointer is returned by none.
unsafe impl GlobalAlloc for Named {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        Self::checked(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        Self::checked(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        Self::checked(unsafe { System.realloc(pointer, layout, size) }, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_memory_are_told_from_others() {
        let text = "Internal torch error: [enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 160000000000 bytes. Error code 12 (Cannot allocate memory)\nframe #0: c10::ThrowEnforceNotMet";
        let told = ran_out(text).expect("it is one");
        assert!(
            told.starts_with("memory ran out when 149 GiB more were asked for") && !told.contains("frame"),
            "{told}"
        );
        assert!(
            ran_out("CUDA out of memory. Tried to allocate 2.00 GiB")
                .expect("one")
                .starts_with("memory ran out;")
        );
        assert_eq!(ran_out("The size of tensor a (3) must match"), None);
    }
}
