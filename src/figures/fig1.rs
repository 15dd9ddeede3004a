//! Figure 1: the task. An input, its true motifs and its output.

use std::path::PathBuf;

use anyhow::Result;

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::report;

use super::canvas::{Across, Canvas, Down, Rect};
use super::page::{Page, Words, save};
use super::picture::{self, Placed, heading};
use super::style::{COLUMN, LABEL, MARGIN, TITLE, set};
use super::{Context, FigureSpec, Needs, select};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig1",
    title: "A DigitCircle input, its true motifs and its output",
    claim: "A network that is told nothing but the order of the digits on a noisy ring learns to read it.",
    runs_needed: &[(DIGIT_CIRCLE, "sparling")],
    also_shown: &[],
    needs: Needs::Examples,
    draw,
    judge: report::fig1,
    fixed: report::FIRST,
    changes: &[],
};

/// Side of the two pictures, and the space between picture, picture and output.
const SIDE: f64 = 94.0;
const GAP: f64 = 9.0;
const TOP: f64 = 14.0;

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domain, variant) = spec.runs_needed[0];
    let examples = select::examples(context, domain, variant)?;
    let Some((examples, item)) = examples.as_ref().and_then(|e| Some((e, e.items.first()?))) else {
        return Err(context.missing(spec, "examples"));
    };
    let mut canvas = Canvas::new();
    let aspect = picture::aspect(item);
    let (width, height) = if aspect >= 1.0 { (SIDE, SIDE / aspect) } else { (SIDE * aspect, SIDE) };
    let lefts = [MARGIN, MARGIN + SIDE + GAP, MARGIN + 2.0 * (SIDE + GAP)];
    for (title, left) in ["input x", "true motifs m*", "output y"].into_iter().zip(lefts) {
        heading(&mut canvas, title, (left, TOP / 2.0 + 0.5), LABEL);
    }
    let placed = |left| Placed { examples, item, area: Rect::new(left, TOP, width, height) };
    placed(lefts[0]).input(&mut canvas, 0.95)?;
    placed(lefts[1]).input(&mut canvas, 0.35)?;
    placed(lefts[1]).true_motifs(&mut canvas);
    // One token a line, read downwards.
    for (i, token) in item.target.iter().enumerate() {
        let place = (lefts[2] + 9.0, TOP + 6.0 + 13.0 * i as f64);
        canvas.text(token, place, set(TITLE + 2.0, Across::Middle, Down::Middle));
    }
    let tall = TOP + 13.0 * item.target.len() as f64;
    let page = Page { canvas, width: COLUMN, height: (TOP + height).max(tall) + 2.0 };
    let more = format!(
        "The model sees pairs of x and y alone; the motif map m* between them is what it has to find. Scale {}, {} \
         sample {}.",
        context.scale, item.split, item.index
    );
    save(context, spec, &page, Words::new(spec, &more), &picture::shown(examples, item))
}
