//! What a claim is asked, and what came out.

use std::fmt;

use super::number::points;

/// Room for rounding: a value on its limit is within it.
const ROUNDING: f64 = 1e-9;

/// How one question was answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// As the paper says.
    Within,
    /// Not so; the text says by how much.
    Beyond(String),
    /// What is compared with came out far from the paper's number; the text says how far.
    NotComparable(String),
    /// A number is missing.
    Unmeasured,
}

/// What an error may be where the paper has `published`: twice that and two points more.
///
/// Networks are smaller here and see fewer samples, so the paper's digits are not to be expected, but its
/// order of magnitude is: hence the factor. The two points are for errors that the paper has at zero or
/// near it, where a factor leaves no room.
pub(super) fn allowed(published: f64) -> f64 {
    2.0 * published + 0.02
}

/// An error that a comparison stands on: that of what is compared with. Where it is broken, the comparison comes
/// out in favour by accident, and says nothing.
///
/// It is near the paper's number if it is at most [`allowed`] for it. A baseline that does better than the
/// paper's is no reason not to compare: it makes the comparison harder, and hides nothing.
#[derive(Clone, Debug)]
pub(super) struct Baseline {
    /// Such as `E2EE of Non-Sparse`.
    pub(super) what: String,
    pub(super) ours: Option<f64>,
    /// The paper's, as a range; without one there is nothing to be near to.
    pub(super) published: Option<(f64, f64)>,
}

impl Baseline {
    /// Why nothing can be compared with it, if so.
    fn obstacle(&self) -> Option<Outcome> {
        let (low, high) = self.published?;
        let Some(ours) = self.ours else { return Some(Outcome::Unmeasured) };
        if ours - allowed(high) <= ROUNDING {
            return None;
        }
        let paper = if low == high { points(high) } else { format!("{} to {}", points(low), points(high)) };
        Some(Outcome::NotComparable(format!(
            "{} is {} %, where the paper has {paper} and at most {} counts as near",
            self.what,
            points(ours),
            points(allowed(high))
        )))
    }
}

/// One question of a claim.
#[derive(Clone, Debug)]
pub(super) struct Check {
    /// What is asked about, such as `DigitCircle FPE`.
    pub(super) what: String,
    pub(super) outcome: Outcome,
}

impl Check {
    /// Asks for `ours` to be at most `limit`, both fractions.
    pub(super) fn at_most(what: impl Into<String>, ours: Option<f64>, limit: Option<f64>) -> Self {
        Self::compare(what.into(), ours, limit, 1.0)
    }

    /// Asks for `ours` to be at least `limit`, both fractions.
    pub(super) fn at_least(what: impl Into<String>, ours: Option<f64>, limit: Option<f64>) -> Self {
        Self::compare(what.into(), ours, limit, -1.0)
    }

    fn compare(what: String, ours: Option<f64>, limit: Option<f64>, sign: f64) -> Self {
        let outcome = match (ours, limit) {
            (Some(ours), Some(limit)) if sign * (ours - limit) <= ROUNDING => Outcome::Within,
            (Some(ours), Some(limit)) => Outcome::Beyond(format!(
                "{} %, where {} {} % is asked: {} points too {}",
                points(ours),
                if sign > 0.0 { "at most" } else { "at least" },
                points(limit),
                points((ours - limit).abs()),
                if sign > 0.0 { "many" } else { "few" }
            )),
            _ => Outcome::Unmeasured,
        };
        Self { what, outcome }
    }

    /// The question, asked only if each of `baselines` came out near the paper's number.
    pub(super) fn given(mut self, baselines: &[Baseline]) -> Self {
        if self.outcome != Outcome::Unmeasured
            && let Some(obstacle) = baselines.iter().find_map(Baseline::obstacle)
        {
            self.outcome = obstacle;
        }
        self
    }

    /// A number as it stands in a table: bold where this question was answered with no, with a dagger where it
    /// could not be asked for want of a sound baseline.
    pub(super) fn mark(&self, cell: String) -> String {
        match self.outcome {
            Outcome::Beyond(_) => format!("**{cell}**"),
            Outcome::NotComparable(_) => format!("{cell} †"),
            Outcome::Within | Outcome::Unmeasured => cell,
        }
    }
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Every question was asked and answered with yes.
    Held,
    /// So many of so many questions could be asked; all were answered with yes.
    HeldAsFar(usize, usize),
    /// So many of so many questions that could be asked were answered with no.
    DidNotHold(usize, usize),
    /// So many of so many questions stand on a baseline that is far from the paper's; the others that could be
    /// asked were answered with yes.
    NotComparable(usize, usize),
    /// No question could be asked.
    NotMeasured,
}

