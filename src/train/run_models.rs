//! The models of a run, one for each density that it left, and whether they are those that its training left.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::run_checkpoints::number;
use super::{Checkpoint, Event, MetricsLog, NewerFormat, RunDir, Session, TrainState};
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
    /// When they or the log cannot be read, one is not the model that training left under its name, or the last that it
    /// left is missing: the one before would pass for it.
    pub fn models(&self) -> Result<Vec<PathBuf>> {
        let stems = self.stems("density-")?;
        let told = Told::of(&MetricsLog::read(&self.metrics_path())?);
        for stem in &stems {
            // A model that is damaged says so when it is read.
            let Ok(state) = Checkpoint::state(stem) else { continue };
            let name = stem.display();
            ensure!(
                u64::from(state.lowered) == number(stem),
                "{name}.json holds the model density-{:02} of its run; move it and the .safetensors beside it away.\n{}",
                state.lowered,
                self.remedy()
            );
            ensure!(
                told.has(&state),
                "{name}.json holds a model after {} samples at δ = {:.3e}, and metrics.jsonl tells of no check there: it is of an earlier part of the run, or of another; move it and the .safetensors beside it away.\n{}",
                state.samples,
                state.annealing.density,
                self.remedy()
            );
        }
        self.ensure_last_is_there(&stems, &told)?;
        Ok(stems)
    }

    /// Refuses models of which the last that training left is missing, by what the log and the newest checkpoint say.
    fn ensure_last_is_there(&self, stems: &[PathBuf], told: &Told) -> Result<()> {
        let last = stems.last();
        let trained = self.newest_state();
        let ended = told.ended || trained.as_ref().is_some_and(|state| state.finished);
        let end = trained.as_ref().filter(|state| state.finished).map_or(0, |state| state.samples);
        let left = told.left.max(end);
        let due = trained.filter(|state| !state.finished).and_then(|state| last_left(&state));
        let found = match last.map(|last| Checkpoint::state(last)) {
            None => 0,
            Some(Ok(state)) => state.samples,
            // What is damaged says so when it is read.
            Some(Err(_)) => return Ok(()),
        };
        let is_due = due.is_none_or(|due| last.is_some_and(|last| number(last) >= u64::from(due)));
        ensure!(
            is_due && found >= left && (found == left || !ended),
            "the last model that training left is missing in {}: {}, and found {}.\n{}",
            self.checkpoints().display(),
            match due.filter(|_| !is_due) {
                Some(due) => format!("expected density-{due:02}"),
                None => format!("expected one after {left} samples"),
            },
            match last.and_then(|last| last.file_name()) {
                Some(name) => format!("{} after {found} samples", name.to_string_lossy()),
                None => "none".into(),
            },
            self.remedy()
        );
        Ok(())
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
        let (k, density) = self.last_model(session, ended)?;
        let stem = self.density_stem(k);
        match Checkpoint::load(&stem) {
            Ok(model) if model.state.samples == ended.samples => return Ok(None),
            Err(error) if error.chain().any(|cause| cause.is::<NewerFormat>()) => return Err(error),
            _ => {}
        }
        let state = TrainState {
            annealing: AnnealingState { density, ..ended.annealing },
            lowered: k,
            finished: false,
            ..ended.clone()
        };
        session.checkpoint(&state, None).save(&stem, &self.identity)?;
        Ok(Some(stem))
    }

    /// Number and δ of the last model of a run that has ended in this state. Where the last check lowered δ, that of
    /// the model is the one before.
    fn last_model(&self, session: &Session, ended: &TrainState) -> Result<(u32, f64)> {
        let annealing = &session.config.annealing;
        let density = ended.annealing.density;
        let own = |k| (0..k).fold(annealing.initial_density, |density, _| density * annealing.factor);
        if annealing.enabled && density < session.config.minimum_density()? {
            // Algorithm 1 has ended below the minimum, which is not counted.
            return Ok((ended.lowered, own(ended.lowered)));
        }
        let events = MetricsLog::read(&self.metrics_path())?;
        let last = events.iter().rev().find_map(|event| match event {
            Event::Validation(check) if check.samples == ended.samples => Some(check),
            _ => None,
        });
        Ok(match last {
            Some(check) if check.lowered && ended.lowered > 0 && ended.cooldown_from.is_none() => {
                (ended.lowered - 1, own(ended.lowered - 1))
            }
            _ => (ended.lowered, density),
        })
    }
}

/// What a run's log tells of its models.
struct Told {
    /// Samples and δ of its checks; models are left at these.
    checks: Vec<(u64, f64)>,
    /// Samples at the last check that left a model, or at the end.
    left: u64,
    /// Whether it ends with the end of training.
    ended: bool,
    /// Samples at its last check.
    last: u64,
}

impl Told {
    fn of(events: &[Event]) -> Self {
        let mut told = Self { checks: Vec::new(), left: 0, ended: false, last: 0 };
        for event in events {
            match event {
                Event::Start { .. } => told.ended = false,
                Event::Train { .. } => {}
                Event::Validation(check) => {
                    told.checks.push((check.samples, check.delta));
                    told.last = check.samples;
                    told.left = if check.lowered { check.samples } else { told.left };
                }
                Event::End { samples, .. } => (told.ended, told.left) = (true, *samples),
            }
        }
        told
    }

    /// Whether a model in this state can be one that training left. A run that was cut off may have left one at a check
    /// that it had no time to tell of, or that it tells of anew.
    fn has(&self, state: &TrainState) -> bool {
        let own = (state.samples, state.annealing.density);
        self.checks.is_empty() || state.samples > self.last || self.checks.contains(&own)
    }
}

/// The number of the last model that a run in this state, which has not ended, has left.
fn last_left(state: &TrainState) -> Option<u32> {
    match state.cooldown_from.is_some() {
        true => Some(state.lowered),
        false => state.lowered.checked_sub(1),
    }
}
