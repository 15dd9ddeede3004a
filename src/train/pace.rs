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

/// Time left if δ goes on falling at the pace so far, with the cool-down, capped by `max-samples`: `about 0:12:30 left`,
/// or `at most` where δ has not fallen yet and nothing but the cap is known.
pub(super) fn time_left(
    config: &Config,
    state: &TrainState,
    annealing: &Annealing,
    minimum: f64,
    speed: f64,
) -> String {
    let cap = config.max_samples().saturating_sub(state.samples) as f64;
    let steps_left = (minimum / annealing.density()).ln() / config.annealing.factor.ln() + 1.0;
    let cooldown = config.train.cooldown_samples;
    let (word, samples) = if let Some(from) = state.cooldown_from {
        ("about", ((from + cooldown).saturating_sub(state.samples) as f64).min(cap))
    } else if config.annealing.enabled && state.lowered > 0 {
        let pace =
            (state.samples as f64 / f64::from(state.lowered)).max(config.annealing.interval_samples as f64);
        ("about", (steps_left.max(0.0) * pace + cooldown as f64).min(cap))
    } else {
        (if config.annealing.enabled { "at most" } else { "about" }, cap)
    };
    let seconds = (samples / speed.max(1e-9)) as u64;
    format!("{word} {}:{:02}:{:02} left", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Source, parse};
    use crate::sparsity::AnnealingSettings;

    #[test]
    fn the_time_left_counts_the_cool_down_and_says_what_it_knows() {
        let settings = [
            "domain.name=digit-circle",
            "train.max-samples=1000",
            "train.cooldown-samples=200",
            "annealing.interval-samples=10",
        ];
        let sources = settings.map(|setting| Source::assignment(setting).unwrap());
        let config = parse(&sources).unwrap();
        let annealing = |density| Annealing::new(AnnealingSettings::default(), density);
        let mut state = TrainState::new(annealing(0.5).state());
        state.samples = 100;
        let left = |state: &TrainState, density| time_left(&config, state, &annealing(density), 0.1, 1.0);
        assert_eq!(left(&state, 0.5), "at most 0:15:00 left", "nothing but the cap is known");
        // Two densities in 100 samples; of 0.5 · 0.75^k four more are at or above 0.1, and the fifth ends it.
        state.lowered = 2;
        let pace = 50.0 * ((0.1_f64 / 0.28125).ln() / 0.75_f64.ln() + 1.0);
        let seconds = (pace + 200.0) as u64;
        let expected = format!("about 0:{:02}:{:02} left", seconds / 60, seconds % 60);
        assert_eq!(left(&state, 0.28125), expected);
        state.cooldown_from = Some(60);
        assert_eq!(left(&state, 0.1), "about 0:02:40 left", "of the cool-down");
    }
}
