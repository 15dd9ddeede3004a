//! Whether `ulimit -v` leaves libtorch the addresses that it takes of its own.
//!
//! libtorch sets itself up before `main`. Where addresses run out there or when it starts its threads, it ends the
//! process by an exception that nobody can catch, crashes, or waits for ever. So this is asked before any library sets
//! itself up, by the entry of `src/main.rs` in `.preinit_array`. Nothing here allocates.

use std::ffi::{CStr, c_char, c_int};
use std::fmt::Write as _;

use nix::libc;

use super::VARIABLE;

/// Bytes that libtorch, its threads' stacks and the allocator took beside what is mapped at the start, with some room:
/// at 490 MiB the smallest trainings ran, below they failed one way or another.
const WORKING: u64 = 512 << 20;

/// Ends the process with one line and the exit code 1 where `ulimit -v` leaves too few addresses, unless
/// `SPARLING_MEMORY=any`. For the `.preinit_array` of a program.
///
/// # Safety
/// `environment` is a list of C strings with a null pointer at its end, as the system hands it to a program.
pub unsafe extern "C" fn ask_for_addresses(
    _count: c_int,
    _arguments: *const *const c_char,
    environment: *const *const c_char,
) {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the structure is ours.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) };
    if asked != 0 || limit.rlim_cur == libc::RLIM_INFINITY {
        return;
    }
    let Some(mapped) = mapped() else { return };
    // SAFETY: as the caller promises.
    if limit.rlim_cur >= mapped + WORKING || unsafe { is_any(environment) } {
        return;
    }
    let mut line = Line { bytes: [0; 512], length: 0 };
    let _ = writeln!(
        line,
        "error: found a limit of {} KiB of addresses (ulimit -v), expected at least {}: libtorch takes {} to be \
         loaded and about {} to work. Raise the limit in a new shell, or take it away by `ulimit -v unlimited`; to \
         try all the same, set the environment variable {VARIABLE}=any",
        limit.rlim_cur >> 10,
        (mapped + WORKING) >> 10,
        mapped >> 10,
        WORKING >> 10,
    );
    // SAFETY: the bytes are there; nothing has been set up that would have to be taken down.
    unsafe {
        libc::write(libc::STDERR_FILENO, line.bytes.as_ptr().cast(), line.length);
        libc::_exit(1);
    }
}

/// Bytes of addresses that this process has mapped.
fn mapped() -> Option<u64> {
    let mut text = [0_u8; 128];
    // SAFETY: a file is opened, read into memory of ours and closed.
    let length = unsafe {
        let file = libc::open(c"/proc/self/statm".as_ptr(), libc::O_RDONLY | libc::O_CLOEXEC);
        let length = libc::read(file, text.as_mut_ptr().cast(), text.len());
        libc::close(file);
        usize::try_from(length).ok()?
    };
    // SAFETY: a number is asked for.
    let page = u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).ok()?;
    let pages: u64 = str::from_utf8(&text[..length]).ok()?.split(' ').next()?.parse().ok()?;
    Some(pages * page)
}

/// Whether the user wants to try whatever there is.
///
/// # Safety
/// As [`ask_for_addresses`].
unsafe fn is_any(mut environment: *const *const c_char) -> bool {
    // SAFETY: the list ends with a null pointer, and each before it is a C string.
    unsafe {
        while !environment.is_null() && !(*environment).is_null() {
            let entry = CStr::from_ptr(*environment).to_bytes();
            let said = entry.strip_prefix(VARIABLE.as_bytes()).and_then(|rest| rest.strip_prefix(b"="));
            if let Some(said) = said {
                return said.trim_ascii().eq_ignore_ascii_case(b"any");
            }
            environment = environment.add(1);
        }
    }
    false
}

/// Text that is written without allocating; what does not fit is cut off.
struct Line {
    bytes: [u8; 512],
    length: usize,
}

impl std::fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let room = &mut self.bytes[self.length..];
        let taken = text.len().min(room.len());
        room[..taken].copy_from_slice(&text.as_bytes()[..taken]);
        self.length += taken;
        Ok(())
    }
}
