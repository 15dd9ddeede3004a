//! Whether accuracy stands still: what a user is told then, and what usually helps.
//!
//! The rule, which `docs/training.md` explains: accuracy stands when, over [`CHECKS`] checks in a row, it has not risen
//! by [`RISE`] above what it was and δ has not been lowered. A stretch is told of once. The cool-down is left out, and
//! so is a run of ĥ alone: both are to end where they are.

use std::fmt;

use super::check::percent;
use super::{Check, Event};
use crate::config::Config;

/// Checks without a rise that count as standing.
const CHECKS: u32 = 12;

/// What counts as a rise of accuracy: two points.
const RISE: f64 = 0.02;

/// Accuracy below which one that stands is a plateau, and above which it waits for T.
const PLATEAU: f64 = 0.5;

/// Follows the checks of a run.
#[derive(Clone, Debug)]
pub(super) struct Standstill {
    rule: Rule,
    /// Accuracy and samples at the beginning of the stretch; none where the next check begins one.
    begun: Option<(f64, u64)>,
    /// Checks since.
    checks: u32,
}

/// What of the settings matters.
#[derive(Clone, Copy, Debug)]
struct Rule {
    anneals: bool,
    followed: bool,
    decay: f64,
    max_samples: u64,
    advice: Advice,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Advice {
    over_motifs: bool,
    short_positions: bool,
}

/// What is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Notice {
    accuracy: f64,
    checks: u32,
    samples: u64,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// Accuracy is low; with T where the run anneals.
    Plateau(Option<f64>, Advice),
    /// Accuracy is high, and δ falls once T has come down to it: T now, the samples until then, and whether that is
    /// past the end.
    Waiting { threshold: f64, left: u64, too_late: bool },
}

impl Standstill {
    /// Of a run with these events behind it.
    pub(super) fn after(events: &[Event], config: &Config) -> Self {
        let h = &config.model.h;
        let rule = Rule {
            anneals: config.annealing.enabled,
            followed: !config.retrain.is_on(),
            decay: config.annealing.threshold_decay,
            max_samples: config.max_samples(),
            advice: Advice {
                over_motifs: h.rotary && h.weigh_by_strength,
                short_positions: h.position_base <= 100.0,
            },
        };
        let mut standstill = Self { rule, begun: None, checks: 0 };
        for event in events {
            if let Event::Validation(check) = event {
                standstill.observe(check);
            }
        }
        standstill
    }

    /// Takes note of a check; a notice where the last of [`CHECKS`] checks without a rise is this one.
    pub(super) fn observe(&mut self, check: &Check) -> Option<Notice> {
        let (accuracy, since) = *self.begun.get_or_insert((check.accuracy, check.samples));
        if check.lowered {
            self.begun = None;
            self.checks = 0;
            return None;
        }
        if check.accuracy >= accuracy + RISE {
            self.begun = Some((check.accuracy, check.samples));
            self.checks = 0;
            return None;
        }
        self.checks += u32::from(check.samples > since);
        if self.checks != CHECKS || !self.rule.followed {
            return None;
        }
        let kind = self.kind(check)?;
        Some(Notice { accuracy: check.accuracy, checks: CHECKS, samples: check.samples - since, kind })
    }

