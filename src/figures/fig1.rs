//! Figure 1: the task. An input, its true motifs and its output.

use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::results::{Example, Examples};

use super::page::{Area, Paint, save};
use super::picture::{self, Placed};
use super::select;
use super::style::{INK, LABEL, SMALL, TITLE, text};
use super::{Context, FigureSpec};

/// Side of the two pictures, and the left edges of picture, picture and output.
const SIDE: f64 = 500.0;
const LEFTS: [i32; 3] = [20, 565, 1110];
const TOP: i32 = 76;

struct Task<'a> {
    examples: &'a Examples,
    example: &'a Example,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domain, variant) = spec.runs_needed[0];
    let examples = select::examples(context, domain, variant)?;
    let Some((examples, example)) = examples.as_ref().and_then(|e| Some((e, e.items.first()?))) else {
        return Err(context.missing(spec, "examples"));
    };
    let caption = format!(
        "{} ({} sample {}). Scale {}. The model sees only pairs of input x and output y; the \
         motif map m* between them is what it has to find.",
        spec.title, example.split, example.index, context.scale
    );
    let figure = Task { examples, example };
    save(context, spec.number, &figure, &caption, &picture::shown(examples, example))
}

impl Paint for Task<'_> {
    fn height(&self) -> u32 {
        (TOP + SIDE as i32) as u32 + SMALL
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let titles = ["input x", "true motifs m*", "output y"];
        for (title, left) in titles.into_iter().zip(LEFTS) {
            let style = text(TITLE, INK, HPos::Left, VPos::Center);
            area.draw(&Text::new(title, (left, TOP / 2), style))?;
        }
        let longer = self.example.width.max(self.example.height).max(1);
        let placed = |left| Placed { left, top: TOP, scale: SIDE / longer as f64 };
        let domain = &self.examples.domain;
        picture::input(area, domain, self.example, placed(LEFTS[0]), 0.95)?;
        picture::input(area, domain, self.example, placed(LEFTS[1]), 0.4)?;
        picture::true_motifs(area, self.examples, self.example, placed(LEFTS[1]), LABEL)?;
        // One token a line, read downwards.
        for (i, token) in self.example.target.iter().enumerate() {
            let style = text(TITLE + 10, INK, HPos::Center, VPos::Center);
            let y = TOP + 50 + 64 * i as i32;
            area.draw(&Text::new(token.as_str(), (LEFTS[2] + 85, y), style))?;
        }
        Ok(())
    }
}
