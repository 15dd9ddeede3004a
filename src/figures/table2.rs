//! Table 2: single motifs misclassified by Sparling and by direct supervision, ours beside the paper's.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;
use crate::report;
use crate::results::DIRECT_SUPERVISION;

use super::canvas::Across;
use super::grid::Grid;
use super::origin::provenance;
use super::page::{Page, Words, save_table};
use super::select::{DomainRuns, Drawn, Measured, Summary, summarise, title_of};
use super::style::{COLUMN, DOMAINS, LABEL, MARGIN, SMALL};
use super::table::SPARLING_EVERYWHERE;
use super::{Context, FigureSpec, Needs, published};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "table2",
    title: "Sparling's motifs against direct supervision on single labelled motifs",
    claim: "Motifs that were never shown are named almost as well as by a classifier that was trained on them.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: &[
        (DIGIT_CIRCLE, DIRECT_SUPERVISION),
        (LATEX_OCR, DIRECT_SUPERVISION),
        (AUDIO_SEQUENCE, DIRECT_SUPERVISION),
    ],
    needs: Needs::Supervision,
    draw,
    judge: report::table2,
    fixed: report::FIRST,
    changes: &[report::BASELINE],
};

/// What is compared: domain, metric, and what the table calls it behind the domain's name.
const LINES: &[(&str, &str, &str)] = &[
    (DIGIT_CIRCLE, "motif_misclassified", ""),
    (LATEX_OCR, "motif_misclassified", ""),
    (LATEX_OCR, "motif_misclassified_necessary", ", without the often inferable"),
    (AUDIO_SEQUENCE, "motif_misclassified_known", ", known speakers"),
    (AUDIO_SEQUENCE, "motif_misclassified", ", new speakers"),
];
/// Who is compared: variant in the rows, and on paper.
const METHODS: [(&str, &str); 2] = [("sparling", "Sparling"), (DIRECT_SUPERVISION, "direct supervision")];

const ROW: f64 = 28.0;
/// Where the columns of numbers end: ours, seeds, the paper's.
const COLUMNS: [f64; 3] = [150.0, 190.0, COLUMN - MARGIN];
const HEADINGS: [&str; 3] = ["ours", "seeds", "paper"];

/// A method's cells as printed: ours in percent, seeds, the paper's in percent.
type Cells = [String; 3];

struct Comparison {
    /// A line of [`LINES`] by name, with the cells of each of [`METHODS`].
    rows: Vec<(String, [Cells; 2])>,
}

/// One number, a line of the table's CSV. Values are fractions.
#[derive(Serialize)]
struct Line {
    domain: String,
    variant: &'static str,
    metric: String,
    /// `seed`, `mean`, `low95`, `high95`, or the paper's `published`.
    statistic: &'static str,
    seed: Option<u64>,
    delta: Option<f64>,
    value: f64,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (mut rows, mut numbers, mut absent) = (Vec::new(), Vec::new(), Vec::new());
    let mut shown: Vec<Measured<'_>> = Vec::new();
    for (domain, metric, part) in LINES {
        let title = DOMAINS.iter().find(|(name, ..)| name == domain).map_or(*domain, |d| d.1);
        let name = format!("{}{part}", title_of(context, domain));
        let mut measured = false;
        let cells = METHODS.map(|(variant, _)| {
            let runs = DomainRuns::new(context, domain, title, variant);
            let reported = runs.reported(&[metric]);
            shown.extend(reported.iter().map(|m| m.only(|found| found == *metric)));
            let paper = published::single_motifs(domain, metric, variant == DIRECT_SUPERVISION);
            let summary = summarise(domain, metric, &reported).map(|s| Summary { published: paper, ..s });
            measured |= summary.is_some();
            let drawn = summary.iter().flat_map(|summary| summary.drawn(domain, metric, &reported));
            numbers.extend(drawn.map(|drawn| Line::new(variant, drawn)));
            let percent = |share: Option<f64>| share.map_or("–".into(), |s| format!("{:.2}", 100.0 * s));
            let seeds = summary.as_ref().map_or(0, |s| s.seeds.len());
            [percent(summary.map(|s| s.mean)), seeds.to_string(), percent(paper)]
        });
        if measured {
            rows.push((name, cells));
        } else {
            absent.push(name);
        }
    }
    if rows.is_empty() {
        return Err(context.missing(spec, "values of motif_misclassified in rows.csv"));
    }
    let absent: Vec<&str> = absent.iter().map(String::as_str).collect();
    let words = Words::new(spec, "Share misclassified, means over seeds, in percent.")
        .from(provenance(context, shown.iter(), &absent))
        .note(
            "Ours: windows of test samples around one true motif each, in its surroundings; both methods answer by the \
             strongest channel in the motif's box, and nothing fired is wrong. Known speakers are those of training, \
             in other clips. The paper's single motifs may be cut otherwise, and its second line of LaTeX-OCR leaves \
             out + ( ), ours the fraction bar too.",
        );
    let table = Comparison { rows };
    save_table(context, spec, &table.paint(), words, &numbers, &table.markdown())
}

impl Line {
    fn new(variant: &'static str, drawn: Drawn) -> Self {
        let Drawn { domain, metric, statistic, seed, delta, value } = drawn;
        Self { domain, variant, metric, statistic, seed, delta, value }
    }
}

impl Comparison {
    fn markdown(&self) -> String {
        let mut text = format!("| | | {} |\n|---|---|---|---|---|\n", HEADINGS.join(" | "));
        for (name, cells) in &self.rows {
            for ((_, method), cells) in METHODS.iter().zip(cells) {
                let _ = writeln!(text, "| {name} | {method} | {} |", cells.join(" | "));
            }
        }
        text
    }

    fn paint(&self) -> Page {
        let mut grid = Grid::new("percent misclassified", &HEADINGS, &COLUMNS, (self.rows.len(), ROW));
        for (i, (name, cells)) in self.rows.iter().enumerate() {
            let top = grid.top(i);
            grid.words(name, MARGIN, top + 6.0, Across::Left, LABEL);
            for ((y, (_, method)), cells) in [top + 14.5, top + 23.0].into_iter().zip(METHODS).zip(cells) {
                grid.words(method, MARGIN + 6.0, y, Across::Left, SMALL);
                for (cell, x) in cells.iter().zip(COLUMNS) {
                    grid.words(cell, x, y, Across::Right, LABEL);
                }
            }
        }
        let height = grid.bottom();
        Page { canvas: grid.canvas, width: COLUMN, height }
    }
}
