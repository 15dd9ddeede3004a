//! Figure 8: one threshold for all channels (ST) against one a channel (MT) on DigitCircle.

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::log_scale::LogScale;
use super::marker::{Shape, marker};
use super::page::{Area, Paint, Swatch, diamond, legend, save};
use super::select::densities;
use super::style::{BLUE, FAINT, INK, METRICS, SMALL, TITLE, VERMILLION, plain, text};
use super::variants::{Compared, Found, Line, Variant, compare};
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    number: 8,
    title: "One threshold for all channels (ST) against one a channel (MT) on DigitCircle",
    runs_needed: &[(DIGIT_CIRCLE, "sparling"), (DIGIT_CIRCLE, "single-threshold")],
    also_shown: &[],
    needs: Needs::Errors,
    draw,
};

const VARIANTS: &[Variant] =
    &[Variant { name: "sparling", title: "MT" }, Variant { name: "single-threshold", title: "ST" }];
const ERRORS: &[&str] = &["fpe", "fne", "ce", "e2ee"];

const HEIGHT: u32 = 660;
const LEGEND: u32 = 110;

/// A mark: motif error and E2EE of a seed, of the mean, or of the paper. Fractions.
struct Dot {
    metric: &'static str,
    statistic: &'static str,
    variant: &'static str,
    motif_error: f64,
    e2ee: f64,
}

struct SingleAgainstMulti {
    dots: Vec<Dot>,
    /// (name in the rows, name on paper)
    variants: Vec<&'static Variant>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let compared = compare("figure 8", spec, context, VARIANTS, ERRORS)?;
    let numbers: Vec<Line> = compared
        .found
        .iter()
        .flat_map(|found| ERRORS.iter().flat_map(|metric| found.lines(metric)))
        .collect();
    let dots = compared.found.iter().flat_map(dots).collect();
    let figure = SingleAgainstMulti { dots, variants: compared.found.iter().map(|f| f.variant).collect() };
    let caption = format!(
        "{}. Both axes are logarithmic, with a place for 0 at the low end. {}{}",
        spec.title,
        deltas(&compared),
        compared.provenance(context)
    );
    save(context, spec.number, &figure, &caption, &numbers)
}

/// δ of each variant's models, as a sentence.
fn deltas(compared: &Compared<'_>) -> String {
    let each: Vec<String> = compared
        .found
        .iter()
        .filter_map(|found| Some(format!("{} at {}", found.variant.title, densities(&found.reported())?)))
        .collect();
    if each.is_empty() { String::new() } else { format!("{}. ", each.join("; ")) }
}

fn dots(found: &Found<'_>) -> Vec<Dot> {
    let mut dots = Vec::new();
    for (metric, _, _) in &METRICS[..3] {
        let mut dot = |statistic, motif_error: Option<f64>, e2ee: Option<f64>| {
            if let (Some(motif_error), Some(e2ee)) = (motif_error, e2ee) {
                dots.push(Dot { metric, statistic, variant: found.variant.name, motif_error, e2ee });
            }
        };
        for at in found.reported() {
            dot("seed", at.value(metric), at.value("e2ee"));
        }
        let mean = |m| found.summary(m).map(|s| s.mean);
        dot("mean", mean(metric), mean("e2ee"));
        let paper = |m| found.published(m).map(|range| range.0);
        dot("published", paper(metric), paper("e2ee"));
    }
    dots
}

fn look(variant: &str) -> (Shape, RGBColor) {
    if variant == "sparling" { (Shape::Disc, BLUE) } else { (Shape::Triangle, VERMILLION) }
}

impl Paint for SingleAgainstMulti {
    fn height(&self) -> u32 {
        LEGEND + HEIGHT
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let long = |name| if name == "sparling" { "MT, a threshold a channel" } else { "ST, one threshold" };
        let mut entries: Vec<_> = self
            .variants
            .iter()
            .map(|v| {
                let (shape, color) = look(v.name);
                (Swatch::Mark(shape, color), long(v.name))
            })
            .collect();
        entries.push((Swatch::Published(INK), "paper, mean of 9 seeds (same colours)"));
        entries.push((Swatch::Dot(INK), "large: mean, small: one seed"));
        legend(area, 32, &entries)?;
        let (_, rest) = area.split_vertically(LEGEND);
        let e2ee = LogScale::of(self.dots.iter().map(|d| 100.0 * d.e2ee));
        // The first panel carries the shared scale, so it is wider by the scale's width.
        let (first, others) = rest.split_horizontally(504);
        let mut panels = vec![first];
        panels.extend(others.split_evenly((1, 2)));
        for ((metric, name, _), panel) in METRICS[..3].iter().zip(&panels) {
            self.panel(panel, metric, name, e2ee)?;
        }
        Ok(())
    }
}

impl SingleAgainstMulti {
    fn panel<DB>(&self, area: &Area<DB>, metric: &str, name: &str, e2ee: LogScale) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let first = metric == METRICS[0].0;
        let own: Vec<&Dot> = self.dots.iter().filter(|d| d.metric == metric).collect();
        let error = LogScale::of(own.iter().map(|d| 100.0 * d.motif_error));
        let up = e2ee.axis(move |v| if first { plain(v) } else { String::new() });
        let mut chart = ChartBuilder::on(area)
            .caption(name, text(TITLE, INK, HPos::Center, VPos::Top))
            .margin_left(if first { 20 } else { 14 })
            .margin_right(26)
            .margin_top(10)
            .y_label_area_size(if first { 120 } else { 12 })
            .x_label_area_size(96)
            .margin_bottom(18)
            .build_cartesian_2d(error.axis(plain), up)?;
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(FAINT)
            .axis_style(INK)
            .x_label_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .y_label_style(text(SMALL, INK, HPos::Right, VPos::Center))
            .axis_desc_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .x_desc(format!("{name} (percent)"));
        if first {
            mesh.y_desc("E2EE (percent)");
        }
        mesh.draw()?;
        let (left, top) = area.get_base_pixel();
        // Seeds first, then what must stay visible above them.
        for statistic in ["seed", "mean", "published"] {
            for dot in own.iter().filter(|d| d.statistic == statistic) {
                let at = (error.place(100.0 * dot.motif_error), e2ee.place(100.0 * dot.e2ee));
                let (x, y) = chart.backend_coord(&at);
                let place = (x - left, y - top);
                let (shape, color) = look(dot.variant);
                match statistic {
                    "seed" => marker(area, place, shape, 8, color)?,
                    "mean" => marker(area, place, shape, 16, color)?,
                    _ => diamond(area, place, color)?,
                }
            }
        }
        Ok(())
    }
}
