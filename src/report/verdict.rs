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
    /// A number is missing.
    Unmeasured,
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

    /// A number as it stands in a table: bold where this question was answered with no.
    pub(super) fn mark(&self, cell: String) -> String {
        if matches!(self.outcome, Outcome::Beyond(_)) { format!("**{cell}**") } else { cell }
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
    /// No question could be asked.
    NotMeasured,
}

impl Verdict {
    /// One no is enough; without a yes or a no there is no verdict.
    pub(super) fn of(checks: &[Check]) -> Self {
        let asked = checks.iter().filter(|c| c.outcome != Outcome::Unmeasured).count();
        let beyond = checks.iter().filter(|c| matches!(c.outcome, Outcome::Beyond(_))).count();
        match (asked, beyond) {
            (0, _) => Self::NotMeasured,
            (_, 1..) => Self::DidNotHold(beyond, asked),
            _ if asked < checks.len() => Self::HeldAsFar(asked, checks.len()),
            _ => Self::Held,
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
}
