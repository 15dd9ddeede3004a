//! Figure 7: what each motif stands for, a confusion matrix a domain, mean over seeds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use serde::Serialize;

use crate::domain::relabelling_of;
use crate::eval::{Confusion, Relabelling, mean};
use crate::report;

use super::canvas::{Across, Canvas, Color, Down, Pen, Rect, Type, WHITE};
use super::font;
use super::origin::{densities, provenance};
use super::page::{Page, Words, save};
use super::select::{DomainRuns, Measured, present, title_of};
use super::style::{BLUE, FAINT, HAIR, INK, LABEL, MARGIN, PAGE, SMALL, TITLE, colored, pale, set};
use super::table::{SPARLING_EVERYWHERE, SPARLING_ON_SPLICING};
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig7",
    title: "Confusion of motifs and truth",
    claim: "Channels and kinds match nearly one to one: each kind has its channel, and a channel rarely marks another kind.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: SPARLING_ON_SPLICING,
    needs: Needs::Errors,
    draw,
    judge: report::fig7,
    fixed: report::FIRST,
    changes: &[],
};

/// Space left of a matrix for the names of its rows, above it and below it.
const LEFT: f64 = 32.0;
const TOP: f64 = 35.0;
const BOTTOM: f64 = 22.0;
/// Height of the names of columns, within the space below.
const NAMES: f64 = 15.5;
/// Side of the largest cell, and of the smallest that a number is written in.
const LARGEST: f64 = 13.5;
const NUMBERED: f64 = 9.0;
/// The least share that is written: the shade shows what is below.
const WRITTEN: f64 = 0.01;
/// Shares of all pairs are put back to counts of this many pairs to find the relabelling.
const PAIRS: f64 = 1e12;

/// A cell: of what the row and column say, the share in `[0, 1]`.
#[derive(Clone, Serialize)]
struct Cell {
    domain: String,
    /// Kind that the channel was relabelled to, `spare` for channels without one, or `none`.
    predicted: String,
    /// True kind, or `none`.
    truth: String,
    value: f64,
}

struct Matrix {
    title: String,
    density: String,
    /// Names of the columns, and the rows with their cells.
    columns: Vec<String>,
    rows: Vec<(String, Vec<f64>)>,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domains, absent) = present(spec, context, &["confusion/"])?;
    let matrices: Vec<Matrix> = domains.iter().map(|domain| Matrix::new(context, domain)).collect();
    let mut cells = Vec::new();
    for (matrix, domain) in matrices.iter().zip(&domains) {
        for (predicted, values) in &matrix.rows {
            for (truth, &value) in matrix.columns.iter().zip(values) {
                cells.push(Cell {
                    domain: domain.name.to_owned(),
                    predicted: predicted.clone(),
                    truth: truth.clone(),
                    value,
                });
            }
        }
    }
    let reported = domains.iter().flat_map(|d| d.reported(&["confusion/"]));
    let drawn: Vec<_> = reported.map(|m| m.only(|name| name.starts_with("confusion/"))).collect();
    let words = Words::new(
        spec,
        "Percent, mean over seeds; under 1 % by shade alone, and a full cell without a number is 100. A row: of the times the motif was marked, what was there. \
         Row none: of the true motifs of that kind, the share that was not marked.",
    );
    let words = words.from(provenance(context, drawn.iter(), &absent));
    save(context, spec, &paint(&matrices), words, &cells)
}

/// Share of all pairs by (channel, kind) names, of one seed.
type Shares<'a> = BTreeMap<(&'a str, &'a str), f64>;

fn shares<'a>(run: &Measured<'a>) -> Shares<'a> {
    run.rows()
        .filter_map(|row| {
            let (channel, kind) = row.metric.strip_prefix("confusion/")?.split_once('/')?;
            Some(((channel, kind), row.measured()?))
        })
        .collect()
}

/// Digits by value, then names by letter: the order a reader looks for.
fn in_reading_order<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names: Vec<_> = names.filter(|n| *n != "none").collect();
    names.sort_by_key(|n| (n.parse::<u32>().unwrap_or(u32::MAX), *n));
    names.dedup();
    names
}

