//! Figure 4: the four errors against δ over the last annealing steps, a panel a domain.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::eval::mean;

use super::axis::Axis;
use super::page::{Area, Paint, Swatch, diamond, legend, save};
use super::select::{DomainRuns, Drawn, present, provenance};
use super::style::{FAINT, INK, LABEL, METRICS, SMALL, TITLE, plain, text};
use super::{Context, FigureSpec, published};

const PANEL: u32 = 700;
const LEGEND: u32 = 110;
/// The paper shows the ten annealing steps above the reported density (δ ← 0.75·δ).
pub(crate) const WIDEST: f64 = 17.757_727;

/// A curve: (δ, fraction) with δ falling.
pub(super) type Curve = Vec<(f64, f64)>;

struct Panel {
    title: &'static str,
    name: &'static str,
    min_density: Option<f64>,
    /// For each metric: the seeds' curves, and their mean.
    curves: Vec<(Vec<(u64, Curve)>, Curve)>,
}

struct ErrorsAgainstDensity {
    panels: Vec<Panel>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let names = METRICS.map(|m| m.0);
    let (domains, absent) = present(spec, context, &names)?;
    let panels: Vec<Panel> = domains.iter().map(Panel::new).collect();
    let mut numbers = Vec::new();
    for panel in &panels {
        for ((seeds, mean), metric) in panel.curves.iter().zip(names) {
            let line = |statistic, seed, &(delta, value): &(f64, f64)| Drawn {
                domain: panel.name.to_owned(),
                metric: metric.to_owned(),
                statistic,
                seed,
                delta: Some(delta),
                value,
            };
            for (seed, curve) in seeds {
                numbers.extend(curve.iter().map(|p| line("seed", Some(*seed), p)));
            }
            numbers.extend(mean.iter().map(|p| line("mean", None, p)));
            if let Some(point) = panel.published(metric) {
                numbers.push(line("published", None, &point));
            }
        }
    }
    let path = domains.iter().flat_map(|d| &d.path);
    let drawn: Vec<_> = path.map(|m| m.only(|name| names.contains(&name))).collect();
    let origin = provenance(context, drawn.iter(), &absent);
    let caption = format!(
        "{} over the last ten annealing steps; training goes from left to right. {origin}",
        spec.title
    );
    save(context, spec.number, &ErrorsAgainstDensity { panels }, &caption, &numbers)
}

impl Panel {
    fn new(domain: &DomainRuns<'_>) -> Self {
        let names = METRICS.map(|m| m.0);
        let last = domain.reported(&names).iter().filter_map(|m| m.delta).reduce(f64::min);
        let shown = |delta: f64| last.is_none_or(|l| delta <= l * WIDEST * (1.0 + 1e-6));
        let curves = names
            .iter()
            .map(|metric| {
                let mut seeds: BTreeMap<u64, Curve> = BTreeMap::new();
                for at in &domain.path {
                    if let (Some(delta), Some(value)) = (at.delta, at.value(metric))
                        && shown(delta)
                    {
                        seeds.entry(at.seed).or_default().push((delta, value));
                    }
                }
                let mean = mean_curve(seeds.values());
                (seeds.into_iter().collect(), mean)
            })
            .collect();
        Self { title: domain.title, name: domain.name, min_density: domain.min_density, curves }
    }

    /// The paper's number at the paper's density, if that lies within the panel.
    fn published(&self, metric: &str) -> Option<(f64, f64)> {
        let point = (published::density(self.name)?, published::mean(self.name, metric)?);
        let (greatest, least) = self.range();
        (least..=greatest).contains(&point.0).then_some(point)
    }

    /// δ at the left and right end.
    fn range(&self) -> (f64, f64) {
        let deltas = || self.curves.iter().flat_map(|c| c.1.iter().map(|p| p.0));
        let greatest = deltas().fold(f64::MIN_POSITIVE, f64::max);
        let least = deltas().chain(self.min_density).fold(greatest, f64::min);
        (greatest * 1.12, least / 1.12)
    }
}

