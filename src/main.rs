//! The `sparling` command: dispatch only, see [`sparling::cli`].

use std::ffi::{c_char, c_int};
use std::process::ExitCode;

use sparling::memory::{Named, ask_for_addresses};

#[global_allocator]
static ALLOCATOR: Named = Named;

/// Called by the dynamic linker before libtorch and all other libraries set themselves up.
// SAFETY: the section is a list of such functions, which get what `main` of C gets.
#[cfg(target_os = "linux")]
#[used]
#[unsafe(link_section = ".preinit_array")]
static BEFORE_LIBRARIES: unsafe extern "C" fn(c_int, *const *const c_char, *const *const c_char) =
    ask_for_addresses;

fn main() -> ExitCode {
    sparling::cli::main()
}
