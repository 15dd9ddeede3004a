//! Figure 6: a motif swapped for another kind's, a sample a domain, and how often the answer follows.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::results::{Example, PerturbedExample};

use super::bar_panel::{Bar, BarPanel, MARKS, PANEL};
use super::page::{Area, Paint, legend, save};
use super::picture::{self, Placed, Shown};
use super::select::{Drawn, Measured, perturbed, present, provenance, summarise};
use super::style::{BLUE, DOMAINS, INK, LABEL, SMALL, TITLE, VERMILLION, WIDTH, text, text_width};
use super::{Context, FigureSpec};

const MARGIN: i32 = 20;
const HEAD: i32 = 64;
const LEGEND: u32 = 76;
/// The line over a picture, and the lines under it.
const OVER: i32 = 48;
const UNDER: i32 = 110;

struct Perturbation {
    examples: Vec<(&'static str, PerturbedExample)>,
    bars: BarPanel,
}

/// A line of the figure's CSV: a number drawn as a bar, or a motif or an output of a worked example.
#[derive(serde::Serialize)]
struct Line {
    domain: String,
    /// `accuracy`, `before` or `after` the swap.
    part: &'static str,
    /// What of it: a statistic as in figure 3, or as in figure 2; `expected` for the output that should follow.
    what: String,
    seed: Option<u64>,
    delta: Option<f64>,
    value: Option<f64>,
    label: String,
    y: Option<f64>,
    x: Option<f64>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let metric = "perturbation";
    let (domains, absent) = present(spec, context, &[metric])?;
    let (mut lines, mut bars, mut examples) = (Vec::new(), Vec::new(), Vec::new());
    let (mut drawn, mut origins): (Vec<Measured>, Vec<String>) = (Vec::new(), Vec::new());
    for domain in &domains {
        let runs = domain.reported(&[metric]);
        if let Some(summary) = summarise(domain.name, metric, &runs) {
            lines.extend(summary.drawn(domain.name, metric, &runs).into_iter().map(Line::accuracy));
            let color = DOMAINS.iter().find(|d| d.0 == domain.name).map_or(INK, |d| d.2);
            bars.push(Bar { name: domain.title, color, summary: Some(summary) });
        }
        drawn.extend(runs.iter().map(|m| m.only(|name| name == metric)));
        let variant = spec.runs_needed.iter().find(|(d, _)| *d == domain.name).map_or("", |r| r.1);
        let Some(example) = perturbed(context, domain.name, variant)? else {
            origins.push(format!("{}: no example kept", domain.title));
            continue;
        };
        let Some(item) = example.example() else { continue };
        origins.push(format!(
            "{}: seed {}, δ = {:.2e}, {} sample {}",
            domain.title, example.before.seed, example.before.delta, item.split, item.index
        ));
        lines.extend(Line::of_example(&example, item));
        examples.push((domain.title, example));
    }
    let caption = format!(
        "{}. The values of one motif (framed) are moved to the channel of another kind, and only the head \
         runs again. Examples are the first test samples in which that was possible, whatever came of it ({}). \
         Below: the share of such swaps after which the answer is token by token that of the changed sample, over \
         test samples that were answered rightly before; samples counts the swaps. {}",
        spec.title,
        origins.join("; "),
        provenance(context, drawn.iter(), &absent)
    );
    let figure = Perturbation {
        examples,
        bars: BarPanel { title: String::new(), axis: "swaps followed (percent)", whole: true, bars },
    };
    save(context, spec.number, &figure, &caption, &lines)
}

impl Line {
    fn accuracy(drawn: Drawn) -> Self {
        Self {
            domain: drawn.domain,
            part: "accuracy",
            what: drawn.statistic.into(),
            seed: drawn.seed,
            delta: drawn.delta,
            value: Some(drawn.value),
            label: String::new(),
            y: None,
            x: None,
        }
    }

