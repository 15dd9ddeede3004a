//! How it is told that memory has run out all the same.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::{CStr, c_char};
use std::io::Write as _;
use std::sync::OnceLock;

use super::amount;

/// What a failure of libtorch says if it is one of memory: in one line, with the amount that was asked for.
#[must_use]
pub fn ran_out(message: &str) -> Option<String> {
    const THREADS: [&str; 2] = ["failed to spawn thread", "Resource temporarily unavailable"];
    const SIGNS: [&str; 6] = [
        "can't allocate memory",
        // oneDNN's, which says no more; a descriptor is refused for other reasons.
        "could not create a primitive\n",
        "not enough memory",
        "out of memory",
        "std::bad_alloc",
        "Storage size calculation overflowed",
    ];
    if THREADS.iter().any(|sign| message.contains(sign)) {
        return Some(THREADS_RAN_OUT.to_owned());
    }
    // As a rule C++ frames follow.
    let message = &format!("{message}\n");
    if !SIGNS.iter().any(|sign| message.contains(sign)) {
        return None;
    }
    // "… you tried to allocate 4000000000000 bytes. …"
    let asked = message.split("tried to allocate ").nth(1);
    let bytes = asked.and_then(|rest| rest.split_whitespace().next()?.parse::<f64>().ok());
    Some(told(bytes))
}

const SMALLER: &str = "; what was saved before is untouched. Make batches (train.batch, evaluation.batch) or the model smaller, give fewer --threads, or use a machine with more memory";
const THREADS_RAN_OUT: &str = "a thread could not be started; what was saved before is untouched. Give fewer --threads, or raise the limit on processes (ulimit -u) or on memory";

/// Ends the process with one clear line and the exit code 1 where C++ has an exception of memory or threads that
/// nothing catches, as in a thread of libtorch's own; other exceptions go the way they did.
pub(crate) fn tell_of_cpp() {
    // SAFETY: the handler is there for good.
    let before = unsafe { set_terminate(on_terminate) };
    let _ = BEFORE.set(before);
}

static BEFORE: OnceLock<Option<Terminate>> = OnceLock::new();

type Terminate = extern "C" fn();

unsafe extern "C" {
    /// `std::set_terminate`
    #[link_name = "_ZSt13set_terminatePFvvE"]
    fn set_terminate(handler: Terminate) -> Option<Terminate>;
    /// `abi::__cxa_current_exception_type`; null where there is no exception.
    fn __cxa_current_exception_type() -> *const TypeInfo;
}

/// The beginning of a `std::type_info`.
#[repr(C)]
struct TypeInfo {
    _table: *const (),
    name: *const c_char,
}

extern "C" fn on_terminate() {
    // SAFETY: an exception's type has a name for good.
    let name = unsafe {
        let of = __cxa_current_exception_type();
        if of.is_null() { c"" } else { CStr::from_ptr((*of).name) }
    };
    let line = match name.to_bytes() {
        b"St9bad_alloc" | b"N3c1016OutOfMemoryErrorE" => Some(["memory ran out", SMALLER]),
        b"St12system_error" => Some([THREADS_RAN_OUT, ""]),
        _ => None,
    };
    if let Some(line) = line {
        // Without Rust's locks, which another thread may hold, and without allocating.
        for text in ["error: ", line[0], line[1], "\n"] {
            // SAFETY: the text is there for good.
            unsafe { nix::libc::write(nix::libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
        }
        // SAFETY: ends the process without running destructors, which working threads still rely on.
        unsafe { nix::libc::_exit(1) }
    }
    if let Some(before) = BEFORE.get().copied().flatten() {
        before();
    }
    std::process::abort();
}

fn told(bytes: Option<f64>) -> String {
    let asked =
        bytes.map_or_else(String::new, |bytes| format!(" when {} more were asked for", amount(bytes)));
    format!("memory ran out{asked}{SMALLER}")
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
    use std::ffi::c_void;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Command;

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
        let thread = "failed to spawn thread: Os { code: 11, kind: WouldBlock, message: \"Resource temporarily unavailable\" }";
        assert!(ran_out(thread).expect("one").starts_with("a thread could not be started;"));
        let gradient =
            "cannot take the gradient of the loss: Internal torch error: could not create a primitive";
        assert!(ran_out(gradient).expect("one").starts_with("memory ran out;"));
        assert_eq!(ran_out("could not create a primitive descriptor for a convolution"), None);
        assert_eq!(ran_out("The size of tensor a (3) must match"), None);
    }
    /// Says in the test's own child process what its thread is to throw.
    const THROW: &str = "SPARLING_TEST_THROW";

    unsafe extern "C" {
        /// `std::__throw_bad_alloc()`, `std::__throw_system_error(int)` and `std::__throw_logic_error(const char*)`
        #[link_name = "_ZSt17__throw_bad_allocv"]
        fn throw_bad_alloc(_: *mut c_void) -> *mut c_void;
        #[link_name = "_ZSt20__throw_system_errori"]
        fn throw_system_error(error: *mut c_void) -> *mut c_void;
        #[link_name = "_ZSt19__throw_logic_errorPKc"]
        fn throw_logic_error(what: *mut c_void) -> *mut c_void;
    }

    /// Throws in a thread that C++ alone knows, as those of libtorch are.
    fn throw(what: &str) {
        let thrown = match what {
            "bad_alloc" => throw_bad_alloc,
            "system_error" => throw_system_error,
            _ => throw_logic_error,
        };
        let argument = match what {
            "system_error" => std::ptr::without_provenance_mut(11),
            _ => c"a fault".as_ptr().cast_mut().cast(),
        };
        let mut thread = 0;
        // SAFETY: each function takes what it is given; none returns, and the join waits for the end of the process.
        unsafe {
            let thrown: unsafe extern "C" fn(*mut c_void) -> *mut c_void = thrown;
            let thrown = std::mem::transmute::<
                unsafe extern "C" fn(*mut c_void) -> *mut c_void,
                extern "C" fn(*mut c_void) -> *mut c_void,
            >(thrown);
            nix::libc::pthread_create(&raw mut thread, std::ptr::null(), thrown, argument);
            nix::libc::pthread_join(thread, std::ptr::null_mut());
        }
    }

    #[test]
    fn what_nothing_catches_is_told_in_one_line() {
        if let Ok(what) = std::env::var(THROW) {
            tell_of_cpp();
            throw(&what);
        }
        let ended = |what: &str| {
            let mut child = Command::new(std::env::current_exe().unwrap());
            let name = "memory::out::tests::what_nothing_catches_is_told_in_one_line";
            let done = child.args([name, "--exact", "--nocapture"]).env(THROW, what).output().unwrap();
            (done.status, String::from_utf8_lossy(&done.stderr).into_owned())
        };
        for (what, line) in [
            ("bad_alloc", format!("error: memory ran out{SMALLER}\n")),
            ("system_error", format!("error: {THREADS_RAN_OUT}\n")),
        ] {
            let (status, told) = ended(what);
            assert_eq!((status.code(), told), (Some(1), line), "{what}");
        }
        let (status, told) = ended("logic_error");
        assert_eq!(status.signal(), Some(nix::libc::SIGABRT), "{told}");
        assert!(told.contains("a fault") && !told.contains("memory"), "{told}");
    }
}
