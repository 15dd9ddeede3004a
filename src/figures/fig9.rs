//! Figure 9: end-to-end error against each motif error, a dot a seed.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use serde::Serialize;

use super::axis::Axis;
use super::page::{Area, Paint, Swatch, diamond, legend, save};
use super::select::{present, provenance};
use super::style::{DOMAINS, FAINT, INK, METRICS, SMALL, TITLE, plain, text, ticks};
use super::{Context, FigureSpec, published};

const HEIGHT: u32 = 640;
const LEGEND: u32 = 70;

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

struct EndToEndAgainstMotifs {
    dots: Vec<Dot>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
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
    let origin = provenance(context, drawn.iter(), &absent);
    let caption = format!("{}. {origin}", spec.title);
    let figure = EndToEndAgainstMotifs { dots };
    save(context, spec.number, &figure, &caption, &figure.dots)
}

impl Paint for EndToEndAgainstMotifs {
    fn height(&self) -> u32 {
        LEGEND + HEIGHT
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let mut entries: Vec<_> = DOMAINS
            .iter()
            .filter(|(name, _, _)| self.dots.iter().any(|d| d.domain == *name))
            .map(|(_, title, color)| (Swatch::Dot(*color), *title))
            .collect();
        entries.push((Swatch::Published(INK), "paper, mean"));
        legend(area, 38, &entries)?;
        let (_, rest) = area.split_vertically(LEGEND);
        let highest = self.dots.iter().map(|d| d.e2ee).fold(0.002, f64::max);
        // The first panel carries the shared scale, so it is wider by the scale's width.
        let (first, others) = rest.split_horizontally(504);
        let mut panels = vec![first];
        panels.extend(others.split_evenly((1, 2)));
        for ((metric, name, _), panel) in METRICS[..3].iter().zip(&panels) {
            self.panel(panel, metric, name, 100.0 * highest * 1.12)?;
        }
        Ok(())
    }
}

impl EndToEndAgainstMotifs {
    fn panel<DB>(&self, area: &Area<DB>, metric: &str, name: &str, top: f64) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let first = metric == METRICS[0].0;
        let own: Vec<&Dot> = self.dots.iter().filter(|d| d.metric == metric).collect();
        let widest = own.iter().map(|d| d.motif_error).fold(0.002, f64::max);
        let right = 100.0 * widest * 1.15;
        let marks = ticks(right);
        // Narrow panels have room for four labels.
        let every = if marks.len() > 4 { 2 } else { 1 };
        let marks: Vec<f64> = marks.into_iter().step_by(every).collect();
        let mut chart = ChartBuilder::on(area)
            .caption(name, text(TITLE, INK, HPos::Center, VPos::Top))
            .margin_left(if first { 20 } else { 14 })
            .margin_right(26)
            .margin_top(10)
            .y_label_area_size(if first { 120 } else { 12 })
            .x_label_area_size(96)
            .margin_bottom(18)
            .build_cartesian_2d(
                // A little room left of zero: many seeds lie at it.
                Axis::new(-0.05 * right..right, marks, plain),
                Axis::new(-0.03 * top..top, ticks(top), if first { plain } else { |_| String::new() }),
            )?;
        let x_title = format!("{name} (percent)");
        let mut mesh = chart.configure_mesh();
        mesh.bold_line_style(FAINT)
            .axis_style(INK)
            .x_label_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .y_label_style(text(SMALL, INK, HPos::Right, VPos::Center))
            .axis_desc_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .x_desc(x_title);
        if first {
            mesh.y_desc("E2EE (percent)");
        }
        mesh.draw()?;
        let (left, top_left) = area.get_base_pixel();
        // The paper's marks are hollow and come last: ours stay visible where they meet.
        for published in [false, true] {
            for dot in own.iter().filter(|d| (d.statistic == "published") == published) {
                let (x, y) = chart.backend_coord(&(100.0 * dot.motif_error, 100.0 * dot.e2ee));
                let place = (x - left, y - top_left);
                let color = DOMAINS.iter().find(|d| d.0 == dot.domain).map_or(INK, |d| d.2);
                if published {
                    diamond(area, place, color)?;
                } else {
                    area.draw(&Circle::new(place, 12, WHITE.filled()))?;
                    area.draw(&Circle::new(place, 10, color.filled()))?;
                }
            }
        }
        Ok(())
    }
}
