//! Curves over δ: the seeds of a run at every density of the last annealing steps, and their mean.

use std::collections::BTreeMap;

use crate::eval::mean;

use super::canvas::{Canvas, Color, Pen, Point};
use super::frame::Frame;
use super::select::{DomainRuns, Drawn, Measured};
use super::style::{BOLD, THIN, pale};

/// The paper shows the ten annealing steps above the reported density (δ ← 0.75·δ).
pub(crate) const WIDEST: f64 = 17.757_727;

/// A curve: (δ, value) with δ falling.
pub(super) type Curve = Vec<Point>;

/// The curves of one metric.
#[derive(Clone, Debug, Default)]
pub(super) struct Curves {
    pub(super) seeds: Vec<(u64, Curve)>,
    /// At every δ the mean of the seeds that have it.
    pub(super) mean: Curve,
}

impl Curves {
    /// Of what `value` gives at the densities of a domain's runs, down to the last one of `metrics`.
    pub(super) fn new(
        domain: &DomainRuns<'_>,
        metrics: &[&str],
        value: impl Fn(&Measured<'_>) -> Option<f64>,
    ) -> Self {
        let last = domain.reported(metrics).iter().filter_map(|m| m.delta).reduce(f64::min);
        let shown = |delta: f64| last.is_none_or(|last| delta <= last * WIDEST * (1.0 + 1e-6));
        let mut seeds: BTreeMap<u64, Curve> = BTreeMap::new();
        for at in &domain.path {
            if let (Some(delta), Some(value)) = (at.delta, value(at))
                && shown(delta)
            {
                seeds.entry(at.seed).or_default().push((delta, value));
            }
        }
        let mean = mean_curve(seeds.values());
        Self { seeds: seeds.into_iter().collect(), mean }
    }

    /// The values of all seeds.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.seeds.iter().flat_map(|(_, curve)| curve.iter().map(|point| point.1))
    }

    /// The points of the seeds and of their mean, as `metric` of `domain`.
    pub(super) fn numbers(&self, domain: &str, metric: &str) -> Vec<Drawn> {
        let seeds = self.seeds.iter();
        let mut numbers: Vec<Drawn> =
            seeds.flat_map(|(seed, curve)| points(curve, domain, metric, "seed", Some(*seed))).collect();
        numbers.extend(points(&self.mean, domain, metric, "mean", None));
        numbers
    }

    /// Draws the seeds as thin lines and their mean as a thick one; `value` gives the place of a value. The last
    /// segment is dashed where `cooled`: there is more to it than the next density.
    pub(super) fn draw(
        &self,
        canvas: &mut Canvas,
        frame: &Frame,
        color: Color,
        cooled: bool,
        value: impl Fn(f64) -> f64,
    ) {
        let places = |curve: &Curve| -> Vec<Point> {
            curve.iter().map(|&(delta, fraction)| frame.at(delta, value(fraction))).collect()
        };
        if self.seeds.len() > 1 {
            for (_, curve) in &self.seeds {
                canvas.line(&places(curve), Pen::new(pale(color, 0.5), THIN));
            }
        }
        let mean = places(&self.mean);
        let solid = if cooled { mean.len().saturating_sub(1) } else { mean.len() };
        canvas.line(&mean[..solid], Pen::new(color, BOLD));
        if cooled && solid > 0 {
            canvas.line(&mean[solid - 1..], Pen { dash: Some((2.2, 1.6)), ..Pen::new(color, BOLD) });
        }
        for place in mean {
            canvas.disc(place, 1.7, color);
        }
    }
}

/// The points of a curve, as they are kept beside the figure.
pub(super) fn points(
    curve: &[Point],
    domain: &str,
    metric: &str,
    statistic: &'static str,
    seed: Option<u64>,
) -> impl Iterator<Item = Drawn> {
    curve.iter().map(move |&(delta, value)| Drawn {
        domain: domain.to_owned(),
        metric: metric.to_owned(),
        statistic,
        seed,
        delta: Some(delta),
        value,
    })
}

/// The greatest and least δ of curves and of a minimum, with a little room.
pub(super) fn range<'a>(curves: impl Iterator<Item = &'a Curves>, minimum: Option<f64>) -> (f64, f64) {
    let deltas: Vec<f64> = curves.flat_map(|c| c.mean.iter().map(|p| p.0)).chain(minimum).collect();
    let greatest = deltas.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
    let least = deltas.iter().copied().fold(greatest, f64::min);
    (greatest * 1.15, least / 1.15)
}

fn mean_curve<'a>(seeds: impl Iterator<Item = &'a Curve>) -> Curve {
    let mut at: BTreeMap<String, (f64, Vec<f64>)> = BTreeMap::new();
    for &(delta, value) in seeds.flatten() {
        // Seeds share the δ of the schedule; six digits forgive how it was written down.
        let group = at.entry(format!("{delta:.5e}")).or_insert((delta, Vec::new()));
        group.1.push(value);
    }
    let mut curve: Curve =
        at.into_values().filter_map(|(delta, values)| Some((delta, mean(&values)?))).collect();
    curve.sort_by(|a, b| b.0.total_cmp(&a.0));
    curve
}
