//! Figure 7: what each motif stands for, a confusion matrix a domain, mean over seeds.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use serde::Serialize;

use crate::domain::relabelling_of;
use crate::eval::{Confusion, Relabelling, mean};

use super::page::{Area, Paint, save};
use super::select::{DomainRuns, Measured, densities, present, provenance};
use super::style::{BLUE, FAINT, INK, LABEL, SMALL, TITLE, WIDTH, sink, text};
use super::{Context, FigureSpec};

/// Space left of a matrix for its row names, above it, and below it.
const LEFT: i32 = 190;
const TOP: i32 = 80;
const BOTTOM: i32 = 120;
const RIGHT: i32 = 30;
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
    /// Names of the columns, and the rows with their cells.
    columns: Vec<String>,
    rows: Vec<(String, Vec<f64>)>,
}

struct ConfusionMatrices {
    matrices: Vec<Matrix>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domains, absent) = present(spec, context, &["confusion/"])?;
    let matrices: Vec<Matrix> = domains.iter().map(Matrix::new).collect();
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
    let origin = provenance(context, drawn.iter(), &absent);
    let caption = format!(
        "{}, percent, mean over seeds after each seed's channels were given their kinds. A row: \
         of the times the motif was marked, what was there. Row none: of the true motifs of \
         that kind, the share that was not marked. {origin}",
        spec.title
    );
    save(context, spec.number, &ConfusionMatrices { matrices }, &caption, &cells)
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
    fn new(domain: &DomainRuns<'_>) -> Self {
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
        let density = densities(&runs).map_or(String::new(), |d| format!(", {d}"));
        Self { title: format!("{}{density}", domain.title), columns: names(&["none"]), rows }
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
    let mapping = confusion.errors(rule).mapping;
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
    /// Side of a cell in pixels.
    fn side(&self) -> i32 {
        (WIDTH as i32 - LEFT - RIGHT) / self.columns.len() as i32
    }

    fn height(&self) -> u32 {
        (TOP + self.side() * self.rows.len() as i32 + BOTTOM) as u32
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let side = self.side();
        let size = (side as u32 / 2).min(LABEL);
        let name_size = (side as u32 / 2).min(LABEL);
        let center = |size, color| text(size, color, HPos::Center, VPos::Center);
        let title = text(TITLE, INK, HPos::Left, VPos::Center);
        area.draw(&Text::new(self.title.as_str(), (LEFT, TOP / 2), title))?;
        let bottom = TOP + side * self.rows.len() as i32;
        for (c, name) in self.columns.iter().enumerate() {
            let x = LEFT + side * c as i32 + side / 2;
            // The rows spell out what is too long for a column.
            let name: String = name.chars().take(4).collect();
            let style = center(name_size.min(fitting(&name, side)), INK);
            area.draw(&Text::new(name, (x, bottom + 26), style))?;
        }
        let middle = LEFT + side * self.columns.len() as i32 / 2;
        area.draw(&Text::new("true kind", (middle, bottom + 74), center(LABEL, INK)))?;
        let turned = text(LABEL, INK, HPos::Center, VPos::Center).transform(FontTransform::Rotate270);
        let row_title = (30, TOP + side * self.rows.len() as i32 / 2);
        area.draw(&Text::new("motif marked", row_title, turned))?;

        for (r, (name, cells)) in self.rows.iter().enumerate() {
            let top = TOP + side * r as i32;
            let style = text(name_size, INK, HPos::Right, VPos::Center);
            area.draw(&Text::new(name.as_str(), (LEFT - 14, top + side / 2), style))?;
            for (c, &value) in cells.iter().enumerate() {
                // Both `none`: there is no such pair.
                if name == "none" && c + 1 == cells.len() {
                    continue;
                }
                let left = LEFT + side * c as i32;
                let corners = [(left, top), (left + side, top + side)];
                area.draw(&Rectangle::new(corners, shade(value).filled()))?;
                area.draw(&Rectangle::new(corners, FAINT.stroke_width(1)))?;
                if value > 0.0 {
                    let color = if value > 0.35 { WHITE } else { INK };
                    let middle = (left + side / 2, top + side / 2 + sink(size));
                    area.draw(&Text::new(short(value), middle, center(size, color)))?;
                }
            }
        }
        Ok(())
    }
}

/// Font size at which a column's name stays within its column.
fn fitting(name: &str, side: i32) -> u32 {
    (side as u32 * 2 / name.chars().count().max(1) as u32).clamp(16, LABEL)
}

/// White to blue; the root makes a few percent visible.
fn shade(value: f64) -> RGBColor {
    let t = value.clamp(0.0, 1.0).sqrt();
    let mix = |ink: u8| (255.0 + t * (f64::from(ink) - 255.0)).round() as u8;
    RGBColor(mix(BLUE.0), mix(BLUE.1), mix(BLUE.2))
}

/// Percent in three signs at most; what rounds to 0.0 but is not is `<.1`.
fn short(value: f64) -> String {
    match 100.0 * value {
        v if v >= 9.95 => format!("{v:.0}"),
        v if v >= 0.05 => format!("{v:.1}"),
        _ => "<.1".to_owned(),
    }
}

impl Paint for ConfusionMatrices {
    fn height(&self) -> u32 {
        self.matrices.iter().map(Matrix::height).sum::<u32>() + SMALL
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let mut rest = area.clone();
        for matrix in &self.matrices {
            let (own, below) = rest.split_vertically(matrix.height());
            matrix.paint(&own)?;
            rest = below;
        }
        Ok(())
    }
}