impl Matrix {
    fn new(context: &Context, domain: &DomainRuns<'_>) -> Self {
        let runs = domain.reported(&["confusion/"]);
        let seeds: Vec<Shares> = runs.iter().map(|run| shares(run)).collect();
        let kinds = in_reading_order(seeds.iter().flat_map(|s| s.keys().map(|k| k.1)));
        let relabelled: Vec<Vec<Vec<f64>>> =
            seeds.iter().map(|s| relabel(s, &kinds, relabelling_of(domain.name))).collect();

        let names =
            |extra: &[&str]| -> Vec<String> { kinds.iter().chain(extra).map(|n| (*n).to_owned()).collect() };
        let rows = names(&["spare", "none"])
            .into_iter()
            .enumerate()
            .map(|(r, name)| {
                let cells = (0..=kinds.len())
                    .map(|c| {
                        let over: Vec<f64> =
                            relabelled.iter().map(|m| normalised(m, r, c, kinds.len())).collect();
                        mean(&over).unwrap_or(0.0)
                    })
                    .collect();
                (name, cells)
            })
            // Most models have no channel to spare; an empty row would only puzzle.
            .filter(|(name, cells): &(String, Vec<f64>)| name != "spare" || cells.iter().any(|v| *v > 0.0))
            .collect();
        let title = title_of(context, domain.name);
        Self { title, density: densities(&runs).unwrap_or_default(), columns: names(&["none"]), rows }
    }
}

/// Shares of all pairs as kinds+2 rows (kinds, spare, none) by kinds+1 columns (kinds, none).
fn relabel(shares: &Shares<'_>, kinds: &[&str], rule: Relabelling) -> Vec<Vec<f64>> {
    let channels = in_reading_order(shares.keys().map(|k| k.0));
    let place = |names: &[&str], name: &str| names.iter().position(|n| *n == name);
    let mut confusion = Confusion::new(channels.len(), kinds.len());
    for ((channel, kind), share) in shares {
        let count = (share * PAIRS).round() as u64;
        confusion.add_count(place(&channels, channel), place(kinds, kind), count);
    }
    let mapping = confusion.errors(rule.among(channels.len(), kinds.len())).mapping;
    let (spare, none) = (kinds.len(), kinds.len() + 1);
    let mut matrix = vec![vec![0.0; kinds.len() + 1]; kinds.len() + 2];
    for ((channel, kind), share) in shares {
        let row = match place(&channels, channel) {
            Some(c) => mapping[c].unwrap_or(spare),
            None => none,
        };
        matrix[row][place(kinds, kind).unwrap_or(kinds.len())] += share;
    }
    matrix
}

/// Cell (r, c) as a share of its row, or of its column for the row of missed motifs.
fn normalised(matrix: &[Vec<f64>], r: usize, c: usize, kinds: usize) -> f64 {
    let whole: f64 =
        if r == kinds + 1 { matrix.iter().map(|row| row[c]).sum() } else { matrix[r].iter().sum() };
    if whole > 0.0 { matrix[r][c] / whole } else { 0.0 }
}

impl Matrix {
    /// What names of rows take beyond [`LEFT`], with the words before the first matrix.
    fn lead(&self) -> f64 {
        let longest =
            self.rows.iter().map(|(name, _)| font::width(short_name(name), SMALL)).fold(0.0, f64::max);
        (longest + 14.0 - LEFT).max(0.0)
    }

    /// What names of columns that run upwards take beyond [`NAMES`].
    fn more(&self, side: f64) -> f64 {
        let long =
            self.columns.iter().map(|name| (name, font::width(name, SMALL))).filter(|(_, w)| *w > side);
        let longest = long.map(|(name, _)| font::width(short_name(name), SMALL)).fold(0.0, f64::max);
        (longest + 5.0 - NAMES).max(0.0)
    }

