//! Figure 5: E2EE with the bottleneck and without, a panel a domain.

use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;
use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;

use super::bar_panel::{Bar, BarPanel, MARKS, PANEL};
use super::page::{Area, Paint, Swatch, legend, save};
use super::select::{DomainRuns, Drawn, Measured, Summary, provenance, summarise};
use super::style::{BLUE, DOMAINS, GREEN, ORANGE, VERMILLION};
use super::{Context, FigureSpec, Needs, published};

pub(super) const SPEC: FigureSpec = FigureSpec {
    number: 5,
    title: "End-to-end error with the bottleneck and without",
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
};

/// Name in the rows, name on paper, colour.
const VARIANTS: [(&str, &str, RGBColor); 4] = [
    ("sparling", "Sparling", VERMILLION),
    ("non-sparse", "Non-Sparse", BLUE),
    ("retrained", "Retrained", GREEN),
    ("retrained-scratch", "From scratch", ORANGE),
];
const METRIC: &str = "e2ee";
const LEGEND: u32 = 70;

struct EndToEnd {
    panels: Vec<BarPanel>,
}

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

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let mut panels = Vec::new();
    let mut numbers: Vec<Line> = Vec::new();
    let mut shown: Vec<Measured<'_>> = Vec::new();
    let mut absent = Vec::new();
    for (domain, title, _) in DOMAINS.iter().copied() {
        let runs: Vec<_> =
            VARIANTS.iter().map(|(variant, ..)| DomainRuns::new(context, domain, title, variant)).collect();
        let measured: Vec<_> = runs.iter().map(|runs| runs.reported(&[METRIC])).collect();
        if measured.iter().all(Vec::is_empty) {
            absent.push(title);
            continue;
        }
        let mut bars = Vec::new();
        for ((variant, name, color), seeds) in VARIANTS.into_iter().zip(&measured) {
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
            bars.push(Bar { name, color, summary });
        }
        panels.push(BarPanel { title: title.to_owned(), axis: "E2EE (percent)", whole: false, bars });
    }
    if panels.is_empty() {
        return Err(context.missing(spec, "values of e2ee in rows.csv"));
    }
    let caption = format!(
        "{}. Sparling: at its last density. Non-Sparse: half of all activations pass. Retrained: Sparling's ĝ frozen, \
         the bottleneck taken out, ĥ trained on. From scratch (not in the paper): a new ĥ on Sparling's frozen motifs. {}",
        spec.title,
        provenance(context, shown.iter(), &absent)
    );
    save(context, spec.number, &EndToEnd { panels }, &caption, &numbers)
}

impl Paint for EndToEnd {
    fn height(&self) -> u32 {
        LEGEND + PANEL * self.panels.len() as u32
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let mean = [(Swatch::Bar(VERMILLION), "mean")];
        legend(area, 38, &mean.into_iter().chain(MARKS).collect::<Vec<_>>())?;
        let (_, rest) = area.split_vertically(LEGEND);
        for (panel, area) in self.panels.iter().zip(rest.split_evenly((self.panels.len(), 1))) {
            panel.paint(&area)?;
        }
        Ok(())
    }
}
