//! The training loop: save → validate and anneal → save → one step → log.

mod checks;
mod telling;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use tch::Device;

use super::outcome::{Observer, Outcome, Stop};
use super::pace::{cooldown, crossed, step_seed};
use super::standstill::Standstill;
use super::step::Step;
use super::{
    Adam, Board, Event, Loader, MetricsLog, Progress, RunDir, RunLock, Session, TrainState, learning_rate,
};
use crate::config::Config;
use crate::interrupt::{self, Interrupted};
use crate::sparsity::{Annealing, AnnealingSettings, Bottleneck as _};

/// Trains the run in `dir` until it ends or `interrupt` is set, from its newest checkpoint.
///
/// # Errors
/// When the loss or a gradient stops being finite (the step is named), when a file cannot
/// be written, or when no checkpoint of a begun run is whole. What was saved stays.
pub fn train(
    dir: &RunDir,
    config: &Config,
    device: Device,
    board: &mut dyn Board,
    quiet: bool,
    interrupt: &AtomicBool,
    observer: Observer<'_>,
) -> Result<Outcome> {
    let session = Session::for_training(config, dir.identity.seed, device)?;
    train_session(dir, session, board, quiet, interrupt, observer)
}

/// As [`train`], of a session that is there: one on a domain of the caller's own
/// ([`Session::with_domain`]), say. Goes on from the run's newest checkpoint, whatever the session's weights are.
///
/// # Errors
/// As [`train`].
pub fn train_session(
    dir: &RunDir,
    session: Session,
    board: &mut dyn Board,
    quiet: bool,
    interrupt: &AtomicBool,
    observer: Observer<'_>,
) -> Result<Outcome> {
    let config = session.config.clone();
    let (begun, warnings) = Trainer::begin(dir, &config, session, quiet)?;
    let mut trainer = match begun {
        Begun::Training(trainer) => trainer,
        Begun::Finished(samples, delta) => {
            return Ok(Outcome { stop: Stop::AlreadyFinished, samples, delta, warnings });
        }
    };
    let stop = loop {
        // Algorithm 1.
        let mut stop = trainer.end();
        if trainer.is_check_due(stop) {
            // No validation costs trained samples, whatever becomes of it.
            trainer.save(true)?;
            match trainer.check(&mut stop, board, &mut *observer) {
                Err(error) if error.is::<Interrupted>() => break Stop::Interrupted,
                done => done?,
            }
        }
        let interrupted = interrupt.load(Ordering::Relaxed);
        trainer.state.finished = stop.is_some();
        trainer.save(stop.is_some() || interrupted)?;
        if let Some(stop) = stop {
            trainer.write_end(stop)?;
            break stop;
        }
        if interrupted {
            break Stop::Interrupted;
        }
        trainer.step()?;
        trainer.log(board)?;
    };
    trainer.progress.clear();
    let delta = match stop {
        Stop::Interrupted => trainer.state.annealing.density,
        // The density reported is the last one above the minimum.
        _ => trainer.session.network.sparsity.density(),
    };
    Ok(Outcome { stop, samples: trainer.state.samples, delta, warnings })
}

/// A run at work.
struct Trainer<'a> {
    dir: &'a RunDir,
    config: &'a Config,
    minimum: f64,
    session: Session,
    adam: Adam,
    step: Step,
    loader: Loader,
    settings: AnnealingSettings,
    annealing: Annealing,
    state: TrainState,
    log: MetricsLog,
    progress: Progress,
    _lock: RunLock,
    /// State that was saved last.
    saved: Option<TrainState>,
    /// Beginning of the stretch that the log tells of next, and the samples seen then.
    window: (Instant, u64),
    /// Learning rate and gradient norm of the last step.
    last: (f64, f64),
    /// Samples a second in the last such stretch.
    rate: Option<f64>,
    /// Whether accuracy stands.
    standstill: Standstill,
}

enum Begun<'a> {
    Training(Box<Trainer<'a>>),
    /// Samples and δ of a run that had ended before.
    Finished(u64, f64),
}

