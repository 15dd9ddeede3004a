//! The models of a run, one for each density that it left, and whether they are those that its training left.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};

use super::run_checkpoints::number;
use super::{Checkpoint, NewerFormat, RunDir, Session, TrainState};
use crate::hint::{EXPERIMENTS, Hint, RUNS};
use crate::sparsity::AnnealingState;

impl RunDir {
    /// Stems of the models by density, densest first, whatever is in them; see [`models`](Self::models).
    pub fn density_stems(&self) -> Vec<PathBuf> {
        self.stems("density-").unwrap_or_default()
    }

    /// Stems of the models by density, densest first; none of a run that has left no density yet.
    ///
    /// # Errors
    /// When they cannot be listed, one is another density's under a new name, or the last that training left is
    /// missing: the one before would pass for it.
    pub fn models(&self) -> Result<Vec<PathBuf>> {
        let stems = self.stems("density-")?;
        for stem in &stems {
            // A model that is damaged says so when it is read.
            let Ok(state) = Checkpoint::state(stem) else { continue };
            ensure!(
                u64::from(state.lowered) == number(stem),
                "{}.json holds the model density-{:02} of its run, expected that of its name; move this file and the .safetensors beside it away, or give both their old name back",
                stem.display(),
                state.lowered
            );
        }
        if let Some(trained) = self.newest_state()
            && let Some(due) = last_left(&trained)
            && stems.last().is_none_or(|last| number(last) < u64::from(due))
        {
            let missing = self.density_stem(due);
            bail!("{} is missing, the last model that training left.\n{}", missing.display(), self.remedy());
        }
        Ok(stems)
    }

    /// Reads a checkpoint for measuring.
    ///
    /// # Errors
    /// When it is missing or damaged; the message says what helps.
    pub fn load_model(&self, stem: &Path) -> Result<Checkpoint> {
        Checkpoint::load(stem).map_err(|error| match error.chain().any(|cause| cause.is::<NewerFormat>()) {
            true => error,
            false => anyhow::anyhow!("{error:#}.\n{}", self.remedy()),
        })
    }

    /// What helps where a model is missing or damaged.
    fn remedy(&self) -> String {
        let go_on = Hint::GoOn { run: self.root() };
        if self.finished() {
            return format!(
                "The newest checkpoint for going on has the last model too. This writes it again where it is missing or damaged:\n  {go_on}\nEarlier ones come back from a copy alone; a damaged one that is moved away is passed over"
            );
        }
        if !self.is_model_only() {
            return format!("Training on writes the model of each density that it leaves:\n  {go_on}");
        }
        let super::Identity { domain, variant, scale, seed } = &self.identity;
        let experiment = Path::new(EXPERIMENTS).join(domain).join(format!("{variant}.toml"));
        let train = Hint::Train { experiment: &experiment, scale, seed: *seed, runs: Path::new(RUNS) };
        format!("Bring the file again from where this folder came from, or train the run:\n  {train}")
    }

    /// Writes the last model of a run that has ended again, from its last checkpoint `ended`, where it is missing or
    /// damaged; to be called by who holds the lock. `Some` names what was written.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn mend_last_model(&self, session: &Session, ended: &TrainState) -> Result<Option<PathBuf>> {
        let stem = self.density_stem(ended.lowered);
        match Checkpoint::load(&stem) {
            Ok(model) if model.state.samples == ended.samples => return Ok(None),
            Err(error) if error.chain().any(|cause| cause.is::<NewerFormat>()) => return Err(error),
            _ => {}
        }
        let annealing = &session.config.annealing;
        let mut density = ended.annealing.density;
        if annealing.enabled && density < session.config.minimum_density()? {
            // Algorithm 1 ends with a δ below the minimum; that of the model is the one before, to the same bits.
            density =
                (0..ended.lowered).fold(annealing.initial_density, |density, _| density * annealing.factor);
        }
        let state = TrainState {
            annealing: AnnealingState { density, ..ended.annealing },
            finished: false,
            ..ended.clone()
        };
        session.checkpoint(&state, None).save(&stem, &self.identity)?;
        Ok(Some(stem))
    }
}

/// The number of the last model that a run at this state has left.
fn last_left(state: &TrainState) -> Option<u32> {
    match state.finished || state.cooldown_from.is_some() {
        true => Some(state.lowered),
        false => state.lowered.checked_sub(1),
    }
}
