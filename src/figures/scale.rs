//! Axes: where values lie along one, and which ticks it has.

use std::ops::RangeInclusive;

use super::log_scale::LogScale;
use super::words::{plain, scientific};

/// How values become places.
#[derive(Clone, Copy, Debug)]
enum Place {
    Linear,
    /// The root keeps errors near 1 % apart while those near 100 % still fit; unlike a logarithm it has room for zero.
    Root,
    Log(LogScale),
    /// A logarithm that falls to the right: training lowers δ.
    Falling,
}

/// An axis.
#[derive(Clone, Debug)]
pub(super) struct Scale {
    place: Place,
    /// Places of both ends.
    ends: (f64, f64),
    /// Values that are marked, and their labels.
    pub(super) ticks: Vec<(f64, String)>,
}

impl Scale {
    /// From `low` to `high` in equal steps, marked at `ticks`.
    pub(super) fn linear(low: f64, high: f64, ticks: Vec<f64>) -> Self {
        let ticks = ticks.into_iter().map(|tick| (tick, plain(tick))).collect();
        Self { place: Place::Linear, ends: (low, high), ticks }
    }

    /// From 0 to `top`, both in percent, on a root scale.
    pub(super) fn root(top: f64) -> Self {
        let mut ticks: Vec<(f64, String)> = Vec::new();
        for percent in [0.0_f64, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
            // Ticks no closer than their labels are high.
            let clear =
                ticks.last().is_none_or(|(last, _)| percent.sqrt() - last.sqrt() > 0.085 * top.sqrt());
            if clear && percent <= top {
                ticks.push((percent, plain(percent)));
            }
        }
        Self { place: Place::Root, ends: (0.0, top.sqrt()), ticks }
    }

    /// Logarithmic, with a place for zero, labelled by `label`.
    pub(super) fn log(scale: LogScale, label: impl Fn(f64) -> String) -> Self {
        let named = |value: f64| if value <= 0.0 { "0".to_owned() } else { label(value) };
        let ticks = scale.ticks().into_iter().map(|value| (value, named(value))).collect();
        let range = scale.range();
        Self { place: Place::Log(scale), ends: (range.start, range.end), ticks }
    }

    /// Densities from `greatest` at the left to `least` at the right.
    pub(super) fn falling(greatest: f64, least: f64) -> Self {
        let ticks = density_ticks(greatest, least).into_iter().map(|d| (d, scientific(d, 1))).collect();
        Self { place: Place::Falling, ends: (-greatest.log10(), -least.log10()), ticks }
    }

    /// Where a value lies: 0 at the low end, 1 at the high one.
    pub(super) fn at(&self, value: f64) -> f64 {
        let placed = match self.place {
            Place::Linear => value,
            Place::Root => value.max(0.0).sqrt(),
            Place::Log(scale) => scale.place(value),
            Place::Falling => -value.max(f64::MIN_POSITIVE).log10(),
        };
        (placed - self.ends.0) / (self.ends.1 - self.ends.0)
    }
}

/// Densities to mark: 1, 2 and 5 of a decade, or more where few of these lie between the ends; five at most.
fn density_ticks(greatest: f64, least: f64) -> Vec<f64> {
    const FINE: [f64; 16] = [1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0];
    let within = |steps: &[f64]| -> Vec<f64> {
        let decades = (-12..=0).flat_map(|decade| steps.iter().map(move |m| m * 10_f64.powi(decade)));
        decades.filter(|d| (least..=greatest).contains(d)).collect()
    };
    let few: RangeInclusive<usize> = 2..=5;
    let steps: [&[f64]; 4] = [&[1.0, 2.0, 5.0], &[1.0, 3.0], &[1.0], &FINE];
    let fitting = steps.into_iter().map(within).find(|ticks| few.contains(&ticks.len()));
    fitting.unwrap_or_else(|| {
        let fine = within(&FINE);
        let every = fine.len().div_ceil(*few.end()).max(1);
        fine.into_iter().step_by(every).collect()
    })
}

/// Round values from 0 to `top`, about five of them.
pub(super) fn ticks(top: f64) -> Vec<f64> {
    let raw = top / 5.0;
    let decade = 10_f64.powf(raw.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * decade).find(|s| *s >= raw).unwrap_or(10.0 * decade);
    (0..).map(|i| f64::from(i) * step).take_while(|t| *t <= top * (1.0 + 1e-9)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_of_densities_has_ticks_that_say_what_they_are() {
        let named = |greatest, least| -> Vec<String> {
            Scale::falling(greatest, least).ticks.into_iter().map(|tick| tick.1).collect()
        };
        assert_eq!(named(1e-3, 4e-5), ["5×10⁻⁵", "10⁻⁴", "2×10⁻⁴", "5×10⁻⁴", "10⁻³"]);
        assert_eq!(named(1.68e-3, 1.25e-3), ["1.4×10⁻³", "1.6×10⁻³"]);
        assert_eq!(named(1e-2, 1e-5), ["10⁻⁵", "10⁻⁴", "10⁻³", "10⁻²"]);
        assert!((2..=5).contains(&named(1e-4, 6.5e-5).len()));
    }

    #[test]
    fn every_kind_of_axis_holds_its_ends() {
        let falling = Scale::falling(1e-2, 1e-4);
        assert!(falling.at(1e-2).abs() < 1e-9 && (falling.at(1e-4) - 1.0).abs() < 1e-9);
        assert!((falling.at(1e-3) - 0.5).abs() < 1e-9);
        let root = Scale::root(100.0);
        assert!((root.at(25.0) - 0.5).abs() < 1e-9 && root.at(0.0) == 0.0);
        assert!(root.ticks.len() >= 4);
        let linear = Scale::linear(-1.0, 1.0, vec![0.0]);
        assert!((linear.at(0.0) - 0.5).abs() < 1e-9);
        assert_eq!(linear.ticks, [(0.0, "0".to_owned())]);
        let log = Scale::log(LogScale::of([0.0, 0.1, 10.0].into_iter()), plain);
        assert_eq!(log.ticks[0].1, "0");
        assert!(log.at(0.0) < log.at(0.1) && log.at(10.0) < 1.0);
    }

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(1.0), [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks(100.0).len(), 6);
        for top in [0.3, 1.7, 9.0, 43.0, 250.0] {
            assert!((3..=6).contains(&ticks(top).len()), "{top}");
        }
    }
}
