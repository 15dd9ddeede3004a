//! Figure 11: the L1 and KL penalties against Sparling on DigitCircle: how well each answers
//! at the density it reaches.

use std::path::PathBuf;

use anyhow::Result;

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::report;

use super::canvas::{Across, Canvas, Color, Down, Pen, Point, Rect, WHITE};
use super::frame::{Frame, Room, Sides, panels};
use super::labels::Labels;
use super::log_scale::LogScale;
use super::marks::{MINIMUM, Shape, Swatch, diamond, legend, marker, published_range};
use super::page::{Page, Words, save};
use super::scale::{Scale, ticks};
use super::style::{INK, KL, L1, PAGE, SMALL, THIN, colored, pale};
use super::variants::{Found, Line, Variant, compare};
use super::words::scientific;
use super::{Context, FigureSpec, Needs, font};

pub(super) const SPEC: FigureSpec = FigureSpec {
    name: "fig11",
    title: "L1 and KL penalties against Sparling on DigitCircle",
    claim: "No L1 or KL penalty comes near Sparling's density and still answers.",
    runs_needed: &[
        (DIGIT_CIRCLE, "sparling"),
        (DIGIT_CIRCLE, "l1-0.1"),
        (DIGIT_CIRCLE, "l1-1"),
        (DIGIT_CIRCLE, "l1-2"),
        (DIGIT_CIRCLE, "l1-5"),
        (DIGIT_CIRCLE, "l1-10"),
        (DIGIT_CIRCLE, "kl-0.01"),
        (DIGIT_CIRCLE, "kl-0.1"),
        (DIGIT_CIRCLE, "kl-1"),
        (DIGIT_CIRCLE, "kl-10"),
        (DIGIT_CIRCLE, "kl-100"),
        (DIGIT_CIRCLE, "kl-1000"),
        (DIGIT_CIRCLE, "kl-10000"),
        (DIGIT_CIRCLE, "kl-100000"),
    ],
    also_shown: &[],
    needs: Needs::Errors,
    draw,
    judge: report::fig11,
    fixed: report::FIRST,
    changes: &[report::BASELINE],
};

/// In order of λ, which the lines follow.
const VARIANTS: &[Variant] = &[
    Variant { name: "sparling", title: "Sparling" },
    Variant { name: "l1-0.1", title: "L1 λ=0.1" },
    Variant { name: "l1-1", title: "L1 λ=1" },
    Variant { name: "l1-2", title: "L1 λ=2" },
    Variant { name: "l1-5", title: "L1 λ=5" },
    Variant { name: "l1-10", title: "L1 λ=10" },
    Variant { name: "kl-0.01", title: "KL λ=0.01" },
    Variant { name: "kl-0.1", title: "KL λ=0.1" },
    Variant { name: "kl-1", title: "KL λ=1" },
    Variant { name: "kl-10", title: "KL λ=10" },
    Variant { name: "kl-100", title: "KL λ=100" },
    Variant { name: "kl-1000", title: "KL λ=1000" },
    Variant { name: "kl-10000", title: "KL λ=10⁴" },
    Variant { name: "kl-100000", title: "KL λ=10⁵" },
];
const METRICS: &[&str] = &["e2ee", "exact", "density"];
const FAMILIES: [(&str, &str, Shape, Color); 3] = [
    ("l1-", "L1", Shape::Triangle, L1),
    ("kl-", "KL", Shape::Square, KL),
    ("sparling", "Sparling", Shape::Disc, INK),
];
const PANELS: [(&str, &str); 2] = [("e2ee", "E2EE"), ("exact", "Exact-match accuracy")];
/// Marks nearer than this to each other share one label.
const TOGETHER: f64 = 9.0;

/// A mark in a panel. Fractions.
#[derive(Clone, Debug)]
struct At {
    metric: &'static str,
    family: usize,
    /// λ; empty for Sparling.
    lambda: &'static str,
    density: f64,
    value: f64,
}

#[derive(Default)]
struct Penalties {
    seeds: Vec<At>,
    means: Vec<At>,
    published: Vec<At>,
    /// Where the paper gives a range of densities for one value: its upper end, and the rest.
    published_ranges: Vec<(f64, At)>,
    min_density: Option<f64>,
}

