//! Figure 12: Sparling on DigitCircle without its batch norm and without adaptive sparsity; and, where they
//! have been run, with other annealing factors and momenta, which the paper does not have.

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use std::path::PathBuf;

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Axis;
use super::page::{Area, Paint, Swatch, diamond, hollow_bar, legend, save};
use super::select::{Summary, densities};
use super::style::{FAINT, INK, METRICS, SMALL, TITLE, percent, plain, sink, text};
use super::variants::{Line, Variant, compare};
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    number: 12,
    title: "Sparling on DigitCircle without batch norm and without adaptive sparsity",
    runs_needed: &[
        (DIGIT_CIRCLE, "sparling"),
        (DIGIT_CIRCLE, "no-batch-norm"),
        (DIGIT_CIRCLE, "single-threshold-no-batch-norm"),
        (DIGIT_CIRCLE, "fixed-density-1.1"),
        (DIGIT_CIRCLE, "fixed-density-1.5"),
    ],
    // Ablations of ours: shown once they are run, not asked for by `make fig12`.
    also_shown: &[
        (DIGIT_CIRCLE, "anneal-factor-0.5"),
        (DIGIT_CIRCLE, "anneal-factor-0.9"),
        (DIGIT_CIRCLE, "momentum-0.02"),
        (DIGIT_CIRCLE, "momentum-0.5"),
    ],
    needs: Needs::Errors,
    draw,
};

const VARIANTS: &[Variant] = &[
    Variant { name: "sparling", title: "Sparling (MT)" },
    Variant { name: "no-batch-norm", title: "no batch norm, MT" },
    Variant { name: "single-threshold-no-batch-norm", title: "no batch norm, ST" },
    Variant { name: "fixed-density-1.1", title: "fixed δ, 1.1 × min." },
    Variant { name: "fixed-density-1.5", title: "fixed δ, 1.5 × min." },
];
/// Those that are also shown.
const OURS: &[Variant] = &[
    Variant { name: "anneal-factor-0.5", title: "δ × 0.5 a step" },
    Variant { name: "anneal-factor-0.9", title: "δ × 0.9 a step" },
    Variant { name: "momentum-0.02", title: "momentum 0.02" },
    Variant { name: "momentum-0.5", title: "momentum 0.5" },
];

/// The names of the ablations that the paper does not have.
pub(crate) fn unpublished() -> impl Iterator<Item = &'static str> {
    SPEC.also_shown.iter().map(|(_, variant)| *variant)
}

const ERRORS: &[&str] = &["e2ee", "fpe", "fne", "ce"];

const LEGEND: u32 = 70;
/// Heights of a variant's bar with its gap, and of what is above and below the bars.
const ROW: u32 = 84;
const FRAME: u32 = 210;
/// Width of the variants' names at the left.
const NAMES: u32 = 340;

/// One bar.
struct Bar {
    summary: Option<Summary>,
    published: Option<(f64, f64)>,
}

struct Ablations {
    titles: Vec<&'static str>,
    /// By metric, in the order of [`ERRORS`], then by variant.
    bars: Vec<Vec<Bar>>,
}

pub(super) fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let mut compared = compare("figure 12", spec, context, VARIANTS, ERRORS)?;
    let published = compared.found.len();
    compared.add_measured(context, OURS, ERRORS);
    let numbers: Vec<Line> = compared
        .found
        .iter()
        .flat_map(|found| ERRORS.iter().flat_map(|metric| found.lines(metric)))
        .collect();
    let bars = ERRORS.iter().map(|metric| {
        let bar = |found: &super::variants::Found<'_>| Bar {
            summary: found.summary(metric),
            published: found.published(metric),
        };
        compared.found.iter().map(bar).collect()
    });
    let figure = Ablations {
        titles: compared.found.iter().map(|found| found.variant.title).collect(),
        bars: bars.collect(),
    };
    let deltas: Vec<String> = compared
        .found
        .iter()
        .filter_map(|found| Some(format!("{}: {}", found.variant.title, densities(&found.reported())?)))
        .collect();
    let caption = format!(
        "{}. The paper gives ranges of E2EE for no batch norm, and says of a fixed δ (named by the paper's multiples of the minimum) that training fails.{} Densities reached: {}. {}",
        spec.title,
        if compared.found.len() > published {
            " Ours, not in the paper: δ lowered by another factor a step (Sparling: 0.75), and another momentum of the thresholds' moving average (Sparling: 0.1)."
        } else {
            ""
        },
        if deltas.is_empty() { "not recorded".to_owned() } else { deltas.join("; ") },
        compared.provenance(context)
    );
    save(context, spec.number, &figure, &caption, &numbers)
}

