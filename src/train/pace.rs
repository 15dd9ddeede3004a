//! What is due when in a run, and how long it will take.

use super::TrainState;
use crate::config::Config;
use crate::sparsity::Annealing;

/// The share of the cool-down that is over; 0 before it begins. Training of ĥ alone is all cool-down;
/// a run that does not anneal has it at the end of its samples, like the runs it is compared with.
pub(super) fn cooldown(config: &Config, state: &TrainState) -> f64 {
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
pub(super) fn crossed(samples: u64, batch: u64, interval: u64) -> bool {
    samples / interval != samples.saturating_sub(batch) / interval
}

/// A seed for libtorch's generator at one step of one run (SplitMix64's finaliser).
pub(super) fn step_seed(seed: u64, step: u64) -> i64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(step);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 1) as i64
}

/// Time left if δ goes on falling at the pace so far, capped by `max-samples`, as hours, minutes and seconds.
pub(super) fn time_left(
    config: &Config,
    state: &TrainState,
    annealing: &Annealing,
    minimum: f64,
    speed: f64,
) -> String {
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