impl<'a> Trainer<'a> {
    /// From the newest whole checkpoint, or from the start; with messages about damaged checkpoints.
    fn begin(
        dir: &'a RunDir,
        config: &'a Config,
        mut session: Session,
        quiet: bool,
    ) -> Result<(Begun<'a>, Vec<String>)> {
        let threads = tch::get_num_threads();
        let minimum = config.minimum_density()?;
        let device = session.vs.device();
        let mut adam = Adam::new(&session.vs, session.threads)?;
        let step = Step::new(&session)?;
        let settings = AnnealingSettings {
            initial_threshold: config.annealing.initial_threshold,
            factor: config.annealing.factor,
            threshold_decay: config.annealing.threshold_decay,
            interval_samples: config.annealing.interval_samples,
            ..AnnealingSettings::default()
        };
        let mut annealing = Annealing::new(settings, config.annealing.initial_density);
        let mut state = TrainState::new(annealing.state());
        let lock = dir.lock()?;
        dir.still_has(config)?;
        let (saved, damaged) = dir.latest()?;
        let mut warnings: Vec<_> =
            damaged.into_iter().map(|told| format!("{told}; an older checkpoint was used")).collect();
        if let Some(checkpoint) = &saved {
            dir.own(checkpoint, config)?;
            let file = dir.samples_stem(checkpoint.state.samples).with_extension("safetensors");
            session.restore(checkpoint, Some(&mut adam)).with_context(|| file.display().to_string())?;
            state = checkpoint.state.clone();
            annealing = Annealing::resume(settings, state.annealing);
        }
        if state.finished && !may_go_on(&state, config, minimum) {
            let mended = dir.mend_last_model(&session, &state)?;
            warnings.extend(
                mended
                    .map(|stem| format!("{} was missing or damaged, and was written again", stem.display())),
            );
            return Ok((Begun::Finished(state.samples, state.annealing.density), warnings));
        }
        // What a check after the checkpoint told will be told anew.
        let told =
            if annealing.is_due(state.samples) { state.samples.saturating_sub(1) } else { state.samples };
        let mut log = MetricsLog::open(&dir.metrics_path(), state.samples, told)?;
        log.write(&Event::Start {
            samples: state.samples,
            revision: crate::REVISION.into(),
            libtorch: crate::device::libtorch_version(),
            device: format!("{device:?}"),
            threads,
            config_hash: config.hash(),
            minimum_density: minimum,
        })?;
        let standstill = Standstill::after(&MetricsLog::read(&dir.metrics_path())?, config);
        let loader = Loader::new(&session.domain, state.samples, config.train.batch, loader_workers())?;
        let trainer = Self {
            progress: Progress::new(config.max_samples(), state.samples, quiet),
            window: (Instant::now(), state.samples),
            last: (0.0, 0.0),
            rate: None,
            standstill,
            saved: saved.is_some().then(|| state.clone()),
            _lock: lock,
            dir,
            config,
            minimum,
            session,
            adam,
            step,
            loader,
            settings,
            annealing,
            state,
            log,
        };
        Ok((Begun::Training(Box::new(trainer)), warnings))
    }

    /// Saves for resuming, at multiples of the interval wherever the run was interrupted, or because it `must`.
    fn save(&mut self, must: bool) -> Result<()> {
        let batch = self.config.train.batch;
        let due = crossed(self.state.samples, batch, self.config.train.checkpoint_samples);
        let changed = self.saved.as_ref() != Some(&self.state);
        if self.state.samples == 0 || !changed || !(due || must) {
            return Ok(());
        }
        let stem = self.dir.samples_stem(self.state.samples);
        self.session.checkpoint(&self.state, Some(&self.adam)).save(&stem, &self.dir.identity)?;
        self.dir.prune();
        interrupt::keep(format!(
            "everything up to sample {} is saved in {}",
            self.state.samples,
            self.dir.root().display()
        ));
        self.saved = Some(self.state.clone());
        Ok(())
    }

    /// One step. Dropout and noise draw from libtorch's generator, which is seeded by the
    /// step so that a resumed run draws what an unbroken one would have.
    fn step(&mut self) -> Result<()> {
        let batch = self.loader.next_batch()?;
        tch::manual_seed(step_seed(self.dir.identity.seed, self.state.steps));
        let train = &self.config.train;
        let cooling = cooldown(self.config, &self.state).min(1.0);
        let density = self.annealing.density();
        let rate = learning_rate(train, self.state.steps, density, self.minimum, cooling);
        let (loss, gradients) = self.step.gradients(&mut self.session, &self.adam, &batch)?;
        if !loss.is_finite() {
            bail!("{}", self.diverged("loss", loss));
        }
        let norm = self.adam.step(&gradients, rate, train.clip_norm)?;
        if !norm.is_finite() {
            bail!("{}", self.diverged("gradient norm", norm));
        }
        self.state.steps += 1;
        self.state.samples = self.state.samples.saturating_add(train.batch);
        self.state.loss_window.0 += loss;
        self.state.loss_window.1 += 1;
        self.last = (rate, norm);
        Ok(())
    }
}

/// Whether a run that ended at its last sample has been given more of them.
fn may_go_on(state: &TrainState, config: &Config, minimum: f64) -> bool {
    let out_of_samples = state.cooldown_from.is_none() && state.annealing.density >= minimum;
    config.annealing.enabled && out_of_samples && state.samples < config.max_samples()
}

/// Threads that make samples; the training itself takes the rest.
fn loader_workers() -> usize {
    std::thread::available_parallelism().map_or(1, |n| (n.get() / 2).clamp(1, 8))
}
