//! A run opened for measuring: the network of one of its checkpoints.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use tch::Device;

use crate::train::{Checkpoint, Event, MetricsLog, RunDir, Session};

/// A trained network at one of its densities.
#[derive(Debug)]
pub struct Model {
    /// The network, its configuration and its domain.
    pub session: Session,
    /// Density in force.
    pub delta: f64,
    /// Hash of the configuration that it was trained with.
    pub config_hash: String,
    /// Training samples seen up to this density.
    pub trained: u64,
    /// Training time up to this density, in seconds (0 where the log is not there).
    pub wall_seconds: f64,
}

impl Model {
    /// Loads the checkpoint `stem` of a run.
    ///
    /// # Errors
    /// When the checkpoint, the configuration or the log is damaged, or they do not fit each other.
    pub fn load(dir: &RunDir, stem: &Path, device: Device) -> Result<Self> {
        let (checkpoint, config) = (Checkpoint::load(stem)?, dir.config()?);
        if dir.newest_stem().is_some() {
            dir.own(&checkpoint, &config)?;
        }
        let mut session = Session::new(&config, dir.identity.seed, device)?;
        session.restore(&checkpoint, None)?;
        let samples = checkpoint.state.samples;
        let wall_seconds = MetricsLog::read(&dir.metrics_path())?
            .iter()
            .filter(|e| e.samples() <= samples)
            .filter_map(Event::wall_seconds)
            .fold(0.0, f64::max);
        let delta = checkpoint.state.annealing.density;
        Ok(Self { session, delta, config_hash: checkpoint.config_hash, trained: samples, wall_seconds })
    }

    /// δ, where the layer is steered by one.
    pub fn reported_delta(&self) -> Option<f64> {
        self.session.config.sparsity.kind.has_delta().then_some(self.delta)
    }

    /// Loads the model that is reported: the one at the last density above the minimum, or the
    /// newest checkpoint of a run that has none yet.
    ///
    /// # Errors
    /// When the run has no model yet; and as [`Model::load`].
    pub fn reported(dir: &RunDir, device: Device) -> Result<Self> {
        match density_stems(dir, 1).pop() {
            Some(stem) => Self::load(dir, &stem, device),
            None => bail!(
                "{} has no trained model yet (nothing in {}/checkpoints); train it first",
                dir.root().display(),
                dir.root().display()
            ),
        }
    }
}

/// Stems of the models at the last `count` densities, densest first; of a run that has none yet, that of its newest
/// checkpoint.
#[must_use]
pub fn density_stems(dir: &RunDir, count: usize) -> Vec<PathBuf> {
    let stems = dir.density_stems();
    if stems.is_empty() {
        return dir.newest_stem().into_iter().collect();
    }
    stems[stems.len().saturating_sub(count)..].to_vec()
}
