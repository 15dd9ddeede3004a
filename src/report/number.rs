//! Numbers over seeds, and how they are written.

use crate::eval::mean;
use crate::figures::{density_percent, percent};

/// A metric over the seeds that have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) mean: f64,
    low: f64,
    high: f64,
}

impl Number {
    /// Mean and range; `None` of nothing.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        Some(Self {
            mean: mean(values)?,
            low: values.iter().copied().fold(f64::INFINITY, f64::min),
            high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    fn show(&self, form: impl Fn(f64) -> String) -> String {
        if self.low == self.high {
            form(self.mean)
        } else {
            format!("{} [{}–{}]", form(self.mean), form(self.low), form(self.high))
        }
    }
}

/// The means of two metrics, if there are both.
pub(super) fn both(a: Option<Number>, b: Option<Number>) -> Option<(f64, f64)> {
    Some((a?.mean, b?.mean))
}

/// A fraction in percent, or a difference of fractions in points.
pub(super) fn points(fraction: f64) -> String {
    // 99.99 is a number of the paper; `percent` would make it 100.
    if (0.9995..1.0).contains(&fraction) { format!("{:.2}", 100.0 * fraction) } else { percent(fraction) }
}

/// Ours, and the paper's in brackets; fractions, written by `form`.
pub(super) fn cell_by(
    ours: Option<Number>,
    paper: Option<(f64, f64)>,
    form: impl Fn(f64) -> String,
) -> String {
    let ours = ours.map_or_else(|| "–".to_owned(), |n| n.show(&form));
    match paper {
        Some((low, high)) if low == high => format!("{ours} ({})", form(low)),
        Some((low, high)) => format!("{ours} ({}–{})", form(low), form(high)),
        None => ours,
    }
}

/// The same in percent.
pub(super) fn cell(ours: Option<Number>, paper: Option<(f64, f64)>) -> String {
    cell_by(ours, paper, points)
}

/// The same for a share of non-zero positions, in percent with three digits.
pub(super) fn density_cell(ours: Option<Number>, paper: Option<(f64, f64)>) -> String {
    cell_by(ours, paper, density_percent)
}

/// Seconds as a person reads them.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.0} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_mean_range_and_the_papers_number() {
        let number = Number::of(&[0.01, 0.03]);
        assert_eq!(cell(number, Some((0.0148, 0.0148))), "2.00 [1.00–3.00] (1.48)");
        assert_eq!(cell(Number::of(&[0.01]), Some((0.7, 0.75))), "1.00 (70.0–75.0)");
        assert_eq!(cell(None, Some((0.9999, 0.9999))), "– (99.99)");
        assert_eq!(cell(Number::of(&[]), None), "–");
        assert_eq!(density_cell(Number::of(&[2.1e-4]), Some((5e-5, 5e-5))), "0.021 (0.005)");
    }

    #[test]
    fn durations_have_the_unit_that_fits() {
        assert_eq!([duration(90.0), duration(2136.0), duration(9000.0)], ["90 s", "36 min", "2.5 h"]);
    }
}
