//! Figure 2: two test samples a domain with the motifs a model found and what it answered.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::results::{Example, Examples, Row};

use super::page::{Area, Paint, save};
use super::picture::{self, Placed};
use super::select;
use super::style::{DOMAINS, INK, LABEL, SMALL, TITLE, VERMILLION, WIDTH, text, text_width};
use super::{Context, FigureSpec};

const MARGIN: i32 = 20;
const HEAD: i32 = 76;
/// Lines under a picture: its target and its output.
const FOOT: i32 = 110;
const SAMPLES: usize = 2;

struct FoundMotifs {
    domains: Vec<(&'static str, Examples)>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let mut domains = Vec::new();
    let mut absent = Vec::new();
    for (name, title, _) in DOMAINS.iter().copied() {
        let run = spec.runs_needed.iter().find(|(domain, _)| *domain == name);
        match run.map_or(Ok(None), |(d, variant)| select::examples(context, d, variant))? {
            Some(examples) if !examples.items.is_empty() => domains.push((title, examples)),
            _ => absent.push(title),
        }
    }
    if domains.is_empty() {
        return Err(context.missing(spec, "examples"));
    }
    let mut numbers = Vec::new();
    let mut origins = Vec::new();
    for (title, examples) in &domains {
        let items = &examples.items[..examples.items.len().min(SAMPLES)];
        numbers.extend(items.iter().flat_map(|item| picture::shown(examples, item)));
        let indices: Vec<_> =
            items.iter().map(|item| format!("{} sample {}", item.split, item.index)).collect();
        let own = |r: &&Row| {
            (&r.domain, &r.variant, r.seed) == (&examples.domain, &examples.variant, examples.seed)
        };
        let row = context.rows.iter().find(own);
        let revision = row.map_or(String::new(), |r| format!(", revision {}", r.revision));
        origins.push(format!(
            "{title}: seed {}, δ = {:.2e}, {}{revision}",
            examples.seed,
            examples.delta,
            indices.join(", ")
        ));
    }
    let mut caption = format!(
        "{}: a dot at each local maximum of the motif map, a star where others are near, and \
         the kind its channel stands for. Scale {}; {}.",
        spec.title,
        context.scale,
        origins.join("; ")
    );
    if !absent.is_empty() {
        caption += &format!(" Not yet measured: {}.", absent.join(", "));
    }
    save(context, spec.number, &FoundMotifs { domains }, &caption, &numbers)
}

/// How the samples of a domain lie: how many in a row, and the size of one picture.
struct Layout {
    across: usize,
    scale: f64,
    width: i32,
    height: i32,
}

fn layout(examples: &Examples) -> Layout {
    let first = &examples.items[0];
    let (rows, columns) = (first.channels * first.height, first.width);
    // Wide inputs get a row each, so that their letters can be read.
    let across = if columns > 2 * rows { 1 } else { SAMPLES };
    let room = (WIDTH as i32 - MARGIN) / across as i32 - MARGIN;
    let scale = f64::from(room) / columns.max(1) as f64;
    // Whole page pixels per input pixel keep the raster even, where there are enough.
    let scale = if scale >= 3.0 { scale.floor() } else { scale };
    Layout {
        across,
        scale,
        width: (columns as f64 * scale).round() as i32,
        height: (rows as f64 * scale).round() as i32,
    }
}

fn domain_height(examples: &Examples) -> i32 {
    let layout = layout(examples);
    let rows = examples.items.len().min(SAMPLES).div_ceil(layout.across) as i32;
    HEAD + rows * (layout.height + FOOT)
}

impl Paint for FoundMotifs {
    fn height(&self) -> u32 {
        self.domains.iter().map(|(_, e)| domain_height(e)).sum::<i32>() as u32
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let mut top = 0;
        for (title, examples) in &self.domains {
            let style = text(TITLE, INK, HPos::Left, VPos::Center);
            area.draw(&Text::new(*title, (MARGIN, top + HEAD / 2), style))?;
            let layout = layout(examples);
            for (i, item) in examples.items.iter().take(SAMPLES).enumerate() {
                let (row, column) = ((i / layout.across) as i32, (i % layout.across) as i32);
                let placed = Placed {
                    left: MARGIN + column * (WIDTH as i32 - MARGIN) / layout.across as i32,
                    top: top + HEAD + row * (layout.height + FOOT),
                    scale: layout.scale,
                };
                picture::input(area, &examples.domain, item, placed, 0.4)?;
                picture::predicted(area, examples, item, placed, LABEL)?;
                answers(area, &examples.domain, item, placed.left, placed.top + layout.height, layout.width)?;
            }
            top += domain_height(examples);
        }
        Ok(())
    }
}

/// The target and the output under a picture, the output coloured where it is wrong.
fn answers<DB>(area: &Area<DB>, domain: &str, item: &Example, left: i32, top: i32, width: i32) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let wrong = item.output != item.target;
    let [target, output] = [&item.target, &item.output].map(|tokens| picture::written(domain, tokens));
    let lines = [
        (format!("target  {target}"), INK),
        (
            format!("output  {output}{}", if wrong { "  (wrong)" } else { "" }),
            if wrong { VERMILLION } else { INK },
        ),
    ];
    for (row, (line, color)) in lines.into_iter().enumerate() {
        // Long outputs shrink to the width of their picture.
        let full = text_width(&line, SMALL)?.max(1);
        let size = (SMALL * width as u32 / full).min(SMALL);
        let style = text(size, color, HPos::Left, VPos::Top);
        let y = top + 16 + 42 * row as i32;
        area.draw(&Text::new(line, (left, y), style))?;
    }
    Ok(())
}