impl Verdict {
    /// One no is enough; where none is, one question that cannot be asked for want of a sound baseline keeps the
    /// claim from being held; without a yes or a no there is no verdict.
    pub(super) fn of(checks: &[Check]) -> Self {
        let count = |wanted: fn(&Outcome) -> bool| checks.iter().filter(|c| wanted(&c.outcome)).count();
        let within = count(|o| *o == Outcome::Within);
        let beyond = count(|o| matches!(o, Outcome::Beyond(_)));
        let apart = count(|o| matches!(o, Outcome::NotComparable(_)));
        let asked = within + beyond;
        if beyond > 0 {
            Self::DidNotHold(beyond, asked)
        } else if apart > 0 {
            Self::NotComparable(apart, asked + apart)
        } else if asked == 0 {
            Self::NotMeasured
        } else if asked < checks.len() {
            Self::HeldAsFar(asked, checks.len())
        } else {
            Self::Held
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held => write!(f, "HELD"),
            Self::HeldAsFar(asked, all) => {
                write!(f, "HELD as far as measured ({asked} of {all} checks)")
            }
            Self::DidNotHold(beyond, asked) => {
                write!(f, "DID NOT HOLD ({beyond} of {asked} checks failed)")
            }
            Self::NotComparable(apart, measured) => {
                write!(f, "NOT COMPARABLE ({apart} of {measured} checks stand on a broken baseline)")
            }
            Self::NotMeasured => write!(f, "NOT MEASURED"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_within_and_what_is_beyond_says_by_how_much() {
        assert_eq!(Check::at_most("x", Some(0.1 + 0.2), Some(0.3)).outcome, Outcome::Within);
        assert_eq!(Check::at_least("x", Some(0.3), Some(0.1 + 0.2)).outcome, Outcome::Within);
        let over = Check::at_most("x", Some(0.0577), Some(0.0496)).outcome;
        let text = "5.77 %, where at most 4.96 % is asked: 0.81 points too many";
        assert_eq!(over, Outcome::Beyond(text.into()));
        let under = Check::at_least("x", Some(0.5), Some(0.9)).outcome;
        let text = "50.0 %, where at least 90.0 % is asked: 40.0 points too few";
        assert_eq!(under, Outcome::Beyond(text.into()));
    }

    #[test]
    fn nothing_measured_is_never_held() {
        let yes = Check::at_most("a", Some(0.0), Some(0.1));
        let no = Check::at_most("b", Some(0.2), Some(0.1));
        let open = Check::at_most("c", None, Some(0.1));
        let of = |checks: &[&Check]| Verdict::of(&checks.iter().copied().cloned().collect::<Vec<_>>());
        assert_eq!(of(&[]), Verdict::NotMeasured);
        assert_eq!(of(&[&open]), Verdict::NotMeasured);
        assert_eq!(of(&[&yes]), Verdict::Held);
        assert_eq!(of(&[&yes, &open]), Verdict::HeldAsFar(1, 2));
        assert_eq!(of(&[&yes, &open, &no]), Verdict::DidNotHold(1, 2));
    }

    #[test]
    fn a_broken_baseline_makes_neither_held_nor_failed() {
        let on = |check: &Check, ours, published: Option<f64>| {
            let published = published.map(|p| (p, p));
            check.clone().given(&[Baseline { what: "E2EE of it".into(), ours, published }])
        };
        let yes = Check::at_most("a", Some(0.0), Some(0.1));
        let no = Check::at_most("b", Some(0.2), Some(0.1));
        let open = Check::at_most("c", None, Some(0.1));
        // Allowed for 0.2 %: 2.4 %.
        assert_eq!(on(&yes, Some(0.024), Some(0.002)).outcome, Outcome::Within);
        assert_eq!(on(&yes, Some(0.5), None).outcome, Outcome::Within, "no number to be near to");
        assert_eq!(on(&yes, None, Some(0.002)).outcome, Outcome::Unmeasured);
        assert_eq!(on(&open, Some(0.29), Some(0.002)).outcome, Outcome::Unmeasured);
        let broken = on(&yes, Some(0.29), Some(0.002));
        let text = "E2EE of it is 29.0 %, where the paper has 0.20 and at most 2.40 counts as near";
        assert_eq!(broken.outcome, Outcome::NotComparable(text.into()));
        assert_eq!(on(&no, Some(0.29), Some(0.002)).outcome, broken.outcome, "nor does it fail");
        assert_eq!(broken.mark("1.00".into()), "1.00 †");
        let of = |checks: &[&Check]| Verdict::of(&checks.iter().copied().cloned().collect::<Vec<_>>());
        assert_eq!(of(&[&broken]), Verdict::NotComparable(1, 1));
        assert_eq!(of(&[&yes, &broken, &open]), Verdict::NotComparable(1, 2));
        assert_eq!(of(&[&yes, &broken, &no]), Verdict::DidNotHold(1, 2));
    }
}
