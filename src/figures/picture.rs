//! An input with boxes, marks and letters on it; for figures 1, 2 and 6.

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::domain::{entry, tone_of};
use crate::results::{Example, Examples, Marked, TrueMotif};

use super::canvas::{Across, Canvas, Color, Down, Pen, Point, Rect, WHITE};
use super::font;
use super::judged::{MISSED, Verdict, judged};
use super::labels::Labels;
use super::sample_image::{Tone, encoded};
use super::style::{HAIR, INK, LINE, RIGHT, SMALL, WRONG, colored, set};

/// Tokens of a target or an output as people write them.
pub(crate) fn written(domain: &str, tokens: &[String]) -> String {
    entry(domain).map_or_else(|| tokens.join(" "), |entry| (entry.written)(tokens))
}

/// An input and where it lies on the page.
#[derive(Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) examples: &'a Examples,
    pub(super) item: &'a Example,
    pub(super) area: Rect,
}

/// Width of an input's picture as a share of its height. The frames of a series have no width of their own.
pub(super) fn aspect(example: &Example) -> f64 {
    if is_series(example) {
        return 2.2;
    }
    example.width.max(1) as f64 / (example.channels * example.height).max(1) as f64
}

/// Whether the input is a series of frames, drawn with its channels as rows; its motifs
/// have no height of their own and take that of the picture.
pub(super) fn is_series(example: &Example) -> bool {
    example.channels > 1
}

impl Placed<'_> {
    /// The page position of an input position (row, column).
    fn at(&self, y: f64, x: f64) -> Point {
        let rows = (self.item.channels * self.item.height).max(1) as f64;
        let (down, right) = (self.area.height / rows, self.area.width / self.item.width.max(1) as f64);
        (self.area.left + right * x, self.area.top + down * y)
    }

    /// The page position of a mark.
    fn mark(&self, motif: &Marked) -> Point {
        let y = if is_series(self.item) { self.item.channels as f64 / 2.0 } else { motif.y };
        self.at(y, motif.x)
    }

    /// The box of a true motif on the page.
    pub(super) fn boxed(&self, motif: &TrueMotif) -> Rect {
        let (top, bottom) = if is_series(self.item) {
            (0.0, self.item.channels as f64)
        } else {
            (motif.top as f64, motif.bottom as f64)
        };
        Rect::between(self.at(top, motif.left as f64), self.at(bottom, motif.right as f64))
    }

    /// Draws the input, `strongest` being the ink of its darkest pixels, in a thin frame.
    pub(super) fn input(&self, canvas: &mut Canvas, strongest: f64) -> Result<()> {
        let Example { channels, height, width, .. } = *self.item;
        let grey = self.item.grey()?;
        let light = matches!(tone_of(&self.examples.domain), Tone::HighIsLight);
        let level = |grey: &u8| {
            let ink = f64::from(if light { 255 - grey } else { *grey }) / 255.0;
            (255.0 * (1.0 - strongest * ink)).round() as u8
        };
        let mut rows: Vec<Vec<u8>> =
            grey.chunks_exact(width.max(1)).map(|row| row.iter().map(level).collect()).collect();
        if is_series(self.item) {
            // A spectrogram has its lowest frequency at the bottom.
            rows.reverse();
        }
        let pixels = image::GrayImage::from_raw(width as u32, (channels * height) as u32, rows.concat())
            .context("the input has another size than its pixels")?;
        canvas.image(self.area, &encoded(&pixels.into())?);
        canvas.frame(self.area, Pen::new(INK, HAIR));
        Ok(())
    }

    /// Frames every true motif and writes its kind beside it.
    pub(super) fn true_motifs(&self, canvas: &mut Canvas) {
        let mut labels = Labels::within(self.area);
        for motif in &self.item.true_motifs {
            let rect = self.boxed(motif);
            canvas.frame(rect, Pen::new(RIGHT, LINE));
            labels.take(rect);
        }
        for motif in &self.item.true_motifs {
            let rect = self.boxed(motif);
            let gap = rect.width / 2.0 + 1.0;
            self.letter(canvas, &mut labels, &self.examples.kinds[motif.kind], rect.middle(), gap, INK);
        }
    }

    /// Marks every predicted motif as what it is, with the kind that its channel stands for, and frames what is
    /// missed.
    pub(super) fn predicted(&self, canvas: &mut Canvas) {
        let (verdicts, missed) = judged(self.examples, self.item);
        let mut labels = Labels::within(self.area);
        for motif in &missed {
            canvas.frame(self.boxed(motif), MISSED);
        }
        let mut marks: Vec<_> = self.item.predicted.iter().zip(verdicts).collect();
        // The strongest last, so that it is on top, and first in line for the place of its letter.
        marks.sort_by(|a, b| a.0.value.total_cmp(&b.0.value));
        for (motif, verdict) in &marks {
            verdict.mark(canvas, self.mark(motif), motif.crowded);
            labels.mark(self.mark(motif), if motif.crowded { 3.6 } else { 2.4 });
        }
        for (motif, verdict) in marks.iter().rev() {
            let color = if *verdict == Verdict::Right { INK } else { verdict.color() };
            let reach = if motif.crowded { 3.8 } else { 2.6 };
            self.letter(canvas, &mut labels, self.examples.label(motif), self.mark(motif), reach, color);
        }
        for motif in &missed {
            let rect = self.boxed(motif);
            let corner = (rect.right() - 2.0, rect.top + 4.0);
            self.letter(canvas, &mut labels, &self.examples.kinds[motif.kind], corner, 2.0, WRONG);
        }
    }

    /// A name on a white ground near `place`, where it covers least.
    fn letter(
        &self,
        canvas: &mut Canvas,
        labels: &mut Labels,
        name: &str,
        place: Point,
        gap: f64,
        color: Color,
    ) {
        let (width, height) = (font::width(name, SMALL) + 1.6, SMALL * font::CAPITAL + 1.8);
        let middle = labels.place(place, (width, height), gap);
        canvas.fill(Rect::around(middle, width, height), WHITE);
        canvas.text(name, middle, colored(SMALL, color, Across::Middle, Down::Middle));
    }
}

