//! Figure 5: E2EE with the bottleneck and without, a panel a domain.

use std::path::PathBuf;

use anyhow::Result;

use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;
use crate::report;

use super::bars::{self, Bar};
use super::canvas::Canvas;
use super::frame::{Room, Sides, panels};
use super::marks::legend;
use super::origin::provenance;
use super::page::{Page, Words, save};
use super::select::{DomainRuns, Drawn, Measured, Summary, summarise, title_of};
use super::style::{DOMAINS, PAGE, VERMILLION};
use super::{Context, FigureSpec, Needs, published};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig5",
    title: "End-to-end error with the bottleneck and without",
    claim: "Sparsity costs little end to end, and a head trained anew on the motifs without the bottleneck wins most of it back.",
    runs_needed: &[
        (DIGIT_CIRCLE, "sparling"),
        (DIGIT_CIRCLE, "non-sparse"),
        (DIGIT_CIRCLE, "retrained"),
        (DIGIT_CIRCLE, "retrained-scratch"),
        (LATEX_OCR, "sparling"),
        (LATEX_OCR, "non-sparse"),
        (LATEX_OCR, "retrained"),
        (LATEX_OCR, "retrained-scratch"),
        (AUDIO_SEQUENCE, "sparling"),
        (AUDIO_SEQUENCE, "non-sparse"),
        (AUDIO_SEQUENCE, "retrained"),
        (AUDIO_SEQUENCE, "retrained-scratch"),
    ],
    also_shown: &[],
    needs: Needs::Errors,
    draw,
    judge: report::fig5,
    fixed: report::FIRST,
    changes: &[report::BASELINE],
};

/// Name in the rows, and on paper.
const VARIANTS: [(&str, &str); 4] = [
    ("sparling", "Sparling"),
    ("non-sparse", "Non-Sparse"),
    ("retrained", "Retrained"),
    ("retrained-scratch", "From scratch"),
];
const METRIC: &str = "e2ee";

/// A line of the CSV.
#[derive(serde::Serialize)]
struct Line {
    domain: String,
    variant: &'static str,
    statistic: &'static str,
    seed: Option<u64>,
    delta: Option<f64>,
    value: f64,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let mut panels: Vec<(String, Vec<Bar>)> = Vec::new();
    let mut numbers: Vec<Line> = Vec::new();
    let mut shown: Vec<Measured<'_>> = Vec::new();
    let mut absent = Vec::new();
    for (domain, title, _) in DOMAINS.iter().copied() {
        let runs: Vec<_> =
            VARIANTS.iter().map(|(variant, _)| DomainRuns::new(context, domain, title, variant)).collect();
        let measured: Vec<_> = runs.iter().map(|runs| runs.reported(&[METRIC])).collect();
        if measured.iter().all(Vec::is_empty) {
            absent.push(title);
            continue;
        }
        let mut bars = Vec::new();
        for ((variant, name), seeds) in VARIANTS.into_iter().zip(&measured) {
            let published = published::end_to_end(domain, variant);
            let summary = summarise(domain, METRIC, seeds).map(|s| Summary { published, ..s });
            let drawn = summary.iter().flat_map(|s| s.drawn(domain, METRIC, seeds));
            numbers.extend(drawn.map(|Drawn { domain, statistic, seed, delta, value, .. }| Line {
                domain,
                variant,
                statistic,
                seed,
                delta,
                value,
            }));
            shown.extend(seeds.iter().map(|m| m.only(|metric| metric == METRIC)));
            bars.push(Bar { name, color: VERMILLION, summary });
        }
        panels.push((title_of(context, domain), bars));
    }
    if panels.is_empty() {
        return Err(context.missing(spec, "values of e2ee in rows.csv"));
    }
    let words = Words::new(
        spec,
        "Non-Sparse: half of all activations pass. Retrained: Sparling's ĝ frozen, the bottleneck taken out, ĥ trained \
         on. From scratch (not in the paper): a new ĥ on Sparling's frozen motifs.",
    );
    let words = words.from(provenance(context, shown.iter(), &absent));
    save(context, spec, &paint(&panels), words, &numbers)
}

fn paint(shown: &[(String, Vec<Bar>)]) -> Page {
    let mut canvas = Canvas::new();
    let summaries = shown.iter().flat_map(|(_, bars)| bars).filter_map(|bar| bar.summary.as_ref());
    let top = legend(&mut canvas, PAGE, 0.0, &bars::marks(VERMILLION, summaries));
    let room = Room { first: 34.0, between: 28.0, above: 14.0, below: bars::UNDER + 8.0 };
    let (plots, bottom) = panels(shown.len(), PAGE, top, 92.0, room);
    for (i, (plot, (title, bars))) in plots.into_iter().zip(shown).enumerate() {
        let y = if i == 0 { "E2EE (percent)" } else { "" };
        bars::panel(&mut canvas, plot, bars, Sides { title, y, ..Sides::default() });
    }
    Page { canvas, width: PAGE, height: bottom }
}
