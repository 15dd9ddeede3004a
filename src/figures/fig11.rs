//! Figure 11: the L1 and KL penalties against Sparling on DigitCircle: how well each answers
//! at the density it reaches.

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::labels::Labels;
use super::log_scale::LogScale;
use super::marker::{Shape, marker};
use super::page::{Area, Paint, Swatch, diamond, legend, save};
use super::style::{
    BLUE, FAINT, GREEN, INK, LABEL, ORANGE, SMALL, TITLE, plain, sink, text, text_width, ticks,
};
use super::variants::{Found, Line, Variant, compare};
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    number: 11,
    title: "L1 and KL penalties against Sparling on DigitCircle",
    runs_needed: &[
        (DIGIT_CIRCLE, "sparling"),
        (DIGIT_CIRCLE, "l1-0.1"),
        (DIGIT_CIRCLE, "l1-1"),
        (DIGIT_CIRCLE, "l1-2"),
        (DIGIT_CIRCLE, "l1-5"),
        (DIGIT_CIRCLE, "l1-10"),
        (DIGIT_CIRCLE, "kl-0.01"),
        (DIGIT_CIRCLE, "kl-0.1"),
        (DIGIT_CIRCLE, "kl-1"),
        (DIGIT_CIRCLE, "kl-10"),
        (DIGIT_CIRCLE, "kl-100"),
        (DIGIT_CIRCLE, "kl-1000"),
        (DIGIT_CIRCLE, "kl-10000"),
        (DIGIT_CIRCLE, "kl-100000"),
    ],
    also_shown: &[],
    needs: Needs::Errors,
    draw,
};

/// In order of λ, which the lines follow.
const VARIANTS: &[Variant] = &[
    Variant { name: "sparling", title: "Sparling" },
    Variant { name: "l1-0.1", title: "L1 λ=0.1" },
    Variant { name: "l1-1", title: "L1 λ=1" },
    Variant { name: "l1-2", title: "L1 λ=2" },
    Variant { name: "l1-5", title: "L1 λ=5" },
    Variant { name: "l1-10", title: "L1 λ=10" },
    Variant { name: "kl-0.01", title: "KL λ=0.01" },
    Variant { name: "kl-0.1", title: "KL λ=0.1" },
    Variant { name: "kl-1", title: "KL λ=1" },
    Variant { name: "kl-10", title: "KL λ=10" },
    Variant { name: "kl-100", title: "KL λ=100" },
    Variant { name: "kl-1000", title: "KL λ=1000" },
    Variant { name: "kl-10000", title: "KL λ=1e4" },
    Variant { name: "kl-100000", title: "KL λ=1e5" },
];
const METRICS: &[&str] = &["e2ee", "exact", "density"];
const FAMILIES: [(&str, &str, Shape, RGBColor); 3] = [
    ("l1-", "L1", Shape::Triangle, BLUE),
    ("kl-", "KL", Shape::Square, ORANGE),
    ("sparling", "Sparling", Shape::Disc, GREEN),
];
const PANELS: [(&str, &str); 2] = [("e2ee", "E2EE"), ("exact", "Exact-match accuracy")];

const PANEL: u32 = 700;
const LEGEND: u32 = 110;
/// Pixels between a mark and its label.
const GAP: i32 = 20;

/// A mark in a panel. Fractions.
struct Point {
    metric: &'static str,
    variant: &'static str,
    /// λ; empty for Sparling.
    lambda: &'static str,
    density: f64,
    value: f64,
}

struct PenaltiesAgainstDensity {
    seeds: Vec<Point>,
    means: Vec<Point>,
    published: Vec<Point>,
    /// Where the paper gives a range of densities for one value: (density range, value).
    published_ranges: Vec<((f64, f64), Point)>,
    min_density: Option<f64>,
    present: Vec<&'static str>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let compared = compare("figure 11", spec, context, VARIANTS, &METRICS[..2])?;
    let numbers: Vec<Line> = compared.found.iter().flat_map(lines).collect();
    let mut figure = PenaltiesAgainstDensity {
        seeds: Vec::new(),
        means: Vec::new(),
        published: Vec::new(),
        published_ranges: Vec::new(),
        min_density: compared.min_density(),
        present: compared.found.iter().map(|f| f.variant.name).collect(),
    };
    for found in &compared.found {
        for (metric, _) in PANELS {
            figure.add(found, metric);
        }
    }
    let caption = format!(
        "{}: how well each answers at the density (share of non-zero motif values) that it reaches. Numbers beside our marks are λ; lines follow it. The paper's marks are at its own densities, where the minimum is 4.5e-5.{} {}",
        spec.title,
        if figure.present.iter().any(|v| v.starts_with("kl-")) {
            " The paper gives KL's accuracy (about 90 % up to λ = 10 at densities of 4 to 30 %, 85 % at 100, 24 % at 1000, near 0 above), but no E2EE and no density for one λ."
        } else {
            ""
        },
        compared.provenance(context)
    );
    save(context, spec.number, &figure, &caption, &numbers)
}

