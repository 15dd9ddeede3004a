//! The training loop, top to bottom: validate → anneal → save → one step → log.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Result, bail};
use tch::Device;

use super::step::Step;
use super::{
    Adam, Board, Check, Event, Loader, MetricsLog, Progress, RunDir, Session, TrainState, learning_rate,
};
use crate::config::Config;
use crate::domain::Split;
use crate::measure::{Report, validate};
use crate::sparsity::{Annealing, AnnealingSettings, AnnealingState, Bottleneck};

/// Why training stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// δ would have fallen below the theoretical minimum: the end of Algorithm 1.
    Minimum,
    /// `train.max-samples` were seen.
    MaxSamples,
    /// The run had ended before.
    AlreadyFinished,
    /// Ctrl-C; everything is saved.
    Interrupted,
}

/// What a call of [`train`] came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it stopped.
    pub stop: Stop,
    /// Training samples seen.
    pub samples: u64,
    /// δ in force at the end.
    pub delta: f64,
    /// Messages about damaged checkpoints that were passed over.
    pub warnings: Vec<String>,
}

/// Called after every validation, with the session and what was measured (for pictures).
pub type Observer<'a> = &'a mut dyn FnMut(&mut Session, &Report, u64, &mut dyn Board) -> Result<()>;

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
    let seed = dir.identity.seed;
    let minimum = config.minimum_density()?;
    let mut session = Session::new(config, seed, device)?;
    let mut adam = Adam::new(&session.vs);
    let threads = tch::get_num_threads();
    let mut step = Step::new(&session)?;
    let settings = AnnealingSettings {
        initial_threshold: config.annealing.initial_threshold,
        factor: config.annealing.factor,
        threshold_decay: config.annealing.threshold_decay,
        interval_samples: config.annealing.interval_samples,
    };
    let mut annealing = Annealing::new(settings, config.annealing.initial_density);
    let mut state = TrainState::new(annealing.state());

    let (saved, warnings) = dir.latest()?;
    if let Some(checkpoint) = &saved {
        session.restore(checkpoint, Some(&mut adam))?;
        state = checkpoint.state.clone();
        annealing = Annealing::resume(settings, state.annealing);
    }
    let outcome = |stop, state: &TrainState| Outcome {
        stop,
        samples: state.samples,
        delta: state.annealing.density,
        warnings: warnings.clone(),
    };
    if state.finished {
        return Ok(outcome(Stop::AlreadyFinished, &state));
    }

    let mut log = MetricsLog::open(&dir.metrics_path(), state.samples)?;
    log.write(&Event::Start {
        samples: state.samples,
        revision: crate::REVISION.into(),
        libtorch: crate::device::libtorch_version(),
        device: format!("{device:?}"),
        threads,
        config_hash: config.hash(),
        minimum_density: minimum,
    })?;
    let progress = Progress::new(config.max_samples(), state.samples, quiet);
    let batch = config.train.batch;
    let mut loader = Loader::new(&session.domain, state.samples, batch, loader_workers());
    let mut last_saved = state.samples;
    let mut window = (Instant::now(), state.samples);

    loop {
        // Validate and anneal.
        let cooled = state.cooldown_from.is_some() && cooldown(config, &state) >= 1.0;
        let ending = cooled || state.samples >= config.max_samples();
        let mut stop = ending.then_some(if cooled { Stop::Minimum } else { Stop::MaxSamples });
        if state.samples > 0 && (annealing.is_due(state.samples) || ending) {
            let report = validate(&mut session, Split::Validation, 0, config.annealing.validation_samples)?;
            let accuracy = report.e2ee.exact_match().unwrap_or(0.0);
            let delta = annealing.density();
            state.accuracy = Some(accuracy);
            let annealed = config.annealing.enabled && state.cooldown_from.is_none();
            let lowered = annealed && annealing.observe(state.samples, accuracy);
            if !annealed {
                // δ stays; only the time of the check is noted.
                let mut at = annealing.state();
                at.last_check = state.samples;
                annealing = Annealing::resume(settings, at);
            }
            let wall_seconds = log.wall_seconds();
            let check =
                Check::new(&session, &report, &annealing, state.samples, delta, lowered, wall_seconds);
            progress.line(&check.to_string());
            check.show(board, &report)?;
            log.write(&Event::Validation(check))?;
            observer(&mut session, &report, state.samples, board)?;
            board.flush()?;
            if lowered || stop.is_some() {
                // The model that met T at this δ, before δ is lowered.
                let mut reported = state.clone();
                reported.annealing.density = delta;
                session.checkpoint(&reported, None).save(&dir.density_stem(state.lowered))?;
            }
            if lowered {
                if annealing.density() < minimum {
                    if config.train.cooldown_samples == 0 {
                        stop = Some(Stop::Minimum);
                    } else {
                        // Algorithm 1 has ended; its last density stays in force.
                        state.cooldown_from = Some(state.samples);
                        let at = annealing.state();
                        annealing = Annealing::resume(settings, AnnealingState { density: delta, ..at });
                    }
                } else {
                    state.lowered += 1;
                    session.network.sparsity.set_density(annealing.density());
                }
            }
        }
        state.annealing = annealing.state();

        // Save.
        let interrupted = interrupt.load(Ordering::Relaxed);
        state.finished = stop.is_some();
        // At multiples of the interval, wherever the run was interrupted.
        let due =
            state.samples > last_saved && crossed(state.samples, batch, config.train.checkpoint_samples);
        if due || state.finished || (interrupted && state.samples > last_saved) {
            session.checkpoint(&state, Some(&adam)).save(&dir.samples_stem(state.samples))?;
            dir.prune();
            last_saved = state.samples;
        }
        if let Some(stop) = stop {
            let reason = match stop {
                Stop::Minimum => "the density reached the theoretical minimum",
                _ => "train.max-samples were seen",
            };
            log.write(&Event::End {
                samples: state.samples,
                reason: reason.into(),
                wall_seconds: log.wall_seconds(),
            })?;
            progress.clear();
            // The density reported is the last one above the minimum.
            let delta = session.network.sparsity.density();
            return Ok(Outcome { delta, ..outcome(stop, &state) });
        }
        if interrupted {
            progress.clear();
            return Ok(outcome(Stop::Interrupted, &state));
        }

        // One step. Dropout and noise draw from libtorch's generator, which is seeded by the
        // step so that a resumed run draws what an unbroken one would have.
        let batch_of = loader.next_batch()?;
        tch::manual_seed(step_seed(seed, state.steps));
        let cooling = cooldown(config, &state).min(1.0);
        let rate = learning_rate(&config.train, state.steps, annealing.density(), minimum, cooling);
        let (value, gradient) = step.gradient(&mut session, &mut adam, &batch_of)?;
        if !value.is_finite() {
            bail!("{}", diverged("loss", value, &state, dir));
        }
        let norm = adam.step_by(gradient, rate, config.train.clip_norm)?;
        if !norm.is_finite() {
            bail!("{}", diverged("gradient norm", norm, &state, dir));
        }
        state.steps += 1;
        state.samples += batch;
        state.loss_window.0 += value;
        state.loss_window.1 += 1;

        // Log.
        if crossed(state.samples, batch, config.train.log_samples) {
            let (sum, count) = std::mem::replace(&mut state.loss_window, (0.0, 0));
            let speed = (state.samples - window.1) as f64 / window.0.elapsed().as_secs_f64().max(1e-9);
            window = (Instant::now(), state.samples);
            let mean = sum / count.max(1) as f64;
            let delta = annealing.density();
            log.write(&Event::Train {
                samples: state.samples,
                loss: mean,
                learning_rate: rate,
                gradient_norm: norm,
                delta,
                rate: speed,
                wall_seconds: log.wall_seconds(),
            })?;
            for (tag, value) in [
                ("train/loss", mean),
                ("train/learning_rate", rate),
                ("train/gradient_norm", norm),
                ("train/samples_per_second", speed),
            ] {
                board.scalar(tag, value, state.samples)?;
            }
            let left = time_left(config, &state, &annealing, minimum, speed);
            progress.update(
                state.samples,
                format!(
                    "{speed:.0}/s  loss {mean:.3}  δ {delta:.1e}  T {:.3}  A {}  about {left} left",
                    annealing.threshold(),
                    state.accuracy.map_or("–".into(), |a| format!("{a:.3}")),
                ),
            );
        }
    }
}

