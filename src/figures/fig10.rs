//! Figure 10: how E2EE changes when motif values are quantised, against δ, a panel a domain.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::eval::BINS;
use crate::results::{UNQUANTISED, quantised_metric};

use super::axis::Axis;
use super::fig4::{Curve, WIDEST, mean_curve};
use super::page::{Area, Paint, Swatch, legend, save};
use super::select::{DomainRuns, Drawn, Measured, present, provenance};
use super::style::{BLUE, FAINT, GREEN, INK, LABEL, ORANGE, SMALL, TITLE, VERMILLION, plain, text, ticks};
use super::{Context, FigureSpec, published};

const PANEL: u32 = 620;
const LEGEND: u32 = 110;
/// One a number of bins, fewest first.
const COLORS: [RGBColor; 4] = [BLUE, ORANGE, GREEN, VERMILLION];
/// The paper's band: light enough to lie under everything.
const BAND: RGBColor = RGBColor(226, 226, 226);

struct Panel {
    title: &'static str,
    name: &'static str,
    min_density: Option<f64>,
    /// For each number of bins: the seeds' curves of E2EE's change, and their mean.
    curves: Vec<(Vec<(u64, Curve)>, Curve)>,
}

struct QuantisedMotifs {
    panels: Vec<Panel>,
}

/// Whether a metric is drawn here.
fn is_own(metric: &str) -> bool {
    metric == UNQUANTISED || metric.starts_with("e2ee_quantised/")
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domains, absent) = present(spec, context, &["e2ee_quantised/"])?;
    let panels: Vec<Panel> = domains.iter().map(Panel::new).collect();
    let mut numbers = Vec::new();
    for panel in &panels {
        for ((seeds, mean), bins) in panel.curves.iter().zip(BINS) {
            let line = |statistic, seed, &(delta, value): &(f64, f64)| Drawn {
                domain: panel.name.to_owned(),
                metric: format!("e2ee_change/{bins}"),
                statistic,
                seed,
                delta: Some(delta),
                value,
            };
            for (seed, curve) in seeds {
                numbers.extend(curve.iter().map(|point| line("seed", Some(*seed), point)));
            }
            numbers.extend(mean.iter().map(|point| line("mean", None, point)));
        }
    }
    let drawn: Vec<Measured> = domains.iter().flat_map(|d| d.path.iter().map(|m| m.only(is_own))).collect();
    let measured = drawn.iter().filter(|m| m.rows().next().is_some());
    let caption = format!(
        "{}. The non-zero values of each channel are replaced by the means of 2, 4, 8 or 16 bins of equal count, \
         found on validation samples; above zero, quantising does harm. Grey: the paper's changes, under \
         about {} points. {}",
        spec.title,
        plain(100.0 * published::QUANTISATION_CHANGE),
        provenance(context, measured, &absent)
    );
    save(context, spec.number, &QuantisedMotifs { panels }, &caption, &numbers)
}

impl Panel {
    fn new(domain: &DomainRuns<'_>) -> Self {
        let last = domain.reported(&["e2ee_quantised/"]).iter().filter_map(|m| m.delta).reduce(f64::min);
        let shown = |delta: f64| last.is_none_or(|l| delta <= l * WIDEST * (1.0 + 1e-6));
        let curves = BINS.map(|bins| {
            let mut seeds: BTreeMap<u64, Curve> = BTreeMap::new();
            for at in &domain.path {
                if let (Some(delta), Some(before), Some(after)) =
                    (at.delta, at.value(UNQUANTISED), at.value(&quantised_metric(bins)))
                    && shown(delta)
                {
                    seeds.entry(at.seed).or_default().push((delta, after - before));
                }
            }
            let mean = mean_curve(seeds.values());
            (seeds.into_iter().collect(), mean)
        });
        Self {
            title: domain.title,
            name: domain.name,
            min_density: domain.min_density,
            curves: curves.into(),
        }
    }

    /// δ at the left and right end.
    fn range(&self) -> (f64, f64) {
        let deltas = || self.curves.iter().flat_map(|c| c.1.iter().map(|p| p.0));
        let greatest = deltas().chain(self.min_density).fold(f64::MIN_POSITIVE, f64::max);
        let least = deltas().chain(self.min_density).fold(greatest, f64::min);
        (greatest * 1.12, least / 1.12)
    }

    /// Lowest and highest change shown, in points: all that was measured, and the paper's band.
    fn heights(&self) -> (f64, f64) {
        let seeds = self.curves.iter().flat_map(|c| c.0.iter());
        let changes = seeds.flat_map(|(_, curve)| curve.iter().map(|p| 100.0 * p.1));
        let band = 100.0 * published::QUANTISATION_CHANGE;
        let (low, high) = changes.fold((-band, band), |(low, high), v| (low.min(v), high.max(v)));
        let room = 0.08 * (high - low);
        (low - room, high + room)
    }
}

