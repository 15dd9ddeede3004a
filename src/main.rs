//! The `sparling` command: dispatch only, see [`sparling::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    sparling::cli::main()
}