    fn of_example(example: &PerturbedExample, item: &Example) -> Vec<Self> {
        let line = |part, what: &str, shown: Shown| Self {
            domain: example.before.domain.clone(),
            part,
            what: what.into(),
            seed: Some(example.before.seed),
            delta: Some(example.before.delta),
            value: shown.value.map(f64::from),
            label: shown.label,
            y: shown.y,
            x: shown.x,
        };
        let before = picture::shown(&example.before, item);
        let after = picture::shown(&example.before, &changed(example, item));
        let mut lines: Vec<_> = before.into_iter().map(|s| line("before", s.what, s)).collect();
        lines.extend(after.into_iter().filter(|s| s.what != "true motif").map(|s| {
            let what = if s.what == "target" { "expected" } else { s.what };
            line("after", what, s)
        }));
        lines
    }
}

/// The sample after the swap: its motifs, what should be answered and what was.
fn changed(example: &PerturbedExample, item: &Example) -> Example {
    Example {
        predicted: example.after.clone(),
        target: example.expected.clone(),
        output: example.output.clone(),
        ..item.clone()
    }
}

/// How the two pictures of a sample lie: side by side, or one below the other where they are wide.
struct Layout {
    across: i32,
    scale: f64,
    width: i32,
    height: i32,
}

fn layout(item: &Example) -> Layout {
    let (rows, columns) = (item.channels * item.height, item.width);
    let across = if columns > 2 * rows { 1 } else { 2 };
    let room = (WIDTH as i32 - MARGIN) / across - MARGIN;
    let scale = f64::from(room) / columns.max(1) as f64;
    // Whole page pixels per input pixel keep the raster even, where there are enough.
    let scale = if scale >= 3.0 { scale.floor() } else { scale };
    let side = |pixels: usize| (pixels as f64 * scale).round() as i32;
    Layout { across, scale, width: side(columns), height: side(rows) }
}

fn example_height(item: &Example) -> i32 {
    let layout = layout(item);
    HEAD + (2 / layout.across) * (OVER + layout.height + UNDER)
}

impl Paint for Perturbation {
    fn height(&self) -> u32 {
        let examples = self.examples.iter().filter_map(|(_, e)| e.example()).map(example_height).sum::<i32>();
        examples as u32 + LEGEND + PANEL
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let mut top = 0;
        for (title, example) in &self.examples {
            let Some(item) = example.example() else { continue };
            let style = text(TITLE, INK, HPos::Left, VPos::Center);
            area.draw(&Text::new(*title, (MARGIN, top + HEAD / 2), style))?;
            let layout = layout(item);
            let own = &example.before.kinds[item.true_motifs[example.motif].kind];
            let titles =
                ["as predicted".to_owned(), format!("{own} moved to the channel of {}", example.kind())];
            let after = changed(example, item);
            for (i, (over, item)) in titles.into_iter().zip([item, &after]).enumerate() {
                let (row, column) = (i as i32 / layout.across, i as i32 % layout.across);
                let left = MARGIN + column * (WIDTH as i32 - MARGIN) / layout.across;
                let top = top + HEAD + row * (OVER + layout.height + UNDER);
                let style = text(SMALL, INK, HPos::Left, VPos::Center);
                area.draw(&Text::new(over, (left, top + OVER / 2 - 4), style))?;
                let placed = Placed { left, top: top + OVER, scale: layout.scale };
                picture::input(area, &example.before.domain, item, placed, 0.4)?;
                // Under the letters, which must stay readable where they meet the frame.
                picture::frame(area, item, &item.true_motifs[example.motif], placed, BLUE)?;
                picture::predicted(area, &example.before, item, placed, LABEL)?;
                let first = if i == 0 { "target" } else { "expected" };
                outputs(
                    area,
                    &example.before.domain,
                    item,
                    first,
                    (left, top + OVER + layout.height),
                    layout.width,
                )?;
            }
            top += example_height(item);
        }
        let (_, rest) = area.split_vertically(top as u32);
        legend(&rest, 38, &MARKS)?;
        self.bars.paint(&rest.split_vertically(LEGEND).1)
    }
}

/// What should be answered and what was, under a picture; coloured where they differ.
fn outputs<DB>(
    area: &Area<DB>,
    domain: &str,
    item: &Example,
    first: &str,
    (left, top): (i32, i32),
    width: i32,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let differ = item.output != item.target;
    let [target, output] = [&item.target, &item.output].map(|tokens| picture::written(domain, tokens));
    let lines = [
        (format!("{first}  {target}"), INK),
        (
            format!("output  {output}{}", if differ { "  (another)" } else { "" }),
            if differ { VERMILLION } else { INK },
        ),
    ];
    for (row, (line, color)) in lines.into_iter().enumerate() {
        // Long outputs shrink to the width of their picture.
        let full = text_width(&line, SMALL)?.max(1);
        let size = (SMALL * width as u32 / full).min(SMALL);
        let style = text(size, color, HPos::Left, VPos::Top);
        area.draw(&Text::new(line, (left, top + 16 + 42 * row as i32), style))?;
    }
    Ok(())
}
