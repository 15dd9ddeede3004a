//! Whether someone asked this process to stop, and what is told when they insist.
//!
//! SIGINT (Ctrl-C), SIGTERM and SIGHUP (a closed terminal) ask. Work that is under way looks at [`asked`] between
//! batches, saves, and ends. A process that ends so has the exit code [`SAVED`].
//!
//! ```
//! assert!(!sparling::interrupt::asked());
//! assert!(sparling::interrupt::check().is_ok()); // an error once someone has pressed Ctrl-C
//! ```

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Exit code of a command that was asked to stop and has saved everything.
pub const SAVED: u8 = 130;

/// Exit code of a command that was made to stop at once: what it had saved before is as it was.
pub const AT_ONCE: u8 = 131;

/// Signals within this time of the first are one wish: `timeout`, a terminal and a batch system often send two.
const ONE_WISH: Duration = Duration::from_secs(1);

static ASKED: AtomicBool = AtomicBool::new(false);
static KEPT: Mutex<String> = Mutex::new(String::new());

/// The work was given up because someone asked for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted;

/// Whether someone has asked this process to stop.
pub fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// The same as a flag, for work that takes one.
pub fn flag() -> &'static AtomicBool {
    &ASKED
}

/// To be called between batches.
///
/// # Errors
/// When someone has asked to stop.
pub fn check() -> Result<(), Interrupted> {
    if asked() { Err(Interrupted) } else { Ok(()) }
}

/// What `work` comes to, which may wait for others (a pipe that nobody writes to, say). Such a wait is left to itself
/// once someone asks to stop; it ends with the process.
///
/// # Errors
/// When someone asks to stop before the work is done.
///
/// # Panics
/// When `work` does.
pub fn unless_asked<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Interrupted> {
    let (sender, done) = mpsc::sync_channel(1);
    let worker = std::thread::spawn(move || drop(sender.send(work())));
    loop {
        match done.recv_timeout(Duration::from_millis(100)) {
            Ok(done) => return Ok(done),
            Err(RecvTimeoutError::Timeout) => check()?,
            Err(RecvTimeoutError::Disconnected) => match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => return Err(Interrupted),
            },
        }
    }
}

/// Remembers what is saved, for those who do not wait for the rest.
pub fn keep(what: String) {
    *KEPT.lock().unwrap_or_else(PoisonError::into_inner) = what;
}

/// Has `first` called at the first signal, after which [`asked`] is true, and `again` at one that comes a second or
/// more later. Of several calls of this function the first counts.
pub fn watch(first: impl Fn() + Send + 'static, again: impl Fn() + Send + 'static) {
    let mut begun: Option<Instant> = None;
    let handler = move || match begun {
        None => {
            begun = Some(Instant::now());
            ASKED.store(true, Ordering::Relaxed);
            first();
        }
        Some(begun) if begun.elapsed() < ONE_WISH => {}
        Some(_) => again(),
    };
    let without_terminal = is_ignored(Signal::SIGHUP);
    // Fails only when a handler is there already.
    let _ = ctrlc::set_handler(handler);
    if without_terminal {
        let ignoring = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: a signal that was ignored a moment ago is ignored again; no handler of ours is involved.
        let _ = unsafe { sigaction(Signal::SIGHUP, &ignoring) };
    }
}

/// Whether whoever started this process had it ignore a signal, as `nohup` does with SIGHUP. That stays so.
fn is_ignored(signal: Signal) -> bool {
    // SAFETY: all zeros are a valid value of this plain struct, which the call fills in; nothing is changed.
    let (failed, action) = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(signal as libc::c_int, std::ptr::null(), &raw mut action), action)
    };
    failed == 0 && action.sa_sigaction == libc::SIG_IGN
}

/// [`watch`] for a command that ends by itself once it is [`asked`]: says that it is `doing` so, and at a second
/// deliberate signal what is saved, and stops.
pub fn watch_and_end(doing: &'static str) {
    watch(
        move || tell(&format!("\n{doing} … (Ctrl-C again in a second or later stops at once)")),
        || {
            let kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let kept = if kept.is_empty() { "nothing was saved yet".to_owned() } else { kept };
            tell(&format!("stopped at once; {kept}"));
            // SAFETY: ends the process without running destructors, which working threads still rely on.
            unsafe { libc::_exit(i32::from(AT_ONCE)) }
        },
    );
}

/// A line to standard error, wherever that leads: a terminal that is gone must not end the work.
pub fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
