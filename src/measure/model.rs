//! A run opened for measuring: the network of one of its checkpoints.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use tch::Device;

use crate::config::Config;
use crate::results::{Measurement, RunName, Store};
use crate::train::{Event, Identity, MetricsLog, RunDir, Session};

/// A trained network at one of its densities.
#[derive(Debug)]
pub struct Model {
    /// The run that it is of.
    pub identity: Identity,
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
        Self::load_with(dir, stem, |config| Session::new(config, dir.identity.seed, device))
    }

    /// As [`Model::load`], with the session that `session` makes for the run's configuration: for a domain of the
    /// caller's own ([`Session::with_domain`]).
    ///
    /// # Errors
    /// As [`Model::load`], and when `session` fails.
    pub fn load_with(
        dir: &RunDir,
        stem: &Path,
        session: impl FnOnce(&Config) -> Result<Session>,
    ) -> Result<Self> {
        let (checkpoint, config) = (dir.load_model(stem)?, dir.config()?);
        dir.own(&checkpoint, &config)?;
        let mut session = session(&config)?;
        let file = || stem.with_extension("safetensors").display().to_string();
        session.restore(&checkpoint, None).with_context(file)?;
        let samples = checkpoint.state.samples;
        let wall_seconds = MetricsLog::read(&dir.metrics_path())?
            .iter()
            .filter(|e| e.samples() <= samples)
            .filter_map(Event::wall_seconds)
            .fold(0.0, f64::max);
        let delta = checkpoint.state.annealing.density;
        let identity = dir.identity.clone();
        Ok(Self {
            identity,
            session,
            delta,
            config_hash: checkpoint.config_hash,
            trained: samples,
            wall_seconds,
        })
    }

    /// δ, where the layer is steered by one.
    pub fn reported_delta(&self) -> Option<f64> {
        self.session.config.sparsity.kind.has_delta().then_some(self.delta)
    }

    /// What rows of a family of metrics of this model are kept as.
    #[must_use]
    pub fn measurement(&self, family: &str) -> Measurement {
        let Identity { domain, variant, seed, .. } = &self.identity;
        let run = RunName { domain: domain.clone(), variant: variant.clone(), seed: *seed };
        Measurement { run, delta: self.reported_delta(), family: family.to_owned() }
    }

    /// Whether a family is to be measured on so many samples: not where only what is missing is wanted and it is
    /// there.
    ///
    /// # Errors
    /// When it would not be kept, see [`Store::admit`].
    pub fn is_due(
        &self,
        family: &str,
        samples: u64,
        store: Option<&Store>,
        missing_only: bool,
    ) -> Result<bool> {
        let Some(store) = store else { return Ok(true) };
        let measurement = self.measurement(family);
        if missing_only && store.samples(&measurement, &self.config_hash)?.is_some_and(|n| n >= samples) {
            return Ok(false);
        }
        store.admit(&measurement, &self.config_hash, samples)?;
        Ok(true)
    }

    /// Loads the model that is reported: the one at the last density above the minimum, or the
    /// newest checkpoint of a run that has none yet.
    ///
    /// # Errors
    /// When the run has no model yet; and as [`Model::load`].
    pub fn reported(dir: &RunDir, device: Device) -> Result<Self> {
        Self::load(dir, &reported_stem(dir)?, device)
    }

    /// As [`Model::reported`], with a session as [`Model::load_with`] takes it.
    ///
    /// # Errors
    /// As [`Model::reported`] and [`Model::load_with`].
    pub fn reported_with(dir: &RunDir, session: impl FnOnce(&Config) -> Result<Session>) -> Result<Self> {
        Self::load_with(dir, &reported_stem(dir)?, session)
    }
}

/// Stem of the model that is reported.
pub(super) fn reported_stem(dir: &RunDir) -> Result<PathBuf> {
    match density_stems(dir)?.pop() {
        Some(stem) => Ok(stem),
        None => {
            bail!(
                "{} has no trained model yet (nothing in {}/checkpoints); train it first",
                dir.root().display(),
                dir.root().display()
            )
        }
    }
}

/// Stems of a run's models, densest first; of a run that has none yet, that of its newest checkpoint.
///
/// # Errors
/// When the folder of checkpoints cannot be listed.
pub(super) fn density_stems(dir: &RunDir) -> Result<Vec<PathBuf>> {
    let stems = dir.models()?;
    Ok(if stems.is_empty() { dir.newest_stem().into_iter().collect() } else { stems })
}