fn lines(found: &Found<'_>) -> Vec<Line> {
    METRICS.iter().flat_map(|metric| found.lines(metric)).collect()
}

/// A colour dark enough to read text in.
fn dark(RGBColor(red, green, blue): RGBColor) -> RGBColor {
    let darker = |part: u8| (u16::from(part) * 3 / 5) as u8;
    RGBColor(darker(red), darker(green), darker(blue))
}

fn family(variant: &str) -> usize {
    FAMILIES.iter().position(|(prefix, ..)| variant.starts_with(prefix)).unwrap_or(0)
}

impl PenaltiesAgainstDensity {
    fn add(&mut self, found: &Found<'_>, metric: &'static str) {
        let variant = found.variant.name;
        let lambda = variant.split_once('-').map_or("", |(_, lambda)| lambda);
        let point = |density, value| Point { metric, variant, lambda, density, value };
        self.seeds.extend(
            found.reported().iter().filter_map(|at| Some(point(at.value("density")?, at.value(metric)?))),
        );
        let mean = |metric| found.summary(metric).map(|summary| summary.mean);
        if let (Some(density), Some(value)) = (mean("density"), mean(metric)) {
            self.means.push(point(density, value));
        }
        if let (Some((low, high)), Some((value, _))) = (found.published("density"), found.published(metric)) {
            if low == high {
                self.published.push(point(low, value));
            } else if self.published_ranges.iter().all(|(range, p)| *range != (low, high) || p.value != value)
            {
                // λ that share one published range share one mark.
                self.published_ranges.push(((low, high), point(low, value)));
            }
        }
    }

    /// Every density that the axis must hold.
    fn scale(&self) -> LogScale {
        let points = self.seeds.iter().chain(&self.means).chain(&self.published).map(|p| p.density);
        let ranges = self.published_ranges.iter().flat_map(|((low, high), _)| [*low, *high]);
        LogScale::of(points.chain(ranges).chain(self.min_density))
    }
}

impl Paint for PenaltiesAgainstDensity {
    fn height(&self) -> u32 {
        LEGEND + PANEL * PANELS.len() as u32
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let mut entries: Vec<_> = FAMILIES
            .iter()
            .filter(|(prefix, ..)| self.present.iter().any(|v| v.starts_with(prefix)))
            .map(|(_, name, shape, color)| (Swatch::Mark(*shape, *color), *name))
            .collect();
        entries.push((Swatch::Published(INK), "paper (same colours)"));
        entries.push((Swatch::Dashed(INK), "theoretical minimum"));
        entries.push((Swatch::Dot(INK), "large: mean, small: one seed"));
        legend(area, 32, &entries)?;
        let (_, rest) = area.split_vertically(LEGEND);
        for ((metric, name), area) in PANELS.iter().zip(rest.split_evenly((PANELS.len(), 1))) {
            self.panel(&area, metric, name)?;
        }
        Ok(())
    }
}

