//! Figure 8: one threshold for all channels (ST) against one a channel (MT) on DigitCircle.

use std::path::PathBuf;

use anyhow::Result;

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::report;

use super::canvas::{Canvas, Color, Rect};
use super::frame::{Frame, Room, Sides, panels};
use super::log_scale::LogScale;
use super::marks::{Shape, Swatch, diamond, legend, marker};
use super::origin::densities;
use super::page::{Page, Words, save};
use super::scale::Scale;
use super::style::{INK, METRICS, PAGE, SINGLE_THRESHOLD};
use super::variants::{Compared, Found, Line, Variant, compare};
use super::words::plain;
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig8",
    title: "One threshold for all channels (ST) against one a channel (MT) on DigitCircle",
    claim: "With one threshold for all channels (ST) motifs are confused where a threshold a channel (MT) keeps them apart.",
    runs_needed: &[(DIGIT_CIRCLE, "sparling"), (DIGIT_CIRCLE, "single-threshold")],
    also_shown: &[],
    needs: Needs::Errors,
    draw,
    judge: report::fig8,
    fixed: report::FIRST,
    changes: &[report::BASELINE],
};

const VARIANTS: &[Variant] =
    &[Variant { name: "sparling", title: "MT" }, Variant { name: "single-threshold", title: "ST" }];
const ERRORS: &[&str] = &["fpe", "fne", "ce", "e2ee"];

/// A mark: motif error and E2EE of a seed, of the mean, or of the paper. Fractions.
struct Dot {
    metric: &'static str,
    statistic: &'static str,
    variant: &'static str,
    motif_error: f64,
    e2ee: f64,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let compared = compare(spec, context, VARIANTS, ERRORS)?;
    let numbers: Vec<Line> = compared
        .found
        .iter()
        .flat_map(|found| ERRORS.iter().flat_map(|metric| found.lines(metric)))
        .collect();
    let dots: Vec<Dot> = compared.found.iter().flat_map(dots).collect();
    let variants: Vec<_> = compared.found.iter().map(|found| found.variant.name).collect();
    let words = Words::new(spec, "Both axes are logarithmic, with a place for 0 at the low end.")
        .from(compared.provenance(context))
        .note(deltas(&compared));
    save(context, spec, &paint(&dots, &variants), words, &numbers)
}

/// δ of each variant's models, as a sentence.
fn deltas(compared: &Compared<'_>) -> String {
    let each: Vec<String> = compared
        .found
        .iter()
        .filter_map(|found| Some(format!("{} at {}", found.variant.title, densities(&found.reported())?)))
        .collect();
    if each.is_empty() { String::new() } else { format!("{}.", each.join("; ")) }
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

fn look(variant: &str) -> (Shape, Color) {
    if variant == "sparling" { (Shape::Disc, INK) } else { (Shape::Triangle, SINGLE_THRESHOLD) }
}

fn paint(dots: &[Dot], variants: &[&str]) -> Page {
    let mut canvas = Canvas::new();
    let long = |name: &str| {
        if name == "sparling" { "MT, a threshold a channel" } else { "ST, one threshold" }
    };
    let mut entries: Vec<_> = variants
        .iter()
        .map(|name| {
            let (shape, color) = look(name);
            (Swatch::Mark(shape, color), long(name))
        })
        .collect();
    entries.push((Swatch::Seed, "small: one seed"));
    entries.push((Swatch::Published(INK), "paper, mean of 9 seeds (same colours)"));
    let top = legend(&mut canvas, PAGE, 0.0, &entries);
    let e2ee = LogScale::of(dots.iter().map(|d| 100.0 * d.e2ee));
    let room = Room { first: 34.0, between: 12.0, above: 14.0, below: 26.0 };
    let (plots, bottom) = panels(3, PAGE, top, 112.0, room);
    for (i, ((metric, name, _), area)) in METRICS[..3].iter().zip(plots).enumerate() {
        let own: Vec<&Dot> = dots.iter().filter(|d| d.metric == *metric).collect();
        panel(&mut canvas, area, name, &own, e2ee, i == 0);
    }
    Page { canvas, width: PAGE, height: bottom }
}

fn panel(canvas: &mut Canvas, area: Rect, name: &str, own: &[&Dot], e2ee: LogScale, first: bool) {
    let error = LogScale::of(own.iter().map(|d| 100.0 * d.motif_error));
    let frame = Frame { area, x: Scale::log(error, plain), y: Scale::log(e2ee, plain) };
    let x = format!("{name} (percent)");
    let y = if first { "E2EE (percent)" } else { "" };
    frame.draw(canvas, Sides { title: name, x: &x, y, shared_y: !first });
    // Seeds first, then what must stay visible above them.
    for statistic in ["mean", "seed", "published"] {
        for dot in own.iter().filter(|d| d.statistic == statistic) {
            let place = frame.at(100.0 * dot.motif_error, 100.0 * dot.e2ee);
            let (shape, color) = look(dot.variant);
            match statistic {
                "seed" => marker(canvas, place, shape, 1.4, color),
                "mean" => marker(canvas, place, shape, 3.2, color),
                _ => diamond(canvas, place, color),
            }
        }
    }
}
