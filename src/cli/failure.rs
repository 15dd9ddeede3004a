//! How a failure is told: one message, no backtrace unless `SPARLING_BACKTRACE=1` asks for it.

use std::backtrace::Backtrace;
use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SigHandler, Signal, signal};

use crate::guard::is_guarded;
use crate::interrupt::{Interrupted, SAVED, tell};
use crate::memory::{ran_out, tell_of_cpp};
use crate::train::{BUSY, Busy};

const BACKTRACE: &str = "SPARLING_BACKTRACE";

fn backtrace_wanted() -> bool {
    std::env::var_os(BACKTRACE).is_some_and(|value| !value.is_empty() && value != "0")
}

/// To be called first in `main`: takes over the report of panics.
pub(super) fn prepare() {
    if backtrace_wanted() {
        // SAFETY: `main` has started no thread yet, so none can read the environment meanwhile.
        unsafe { std::env::set_var("RUST_LIB_BACKTRACE", "1") };
    }
    std::panic::set_hook(Box::new(on_panic));
    tell_of_cpp();
    // A file that grows past `ulimit -f` is an error of writing that can be told, not the end of the process.
    // SAFETY: ignoring a signal installs no handler.
    let _ = unsafe { signal(Signal::SIGXFSZ, SigHandler::SigIgn) };
}

/// Prints the whole chain of an error in one message.
pub(super) fn report(error: &anyhow::Error) -> ExitCode {
    let closed = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(closed) {
        // The reader of our output had enough (`sparling list | head`): nothing went wrong.
        return ExitCode::SUCCESS;
    }
    let interrupted = error.chain().any(|cause| cause.is::<Interrupted>());
    let told = if interrupted { interruption(error) } else { format!("{error:#}") };
    let mut message = ran_out(&told).unwrap_or_else(|| without_cpp_frames(&told).to_owned());
    if backtrace_wanted() {
        let _ = write!(message, "\n\n{}", error.backtrace());
    }
    print(&message);
    match () {
        () if interrupted => ExitCode::from(SAVED),
        () if error.chain().any(|cause| cause.is::<Busy>()) => ExitCode::from(BUSY),
        () => ExitCode::FAILURE,
    }
}

/// What someone who told the command to stop is told: what it was at, if that is known, and what became of it.
fn interruption(error: &anyhow::Error) -> String {
    let outermost = error.to_string();
    // Training says itself what it saved.
    if outermost.starts_with("interrupted") && outermost != Interrupted.to_string() {
        return outermost;
    }
    let at = if outermost == Interrupted.to_string() { String::new() } else { format!(" {outermost}") };
    format!("interrupted{at}; what was kept before is as it was. Run the same command again for the rest")
}

fn on_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let text = text.unwrap_or("no message");
    if let Some(message) = ran_out(text) {
        // As a rule memory runs out in several threads at once.
        static TOLD: AtomicBool = AtomicBool::new(false);
        if !TOLD.swap(true, Ordering::Relaxed) {
            print(&message);
        }
        return;
    }
    if is_guarded() {
        return;
    }
    let place =
        info.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
    let mut message = format!(
        "{}{place}; this is a fault of the program: please report it with the command that you gave",
        without_cpp_frames(text)
    );
    if backtrace_wanted() {
        let _ = write!(message, "\n\n{}", Backtrace::force_capture());
    } else {
        let _ = write!(message, " and what it prints with {BACKTRACE}=1");
    }
    print(&message);
}

/// libtorch ends its messages with the C++ frames it came through; they tell a user nothing.
fn without_cpp_frames(message: &str) -> &str {
    let end = ["\nException raised from", "\nframe #0"].iter().filter_map(|mark| message.find(mark)).min();
    message[..end.unwrap_or(message.len())].trim_end()
}

fn print(message: &str) {
    let colour =
        std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let label = if colour { "\x1b[1;31merror:\x1b[0m" } else { "error:" };
    tell(&format!("{label} {message}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_of_cpp_are_cut_and_the_rest_is_kept() {
        let message = "loading a.safetensors: no such tensor\nin the file\n\
                       Exception raised from f at x.cpp:7 (most recent call first):\nframe #0: g";
        assert_eq!(without_cpp_frames(message), "loading a.safetensors: no such tensor\nin the file", "cut");
        assert_eq!(without_cpp_frames("two\nlines"), "two\nlines", "kept");
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed =
            anyhow::Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).context("printing");
        assert_eq!(format!("{:?}", report(&closed)), format!("{:?}", ExitCode::SUCCESS), "closed pipe");
    }
}
