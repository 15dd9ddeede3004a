//! The density at which a run's accuracy breaks: what a user who does not know how many motifs there are learns from.

use crate::train::Event;

/// Points of accuracy that count as a break.
const BREAK: f64 = 0.10;

/// The best validation accuracy of a run at one density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AtBest {
    /// δ in force.
    pub delta: f64,
    /// Best exact-match accuracy of its checks.
    pub accuracy: f64,
    /// Checks at this density.
    pub checks: usize,
}

/// The best accuracy at every density of a run, the densest first.
#[must_use]
pub fn accuracies(events: &[Event]) -> Vec<AtBest> {
    let mut all: Vec<AtBest> = Vec::new();
    for event in events {
        let Event::Validation(check) = event else { continue };
        match all.iter_mut().find(|at| at.delta == check.delta) {
            Some(at) => {
                at.accuracy = at.accuracy.max(check.accuracy);
                at.checks += 1;
            }
            None => all.push(AtBest { delta: check.delta, accuracy: check.accuracy, checks: 1 }),
        }
    }
    all.sort_by(|a, b| b.delta.total_cmp(&a.delta));
    all
}

/// The two neighbouring densities between which accuracy breaks: from the second on, it stays ten points or more below
/// the best that was reached before. `None` where it never does.
#[must_use]
pub fn density_break(accuracies: &[AtBest]) -> Option<[AtBest; 2]> {
    let best = |part: &[AtBest]| part.iter().map(|at| at.accuracy).fold(f64::NEG_INFINITY, f64::max);
    let broken = (1..accuracies.len()).find(|&k| best(&accuracies[k..]) <= best(&accuracies[..k]) - BREAK)?;
    Some([accuracies[broken - 1], accuracies[broken]])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(delta: f64, accuracy: f64) -> AtBest {
        AtBest { delta, accuracy, checks: 1 }
    }

    #[test]
    fn a_break_is_where_accuracy_stays_low() {
        let path =
            [at(0.1, 0.5), at(0.05, 0.9), at(0.02, 0.7), at(0.01, 0.88), at(0.005, 0.4), at(0.002, 0.1)];
        let [before, after] = density_break(&path).expect("it breaks");
        assert_eq!((before.delta, after.delta), (0.01, 0.005), "a dip that recovers is no break");
        assert_eq!(density_break(&path[..4]), None, "not broken yet");
        assert_eq!(density_break(&[]), None);
    }
}