    /// Draws the matrix with cells of this side at the left and top of `at`.
    fn paint(&self, canvas: &mut Canvas, (left, top): (f64, f64), side: f64, first: bool) {
        let (wide, high) = (side * self.columns.len() as f64, side * self.rows.len() as f64);
        let room = wide.max(6.0 * side);
        for (line, title) in font::wrap(&self.title, TITLE, room).iter().rev().enumerate() {
            canvas.text(title, (left, top - 20.5 - 9.5 * line as f64), set(TITLE, Across::Left, Down::Top));
        }
        canvas.text(&self.density, (left, top - 10.5), set(SMALL, Across::Left, Down::Top));
        for (c, name) in self.columns.iter().enumerate() {
            let x = left + side * (c as f64 + 0.5);
            // What is too long for a column runs upwards; the rows spell it out.
            if font::width(name, SMALL) <= side {
                canvas.text(name, (x, top + high + 3.0), set(SMALL, Across::Middle, Down::Top));
            } else {
                let turned = Type { turned: true, ..set(SMALL, Across::Right, Down::Middle) };
                canvas.text(short_name(name), (x, top + high + 3.0), turned);
            }
        }
        let middle = (left + wide / 2.0, top + high + NAMES + self.more(side));
        canvas.text("true kind", middle, set(LABEL, Across::Middle, Down::Top));
        if first {
            let turned = Type { turned: true, ..set(LABEL, Across::Middle, Down::Middle) };
            canvas.text("motif marked", (5.0, top + high / 2.0), turned);
        }
        for (r, (name, cells)) in self.rows.iter().enumerate() {
            let y = top + side * r as f64;
            canvas.text(
                short_name(name),
                (left - 3.0, y + side / 2.0),
                set(SMALL, Across::Right, Down::Middle),
            );
            for (c, &value) in cells.iter().enumerate() {
                // Both `none`: there is no such pair.
                if name == "none" && c + 1 == cells.len() {
                    continue;
                }
                let cell = Rect::new(left + side * c as f64, y, side, side);
                canvas.fill(cell, shade(value));
                canvas.frame(cell, Pen::new(FAINT, HAIR));
                let (words, color) = (short_percent(value), if value > 0.35 { WHITE } else { INK });
                if value >= WRITTEN && side >= NUMBERED && font::width(&words, SMALL) < side + 0.6 {
                    let style = colored(SMALL, color, Across::Middle, Down::Middle);
                    canvas.text(&words, cell.middle(), style);
                }
            }
        }
    }
}

/// A kind's name where there is little room.
fn short_name(name: &str) -> &str {
    if name == "FRACBAR" { "bar" } else { name }
}

/// White to blue; the root makes a few percent visible.
fn shade(value: f64) -> Color {
    pale(BLUE, value.clamp(0.0, 1.0).sqrt())
}

/// Percent without decimals.
fn short_percent(value: f64) -> String {
    format!("{:.0}", 100.0 * value)
}

/// The matrices side by side in rows of `across`, with cells of one side.
fn arranged(matrices: &[Matrix], across: usize) -> f64 {
    let side = |row: &[Matrix]| {
        let cells: usize = row.iter().map(|matrix| matrix.columns.len()).sum();
        let lead = row.first().map_or(0.0, Matrix::lead);
        (PAGE - MARGIN - LEFT * row.len() as f64 - lead) / cells.max(1) as f64
    };
    matrices.chunks(across).map(side).fold(LARGEST, f64::min)
}

fn paint(matrices: &[Matrix]) -> Page {
    let mut canvas = Canvas::new();
    // As many in a row as leave room for numbers.
    let across = (1..=matrices.len()).rev().find(|&n| arranged(matrices, n) >= NUMBERED).unwrap_or(1);
    let side = arranged(matrices, across);
    let mut top = 0.0;
    for row in matrices.chunks(across) {
        let mut left = LEFT + row.first().map_or(0.0, Matrix::lead);
        for (i, matrix) in row.iter().enumerate() {
            matrix.paint(&mut canvas, (left, top + TOP), side, i == 0);
            left += side * matrix.columns.len() as f64 + LEFT;
        }
        let rows = row.iter().map(|matrix| matrix.rows.len()).max().unwrap_or(0);
        let more = row.iter().map(|matrix| matrix.more(side)).fold(0.0, f64::max);
        top += TOP + side * rows as f64 + BOTTOM + more + 4.0;
    }
    Page { canvas, width: PAGE, height: top }
}
