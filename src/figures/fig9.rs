//! Figure 9: end-to-end error against each motif error, a dot a seed.

use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::report;

use super::canvas::{Canvas, Color, Rect};
use super::frame::{Frame, Room, Sides, panels};
use super::marks::{SHAPES, Shape, Swatch, diamond, legend, marker};
use super::origin::provenance;
use super::page::{Page, Words, save};
use super::scale::{Scale, ticks};
use super::select::{present, title_of};
use super::style::{DOMAINS, INK, METRICS, PAGE};
use super::table::SPARLING_EVERYWHERE;
use super::{Context, FigureSpec, Needs, published};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig9",
    title: "End-to-end error against motif errors, seed by seed",
    claim: "That motifs are found from labels alone is no luck of one seed: most seeds have low errors of every sort.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: &[],
    needs: Needs::Errors,
    draw,
    judge: report::fig9,
    fixed: report::FIRST,
    changes: &[],
};

/// A dot: one seed, or the paper's mean where there is no seed. Errors are fractions.
#[derive(Serialize)]
struct Dot {
    domain: String,
    metric: &'static str,
    statistic: &'static str,
    seed: Option<u64>,
    delta: Option<f64>,
    motif_error: f64,
    e2ee: f64,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domains, absent) = present(spec, context, &["e2ee"])?;
    let mut dots = Vec::new();
    for domain in &domains {
        for (metric, _, _) in &METRICS[..3] {
            dots.extend(domain.reported(&["e2ee"]).iter().filter_map(|at| {
                Some(Dot {
                    domain: domain.name.to_owned(),
                    metric,
                    statistic: "seed",
                    seed: Some(at.seed),
                    delta: at.delta,
                    motif_error: at.value(metric)?,
                    e2ee: at.value("e2ee")?,
                })
            }));
            let paper = |m| published::mean(domain.name, m);
            if let (Some(motif_error), Some(e2ee)) = (paper(metric), paper("e2ee")) {
                dots.push(Dot {
                    domain: domain.name.to_owned(),
                    metric,
                    statistic: "published",
                    seed: None,
                    delta: published::density(domain.name),
                    motif_error,
                    e2ee,
                });
            }
        }
    }
    let reported = domains.iter().flat_map(|d| d.reported(&["e2ee"]));
    let drawn: Vec<_> = reported.map(|m| m.only(|name| METRICS.iter().any(|m| m.0 == name))).collect();
    let words = Words::new(spec, "").from(provenance(context, drawn.iter(), &absent));
    save(context, spec, &paint(context, &dots), words, &dots)
}

/// Shape and colour of a domain.
fn look(domain: &str) -> (Shape, Color) {
    let known = DOMAINS.iter().enumerate().find(|(_, d)| d.0 == domain);
    known.map_or((Shape::Disc, INK), |(i, d)| (SHAPES[i % SHAPES.len()], d.2))
}

fn paint(context: &Context, dots: &[Dot]) -> Page {
    let mut canvas = Canvas::new();
    let names: Vec<(String, Swatch)> = DOMAINS
        .iter()
        .filter(|(name, ..)| dots.iter().any(|d| d.domain == *name))
        .map(|(name, ..)| {
            let (shape, color) = look(name);
            (title_of(context, name), Swatch::Mark(shape, color))
        })
        .collect();
    let mut entries: Vec<_> = names.iter().map(|(title, swatch)| (*swatch, title.as_str())).collect();
    entries.push((Swatch::Published(INK), "paper, mean of 9 seeds (same colours)"));
    let top = legend(&mut canvas, PAGE, 0.0, &entries);
    let highest = 100.0 * dots.iter().map(|d| d.e2ee).fold(0.002, f64::max) * 1.12;
    let room = Room { first: 34.0, between: 12.0, above: 14.0, below: 26.0 };
    let (plots, bottom) = panels(3, PAGE, top, 112.0, room);
    for (i, ((metric, name, _), area)) in METRICS[..3].iter().zip(plots).enumerate() {
        let own: Vec<&Dot> = dots.iter().filter(|d| d.metric == *metric).collect();
        panel(&mut canvas, area, name, &own, highest, i == 0);
    }
    Page { canvas, width: PAGE, height: bottom }
}

fn panel(canvas: &mut Canvas, area: Rect, name: &str, own: &[&Dot], top: f64, first: bool) {
    let right = 115.0 * own.iter().map(|d| d.motif_error).fold(0.002, f64::max);
    let frame = Frame {
        area,
        // A little room left of zero and below it: many seeds lie at it.
        x: Scale::linear(-0.04 * right, right, ticks(right)),
        y: Scale::linear(-0.03 * top, top, ticks(top)),
    };
    let x = format!("{name} (percent)");
    let y = if first { "E2EE (percent)" } else { "" };
    frame.draw(canvas, Sides { title: name, x: &x, y, shared_y: !first });
    // The paper's marks are hollow and come last: ours stay visible where they meet.
    for published in [false, true] {
        for dot in own.iter().filter(|d| (d.statistic == "published") == published) {
            let place = frame.at(100.0 * dot.motif_error, 100.0 * dot.e2ee);
            let (shape, color) = look(&dot.domain);
            if published {
                diamond(canvas, place, color);
            } else {
                marker(canvas, place, shape, 2.4, color);
            }
        }
    }
}
