//! One process at a time trains a run.

use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::files::cannot_write;

/// Exit code of a command that found its run in another process's hands; `EX_TEMPFAIL` of sysexits.h.
pub const BUSY: u8 = 75;

/// Another process trains the run.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is being trained by another process ({holder}); wait for it, or train in another folder (--out beside the experiment's file)",
    root.display()
)]
pub struct Busy {
    /// The run's folder.
    pub root: PathBuf,
    /// What the other process says of itself.
    pub holder: String,
}

/// A run that no other process can train meanwhile.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Of the run in `root`, a folder that is there.
    ///
    /// # Errors
    /// When another process holds it ([`Busy`]), or the disk has no file locks.
    pub(super) fn take(root: &Path) -> Result<Self> {
        let path = root.join("lock");
        let opened = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let file = opened.map_err(|error| cannot_write(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                let holder = if holder.trim().is_empty() { "unknown" } else { holder.trim() }.to_owned();
                return Err(Busy { root: root.to_owned(), holder }.into());
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| {
                    format!(
                        "cannot lock {}, so that nothing would keep two processes apart; give a folder on another disk with --out or --runs",
                        path.display()
                    )
                });
            }
        }
        file.set_len(0).and_then(|()| writeln!(&file, "process {}", std::process::id())).ok();
        Ok(Self { _file: file })
    }
}
