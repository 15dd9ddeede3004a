//! Figure 2: two test samples a domain with the motifs a model found and what it answered.

use std::path::PathBuf;

use anyhow::Result;

use crate::report;
use crate::results::{Examples, Row};

use super::canvas::{Canvas, Rect};
use super::judged::Verdict;
use super::marks::{Swatch, legend};
use super::page::{Page, Words, save};
use super::picture::{self, Placed, answers, heading, row_of};
use super::select::{self, title_of};
use super::style::{MARGIN, PAGE, SHOWN, TITLE};
use super::table::{SPARLING_EVERYWHERE, SPARLING_ON_SPLICING};
use super::words::scientific;
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig2",
    title: "Predicted motifs and outputs on test samples",
    claim: "What the middle layer marks are the true motifs: in their places, each kind by a channel of its own.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: SPARLING_ON_SPLICING,
    needs: Needs::Examples,
    draw,
    judge: report::fig2,
    fixed: report::FIRST,
    changes: &[],
};

const SAMPLES: usize = 2;
const HEAD: f64 = 14.0;
/// Space between two columns, and the greatest height of a picture.
const GAP: f64 = 12.0;
const TALLEST: f64 = 130.0;

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let mut domains: Vec<Examples> = Vec::new();
    let mut absent = Vec::new();
    for (name, title, _) in SHOWN.iter().copied() {
        let Some((variant, needed)) = spec.variant_of(name) else { continue };
        match select::examples(context, name, variant)? {
            Some(examples) if !examples.items.is_empty() => domains.push(examples),
            _ if needed => absent.push(title),
            _ => {}
        }
    }
    if domains.is_empty() {
        return Err(context.missing(spec, "examples"));
    }
    let page = paint(context, &domains)?;
    let shown = |examples: &Examples| {
        let items = examples.items.iter().take(SAMPLES);
        items.flat_map(|item| picture::shown(examples, item)).collect::<Vec<_>>()
    };
    let numbers: Vec<_> = domains.iter().flat_map(shown).collect();
    let mut more = format!(
        "A mark at each local maximum of the motif map, with rays where other positions of its channel are near, and the \
         kind that its channel stands for. Scale {}.",
        context.scale
    );
    if !absent.is_empty() {
        more += &format!(" Not measured: {}.", absent.join(", "));
    }
    let words =
        domains.iter().fold(Words::new(spec, &more), |words, examples| words.note(origin(context, examples)));
    save(context, spec, &page, words, &numbers)
}

/// Which model and samples of a domain are shown.
fn origin(context: &Context, examples: &Examples) -> String {
    let own =
        |r: &&Row| (&r.domain, &r.variant, r.seed) == (&examples.domain, &examples.variant, examples.seed);
    let revision =
        context.rows.iter().find(own).map_or(String::new(), |r| format!(", revision {}", r.revision));
    let items = examples.items.iter().take(SAMPLES);
    let indices: Vec<_> = items.map(|item| format!("{} sample {}", item.split, item.index)).collect();
    format!(
        "{}: seed {}, δ = {}, {}{revision}.",
        title_of(context, &examples.domain),
        examples.seed,
        scientific(examples.delta, 2),
        indices.join(", ")
    )
}

fn paint(context: &Context, domains: &[Examples]) -> Result<Page> {
    let mut canvas = Canvas::new();
    let entries = [
        (Swatch::Found(Verdict::Right), "found"),
        (Swatch::Found(Verdict::Wrong), "of another kind, or where nothing is"),
        (Swatch::Found(Verdict::Weaker), "weaker than another in the same motif"),
        (Swatch::Found(Verdict::Missed), "missed"),
    ];
    let mut top = legend(&mut canvas, PAGE, 0.0, &entries);
    let aspects: Vec<f64> = domains.iter().map(|e| picture::aspect(&e.items[0])).collect();
    let (widths, height) = row_of(&aspects, PAGE - 2.0 * MARGIN, GAP, TALLEST);
    let lefts: Vec<f64> = widths
        .iter()
        .scan(MARGIN, |left, width| Some(std::mem::replace(left, *left + width + GAP)))
        .collect();
    for (examples, left) in domains.iter().zip(&lefts) {
        heading(&mut canvas, &title_of(context, &examples.domain), (*left, top + HEAD / 2.0 - 1.0), TITLE);
    }
    top += HEAD;
    for sample in 0..SAMPLES {
        let mut end = top + height;
        for ((examples, left), width) in domains.iter().zip(&lefts).zip(&widths) {
            let Some(item) = examples.items.get(sample) else { continue };
            let placed = Placed { examples, item, area: Rect::new(*left, top, *width, height) };
            placed.input(&mut canvas, 0.35)?;
            placed.predicted(&mut canvas);
            end = end.max(answers(&mut canvas, &examples.domain, item, ("target", "right"), placed.area));
        }
        top = end + 5.0;
    }
    Ok(Page { canvas, width: PAGE, height: top })
}
