//! A logarithmic axis that has a place for zero at its low end.

use std::ops::Range;

/// Where values lie on a logarithmic axis: at log10 of the value, zero half a decade (or less,
/// on a short axis) below the least positive one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LogScale {
    /// log10 of the least and greatest positive value.
    low: f64,
    high: f64,
    zero: Option<f64>,
}

impl LogScale {
    /// A scale that holds all `values`; negative ones count as zero.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high, mut zero) = (f64::INFINITY, f64::NEG_INFINITY, false);
        for value in values {
            if value > 0.0 {
                low = low.min(value.log10());
                high = high.max(value.log10());
            } else {
                zero = true;
            }
        }
        if low > high {
            // Nothing positive: any decade will do.
            (low, high) = (-1.0, 0.0);
        }
        let zero = zero.then(|| low - (0.18 * (high - low)).clamp(0.25, 0.6));
        Self { low, high, zero }
    }

    /// The coordinate of a value.
    pub(super) fn place(&self, value: f64) -> f64 {
        match self.zero {
            Some(zero) if value <= 0.0 => zero,
            _ => value.max(f64::MIN_POSITIVE).log10(),
        }
    }

    /// From a little below the least to a little above the greatest coordinate.
    pub(super) fn range(&self) -> Range<f64> {
        let least = self.zero.unwrap_or(self.low);
        let room = (0.07 * (self.high - least)).max(0.08);
        (least - room)..(self.high + room)
    }

    /// Values of the ticks, zero and at most six: decades, or finer steps where these are few.
    pub(super) fn ticks(&self) -> Vec<f64> {
        let range = self.range();
        // A tick right above zero's would read as if it belonged to it, and its label would touch zero's: in
        // panels of a third of a page "0" and "0.03" ask for an eighth of the axis between their middles.
        let beside = |zero: f64| zero + 0.13 * (range.end - range.start);
        let floor = self.zero.map_or(range.start, |zero| beside(zero).max(self.low - 0.08));
        let within = |steps: &[f64]| -> Vec<f64> {
            (-12..=3)
                .flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)))
                .filter(|value| (floor..=range.end).contains(&value.log10()))
                .collect()
        };
        // The coarsest steps that leave three ticks to judge distances by.
        let finer: [&[f64]; 4] =
            [&[1.0], &[1.0, 3.0], &[1.0, 2.0, 5.0], &[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0]];
        let all: Vec<Vec<f64>> = finer.into_iter().map(within).collect();
        let fewest = all.iter().find(|ticks| ticks.len() >= 3).or(all.last()).cloned().unwrap_or_default();
        let every = fewest.len().div_ceil(6).max(1);
        let ticks = fewest.into_iter().step_by(every);
        self.zero.map(|_| 0.0).into_iter().chain(ticks).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_lies_below_the_least_positive_value() {
        let scale = LogScale::of([0.0, 0.01, 10.0].into_iter());
        assert!(scale.place(0.0) < scale.place(0.01) && scale.place(0.01) < scale.place(10.0));
        assert_eq!(scale.ticks().len(), 1 + 4, "zero and the decades from 0.01 to 10");
        let narrow = LogScale::of([0.0, 0.0332, 1.48].into_iter()).ticks();
        assert!(
            (narrow[1] - 0.1).abs() < 1e-12,
            "0.1 is the first after zero, as 0.03 would touch its label: {narrow:?}"
        );
        let positive = LogScale::of([0.5, 5.0].into_iter());
        assert_eq!(positive.zero, None);
        assert!(positive.range().contains(&positive.place(0.5)));
    }

    #[test]
    fn any_values_make_an_axis() {
        for values in [vec![], vec![0.0], vec![3.0], vec![1e-6, 1.0]] {
            let scale = LogScale::of(values.iter().copied());
            let range = scale.range();
            assert!(range.start < range.end, "{values:?}");
            assert!(scale.ticks().len() <= 7, "{values:?}");
            assert!(values.iter().all(|v| range.contains(&scale.place(*v))), "{values:?}");
        }
    }
}
