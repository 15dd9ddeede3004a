//! Child processes of a sweep, and how all of them are stopped.
//!
//! Each run is a process of its own, since libtorch's generator and its number of threads are
//! global to one. Children are in process groups of their own, so that the terminal's Ctrl-C
//! reaches the sweep alone: a run that got it twice would stop without saving.

use std::collections::HashMap;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// How a child came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// By itself.
    Exit(ExitStatus),
    /// After the sweep was stopped.
    Stopped(ExitStatus),
    /// It was not begun, since the sweep was stopped before.
    NotBegun,
}

#[derive(Debug, Default)]
struct Running {
    stopping: bool,
    children: HashMap<u32, Child>,
}

/// The children that run now.
#[derive(Debug, Default)]
pub(super) struct Pool {
    running: Mutex<Running>,
}

impl Pool {
    fn running(&self) -> MutexGuard<'_, Running> {
        // A panic elsewhere leaves the map as it was: still right.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks every child to save and end, and begins no other. Asked again, children end without
    /// saving.
    pub(super) fn stop(&self) {
        let mut running = self.running();
        running.stopping = true;
        for id in running.children.keys() {
            // Children are taken out as they are waited for, so the id is still theirs.
            if let Ok(id) = i32::try_from(*id) {
                let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
            }
        }
    }

    /// Whether [`stop`](Self::stop) was called.
    pub(super) fn stopped(&self) -> bool {
        self.running().stopping
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// When it cannot be started or waited for.
    pub(super) fn run(&self, mut command: Command) -> Result<End> {
        command.process_group(0);
        // SAFETY: between fork and exec only prctl is called, which allocates nothing.
        unsafe {
            // A sweep that is killed outright takes its runs along; they save first.
            command.pre_exec(|| prctl::set_pdeathsig(Signal::SIGTERM).map_err(Into::into));
        }
        let id = {
            let mut running = self.running();
            if running.stopping {
                return Ok(End::NotBegun);
            }
            let child = command
                .spawn()
                .with_context(|| format!("cannot start {}", command.get_program().display()))?;
            let id = child.id();
            running.children.insert(id, child);
            id
        };
        loop {
            {
                let mut running = self.running();
                let stopping = running.stopping;
                if let Some(child) = running.children.get_mut(&id)
                    && let Some(status) = child.try_wait().context("cannot wait for a run")?
                {
                    running.children.remove(&id);
                    return Ok(if stopping && !status.success() {
                        End::Stopped(status)
                    } else {
                        End::Exit(status)
                    });
                }
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_stop_reaches_children_and_nothing_begins_after_it() {
        let pool = Pool::default();
        let begun = Instant::now();
        std::thread::scope(|scope| {
            let child = scope.spawn(|| pool.run(shell("sleep 60")).unwrap());
            while pool.running().children.is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            pool.stop();
            assert!(matches!(child.join().unwrap(), End::Stopped(_)));
        });
        assert!(begun.elapsed() < Duration::from_secs(30), "the child was not waited out");
        assert_eq!(pool.run(shell("exit 0")).unwrap(), End::NotBegun);
    }

    #[test]
    fn exit_codes_come_back() {
        let pool = Pool::default();
        let code = |script| match pool.run(shell(script)).unwrap() {
            End::Exit(status) => status.code(),
            other => panic!("{other:?}"),
        };
        assert_eq!((code("exit 0"), code("exit 3")), (Some(0), Some(3)));
        assert!(pool.run(Command::new("/no/such/program")).is_err());
    }
}