/// The share of the cool-down that is over; 0 before it begins. Training of ĥ alone is all cool-down;
/// a run that does not anneal has it at the end of its samples, like the runs it is compared with.
fn cooldown(config: &Config, state: &TrainState) -> f64 {
    if config.retrain.is_on() {
        return state.samples as f64 / config.retrain.samples as f64;
    }
    let length = config.train.cooldown_samples;
    let from = match config.annealing.enabled {
        _ if length == 0 => None,
        true => state.cooldown_from,
        false => Some(config.max_samples().saturating_sub(length)),
    };
    from.map_or(0.0, |from| state.samples.saturating_sub(from) as f64 / length as f64)
}

/// Whether the last batch reached or passed a multiple of `interval`.
fn crossed(samples: u64, batch: u64, interval: u64) -> bool {
    samples / interval != samples.saturating_sub(batch) / interval
}

/// Threads that make samples; the training itself takes the rest.
fn loader_workers() -> usize {
    std::thread::available_parallelism().map_or(1, |n| (n.get() / 2).clamp(1, 8))
}

/// A seed for libtorch's generator at one step of one run (SplitMix64's finaliser).
fn step_seed(seed: u64, step: u64) -> i64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(step);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 1) as i64
}

fn diverged(what: &str, value: f64, state: &TrainState, dir: &RunDir) -> String {
    format!(
        "the {what} became {value} at step {} (samples {} and after, δ {:.3e}); training stopped and what was saved in {} is as before. A smaller train.learning-rate or train.clip-norm = 1 usually helps",
        state.steps,
        state.samples,
        state.annealing.density,
        dir.root().display()
    )
}

/// Time left if δ goes on falling at the pace so far, capped by `max-samples`.
fn time_left(config: &Config, state: &TrainState, annealing: &Annealing, minimum: f64, speed: f64) -> String {
    let cap = config.max_samples().saturating_sub(state.samples) as f64;
    let steps_left = (minimum / annealing.density()).ln() / config.annealing.factor.ln() + 1.0;
    let samples = if let Some(from) = state.cooldown_from {
        ((from + config.train.cooldown_samples).saturating_sub(state.samples) as f64).min(cap)
    } else if config.annealing.enabled && state.lowered > 0 {
        let pace =
            (state.samples as f64 / f64::from(state.lowered)).max(config.annealing.interval_samples as f64);
        (steps_left.max(0.0) * pace).min(cap)
    } else {
        cap
    };
    let seconds = (samples / speed.max(1e-9)) as u64;
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