impl PenaltiesAgainstDensity {
    fn panel<DB>(&self, area: &Area<DB>, metric: &str, name: &str) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let of = |points: &'_ [Point]| -> Vec<(usize, f64, f64, &'static str)> {
            let own = points.iter().filter(|p| p.metric == metric);
            own.map(|p| (family(p.variant), p.density, 100.0 * p.value, p.lambda)).collect()
        };
        let (seeds, means, published) = (of(&self.seeds), of(&self.means), of(&self.published));
        let ranges: Vec<_> = self.published_ranges.iter().filter(|(_, p)| p.metric == metric).collect();
        let highest = [&seeds, &means, &published]
            .into_iter()
            .flatten()
            .map(|p| p.2)
            .chain(ranges.iter().map(|(_, p)| 100.0 * p.value))
            .fold(10.0, f64::max);
        let top = (highest * 1.12).min(108.0);
        let scale = self.scale();
        let mut chart = ChartBuilder::on(area)
            .caption(name, text(TITLE, INK, HPos::Left, VPos::Top))
            .margin_left(20)
            .margin_right(40)
            .margin_top(10)
            .y_label_area_size(140)
            .x_label_area_size(100)
            .margin_bottom(18)
            .build_cartesian_2d(
                scale.axis(|d| format!("{d:.0e}")),
                // A little room below zero: good models lie at it.
                Axis::new(-0.05 * top..top, ticks(top.min(100.0)), plain),
            )?;
        chart
            .configure_mesh()
            .bold_line_style(FAINT)
            .axis_style(INK)
            .x_label_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .y_label_style(text(LABEL, INK, HPos::Right, VPos::Center))
            .axis_desc_style(text(LABEL, INK, HPos::Center, VPos::Top))
            .x_desc("density that was measured")
            .y_desc("percent")
            .draw()?;
        if let Some(minimum) = self.min_density {
            let u = scale.place(minimum);
            let ends = [(u, -0.05 * top), (u, top)];
            chart.draw_series(DashedLineSeries::new(ends, 14, 10, INK.stroke_width(4)))?;
        }
        for (i, (.., color)) in FAMILIES.iter().enumerate() {
            let path: Vec<_> = means.iter().filter(|p| p.0 == i).map(|p| (scale.place(p.1), p.2)).collect();
            chart.draw_series(LineSeries::new(path, color.mix(0.6).stroke_width(3)))?;
        }
        let (left, above) = area.get_base_pixel();
        let at = |density: f64, value: f64| {
            let (x, y) = chart.backend_coord(&(scale.place(density), value));
            (x - left, y - above)
        };
        let (x_range, y_range) = chart.plotting_area().get_pixel_range();
        let frame = [x_range.start - left, y_range.start - above, x_range.end - left, y_range.end - above];
        let mut labels = Labels::within(frame);
        for (i, density, value, _) in &seeds {
            let (_, _, shape, color) = FAMILIES[*i];
            marker(area, at(*density, *value), shape, 8, color)?;
            labels.mark(at(*density, *value), 8);
        }
        for ((low, high), point) in &ranges {
            let (from, to) = (at(*low, 100.0 * point.value), at(*high, 100.0 * point.value));
            let color = FAMILIES[family(point.variant)].3;
            area.draw(&PathElement::new([from, to], color.stroke_width(4)))?;
            for end in [from, to] {
                diamond(area, end, color)?;
                labels.mark(end, 16);
            }
        }
        for (i, density, value, _) in &means {
            let (_, _, shape, color) = FAMILIES[*i];
            marker(area, at(*density, *value), shape, 15, color)?;
            labels.mark(at(*density, *value), 17);
        }
        for (i, density, value, _) in &published {
            diamond(area, at(*density, *value), FAMILIES[*i].3)?;
            labels.mark(at(*density, *value), 16);
        }
        if let Some(minimum) = self.min_density {
            labels.vertical(at(minimum, 0.0).0);
        }
        for (i, density, value, lambda) in means.iter().filter(|p| !p.3.is_empty()) {
            let size = (text_width(lambda, SMALL)? as i32 + 12, SMALL as i32 - 4);
            let mark = at(*density, *value);
            let (x, y) = labels.place(mark, size, GAP);
            // A label that found no place at its mark is tied to it.
            if (x - mark.0).abs() > size.0 / 2 + GAP || (y - mark.1).abs() > size.1 / 2 + GAP {
                let end = (x, y + (mark.1 - y).signum() * size.1 / 2);
                area.draw(&PathElement::new([mark, end], FAMILIES[*i].3.stroke_width(2)))?;
            }
            let style = text(SMALL, dark(FAMILIES[*i].3), HPos::Center, VPos::Center);
            area.draw(&Text::new(*lambda, (x, y + sink(SMALL) / 2), style))?;
        }
        Ok(())
    }
}
