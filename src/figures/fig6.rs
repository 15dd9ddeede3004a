//! Figure 6: a motif swapped for another kind's, a sample a domain, and how often the answer follows.

use std::path::PathBuf;

use anyhow::Result;

use crate::report;
use crate::results::{Example, PerturbedExample};

use super::bars::lying;
use super::canvas::{Across, Canvas, Color, Down, Pen, Rect};
use super::frame::{Frame, Sides};
use super::marks::{diamond, legend};
use super::origin::provenance;
use super::page::{Page, Words, save};
use super::picture::{self, Placed, Shown, answers, heading, row_of};
use super::scale::Scale;
use super::select::{Drawn, Measured, Summary, perturbed, present, summarise, title_of};
use super::style::{INK, LINE, MARGIN, PAGE, QUIET, SMALL, TITLE, colored, set};
use super::table::SPARLING_EVERYWHERE;
use super::words::{percent, scientific};
use super::{Context, FigureSpec, Needs, bars, font};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig6",
    title: "Perturbation: a motif swapped, and whether the answer follows",
    claim: "When one motif is swapped for another kind's, the answer changes exactly as if the input had changed.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: &[],
    needs: Needs::Perturbation,
    draw,
    judge: report::fig6,
    fixed: report::FIRST,
    changes: &[],
};

const METRIC: &str = "perturbation";
/// Space between two columns, and the greatest height of a picture.
const GAP: f64 = 12.0;
const TALLEST: f64 = 120.0;
/// Of a share, which has no colour of its own.
const BAR: Color = [150, 150, 150];

/// What is shown of a domain.
struct Column {
    title: String,
    example: Option<PerturbedExample>,
    summary: Option<Summary>,
}

/// A line of the figure's CSV: a number drawn as a bar, or a motif or an output of a worked example.
#[derive(serde::Serialize)]
struct Line {
    domain: String,
    /// `accuracy`, `before` or `after` the swap.
    part: &'static str,
    /// What of it: a statistic as in figure 3, or as in figure 2; `expected` for the output that should follow.
    what: String,
    seed: Option<u64>,
    delta: Option<f64>,
    value: Option<f64>,
    label: String,
    y: Option<f64>,
    x: Option<f64>,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let (domains, absent) = present(spec, context, &[METRIC])?;
    let (mut lines, mut columns, mut origins) = (Vec::new(), Vec::new(), Vec::new());
    let mut drawn: Vec<Measured> = Vec::new();
    for domain in &domains {
        let runs = domain.reported(&[METRIC]);
        let summary = summarise(domain.name, METRIC, &runs);
        let accuracies = summary.iter().flat_map(|s| s.drawn(domain.name, METRIC, &runs));
        lines.extend(accuracies.map(Line::accuracy));
        drawn.extend(runs.iter().map(|m| m.only(|name| name == METRIC)));
        let variant = spec.runs_needed.iter().find(|(d, _)| *d == domain.name).map_or("", |r| r.1);
        let example = perturbed(context, domain.name, variant)?.filter(|e| e.example().is_some());
        match example.as_ref().and_then(|example| Some((example, example.example()?))) {
            Some((example, item)) => {
                origins.push(format!(
                    "{}: seed {}, δ = {}, {} sample {}.",
                    domain.title,
                    example.before.seed,
                    scientific(example.before.delta, 2),
                    item.split,
                    item.index
                ));
                lines.extend(Line::of_example(example, item));
            }
            None => origins.push(format!("{}: no example kept.", domain.title)),
        }
        columns.push(Column { title: title_of(context, domain.name), example, summary });
    }
    let words = Words::new(
        spec,
        "The values of the framed motif are moved to the channel of another kind, and ĥ runs again. Examples: the \
         first test samples in which that is possible. Bars: the share of such swaps after which the answer is that of \
         the changed sample.",
    );
    let words = words
        .from(provenance(context, drawn.iter(), &absent))
        .note(origins.join(" "))
        .note("Swaps are made in test samples that were answered rightly before; samples counts the swaps.");
    save(context, spec, &paint(&columns)?, words, &lines)
}

impl Line {
    fn accuracy(drawn: Drawn) -> Self {
        Self {
            domain: drawn.domain,
            part: "accuracy",
            what: drawn.statistic.into(),
            seed: drawn.seed,
            delta: drawn.delta,
            value: Some(drawn.value),
            label: String::new(),
            y: None,
            x: None,
        }
    }

