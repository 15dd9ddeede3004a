//! The checkpoints of a run: which there are, which is the newest whole one, which may go.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::{Checkpoint, NewerFormat, RunDir, TrainState};

/// Checkpoints for resuming that are kept.
const KEPT: usize = 2;

impl RunDir {
    /// Stems of whole-looking checkpoints whose name starts with `prefix`, oldest first.
    ///
    /// # Errors
    /// When the folder is there and cannot be listed: a run whose checkpoints cannot be seen must not begin anew.
    pub(super) fn stems(&self, prefix: &str) -> Result<Vec<PathBuf>> {
        self.stems_of(prefix, "json")
    }

    /// Stems of the files with this extension whose name starts with `prefix`, oldest first.
    fn stems_of(&self, prefix: &str, extension: &str) -> Result<Vec<PathBuf>> {
        let mut stems: Vec<PathBuf> = self
            .files()?
            .into_iter()
            .filter(|p| p.extension().is_some_and(|e| e == extension))
            .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix)))
            .map(|p| p.with_extension(""))
            .collect();
        // By number: density-100 comes after density-99.
        stems.sort_by_key(|stem| number(stem));
        Ok(stems)
    }

    /// What is in the folder of checkpoints; nothing where there is none.
    fn files(&self) -> Result<Vec<PathBuf>> {
        let folder = self.checkpoints();
        let listed = || -> std::io::Result<Vec<PathBuf>> {
            fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
        };
        match listed() {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            listed => listed.with_context(|| {
                format!("cannot list the checkpoints in {}; nothing was changed", folder.display())
            }),
        }
    }

    /// Stem of the newest checkpoint for resuming, whole or not.
    pub fn newest_stem(&self) -> Option<PathBuf> {
        self.stems("samples-").ok()?.pop()
    }

    /// The newest whole resume checkpoint, with a message for each damaged one passed over.
    ///
    /// # Errors
    /// When there are checkpoints but none is whole, or models of densities alone, one was written by a newer version, or the disk does not give
    /// one out: going on from an older one would then throw away what was trained since.
    pub fn latest(&self) -> Result<(Option<Checkpoint>, Vec<String>)> {
        let mut damaged = Vec::new();
        for stem in self.stems("samples-")?.iter().rev() {
            match Checkpoint::load(stem) {
                Ok(checkpoint) => return Ok((Some(checkpoint), damaged)),
                Err(error) if error.chain().any(|cause| cause.is::<NewerFormat>()) => return Err(error),
                Err(error) if is_withheld(&error) => {
                    return Err(error.context(format!(
                        "the newest checkpoint of {} may be whole and cannot be read now; nothing was changed. See to the disk or to permissions, or delete it so that the one before is used",
                        self.root().display()
                    )));
                }
                Err(error) => damaged.push(format!("{error:#}")),
            }
        }
        // Densities are left after a checkpoint was written, so one was taken away, or never copied.
        ensure!(
            !damaged.is_empty() || self.density_stems().is_empty(),
            "{} has models of densities and no checkpoint samples-… to go on from; nothing was changed. Bring the rest of the run's folder there, or train in another folder with --out",
            self.root().display()
        );
        if damaged.is_empty() {
            return Ok((None, damaged));
        }
        bail!(
            "no checkpoint of {} is whole:\n{}\ndelete the folder to train afresh",
            self.root().display(),
            damaged.join("\n")
        );
    }

    /// Takes the folder away again if it holds nothing but what [`create`](Self::create) wrote. What cannot be removed
    /// stays.
    pub fn withdraw(&self) {
        let Ok(_lock) = self.lock() else { return };
        if self.metrics_path().exists() || !self.files().is_ok_and(|files| files.is_empty()) {
            return;
        }
        let _ = fs::remove_dir(self.checkpoints());
        for name in ["config.toml", "run.toml", "lock"] {
            let _ = fs::remove_file(self.root().join(name));
        }
        let _ = fs::remove_dir(self.root());
    }

    /// Whether training has ended, by the newest resume checkpoint that can be read.
    pub fn finished(&self) -> bool {
        self.newest_state().is_some_and(|state| state.finished)
    }

    /// What the newest resume checkpoint says that can be read.
    pub(super) fn newest_state(&self) -> Option<TrainState> {
        let stems = self.stems("samples-").unwrap_or_default();
        stems.iter().rev().find_map(|stem| Checkpoint::state(stem).ok())
    }

    /// Whether this is a model that was kept without what training needs to go on.
    pub fn is_model_only(&self) -> bool {
        self.stems("samples-").is_ok_and(|stems| stems.is_empty())
    }

    /// Deletes all but the newest resume checkpoints, tensors before them whose sidecar is gone (those of a deletion
    /// that was cut off half way), and what a kill left half written. Nothing where the folder cannot be listed.
    /// To be called by who holds the lock.
    pub fn prune(&self) {
        let (Ok(whole), Ok(tensors), Ok(files)) =
            (self.stems("samples-"), self.stems_of("samples-", "safetensors"), self.files())
        else {
            return;
        };
        for file in files.iter().filter(|file| file.extension().is_some_and(|e| e == "tmp")) {
            let _ = fs::remove_file(file);
        }
        let Some(oldest_kept) = whole.get(whole.len().saturating_sub(KEPT)) else { return };
        let torn = tensors.iter().take_while(|&stem| stem != oldest_kept);
        for stem in whole.iter().take_while(|&stem| stem != oldest_kept).chain(torn) {
            Checkpoint::remove(stem);
        }
    }
}

/// The number that a checkpoint's name ends in.
pub(super) fn number(stem: &Path) -> u64 {
    let name = stem.file_name().unwrap_or_default().to_string_lossy();
    name.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Whether a checkpoint could not be read for a reason that says nothing about the checkpoint.
fn is_withheld(error: &anyhow::Error) -> bool {
    let of_the_file = [
        ErrorKind::NotFound,
        ErrorKind::InvalidData,
        ErrorKind::UnexpectedEof,
        ErrorKind::IsADirectory,
        ErrorKind::NotADirectory,
    ];
    let cause = error.chain().find_map(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| !of_the_file.contains(&cause.kind()))
}
