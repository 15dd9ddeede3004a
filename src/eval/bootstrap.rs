//! How sure a mean over seeds is: the percentile bootstrap of paper section 6's bars.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::wilson::Interval;

/// Resamples drawn; the ends move by under a hundredth of the spread beyond this.
const RESAMPLES: usize = 10_000;

/// Arithmetic mean; `None` of nothing.
#[must_use]
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// 95 % percentile bootstrap interval of the mean of `values` (one per seed).
///
/// The same values and `seed` give the same interval. `None` for fewer than two values:
/// one seed says nothing of the spread. With two or three values the interval is their
/// whole range, since a resample of only the smallest has a chance above 2.5 %.
#[must_use]
pub fn mean_interval(values: &[f64], seed: u64) -> Option<Interval> {
    if values.len() < 2 {
        return None;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let sum: f64 = (0..values.len()).map(|_| values[rng.random_range(0..values.len())]).sum();
            sum / values.len() as f64
        })
        .collect();
    means.sort_unstable_by(f64::total_cmp);
    Some(Interval { low: quantile(&means, 0.025), high: quantile(&means, 0.975) })
}

/// Quantile of sorted values, linear between neighbours.
fn quantile(sorted: &[f64], q: f64) -> f64 {
    let place = q * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (place - below as f64) * (sorted[above] - sorted[below])
}
