//! The `sparling` command: dispatch only, see [`sparling::cli`].

use std::process::ExitCode;

use sparling::memory::Named;

#[global_allocator]
static ALLOCATOR: Named = Named;

fn main() -> ExitCode {
    sparling::cli::main()
}
