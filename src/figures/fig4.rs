//! Figure 4: the four errors against δ over the last annealing steps, a panel a domain.

use std::path::PathBuf;

use anyhow::Result;

use crate::eval::mean;
use crate::report;

use super::canvas::{Canvas, Rect};
use super::curves::{Curves, points, range};
use super::frame::{Frame, Room, Sides, panels};
use super::marks::{MINIMUM, Swatch, diamond, hollow, legend};
use super::origin::provenance;
use super::page::{Page, Words, save};
use super::scale::Scale;
use super::select::{DomainRuns, Drawn, present, title_of};
use super::style::{INK, METRICS, PAGE};
use super::table::{SPARLING_EVERYWHERE, SPARLING_ON_SPLICING};
use super::{Context, FigureSpec, Needs, cooldown, published};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig4",
    title: "Errors against density",
    claim: "As δ falls over the last ten annealing steps, confusion falls from tens of percent to a few, while the end-to-end error stays low.",
    runs_needed: SPARLING_EVERYWHERE,
    also_shown: SPARLING_ON_SPLICING,
    needs: Needs::ErrorsOnPath,
    draw,
    judge: report::fig4,
    fixed: report::FIRST,
    changes: &[report::BASELINE],
};

struct Panel {
    title: String,
    name: &'static str,
    min_density: Option<f64>,
    /// One a metric.
    curves: Vec<Curves>,
    /// For each metric the mean over seeds at the last δ before the cool-down, where that is known.
    before: Vec<Option<(f64, f64)>>,
    /// Whether training went on at the last δ with a falling learning rate.
    cooled: bool,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let names = METRICS.map(|m| m.0);
    let (domains, absent) = present(spec, context, &names)?;
    let shown: Vec<Panel> = domains.iter().map(|domain| Panel::new(context, domain)).collect();
    let numbers: Vec<Drawn> = shown.iter().flat_map(Panel::numbers).collect();
    let path = domains.iter().flat_map(|d| &d.path);
    let drawn: Vec<_> = path.map(|m| m.only(|name| names.contains(&name))).collect();
    let more = if shown.iter().any(|panel| panel.cooled) {
        "Training goes from left to right. Dashed: the last step also has the cool-down, further training at the last \
         δ with a falling learning rate."
    } else {
        "Training goes from left to right."
    };
    let words = Words::new(spec, more).from(provenance(context, drawn.iter(), &absent));
    save(context, spec, &paint(&shown), words, &numbers)
}

impl Panel {
    fn new(context: &Context, domain: &DomainRuns<'_>) -> Self {
        let names = METRICS.map(|m| m.0);
        let of = |metric: &str| Curves::new(domain, &names, |at| at.value(metric));
        let cooled = cooldown::is_there(context, domain);
        let checks = if cooled { cooldown::checks_before(context, domain, "sparling") } else { Vec::new() };
        let before = names.map(|metric| {
            let values: Vec<f64> = checks.iter().filter_map(|check| check.value(metric)).collect();
            Some((checks.first()?.delta, mean(&values)?))
        });
        Self {
            title: title_of(context, domain.name),
            name: domain.name,
            min_density: domain.min_density,
            curves: names.map(of).into(),
            before: before.into(),
            cooled,
        }
    }

    /// The paper's number at the paper's density, if that lies within the panel.
    fn published(&self, metric: &str) -> Option<(f64, f64)> {
        let point = (published::density(self.name)?, published::mean(self.name, metric)?);
        let (greatest, least) = range(self.curves.iter(), self.min_density);
        (least..=greatest).contains(&point.0).then_some(point)
    }

    fn numbers(&self) -> Vec<Drawn> {
        let mut numbers = Vec::new();
        for ((curves, before), (metric, ..)) in self.curves.iter().zip(&self.before).zip(METRICS) {
            numbers.extend(curves.numbers(self.name, metric));
            numbers.extend(points(before.as_slice(), self.name, metric, "mean_before_cooldown", None));
            numbers.extend(points(self.published(metric).as_slice(), self.name, metric, "published", None));
        }
        numbers
    }

    fn paint(&self, canvas: &mut Canvas, area: Rect, first: bool) {
        let (greatest, least) = range(self.curves.iter(), self.min_density);
        let highest = self.curves.iter().flat_map(Curves::values).fold(0.01, f64::max);
        let frame = Frame {
            area,
            x: Scale::falling(greatest, least),
            y: Scale::root(100.0 * (highest * 1.1).min(1.02)),
        };
        let y = if first { "error (percent, root scale)" } else { "" };
        frame.draw(canvas, Sides { title: &self.title, x: "density δ", y, shared_y: false });
        if let Some(minimum) = self.min_density {
            frame.upright(canvas, minimum, MINIMUM);
        }
        for (curves, (_, _, color)) in self.curves.iter().zip(METRICS) {
            curves.draw(canvas, &frame, color, self.cooled, |fraction| 100.0 * fraction);
        }
        for (before, (_, _, color)) in self.before.iter().zip(METRICS) {
            if let Some((delta, value)) = before {
                hollow(canvas, frame.at(*delta, 100.0 * value), 2.2, color);
            }
        }
        for (i, (metric, _, color)) in METRICS.into_iter().enumerate() {
            if let Some((delta, value)) = self.published(metric) {
                let (x, y) = frame.at(delta, 100.0 * value);
                // Side by side: the four numbers are close and share one density.
                diamond(canvas, (x + 6.0 * i as f64 - 9.0, y), color);
            }
        }
    }
}

fn paint(shown: &[Panel]) -> Page {
    let mut canvas = Canvas::new();
    let mut entries: Vec<_> = METRICS.map(|(_, name, color)| (Swatch::Line(color), name)).into();
    if shown.iter().any(|panel| panel.before.iter().any(Option::is_some)) {
        entries.push((Swatch::Hollow(INK), "before the cool-down (kept model, validation samples)"));
    }
    if shown.iter().any(|panel| METRICS.iter().any(|m| panel.published(m.0).is_some())) {
        entries.push((Swatch::Published(INK), "paper (same colours, side by side)"));
    }
    entries.push((Swatch::Dashed(INK), "theoretical minimum"));
    let top = legend(&mut canvas, PAGE, 0.0, &entries);
    let room = Room { first: 32.0, between: 26.0, above: 14.0, below: 26.0 };
    let (plots, bottom) = panels(shown.len(), PAGE, top, 112.0, room);
    for (i, (plot, panel)) in plots.into_iter().zip(shown).enumerate() {
        panel.paint(&mut canvas, plot, i == 0);
    }
    Page { canvas, width: PAGE, height: bottom }
}