/// Densities to mark on the axis: 1, 2 and 5 of a decade, or more where few of these lie between the ends.
fn density_ticks(greatest: f64, least: f64) -> Vec<f64> {
    const FINE: [f64; 16] = [1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 6.0, 7.0, 8.0, 9.0];
    let within = |steps: &[f64]| -> Vec<f64> {
        let decades = (-12..=0).flat_map(|decade| steps.iter().map(move |m| m * 10_f64.powi(decade)));
        decades.filter(|d| (least..=greatest).contains(d)).collect()
    };
    let coarse = within(&[1.0, 2.0, 5.0]);
    if coarse.len() < 2 { within(&FINE) } else { coarse }
}

/// A place on the axis, −log10 δ, as its δ: 2e-4, 1.4e-3.
fn density_label(place: f64) -> String {
    let text = format!("{:.1e}", 10_f64.powf(-place));
    text.replace(".0e", "e")
}

impl Paint for QuantisedMotifs {
    fn height(&self) -> u32 {
        LEGEND + PANEL * self.panels.len() as u32
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let names = BINS.map(|bins| format!("{bins} bins"));
        let mut entries: Vec<_> =
            names.iter().zip(COLORS).map(|(name, color)| (Swatch::Line(color), name.as_str())).collect();
        entries.push((Swatch::Bar(BAND), "paper (under about 2 points)"));
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
        let marks = density_ticks(greatest, least);
        let (low, high) = self.heights();
        let above = ticks(high.max(-low));
        let heights = above.iter().flat_map(|&t| [-t, t]).filter(|t| (low..=high).contains(t)).collect();
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, text(TITLE, INK, HPos::Left, VPos::Top))
            .margin_left(20)
            .margin_right(60)
            .margin_top(10)
            .y_label_area_size(140)
            .x_label_area_size(100)
            .margin_bottom(18)
            .build_cartesian_2d(
                Axis::new(
                    place(greatest)..place(least),
                    marks.iter().copied().map(place).collect(),
                    density_label,
                ),
                Axis::new(low..high, heights, |h| plain(h + 0.0)),
            )?;
        let band = 100.0 * published::QUANTISATION_CHANGE;
        let corners = [(place(greatest), -band), (place(least), band)];
        chart.draw_series([Rectangle::new(corners, BAND.filled())])?;
        chart
            .configure_mesh()
            .bold_line_style(FAINT)
            .axis_style(INK)
            .label_style(text(LABEL, INK, HPos::Center, VPos::Center))
            .y_label_style(text(LABEL, INK, HPos::Right, VPos::Center))
            .x_label_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .x_desc("density δ in force")
            .y_desc("change of E2EE (points)")
            .axis_desc_style(text(LABEL, INK, HPos::Center, VPos::Top))
            .draw()?;
        chart.draw_series(LineSeries::new(
            [(place(greatest), 0.0), (place(least), 0.0)],
            INK.stroke_width(2),
        ))?;
        if let Some(minimum) = self.min_density {
            let u = place(minimum);
            chart.draw_series(DashedLineSeries::new([(u, low), (u, high)], 14, 10, INK.stroke_width(4)))?;
        }
        let points = |curve: &Curve| -> Vec<(f64, f64)> {
            curve.iter().map(|&(d, v)| (place(d), 100.0 * v)).collect()
        };
        for ((seeds, mean), color) in self.curves.iter().zip(COLORS) {
            for (_, curve) in seeds {
                chart.draw_series(LineSeries::new(points(curve), color.mix(0.45).stroke_width(2)))?;
            }
            chart.draw_series(LineSeries::new(points(mean), color.stroke_width(6)))?;
        }
        let (left, top_left) = area.get_base_pixel();
        for (i, ((_, mean), color)) in self.curves.iter().zip(COLORS).enumerate() {
            for point in points(mean) {
                let (x, y) = chart.backend_coord(&point);
                // Where there is no line to tell them apart they stand side by side.
                let aside = if mean.len() == 1 { 16 * i as i32 - 24 } else { 0 };
                let x = x - left + aside;
                area.draw(&Circle::new((x, y - top_left), 9, WHITE.filled()))?;
                area.draw(&Circle::new((x, y - top_left), 7, color.filled()))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_has_ticks_that_say_what_they_are() {
        let named = |greatest, least| -> Vec<String> {
            density_ticks(greatest, least).iter().map(|d| density_label(-d.log10())).collect()
        };
        assert_eq!(named(1e-3, 4e-5), ["5e-5", "1e-4", "2e-4", "5e-4", "1e-3"]);
        assert_eq!(named(1.68e-3, 1.25e-3), ["1.4e-3", "1.6e-3"]);
        assert_eq!(named(1e-4, 6.5e-5), ["7e-5", "8e-5", "9e-5", "1e-4"]);
    }
}
