//! An input as vector shapes, with boxes, dots and letters on it; for figures 1, 2 and 6.

use anyhow::Result;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};
use serde::Serialize;

use crate::domain::{entry, tone_of};
use crate::results::{Example, Examples, Marked, TrueMotif};

use super::page::Area;
use super::sample_image::Tone;
use super::style::{INK, VERMILLION, sink, text, text_width};

/// Tokens of a target or an output as people write them.
pub(crate) fn written(domain: &str, tokens: &[String]) -> String {
    entry(domain).map_or_else(|| tokens.join(" "), |entry| (entry.written)(tokens))
}

/// Where an input lies on the page, and how large.
#[derive(Clone, Copy)]
pub(super) struct Placed {
    pub(super) left: i32,
    pub(super) top: i32,
    /// Page pixels per input pixel.
    pub(super) scale: f64,
}

impl Placed {
    /// The page position of an input position (row, column).
    fn at(self, y: f64, x: f64) -> (i32, i32) {
        (self.left + (x * self.scale).round() as i32, self.top + (y * self.scale).round() as i32)
    }
}

/// Darkness in 0..=4 of a stored grey level. DigitCircle stores ink and the spectrogram
/// stores loudness as bright; a LaTeX page is stored as it looks.
fn darkness(domain: &str, grey: u8) -> u8 {
    let ink = match tone_of(domain) {
        Tone::HighIsDark => grey,
        Tone::HighIsLight => 255 - grey,
    };
    ((u16::from(ink) * 4 + 127) / 255) as u8
}

/// Whether the input is a series of frames, drawn with its channels as rows; its motifs
/// have no height of their own and take that of the picture.
fn is_series(example: &Example) -> bool {
    example.channels > 1
}

/// Top and bottom of a motif in rows of the picture.
fn extent(example: &Example, top: usize, bottom: usize) -> (f64, f64) {
    if is_series(example) { (0.0, example.channels as f64) } else { (top as f64, bottom as f64) }
}

/// Draws the input, `strongest` being the ink of its darkest pixels, in a thin frame.
pub(super) fn input<DB>(
    area: &Area<DB>,
    domain: &str,
    example: &Example,
    placed: Placed,
    strongest: f64,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let grey = example.grey()?;
    let (rows, width) = (example.channels * example.height, example.width);
    for (y, row) in grey.chunks_exact(width.max(1)).enumerate() {
        // A spectrogram has its lowest frequency at the bottom.
        let y = if is_series(example) { rows - 1 - y } else { y };
        let mut x = 0;
        // Runs of equal pixels become one rectangle: a tenth of the shapes.
        for run in row.chunk_by(|a, b| darkness(domain, *a) == darkness(domain, *b)) {
            let dark = darkness(domain, run[0]);
            if dark > 0 {
                let level = (255.0 * (1.0 - strongest * f64::from(dark) / 4.0)) as u8;
                let color = RGBColor(level, level, level);
                let from = placed.at(y as f64, x as f64);
                let to = placed.at((y + 1) as f64, (x + run.len()) as f64);
                area.draw(&Rectangle::new([from, to], color.filled()))?;
            }
            x += run.len();
        }
    }
    let frame = [placed.at(0.0, 0.0), placed.at(rows as f64, width as f64)];
    area.draw(&Rectangle::new(frame, INK.stroke_width(2)))?;
    Ok(())
}

/// A letter on a white ground, so that it can be read on a noisy input.
fn letter<DB>(area: &Area<DB>, name: &str, (x, y): (i32, i32), size: u32) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let width = text_width(name, size)? as i32 + 8;
    let height = size as i32 * 9 / 10;
    let corners = [(x - width / 2, y - height / 2), (x + width / 2, y + height / 2)];
    area.draw(&Rectangle::new(corners, WHITE.filled()))?;
    let style = text(size, INK, HPos::Center, VPos::Center);
    area.draw(&Text::new(name.to_owned(), (x, y + sink(size)), style))?;
    Ok(())
}

/// Frames a true motif.
pub(super) fn frame<DB>(
    area: &Area<DB>,
    example: &Example,
    motif: &TrueMotif,
    placed: Placed,
    color: RGBColor,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let (top, bottom) = extent(example, motif.top, motif.bottom);
    let corners = [placed.at(top, motif.left as f64), placed.at(bottom, motif.right as f64)];
    area.draw(&Rectangle::new(corners, color.stroke_width(4)))?;
    Ok(())
}