/// What should be answered and what was, under a picture: where both agree one line says so. Returns where it ends.
pub(super) fn answers(
    canvas: &mut Canvas,
    domain: &str,
    item: &Example,
    (expected, right): (&str, &str),
    under: Rect,
) -> f64 {
    let [target, output] = [&item.target, &item.output].map(|tokens| written(domain, tokens));
    let wrong = item.output != item.target;
    let mut lines: Vec<(String, Color)> = Vec::new();
    let mut add = |words: String, color: Color| {
        lines.extend(font::wrap(&words, SMALL, under.width).into_iter().map(|line| (line, color)));
    };
    if wrong {
        add(format!("{expected} {target}"), INK);
        add(format!("output {output}"), WRONG);
    } else {
        add(format!("output {output}, {right}"), INK);
    }
    let leading = font::LEADING * SMALL;
    for (i, (line, color)) in lines.iter().enumerate() {
        let place = (under.left, under.bottom() + 3.5 + leading * i as f64);
        canvas.text(line, place, colored(SMALL, *color, Across::Left, Down::Top));
    }
    under.bottom() + 3.5 + leading * lines.len() as f64
}

/// Widths of pictures of these shapes (width by height) side by side in `room`, and their common height, `most` at most.
pub(super) fn row_of(aspects: &[f64], room: f64, gap: f64, most: f64) -> (Vec<f64>, f64) {
    let gaps = gap * aspects.len().saturating_sub(1) as f64;
    let height = ((room - gaps) / aspects.iter().sum::<f64>().max(1e-9)).min(most);
    (aspects.iter().map(|aspect| aspect * height).collect(), height)
}

/// A heading over a picture.
pub(super) fn heading(canvas: &mut Canvas, words: &str, place: Point, size: f64) {
    canvas.text(words, place, set(size, Across::Left, Down::Middle));
}