    fn of_example(example: &PerturbedExample, item: &Example) -> Vec<Self> {
        let line = |part, what: &str, shown: Shown| Self {
            domain: example.before.domain.clone(),
            part,
            what: what.into(),
            seed: Some(example.before.seed),
            delta: Some(example.before.delta),
            value: shown.value.map(f64::from),
            label: shown.label,
            y: shown.y,
            x: shown.x,
        };
        let before = picture::shown(&example.before, item);
        let after = picture::shown(&example.before, &changed(example, item));
        let mut lines: Vec<_> = before.into_iter().map(|s| line("before", s.what, s)).collect();
        lines.extend(after.into_iter().filter(|s| s.what != "true motif").map(|s| {
            let what = if s.what == "target" { "expected" } else { s.what };
            line("after", what, s)
        }));
        lines
    }
}

/// The sample after the swap: its motifs, what should be answered and what was. The swapped motif counts as of its
/// new kind, so that its mark is right.
fn changed(example: &PerturbedExample, item: &Example) -> Example {
    let mut true_motifs = item.true_motifs.clone();
    if let (Some(motif), Some(kind)) =
        (true_motifs.get_mut(example.motif), example.before.mapping.get(example.to).copied().flatten())
    {
        motif.kind = kind;
    }
    Example {
        predicted: example.after.clone(),
        target: example.expected.clone(),
        output: example.output.clone(),
        true_motifs,
        ..item.clone()
    }
}

fn paint(columns: &[Column]) -> Result<Page> {
    let mut canvas = Canvas::new();
    let items: Vec<Option<&Example>> =
        columns.iter().map(|c| c.example.as_ref().and_then(PerturbedExample::example)).collect();
    let aspects: Vec<f64> = items.iter().map(|item| item.map_or(1.2, picture::aspect)).collect();
    let (widths, height) = row_of(&aspects, PAGE - 2.0 * MARGIN, GAP, TALLEST);
    let lefts: Vec<f64> = widths
        .iter()
        .scan(MARGIN, |left, width| Some(std::mem::replace(left, *left + width + GAP)))
        .collect();
    for (column, left) in columns.iter().zip(&lefts) {
        heading(&mut canvas, &column.title, (*left, 7.0), TITLE);
    }
    let mut top = 15.0;
    for (part, said) in [("target", "right"), ("expected", "as expected")].into_iter().enumerate() {
        let mut end = top;
        for (((column, item), left), width) in columns.iter().zip(&items).zip(&lefts).zip(&widths) {
            let (Some(example), Some(item)) = (&column.example, item) else { continue };
            let own = &example.before.kinds[item.true_motifs[example.motif].kind];
            let (over, shown) = match part {
                0 => ("as predicted".to_owned(), (*item).clone()),
                _ => (format!("{own} moved to the channel of {}", example.kind()), changed(example, item)),
            };
            heading(&mut canvas, &over, (*left, top + 3.5), SMALL);
            let area = Rect::new(*left, top + 9.0, *width, height);
            let placed = Placed { examples: &example.before, item: &shown, area };
            placed.input(&mut canvas, 0.35)?;
            // Under the letters, which must stay readable where they meet the frame.
            canvas.frame(placed.boxed(&item.true_motifs[example.motif]), Pen::new(INK, LINE));
            placed.predicted(&mut canvas);
            end = end.max(answers(&mut canvas, &example.before.domain, &shown, said, area));
        }
        top = end + 5.0;
    }
    let summaries = columns.iter().filter_map(|c| c.summary.as_ref());
    top = legend(&mut canvas, PAGE, top, &bars::marks(BAR, summaries));
    // Of one length, so that they can be compared.
    let length = widths.iter().copied().fold(f64::INFINITY, f64::min) - 28.0;
    for (column, left) in columns.iter().zip(&lefts) {
        column.accuracy(&mut canvas, Rect::new(*left + 4.0, top + 2.0, length, 22.0));
    }
    Ok(Page { canvas, width: PAGE, height: top + 60.0 })
}

impl Column {
    /// The share of swaps that were followed, as a bar under the pictures.
    fn accuracy(&self, canvas: &mut Canvas, area: Rect) {
        let frame = Frame {
            area,
            x: Scale::linear(0.0, 100.0, vec![0.0, 50.0, 100.0]),
            y: Scale::linear(1.0, 0.0, Vec::new()),
        };
        frame.draw(canvas, Sides { x: "followed (percent)", ..Sides::default() });
        let Some(summary) = &self.summary else {
            canvas.text("none measured", area.middle(), set(SMALL, Across::Middle, Down::Middle));
            return;
        };
        lying(canvas, &frame, 0.0, summary, BAR);
        if let Some(published) = summary.published {
            diamond(canvas, frame.at(100.0 * published, 0.84), INK);
            let words = format!("paper {} %", percent(published));
            let y = area.bottom() + 13.5 + font::LEADING * SMALL + 2.0;
            canvas.text(&words, (area.middle().0, y), colored(SMALL, QUIET, Across::Middle, Down::Top));
        }
    }
}
