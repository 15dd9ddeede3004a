//! Where the digits of one sample go: circle, angles, digits, boxes.

use std::f64::consts::TAU;

use rand::{Rng, RngExt as _};

use super::DigitCircleConfig;
use super::stamps::Stamp;

/// One digit on the circle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlacedDigit {
    /// The digit, 0 to 9.
    pub digit: usize,
    /// Its angle in turns, in [0, 2): 0 points right (+x) and angles grow downwards (+y).
    pub turn: f64,
    /// First row of its stamp.
    pub top: usize,
    /// First column of its stamp.
    pub left: usize,
}

/// Everything about a sample but its noise.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Row and column of the circle's centre, in pixels.
    pub centre: (f64, f64),
    /// The circle's radius, in pixels.
    pub radius: f64,
    /// The digits by growing angle, in the order they are stamped.
    pub placed: Vec<PlacedDigit>,
    /// Index of the smallest digit in `placed`: where the output starts.
    pub first: usize,
}

impl Layout {
    /// Draws a layout as paper section 5 describes. `config` must have been validated.
    pub(super) fn draw(config: &DigitCircleConfig, stamps: &[Stamp; 10], rng: &mut impl Rng) -> Self {
        let padding = (config.jitter + max_side(stamps)) as f64;
        let size = config.size as f64;
        let radius = rng.random_range(config.min_radius as f64..size / 2.0 - padding);
        let mut coordinate = || rng.random_range(radius + padding..size - (radius + padding));
        let centre = (coordinate(), coordinate());
        let n = rng.random_range(config.min_digits..=config.max_digits);
        // `index::sample` is an ordered sample: every order of every subset is as likely.
        let digits = rand::seq::index::sample(rng, config.kinds, n);
        let turns = spaced_turns(n, rng);
        let jitter = config.jitter as i64;
        let placed: Vec<_> = digits
            .iter()
            .zip(turns)
            .map(|(digit, turn)| {
                let (sin, cos) = (TAU * turn).sin_cos();
                let mut corner = |centre: f64, side: usize| {
                    let middle = centre.round() as i64 + rng.random_range(-jitter..=jitter);
                    // Never negative: the padding keeps `middle` a stamp away from the edge.
                    (middle - (side / 2) as i64) as usize
                };
                PlacedDigit {
                    digit,
                    turn,
                    top: corner(centre.0 + radius * sin, stamps[digit].height()),
                    left: corner(centre.1 + radius * cos, stamps[digit].width()),
                }
            })
            .collect();
        let first = (0..n).min_by_key(|&i| placed[i].digit).unwrap_or(0);
        Self { centre, radius, placed, first }
    }

    /// The digits in the output's order: by growing angle, starting at the smallest digit.
    pub fn in_output_order(&self) -> impl Iterator<Item = &PlacedDigit> {
        let (before, from) = self.placed.split_at(self.first);
        from.iter().chain(before)
    }
}

/// Longest side of any stamp, in pixels.
pub(super) fn max_side(stamps: &[Stamp]) -> usize {
    stamps.iter().map(|stamp| stamp.height().max(stamp.width())).max().unwrap_or(0)
}

/// `n` growing angles in turns, in [0, 2), the n gaps around the circle at least 1/(2n) each.
fn spaced_turns(n: usize, rng: &mut impl Rng) -> Vec<f64> {
    let least = 0.5 / n as f64;
    let gaps = loop {
        let gaps: Vec<f64> = (0..n).map(|_| rng.random::<f64>()).collect();
        let total: f64 = gaps.iter().sum();
        // A total of 0 leaves NaN, which fails the comparison and is redrawn.
        let gaps: Vec<f64> = gaps.into_iter().map(|gap| gap / total).collect();
        if gaps.iter().all(|&gap| gap >= least) {
            break gaps;
        }
    };
    let start = rng.random::<f64>();
    let cumulated = gaps.iter().scan(start, |turn, gap| {
        let here = *turn;
        *turn += gap;
        Some(here)
    });
    cumulated.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn gaps_around_the_circle_are_at_least_half_of_an_even_share() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        for n in 1..=10 {
            let mut smallest = f64::INFINITY;
            for _ in 0..2000 {
                let turns = spaced_turns(n, &mut rng);
                assert_eq!(turns.len(), n);
                for (i, turn) in turns.iter().enumerate() {
                    let next = turns.get(i + 1).copied().unwrap_or(turns[0] + 1.0);
                    smallest = smallest.min(next - turn);
                }
            }
            let least = 0.5 / n as f64;
            // Rounding of the cumulated sums, then: the bound is nearly reached.
            assert!(smallest >= least - 1e-12, "{n}: {smallest}");
            assert!(n == 1 || smallest < 1.1 * least, "{n}: {smallest}");
        }
    }
}
