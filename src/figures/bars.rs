//! A panel of bars: means, seeds as dots, a bootstrap interval, the paper's number.

use super::canvas::{Across, Canvas, Color, Down, Rect};
use super::font;
use super::frame::{Frame, Sides};
use super::marks::{Swatch, diamond, seed, spread, whisker};
use super::scale::{Scale, ticks};
use super::select::Summary;
use super::style::{INK, QUIET, SMALL, colored, pale, set};
use super::words::percent;

/// Space under a panel: a bar's name, its number and the paper's.
pub(super) const UNDER: f64 = 36.0;

/// What the legend says of the marks on these bars.
pub(super) fn marks<'a>(
    color: Color,
    summaries: impl Iterator<Item = &'a Summary>,
) -> Vec<(Swatch, &'static str)> {
    let mut entries = vec![(Swatch::Bar(color), "mean"), (Swatch::Seed, "one seed")];
    let (mut interval, mut apart, mut published) = (false, false, false);
    for summary in summaries {
        interval |= summary.interval.is_some();
        apart |= summary.disagreement().is_some();
        published |= summary.published.is_some();
    }
    let more = [
        (interval, (Swatch::Whisker, "95 % bootstrap of the mean")),
        (apart, (Swatch::Spread(pale(color, 0.45)), "seeds that disagree: no mean")),
        (published, (Swatch::Published(INK), "paper, mean of 9 seeds")),
    ];
    entries.extend(more.into_iter().filter(|(is, _)| *is).map(|(_, entry)| entry));
    entries
}

/// One bar.
pub(super) struct Bar {
    pub(super) name: &'static str,
    pub(super) color: Color,
    /// `None` where no seed has the number.
    pub(super) summary: Option<Summary>,
}

/// Bars side by side in percent from 0, in a plot with [`UNDER`] below it.
pub(super) fn panel(canvas: &mut Canvas, area: Rect, bars: &[Bar], sides: Sides<'_>) {
    let summaries = bars.iter().filter_map(|bar| bar.summary.as_ref());
    let values = summaries.flat_map(|s| s.seeds.iter().map(|v| v.1).chain(s.published));
    let top = 112.0 * values.fold(0.002, f64::max);
    let frame = Frame {
        area,
        x: Scale::linear(0.0, bars.len() as f64, Vec::new()),
        y: Scale::linear(0.0, top, ticks(top)),
    };
    frame.draw(canvas, sides);
    for (i, bar) in bars.iter().enumerate() {
        bar.draw(canvas, &frame, i as f64);
    }
}

impl Bar {
    fn draw(&self, canvas: &mut Canvas, frame: &Frame, place: f64) {
        let at = |x: f64, fraction: f64| frame.at(place + x, 100.0 * fraction);
        let (middle, base) = at(0.5, 0.0);
        let mut row = 0.0;
        let mut under = |canvas: &mut Canvas, words: &str, color: Color| {
            let room = frame.area.width / frame.x.at(1.0).recip().max(1.0) - 1.0;
            for line in font::wrap(words, SMALL, room.max(20.0)) {
                let y = base + 4.5 + font::LEADING * SMALL * row;
                canvas.text(&line, (middle, y), colored(SMALL, color, Across::Middle, Down::Top));
                row += 1.0;
            }
        };
        under(canvas, self.name, INK);
        let Some(summary) = &self.summary else {
            under(canvas, "none measured", QUIET);
            return;
        };
        let seeds = summary.seeds.len();
        // Side by side, so that equal seeds stay apart.
        let aside = |n: usize| 0.28 + 0.24 * (n as f64 + 0.5) / seeds as f64;
        match summary.disagreement() {
            Some((least, greatest)) => {
                spread(canvas, at(0.4, least), at(0.4, greatest), pale(self.color, 0.45));
                under(canvas, &format!("{} to {}", percent(least), percent(greatest)), INK);
            }
            None => {
                canvas.fill(Rect::between(at(0.2, summary.mean), at(0.8, 0.0)), self.color);
                under(canvas, &percent(summary.mean), INK);
            }
        }
        for (n, (_, value)) in summary.seeds.iter().enumerate() {
            seed(canvas, at(aside(n), *value));
        }
        if let Some(interval) = summary.interval {
            whisker(canvas, at(0.58, interval.high), at(0.58, interval.low));
        }
        if let Some(published) = summary.published {
            diamond(canvas, at(0.7, published), INK);
            under(canvas, &format!("paper {}", percent(published)), QUIET);
        }
    }
}

/// A bar to the right, from 0 to 100 percent, in a row of a chart whose axis upwards counts rows from the top.
pub(super) fn lying(canvas: &mut Canvas, frame: &Frame, row: f64, summary: &Summary, color: Color) {
    let at = |fraction: f64, down: f64| frame.at(100.0 * fraction, row + down);
    match summary.disagreement() {
        Some((least, greatest)) => {
            spread(canvas, at(least, 0.38), at(greatest, 0.38), pale(color, 0.45));
        }
        None => canvas.fill(Rect::between(at(0.0, 0.14), at(summary.mean, 0.62)), color),
    }
    let seeds = summary.seeds.len();
    for (n, (_, value)) in summary.seeds.iter().enumerate() {
        // One below the other, so that equal seeds stay apart.
        seed(canvas, at(*value, 0.18 + 0.4 * (n as f64 + 0.5) / seeds as f64));
    }
    if let Some(interval) = summary.interval {
        whisker(canvas, at(interval.low, 0.38), at(interval.high, 0.38));
    }
    let greatest = summary.seeds.iter().map(|seed| seed.1).fold(summary.mean, f64::max);
    let words = match summary.disagreement() {
        Some((least, greatest)) => format!("{}–{}", percent(least), percent(greatest)),
        None => percent(summary.mean),
    };
    let (x, y) = at(greatest, 0.38);
    canvas.text(&words, (x + 4.0, y), set(SMALL, Across::Left, Down::Middle));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(values: &[f64]) -> Summary {
        let seeds = values.iter().enumerate().map(|(i, v)| (i as u64, *v)).collect();
        Summary { seeds, mean: 0.2, interval: None, published: None }
    }

    #[test]
    fn seeds_that_disagree_have_no_mean() {
        assert_eq!(summary(&[0.017, 0.42, 0.43]).disagreement(), Some((0.017, 0.43)));
        assert_eq!(summary(&[0.30, 0.42]).disagreement(), None, "not by five times");
        assert_eq!(summary(&[0.001, 0.02]).disagreement(), None, "not by ten points");
        let names = |values: &[f64]| {
            let entries = marks(INK, [&summary(values)].into_iter());
            entries.iter().map(|entry| entry.1).collect::<Vec<_>>()
        };
        assert!(names(&[0.017, 0.42]).contains(&"seeds that disagree: no mean"));
        assert_eq!(names(&[0.1, 0.2]), ["mean", "one seed"], "the legend has what is drawn");
    }
}
