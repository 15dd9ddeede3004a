//! Figure 3: FPE, FNE and CE of the reported models, a panel a domain.

use std::path::PathBuf;

use anyhow::Result;

use crate::report;

use super::bars::{self, Bar};
use super::canvas::Canvas;
use super::frame::{Room, Sides, panels};
use super::marks::legend;
use super::origin::{densities, provenance};
use super::page::{Page, Words, save};
use super::select::{Drawn, present, summarise, title_of};
use super::style::{METRICS, PAGE, QUIET};
use super::table::{SPARLING_EVERYWHERE, SPARLING_ON_SPLICING};
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig3",
    title: "Motif errors",
    claim: "Trained on labels alone, the layer invents, misses and confuses few motifs in all three domains; only LaTeX-OCR misses one in seven, those that follow from their neighbours.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: SPARLING_ON_SPLICING,
    needs: Needs::Errors,
    draw,
    judge: report::fig3,
    fixed: report::FIRST,
    changes: &[],
};

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let names: Vec<&str> = METRICS[..3].iter().map(|m| m.0).collect();
    let (domains, absent) = present(spec, context, &names)?;
    let mut numbers: Vec<Drawn> = Vec::new();
    let mut shown: Vec<(String, Vec<Bar>)> = Vec::new();
    let mut at = Vec::new();
    for domain in &domains {
        let runs = domain.reported(&names);
        let bars = METRICS[..3].iter().map(|&(metric, name, color)| Bar {
            name,
            color,
            summary: summarise(domain.name, metric, &runs),
        });
        let bars: Vec<Bar> = bars.collect();
        for (bar, metric) in bars.iter().zip(&names) {
            numbers.extend(bar.summary.iter().flat_map(|s| s.drawn(domain.name, metric, &runs)));
        }
        at.extend(densities(&runs).map(|density| format!("{}: {density}.", domain.title)));
        shown.push((title_of(context, domain.name), bars));
    }
    let reported = domains.iter().flat_map(|d| d.reported(&names));
    let drawn: Vec<_> = reported.map(|m| m.only(|name| names.contains(&name))).collect();
    let words = Words::new(spec, "At the last density of each run.")
        .from(provenance(context, drawn.iter(), &absent))
        .note(at.join(" "));
    save(context, spec, &paint(&shown), words, &numbers)
}

fn paint(shown: &[(String, Vec<Bar>)]) -> Page {
    let mut canvas = Canvas::new();
    let summaries = shown.iter().flat_map(|(_, bars)| bars).filter_map(|bar| bar.summary.as_ref());
    let top = legend(&mut canvas, PAGE, 0.0, &bars::marks(QUIET, summaries));
    let room = Room { first: 34.0, between: 28.0, above: 14.0, below: bars::UNDER };
    let (plots, bottom) = panels(shown.len(), PAGE, top, 92.0, room);
    for (i, (plot, (title, bars))) in plots.into_iter().zip(shown).enumerate() {
        let y = if i == 0 { "error (percent)" } else { "" };
        bars::panel(&mut canvas, plot, bars, Sides { title, y, ..Sides::default() });
    }
    Page { canvas, width: PAGE, height: bottom }
}