    fn kind(&self, check: &Check) -> Option<Kind> {
        let Rule { anneals, decay, max_samples, advice, .. } = self.rule;
        if check.accuracy < PLATEAU {
            return Some(Kind::Plateau(anneals.then_some(check.threshold), advice));
        }
        if !anneals || decay <= 0.0 {
            return None;
        }
        let left = ((check.threshold - check.accuracy).max(0.0) / decay) as u64;
        let too_late = check.samples + left > max_samples;
        Some(Kind::Waiting { threshold: check.threshold, left, too_late })
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accuracy, checks, samples, kind } = self;
        write!(
            f,
            "notice: accuracy A stands at {} since {checks} checks ({samples} samples)",
            percent(*accuracy)
        )?;
        match kind {
            Kind::Plateau(threshold, advice) => {
                if let Some(threshold) = threshold {
                    write!(f, ", and δ does not fall before A exceeds T, now {}", percent(*threshold))?;
                }
                f.write_str(". This is a plateau. Some starts leave it by themselves, some never do.\n")?;
                f.write_str("  What usually helps, in a new run: another --seed")?;
                if !advice.over_motifs {
                    f.write_str("; --set model.h.rotary=true --set model.h.weigh-by-strength=true")?;
                }
                if !advice.short_positions {
                    f.write_str("; a shorter model.h.position-base (20)")?;
                }
                f.write_str(". docs/training.md says what was measured")
            }
            Kind::Waiting { threshold, left, too_late } => {
                write!(
                    f,
                    ". δ falls when A exceeds T, now {}; T comes down to A in about {left} samples",
                    percent(*threshold)
                )?;
                if *too_late {
                    f.write_str(
                        ", after the end of the run. In a new run a larger annealing.threshold-decay or \
                         train.max-samples brings it in time; docs/training.md says what T does",
                    )?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(samples: u64, accuracy: f64, lowered: bool) -> Check {
        Check {
            samples,
            delta: 0.05,
            threshold: 0.9,
            accuracy,
            e2ee: 0.5,
            fpe: None,
            fne: None,
            ce: None,
            density: 0.05,
            silent_channels: None,
            channels_together: None,
            channel_density: Vec::new(),
            thresholds: Vec::new(),
            lowered,
            is_last: false,
            wall_seconds: 0.0,
        }
    }

    fn rule(anneals: bool) -> Rule {
        let advice = Advice { over_motifs: false, short_positions: true };
        Rule { anneals, followed: true, decay: 1e-5, max_samples: 100_000, advice }
    }

    fn standstill(anneals: bool) -> Standstill {
        Standstill { rule: rule(anneals), begun: None, checks: 0 }
    }

    /// At which checks (from 1) a notice comes, and the notices.
    fn told(mut standstill: Standstill, accuracies: &[(f64, bool)]) -> Vec<(usize, String)> {
        let checks = accuracies.iter().enumerate();
        let told = checks.filter_map(|(k, &(accuracy, lowered))| {
            let notice = standstill.observe(&check((k as u64 + 1) * 1000, accuracy, lowered))?;
            Some((k + 1, notice.to_string()))
        });
        told.collect()
    }

    #[test]
    fn accuracy_that_stands_low_is_told_of_once() {
        let rising: Vec<_> = (0..20).map(|k| (0.02 * f64::from(k), false)).collect();
        assert_eq!(told(standstill(true), &rising), [], "two points a check");
        let mut plateau = rising;
        plateau.extend([(0.385, false); 40]);
        let told = told(standstill(true), &plateau);
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].0, 20 + CHECKS as usize, "{told:?}");
        for words in
            ["A stands at 38.5 %", "12 checks (12000 samples)", "now 90.0 %", "--seed", "rotary=true"]
        {
            assert!(told[0].1.contains(words), "{words}: {}", told[0].1);
        }
        assert!(!told[0].1.contains("position-base"), "{}", told[0].1);
    }

    #[test]
    fn a_lower_density_begins_anew() {
        let mut checks = vec![(0.9, false); 11];
        checks.push((0.95, true));
        // Accuracy falls with the density and comes back.
        checks.extend((0..15).map(|k| (0.5 + 0.02 * f64::from(k), false)));
        assert_eq!(told(standstill(true), &checks), []);
    }

    #[test]
    fn accuracy_that_stands_high_waits_for_the_threshold() {
        let told_of = |anneals| told(standstill(anneals), &[(0.8, false); 30]);
        let notices = told_of(true);
        assert_eq!(notices.len(), 1, "{notices:?}");
        let (at, text) = &notices[0];
        assert_eq!(*at, 1 + CHECKS as usize);
        assert!(
            text.contains("T comes down to A in about 9999 samples") || text.contains("about 10000"),
            "{text}"
        );
        assert!(!text.contains("after the end"), "{text}");
        assert_eq!(told_of(false), [], "nothing to wait for");
        let mut late = standstill(true);
        late.rule.max_samples = 15_000;
        assert!(told(late, &[(0.8, false); 30])[0].1.contains("after the end of the run"));
    }

    #[test]
    fn a_run_of_the_head_alone_is_left_alone() {
        let mut alone = standstill(false);
        alone.rule.followed = false;
        assert_eq!(told(alone, &[(0.1, false); 30]), []);
    }
}
