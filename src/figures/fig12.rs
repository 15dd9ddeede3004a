//! Figure 12: Sparling on DigitCircle without its batch norm and without adaptive sparsity; and, where they
//! have been run, with other annealing factors and momenta, which the paper does not have.

use std::path::PathBuf;

use anyhow::Result;

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::report;

use super::bars::{self, lying};
use super::canvas::{Across, Canvas, Down, Rect};
use super::frame::{Frame, Room, Sides, panels};
use super::marks::{Swatch, diamond, legend, published_range};
use super::origin::densities;
use super::page::{Page, Words, save};
use super::scale::Scale;
use super::select::Summary;
use super::style::{INK, METRICS, PAGE, QUIET, SMALL, colored, set};
use super::variants::{Line, Variant, compare};
use super::{Context, FigureSpec, Needs};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig12",
    title: "Sparling on DigitCircle without batch norm and without adaptive sparsity",
    claim: "Without its batch norm, or with δ fixed from the start, training fails.",
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
    judge: report::fig12,
    fixed: report::FIRST,
    changes: &[report::PAPERS_OWN, report::BASELINE],
};

const VARIANTS: &[Variant] = &[
    Variant { name: "sparling", title: "Sparling (MT)" },
    Variant { name: "no-batch-norm", title: "no batch norm, MT" },
    Variant { name: "single-threshold-no-batch-norm", title: "no batch norm, ST" },
    Variant { name: "fixed-density-1.1", title: "fixed δ, 1.1 × minimum" },
    Variant { name: "fixed-density-1.5", title: "fixed δ, 1.5 × minimum" },
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
/// Height of a variant's bar with its gap, and width of the variants' names at the left.
const ROW: f64 = 17.0;
const NAMES: f64 = 92.0;

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

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let mut compared = compare(spec, context, VARIANTS, ERRORS)?;
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
    let shown = Ablations {
        titles: compared.found.iter().map(|found| found.variant.title).collect(),
        bars: bars.collect(),
    };
    let deltas: Vec<String> = compared
        .found
        .iter()
        .filter_map(|found| Some(format!("{}: {}", found.variant.title, densities(&found.reported())?)))
        .collect();
    let more = if compared.found.len() > published {
        "Last, ours and not in the paper: δ lowered by another factor a step (Sparling: 0.75), and another momentum of the \
         thresholds' moving average (Sparling: 0.1)."
    } else {
        ""
    };
    let words = Words::new(spec, more).from(compared.provenance(context)).note(
        "The paper gives ranges of E2EE for no batch norm, and says of a fixed δ (named by the paper's multiples of the \
         minimum) that training fails.",
    );
    let words = words.note(format!("Densities reached: {}.", deltas.join("; ")));
    save(context, spec, &shown.paint(), words, &numbers)
}

impl Ablations {
    fn paint(&self) -> Page {
        let mut canvas = Canvas::new();
        let all = || self.bars.iter().flatten();
        let mut entries = bars::marks(QUIET, all().filter_map(|bar| bar.summary.as_ref()));
        if all().any(|bar| bar.published.is_some_and(|(low, high)| low == high)) {
            entries.push((Swatch::Published(INK), "paper, mean of 9 seeds"));
        }
        if all().any(|bar| bar.published.is_some_and(|(low, high)| low < high)) {
            entries.push((Swatch::PublishedRange(INK), "paper, range"));
        }
        let top = legend(&mut canvas, PAGE, 0.0, &entries);
        let room = Room { first: NAMES, between: 12.0, above: 14.0, below: 26.0 };
        let height = ROW * self.titles.len() as f64;
        let (plots, bottom) = panels(ERRORS.len(), PAGE, top, height, room);
        for (which, plot) in plots.into_iter().enumerate() {
            self.panel(&mut canvas, plot, which);
        }
        Page { canvas, width: PAGE, height: bottom }
    }

    fn panel(&self, canvas: &mut Canvas, area: Rect, which: usize) {
        let Some((_, name, color)) = METRICS.into_iter().find(|m| m.0 == ERRORS[which]) else { return };
        let count = self.titles.len() as f64;
        let frame = Frame {
            area,
            // Room at the right for the number beside a bar of 100 %.
            x: Scale::linear(0.0, 128.0, vec![0.0, 25.0, 50.0, 75.0, 100.0]),
            y: Scale::linear(count, 0.0, Vec::new()),
        };
        frame.draw(canvas, Sides { title: name, x: "percent", ..Sides::default() });
        for (i, (bar, title)) in self.bars[which].iter().zip(&self.titles).enumerate() {
            let row = i as f64;
            let (left, middle) = frame.at(0.0, row + 0.4);
            if which == 0 {
                canvas.text(title, (left - 4.0, middle), set(SMALL, Across::Right, Down::Middle));
            }
            match &bar.summary {
                Some(summary) => lying(canvas, &frame, row, summary, color),
                None => {
                    let style = colored(SMALL, QUIET, Across::Left, Down::Middle);
                    canvas.text("none measured", (left + 4.0, middle), style);
                }
            }
            // Below the bar, where neither hides the other.
            if let Some((low, high)) = bar.published {
                let (low, high) = (frame.at(100.0 * low, row + 0.8), frame.at(100.0 * high, row + 0.8));
                if low == high {
                    diamond(canvas, low, INK);
                } else {
                    published_range(canvas, low, high.0, INK);
                }
            }
        }
    }
}