/// Frames every true motif and writes its kind beside it.
pub(super) fn true_motifs<DB>(
    area: &Area<DB>,
    examples: &Examples,
    example: &Example,
    placed: Placed,
    size: u32,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    for motif in &example.true_motifs {
        frame(area, example, motif, placed, VERMILLION)?;
    }
    for motif in &example.true_motifs {
        let (top, bottom) = extent(example, motif.top, motif.bottom);
        let middle = placed.at((top + bottom) / 2.0, (motif.left + motif.right) as f64 / 2.0);
        let right = placed.at(0.0, motif.right as f64).0;
        let edge = placed.at(0.0, example.width as f64).0;
        // Right of the box, or left of it where the picture ends.
        let x = if right + size as i32 + 4 < edge {
            right + 4 + size as i32 / 2
        } else {
            placed.at(0.0, motif.left as f64).0 - 4 - size as i32 / 2
        };
        letter(area, &examples.kinds[motif.kind], (x, middle.1), size)?;
    }
    Ok(())
}

/// Pixels within which two channels' answers are to the same place.
const SAME_PLACE: f64 = 6.0;

/// Marks every predicted motif: a dot, or a star where others are near, and its letter. Where
/// several channels answer to one place, the strongest is on top and gives the letter.
pub(super) fn predicted<DB>(
    area: &Area<DB>,
    examples: &Examples,
    example: &Example,
    placed: Placed,
    size: u32,
) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    let mut motifs: Vec<_> = example.predicted.iter().collect();
    motifs.sort_by(|a, b| a.value.total_cmp(&b.value));
    for (i, motif) in motifs.iter().enumerate() {
        let near = |other: &&Marked| {
            (other.y - motif.y).abs() <= SAME_PLACE && (other.x - motif.x).abs() <= SAME_PLACE
        };
        let outdone = motifs[i + 1..].iter().any(near);
        let row = if is_series(example) { example.channels as f64 / 2.0 } else { motif.y };
        let (x, y) = placed.at(row, motif.x);
        let edge = placed.at(0.0, example.width as f64).0;
        let name = examples.label(motif);
        let half = (text_width(name, size)? as i32).max(size as i32) / 2;
        // Where motifs are crowded, only a name of several letters (a fraction's bar) has room beside.
        let crowded = entry(&examples.domain).is_some_and(|entry| entry.crowded);
        let spot = if crowded && name.chars().count() == 1 {
            (x, y - 12 - size as i32 / 2)
        } else if x + 16 + 2 * half < edge {
            (x + 16 + half, y)
        } else {
            (x - 16 - half, y)
        };
        if !outdone {
            letter(area, name, spot, size)?;
        }
        if motif.crowded {
            star(area, (x, y))?;
        } else {
            area.draw(&Circle::new((x, y), 11, WHITE.filled()))?;
            area.draw(&Circle::new((x, y), 8, VERMILLION.filled()))?;
        }
    }
    Ok(())
}

/// The mark of a place where several positions are non-zero: six rays.
fn star<DB>(area: &Area<DB>, (x, y): (i32, i32)) -> Result<()>
where
    DB: DrawingBackend,
    DB::ErrorType: 'static,
{
    for (color, width, reach) in [(WHITE, 9, 17.0), (VERMILLION, 5, 15.0)] {
        for turn in 0..3 {
            let angle = std::f64::consts::FRAC_PI_6 + f64::from(turn) * std::f64::consts::FRAC_PI_3;
            let (dy, dx) = angle.sin_cos();
            let (dx, dy) = ((reach * dx).round() as i32, (reach * dy).round() as i32);
            let ray = [(x - dx, y - dy), (x + dx, y + dy)];
            area.draw(&PathElement::new(ray, color.stroke_width(width)))?;
        }
    }
    Ok(())
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
}

/// What is known of a sample, as lines of the CSV.
pub(super) fn shown(examples: &Examples, example: &Example) -> Vec<Shown> {
    let line = |what, label: String, place: Option<(f64, f64)>, value| Shown {
        domain: examples.domain.clone(),
        split: example.split.clone(),
        index: example.index,
        what,
        label,
        y: place.map(|p| p.0),
        x: place.map(|p| p.1),
        value,
    };
    let mut lines: Vec<_> = example
        .true_motifs
        .iter()
        .map(|m| {
            let middle = ((m.top + m.bottom) as f64 / 2.0, (m.left + m.right) as f64 / 2.0);
            line("true motif", examples.kinds[m.kind].clone(), Some(middle), None)
        })
        .collect();
    lines.extend(example.predicted.iter().map(|m| {
        let label = examples.label(m).to_owned();
        line("predicted motif", label, Some((m.y, m.x)), Some(m.value))
    }));
    lines.push(line("target", example.target.join(" "), None, None));
    lines.push(line("output", example.output.join(" "), None, None));
    lines
}