fn draw(spec: &FigureSpec, context: &Context) -> Result<Vec<PathBuf>> {
    let compared = compare(spec, context, VARIANTS, &METRICS[..2])?;
    let numbers: Vec<Line> = compared.found.iter().flat_map(lines).collect();
    let mut shown = Penalties { min_density: compared.min_density(), ..Penalties::default() };
    for found in &compared.found {
        PANELS.iter().for_each(|(metric, _)| shown.add(found, metric));
    }
    let more = "Density is the share of non-zero motif values; lines follow λ, which stands beside the marks. The paper's \
                marks are at its own densities, where the minimum is 4.5×10⁻⁵.";
    let mut words = Words::new(spec, more).from(compared.provenance(context));
    if compared.found.iter().any(|found| found.variant.name.starts_with("kl-")) {
        words = words.note(
            "The paper gives KL's accuracy (about 90 % up to λ = 10 at densities of 4 to 30 %, 85 % at 100, 24 % at 1000, \
             near 0 above), but no E2EE and no density for one λ.",
        );
    }
    save(context, spec, &shown.paint(), words, &numbers)
}

fn lines(found: &Found<'_>) -> Vec<Line> {
    METRICS.iter().flat_map(|metric| found.lines(metric)).collect()
}

/// λ as it is written beside a mark.
fn written(lambda: &str) -> String {
    match lambda {
        "10000" => "10⁴".into(),
        "100000" => "10⁵".into(),
        lambda => lambda.into(),
    }
}

impl Penalties {
    fn add(&mut self, found: &Found<'_>, metric: &'static str) {
        let variant = found.variant.name;
        let lambda = variant.split_once('-').map_or("", |(_, lambda)| lambda);
        let family = FAMILIES.iter().position(|(prefix, ..)| variant.starts_with(prefix)).unwrap_or(0);
        let point = |density, value| At { metric, family, lambda, density, value };
        let seeds: Vec<At> = found
            .reported()
            .iter()
            .filter_map(|at| Some(point(at.value("density")?, at.value(metric)?)))
            .collect();
        // One seed alone is the mean.
        self.seeds.extend(seeds.into_iter().filter(|_| found.reported().len() > 1));
        let mean = |metric| found.summary(metric).map(|summary| summary.mean);
        if let (Some(density), Some(value)) = (mean("density"), mean(metric)) {
            self.means.push(point(density, value));
        }
        if let (Some((low, high)), Some((value, _))) = (found.published("density"), found.published(metric)) {
            if low == high {
                self.published.push(point(low, value));
            } else if self.published_ranges.iter().all(|(_, at)| (at.density, at.value) != (low, value)) {
                // λ that share one published range share one mark.
                self.published_ranges.push((high, point(low, value)));
            }
        }
    }

    /// Every density that the axis must hold.
    fn scale(&self) -> LogScale {
        let points = self.seeds.iter().chain(&self.means).chain(&self.published).map(|p| p.density);
        let ranges = self.published_ranges.iter().flat_map(|(high, at)| [at.density, *high]);
        LogScale::of(points.chain(ranges).chain(self.min_density))
    }

    fn paint(&self) -> Page {
        let mut canvas = Canvas::new();
        let mut entries: Vec<_> = FAMILIES
            .iter()
            .enumerate()
            .filter(|(i, _)| self.means.iter().any(|at| at.family == *i))
            .map(|(_, (_, name, shape, color))| (Swatch::Mark(*shape, *color), *name))
            .collect();
        if !self.seeds.is_empty() {
            entries.push((Swatch::Seed, "small: one seed"));
        }
        entries.push((Swatch::Published(INK), "paper (same colours)"));
        if !self.published_ranges.is_empty() {
            entries.push((Swatch::PublishedRange(INK), "paper, range of densities"));
        }
        entries.push((Swatch::Dashed(INK), "theoretical minimum"));
        let top = legend(&mut canvas, PAGE, 0.0, &entries);
        let room = Room { first: 36.0, between: 36.0, above: 14.0, below: 26.0 };
        let (plots, bottom) = panels(PANELS.len(), PAGE, top, 140.0, room);
        for ((metric, name), plot) in PANELS.iter().zip(plots) {
            self.panel(&mut canvas, plot, metric, name);
        }
        Page { canvas, width: PAGE, height: bottom }
    }