/// At every δ the mean of the seeds that have it.
pub(super) fn mean_curve<'a>(seeds: impl Iterator<Item = &'a Curve>) -> Curve {
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

impl Paint for ErrorsAgainstDensity {
    fn height(&self) -> u32 {
        LEGEND + PANEL * self.panels.len() as u32
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let mut entries: Vec<_> = METRICS.map(|(_, name, color)| (Swatch::Line(color), name)).into();
        entries.push((Swatch::Published(INK), "paper (same colours, side by side)"));
        entries.push((Swatch::Dashed(INK), "theoretical minimum"));
        legend(area, 32, &entries)?;
        let (_, rest) = area.split_vertically(LEGEND);
        for (panel, area) in self.panels.iter().zip(rest.split_evenly((self.panels.len(), 1))) {
            panel.paint(&area)?;
        }
        Ok(())
    }
}

impl Panel {
    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        // A log axis that falls to the right: the coordinate is −log10 δ.
        let place = |delta: f64| -delta.log10();
        let (greatest, least) = self.range();
        let marks: Vec<f64> = (-12..=0)
            .flat_map(|decade| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(decade)))
            .filter(|d| (least..=greatest).contains(d))
            .map(place)
            .collect();
        let highest = self
            .curves
            .iter()
            .flat_map(|c| c.0.iter())
            .flat_map(|(_, curve)| curve.iter().map(|p| p.1))
            .fold(0.01, f64::max);
        // The root keeps errors near 1 % apart while those near 100 % still fit; unlike a
        // logarithm it has room for zero.
        let raised = |fraction: f64| (100.0 * fraction).sqrt();
        let top = raised((highest * 1.1).min(1.02));
        let mut heights: Vec<f64> = Vec::new();
        for percent in [0.0_f64, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
            let height = percent.sqrt();
            // Ticks no closer than their labels are high.
            let clear = heights.last().is_none_or(|h| height - h > 0.075 * top);
            if clear && height <= top {
                heights.push(height);
            }
        }
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, text(TITLE, INK, HPos::Left, VPos::Top))
            .margin_left(20)
            .margin_right(60)
            .margin_top(10)
            .y_label_area_size(140)
            .x_label_area_size(100)
            .margin_bottom(18)
            .build_cartesian_2d(
                Axis::new(place(greatest)..place(least), marks, |u| format!("{:.0e}", 10_f64.powf(-u))),
                Axis::new(0.0..top, heights, |h| plain(h * h)),
            )?;
        chart
            .configure_mesh()
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(text(LABEL, INK, HPos::Center, VPos::Center))
            .y_label_style(text(LABEL, INK, HPos::Right, VPos::Center))
            .x_label_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .x_desc("density δ in force")
            .y_desc("error (percent, root scale)")
            .axis_desc_style(text(LABEL, INK, HPos::Center, VPos::Top))
            .draw()?;

        if let Some(minimum) = self.min_density {
            let u = place(minimum);
            chart.draw_series(DashedLineSeries::new([(u, 0.0), (u, top)], 14, 10, INK.stroke_width(4)))?;
        }
        let points = |curve: &Curve| -> Vec<(f64, f64)> {
            curve.iter().map(|&(d, v)| (place(d), raised(v))).collect()
        };
        for ((seeds, mean), (_, _, color)) in self.curves.iter().zip(METRICS) {
            for (_, curve) in seeds {
                let thin = color.mix(0.45).stroke_width(2);
                chart.draw_series(LineSeries::new(points(curve), thin))?;
            }
            chart.draw_series(LineSeries::new(points(mean), color.stroke_width(6)))?;
            let dots = points(mean).into_iter().map(|p| Circle::new(p, 7, color.filled()));
            chart.draw_series(dots)?;
        }
        let (left, top_left) = area.get_base_pixel();
        for (i, (metric, _, color)) in METRICS.into_iter().enumerate() {
            if let Some((delta, value)) = self.published(metric) {
                let (x, y) = chart.backend_coord(&(place(delta), raised(value)));
                // Side by side: the four numbers are close and share one density.
                let aside = 26 * i as i32 - 39;
                diamond(area, (x - left + aside, y - top_left), color)?;
            }
        }
        Ok(())
    }
}
