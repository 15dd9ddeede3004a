//! Table 1: L1 at five λ against Sparling on DigitCircle, ours above the paper's.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::report;

use super::canvas::Across;
use super::grid::Grid;
use super::page::{Page, Words, save_table};
use super::style::{COLUMN, LABEL, MARGIN, SMALL};
use super::variants::{Found, Line, Variant, compare};
use super::words::density_percent;
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "table1",
    title: "L1 against Sparling on DigitCircle",
    claim: "At no λ does an L1 penalty find the motifs that Sparling finds.",
    runs_needed: &[
        (DIGIT_CIRCLE, "sparling"),
        (DIGIT_CIRCLE, "l1-0.1"),
        (DIGIT_CIRCLE, "l1-1"),
        (DIGIT_CIRCLE, "l1-2"),
        (DIGIT_CIRCLE, "l1-5"),
        (DIGIT_CIRCLE, "l1-10"),
    ],
    also_shown: &[],
    needs: Needs::Errors,
    draw,
    judge: report::table1,
    fixed: report::FIRST,
    changes: &[report::BASELINE],
};

const VARIANTS: &[Variant] = &[
    Variant { name: "l1-0.1", title: "L1, λ = 0.1" },
    Variant { name: "l1-1", title: "L1, λ = 1" },
    Variant { name: "l1-2", title: "L1, λ = 2" },
    Variant { name: "l1-5", title: "L1, λ = 5" },
    Variant { name: "l1-10", title: "L1, λ = 10" },
    Variant { name: "sparling", title: "Sparling" },
];
const METRICS: &[&str] = &["fpe", "fne", "ce", "e2ee", "density"];
const HEADINGS: [&str; 5] = ["FPE", "FNE", "CE", "E2EE", "density"];

const ROW: f64 = 20.0;
/// Where the columns of numbers end.
const COLUMNS: [f64; 5] = [112.0, 141.0, 170.0, 200.0, COLUMN - MARGIN];

/// A variant's cells as printed, in percent.
struct Row {
    title: &'static str,
    seeds: usize,
    published_seeds: usize,
    ours: [String; 5],
    paper: [String; 5],
}

struct PenaltyTable {
    rows: Vec<Row>,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let compared = compare(spec, context, VARIANTS, METRICS)?;
    let numbers: Vec<Line> =
        compared.found.iter().flat_map(|found| METRICS.iter().flat_map(|m| found.lines(m))).collect();
    let table = PenaltyTable { rows: compared.found.iter().map(Row::new).collect() };
    let words =
        Words::new(spec, "Means over seeds, in percent; density is the share of non-zero motif values.")
            .from(compared.provenance(context));
    save_table(context, spec, &table.paint(), words, &numbers, &table.markdown())
}

impl Row {
    fn new(found: &Found<'_>) -> Self {
        let cell = |i: usize, value: f64| match METRICS[i] {
            "density" => density_percent(value),
            _ => format!("{:.2}", 100.0 * value),
        };
        let none = || "–".to_owned();
        Self {
            title: found.variant.title,
            seeds: found.reported().len(),
            published_seeds: if found.variant.name == "sparling" { 9 } else { 1 },
            ours: std::array::from_fn(|i| found.summary(METRICS[i]).map_or_else(none, |s| cell(i, s.mean))),
            paper: std::array::from_fn(|i| {
                found.published(METRICS[i]).map_or_else(none, |(value, _)| printed(METRICS[i], 100.0 * value))
            }),
        }
    }
}

/// A number of the paper with the digits that the paper gives: 99.90, 91.3, 0.68, 0.
fn printed(metric: &str, percent: f64) -> String {
    match percent {
        _ if metric == "density" => density_percent(percent / 100.0),
        0.0 => "0".to_owned(),
        v if (10.0..99.5).contains(&v) => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

fn seeds(count: usize) -> String {
    format!("{count} {}", if count == 1 { "seed" } else { "seeds" })
}

impl PenaltyTable {
    fn markdown(&self) -> String {
        let mut text = format!("| | | {} |\n|---|---|{}\n", HEADINGS.join(" | "), "---|".repeat(5));
        for row in &self.rows {
            let _ = writeln!(text, "| {} | {} | {} |", row.title, seeds(row.seeds), row.ours.join(" | "));
            let _ = writeln!(text, "| | paper, {} | {} |", seeds(row.published_seeds), row.paper.join(" | "));
        }
        text
    }

    fn paint(&self) -> Page {
        let mut grid = Grid::new("percent", &HEADINGS, &COLUMNS, (self.rows.len(), ROW));
        for (i, row) in self.rows.iter().enumerate() {
            let (ours, paper) = (grid.top(i) + 6.0, grid.top(i) + 14.5);
            grid.words(&format!("{} ({})", row.title, seeds(row.seeds)), MARGIN, ours, Across::Left, LABEL);
            let name = format!("paper ({})", seeds(row.published_seeds));
            grid.words(&name, MARGIN + 6.0, paper, Across::Left, SMALL);
            for (i, x) in COLUMNS.into_iter().enumerate() {
                grid.words(&row.ours[i], x, ours, Across::Right, LABEL);
                grid.words(&row.paper[i], x, paper, Across::Right, SMALL);
            }
        }
        let height = grid.bottom();
        Page { canvas: grid.canvas, width: COLUMN, height }
    }
}