    fn panel(&self, canvas: &mut Canvas, area: Rect, metric: &str, name: &str) {
        let of =
            |points: &[At]| -> Vec<At> { points.iter().filter(|at| at.metric == metric).cloned().collect() };
        let (seeds, means, published) = (of(&self.seeds), of(&self.means), of(&self.published));
        let ranges: Vec<_> = self.published_ranges.iter().filter(|(_, at)| at.metric == metric).collect();
        let all = seeds.iter().chain(&means).chain(&published).chain(ranges.iter().map(|(_, at)| at));
        let top = (112.0 * all.map(|at| at.value).fold(0.1, f64::max)).min(108.0);
        let frame = Frame {
            area,
            x: Scale::log(self.scale(), |density| scientific(density, 1)),
            // A little room below zero: good models lie at it.
            y: Scale::linear(-0.05 * top, top, ticks(top.min(100.0))),
        };
        let y = format!("{name} (percent)");
        frame.draw(canvas, Sides { title: name, x: "density that was measured", y: &y, shared_y: false });
        let place = |at: &At| frame.at(at.density, 100.0 * at.value);
        let mut labels = Labels::within(area);
        if let Some(minimum) = self.min_density {
            frame.upright(canvas, minimum, MINIMUM);
            labels.take(Rect::new(frame.at(minimum, 0.0).0 - 1.5, area.top, 3.0, area.height));
        }
        for (i, (.., color)) in FAMILIES.iter().enumerate() {
            let path: Vec<Point> = means.iter().filter(|at| at.family == i).map(place).collect();
            canvas.line(&path, Pen::new(pale(*color, 0.5), THIN));
        }
        for (high, at) in ranges {
            let right = frame.at(*high, 0.0).0;
            published_range(canvas, place(at), right, FAMILIES[at.family].3);
            labels.take(Rect::between(place(at), (right, place(at).1 + 3.0)));
        }
        for (points, radius) in [(&means, 3.0), (&seeds, 1.3)] {
            for at in points {
                let (_, _, shape, color) = FAMILIES[at.family];
                marker(canvas, place(at), shape, radius, color);
                labels.mark(place(at), radius + 0.6);
            }
        }
        for at in &published {
            diamond(canvas, place(at), FAMILIES[at.family].3);
            labels.mark(place(at), 3.6);
        }
        let named: Vec<(Point, &At)> =
            means.iter().filter(|at| !at.lambda.is_empty()).map(|at| (place(at), at)).collect();
        for (place, words, color) in grouped(&named) {
            let size = (font::width(&words, SMALL) + 2.0, SMALL);
            let middle = labels.place(place, size, 3.6);
            canvas.fill(Rect::around(middle, size.0 - 1.0, size.1 - 0.6), WHITE);
            canvas.text(&words, middle, colored(SMALL, color, Across::Middle, Down::Middle));
        }
    }
}

/// One label for marks of one family that lie together: where, which λ, in which colour. Each mark is then beside its
/// label, and no line has to tie them.
fn grouped(marks: &[(Point, &At)]) -> Vec<(Point, String, Color)> {
    let mut groups: Vec<Vec<(Point, &At)>> = Vec::new();
    for mark in marks {
        let near = |group: &Vec<(Point, &At)>| {
            group.iter().any(|(place, at)| {
                let distance = (place.0 - mark.0.0).hypot(place.1 - mark.0.1);
                at.family == mark.1.family && distance < TOGETHER
            })
        };
        match groups.iter_mut().find(|group| near(group)) {
            Some(group) => group.push(*mark),
            None => groups.push(vec![*mark]),
        }
    }
    let label = |group: Vec<(Point, &At)>| {
        let words = group.iter().map(|(_, at)| written(at.lambda)).collect::<Vec<_>>().join(", ");
        (group[0].0, words, FAMILIES[group[0].1.family].3)
    };
    groups.into_iter().map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_that_lie_together_share_a_label() {
        let at = |family, lambda| At { metric: "e2ee", family, lambda, density: 0.1, value: 0.1 };
        let marks = [at(1, "0.1"), at(1, "1"), at(0, "5"), at(1, "10000")];
        let places = [(10.0, 10.0), (14.0, 12.0), (12.0, 10.0), (90.0, 10.0)];
        let named: Vec<_> = places.into_iter().zip(&marks).collect();
        let words: Vec<_> = grouped(&named).into_iter().map(|group| group.1).collect();
        assert_eq!(words, ["0.1, 1", "5", "10⁴"]);
    }
}