/// A motif or an output drawn in figures 1, 2 and 6, a line of their CSV. Places are input pixels.
#[derive(Serialize)]
pub(super) struct Shown {
    domain: String,
    split: String,
    index: u64,
    /// `true motif`, `predicted motif`, `target` or `output`.
    pub(super) what: &'static str,
    /// Kind of the motif, or the tokens of the output.
    pub(super) label: String,
    pub(super) y: Option<f64>,
    pub(super) x: Option<f64>,
    /// Value of the motif map.
    pub(super) value: Option<f32>,
    /// How it is drawn: `right`, `wrong`, `weaker` or `missed`; empty for what is not judged.
    pub(super) drawn: &'static str,
}

/// What is known of a sample, as lines of the CSV.
pub(super) fn shown(examples: &Examples, example: &Example) -> Vec<Shown> {
    let line = |what, label: String, place: Option<Point>, value, drawn| Shown {
        domain: examples.domain.clone(),
        split: example.split.clone(),
        index: example.index,
        what,
        label,
        y: place.map(|p| p.0),
        x: place.map(|p| p.1),
        value,
        drawn,
    };
    let (verdicts, missed) = judged(examples, example);
    let mut lines: Vec<_> = example
        .true_motifs
        .iter()
        .map(|m| {
            let middle = ((m.top + m.bottom) as f64 / 2.0, (m.left + m.right) as f64 / 2.0);
            let drawn = if missed.contains(m) { "missed" } else { "" };
            line("true motif", examples.kinds[m.kind].clone(), Some(middle), None, drawn)
        })
        .collect();
    lines.extend(example.predicted.iter().zip(verdicts).map(|(m, verdict)| {
        let drawn = match verdict {
            Verdict::Right => "right",
            Verdict::Wrong => "wrong",
            Verdict::Weaker => "weaker",
            Verdict::Missed => "missed",
        };
        line("predicted motif", examples.label(m).to_owned(), Some((m.y, m.x)), Some(m.value), drawn)
    }));
    lines.push(line("target", example.target.join(" "), None, None, ""));
    lines.push(line("output", example.output.join(" "), None, None, ""));
    lines
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::figures) fn example(predicted: Vec<Marked>) -> (Examples, Example) {
        let boxed = |kind, left| TrueMotif { kind, top: 0, left, bottom: 10, right: left + 10 };
        let item = Example {
            index: 0,
            split: "test".into(),
            height: 20,
            width: 60,
            channels: 1,
            input_png: Example::encode_input(&[0.5; 1200], [1, 20, 60]).unwrap(),
            true_motifs: vec![boxed(0, 0), boxed(1, 20), boxed(2, 40)],
            predicted,
            target: vec!["a".into()],
            output: vec!["a".into()],
        };
        let examples = Examples {
            domain: "digit-circle".into(),
            variant: "sparling".into(),
            seed: 1,
            delta: 0.1,
            config_hash: String::new(),
            mapping: vec![Some(0), Some(1), Some(2), None],
            kinds: ["a", "b", "c"].map(String::from).into(),
            items: vec![item.clone()],
        };
        (examples, item)
    }

    pub(in crate::figures) fn marked(channel: usize, x: f64, value: f32) -> Marked {
        Marked { channel, y: 5.5, x, value, crowded: false }
    }

    #[test]
    fn two_marks_in_one_place_keep_both_letters() {
        let (examples, item) = example(vec![marked(0, 5.5, 2.0), marked(2, 5.5, 1.0)]);
        let placed = Placed { examples: &examples, item: &item, area: Rect::new(0.0, 0.0, 180.0, 60.0) };
        let mut canvas = Canvas::new();
        placed.predicted(&mut canvas);
        let page = canvas.page(180.0, 60.0, "pt");
        assert!(page.contains(">a</text>") && page.contains(">c</text>"), "{page}");
    }

    #[test]
    fn pictures_in_a_row_have_one_height_and_fill_it() {
        let (widths, height) = row_of(&[1.0, 2.0, 2.2], 500.0, 10.0, 200.0);
        assert!((widths.iter().sum::<f64>() + 20.0 - 500.0).abs() < 1e-9);
        assert!((widths[0] - height).abs() < 1e-9);
        assert_eq!(row_of(&[1.0], 500.0, 10.0, 120.0).1, 120.0);
    }
}