impl Ablations {
    fn panel_height(&self) -> u32 {
        FRAME + ROW * self.titles.len() as u32
    }
}

impl Paint for Ablations {
    fn height(&self) -> u32 {
        LEGEND + 2 * self.panel_height()
    }

    fn paint<DB>(&self, area: &Area<DB>) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let entries = [
            (Swatch::Bar(METRICS[3].2), "mean"),
            (Swatch::Dot(INK), "one seed"),
            (Swatch::Whisker(INK), "95 % bootstrap"),
            (Swatch::Published(INK), "paper, mean"),
            (Swatch::PublishedRange(INK), "range"),
        ];
        legend(area, 38, &entries)?;
        let (_, rest) = area.split_vertically(LEGEND);
        for (pair, row) in rest.split_evenly((2, 1)).iter().enumerate() {
            let width = (row.dim_in_pixel().0 - NAMES) / 2;
            let (first, second) = row.split_horizontally(NAMES + width);
            self.panel(&first, 2 * pair, true)?;
            self.panel(&second, 2 * pair + 1, false)?;
        }
        Ok(())
    }
}

impl Ablations {
    fn panel<DB>(&self, area: &Area<DB>, which: usize, named: bool) -> Result<()>
    where
        DB: DrawingBackend,
        DB::ErrorType: 'static,
    {
        let Some((_, name, color)) = METRICS.into_iter().find(|m| m.0 == ERRORS[which]) else {
            return Ok(());
        };
        let count = self.titles.len() as f64;
        let mut chart = ChartBuilder::on(area)
            .caption(name, text(TITLE, INK, HPos::Center, VPos::Top))
            .margin_left(if named { NAMES } else { 16 })
            .margin_right(24)
            .margin_top(6)
            .margin_bottom(20)
            .x_label_area_size(90)
            .y_label_area_size(4)
            // Room at the right for the number beside a bar of 100 %.
            .build_cartesian_2d(
                Axis::new(0.0..128.0, vec![0.0, 25.0, 50.0, 75.0, 100.0], plain),
                Axis::new(0.0..count, Vec::new(), plain),
            )?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .bold_line_style(FAINT)
            .axis_style(INK)
            .x_label_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .axis_desc_style(text(SMALL, INK, HPos::Center, VPos::Top))
            .x_desc("percent")
            .draw()?;
        let (left, above) = area.get_base_pixel();
        let at = |fraction: f64, row: f64| {
            let (x, y) = chart.backend_coord(&(100.0 * fraction, count - row));
            (x - left, y - above)
        };
        let words = |line: &str, place: (i32, i32), h: HPos| {
            let style = text(SMALL, INK, h, VPos::Center);
            area.draw(&Text::new(line.to_owned(), (place.0, place.1 + sink(SMALL)), style))
        };
        for (i, (bar, title)) in self.bars[which].iter().zip(&self.titles).enumerate() {
            let row = i as f64;
            if named {
                let (x, y) = at(0.0, row + 0.4);
                words(title, (x - 18, y), HPos::Right)?;
            }
            let mut end = at(0.0, row + 0.38);
            if let Some(summary) = &bar.summary {
                area.draw(&Rectangle::new(
                    [at(0.0, row + 0.14), at(summary.mean, row + 0.62)],
                    color.filled(),
                ))?;
                let seeds = summary.seeds.len();
                for (n, (_, value)) in summary.seeds.iter().enumerate() {
                    // One below the other, so that equal seeds stay apart.
                    let place = at(*value, row + 0.18 + 0.4 * (n as f64 + 0.5) / seeds as f64);
                    area.draw(&Circle::new(place, 8, WHITE.filled()))?;
                    area.draw(&Circle::new(place, 6, INK.filled()))?;
                    end.0 = end.0.max(place.0);
                }
                if let Some(interval) = summary.interval {
                    let (low, high) = (at(interval.low, row + 0.38), at(interval.high, row + 0.38));
                    area.draw(&PathElement::new([low, high], INK.stroke_width(4)))?;
                    for (x, y) in [low, high] {
                        area.draw(&PathElement::new([(x, y - 12), (x, y + 12)], INK.stroke_width(4)))?;
                    }
                }
                end.0 = end.0.max(at(summary.mean, row).0);
                words(&percent(summary.mean), (end.0 + 16, end.1), HPos::Left)?;
            } else {
                words("none measured", (end.0 + 12, end.1), HPos::Left)?;
            }
            if let Some((low, high)) = bar.published {
                // Below the bar, where neither hides the other.
                let (low, high) = (at(low, row + 0.82), at(high, row + 0.82));
                if low == high {
                    diamond(area, low, INK)?;
                } else {
                    hollow_bar(area, low, high.0, INK)?;
                }
            }
        }
        Ok(())
    }
}
