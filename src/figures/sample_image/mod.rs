//! One sample as a picture: its input, its true motifs as boxes, its predicted motifs as
//! dots and stars (fig1, fig2 and fig6 of paper section 8; previews and training logs).
//!
//! A [`Panel`] draws one sample; [`grid`] sets panels side by side; [`save_png`] writes the
//! outcome. Nothing here knows of tensors or models.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::figures::sample_image::Panel;
//!
//! let input = vec![0.0; 20 * 30];
//! let picture = Panel::new(&input, [1, 20, 30]).draw()?;
//! assert!(picture.width() >= 30 && picture.height() >= 20);
//! # Ok(())
//! # }
//! ```

mod marks;
mod sheet;

use std::io::Cursor;

use anyhow::{Context as _, Result, ensure};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

use super::canvas::{Across, Canvas, Down, Pen, Rect};
pub use super::palette::channel_color;
use super::style::set;
use super::{font, render};
use crate::domain::Motif;
use crate::results::Marked;
use marks::Overlay;

pub use crate::domain::Tone;
pub use sheet::{grid, save_png};

/// Widest sheet of pictures, in pixels, unless another enlargement is asked for.
const WIDEST: usize = 1600;
/// Largest enlargement that is chosen: beyond, squares say nothing more.
const LARGEST: usize = 6;

/// The largest enlargement at which a sheet of this many columns is no wider than a screen, for inputs of this shape.
#[must_use]
pub fn fitting([_, _, width]: [usize; 3], columns: usize) -> usize {
    (WIDEST / (width * columns).max(1)).clamp(1, LARGEST)
}

/// Predicted motifs that are still labelled: more labels would hide the input and each other.
pub const MOST_NAMED: usize = 60;

/// How a motif kind or a channel is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Short text, drawn beside every box or dot.
    pub label: String,
    /// Colour, as sRGB.
    pub color: [u8; 3],
}

/// One mark for every name, coloured by position ([`channel_color`]).
#[must_use]
pub fn marks_of(names: &[String]) -> Vec<Mark> {
    let marks = names
        .iter()
        .enumerate()
        .map(|(index, name)| Mark { label: name.clone(), color: channel_color(index) });
    marks.collect()
}

/// What to draw of one sample. Start from [`Panel::new`] and set what is wanted.
#[derive(Clone, Debug)]
pub struct Panel<'a> {
    /// Input values, row-major, of `shape`.
    pub input: &'a [f32],
    /// `[channels, height, width]`. `[1, h, w]` is an image of values in [0, 1], drawn by
    /// `tone`, `[3, h, w]` one in red, green and blue; of another number of channels their mean is drawn. Values
    /// beyond [0, 1] are stretched to it. `[c, 1, w]` with c > 1 is a series of w frames (a spectrogram), drawn c rows high
    /// with the first channel at the bottom and its range stretched to all greys; where that is less than a sixth of the
    /// width, rows are thicker.
    pub shape: [usize; 3],
    /// How values become greys.
    pub tone: Tone,
    /// Side of the square that an input pixel becomes, at least 1.
    pub scale: usize,
    /// A line above the picture; empty for none.
    pub title: String,
    /// Lines that are kept free for the title at least, so that pictures side by side are level.
    pub title_lines: usize,
    /// Lines under the picture, broken where they are wider than it.
    pub captions: Vec<String>,
    /// True motifs, drawn as boxes. In a series they span the whole height.
    pub boxes: &'a [Motif],
    /// Label and colour of each true kind.
    pub kinds: &'a [Mark],
    /// Predicted motifs (local maxima of the motif map): a dot each, or a star where other
    /// positions of the channel are near; labelled when there are at most [`MOST_NAMED`].
    pub predicted: &'a [Marked],
    /// Label and colour of each motif channel.
    pub channels: &'a [Mark],
}

impl<'a> Panel<'a> {
    /// A picture of the input alone, four times enlarged.
    #[must_use]
    pub fn new(input: &'a [f32], shape: [usize; 3]) -> Self {
        Self {
            input,
            shape,
            tone: Tone::default(),
            scale: 4,
            title: String::new(),
            title_lines: 0,
            captions: Vec::new(),
            boxes: &[],
            kinds: &[],
            predicted: &[],
            channels: &[],
        }
    }

    /// Draws the panel: title, picture, captions.
    ///
    /// # Errors
    /// When the input does not fill the shape, the shape is none that can be drawn, the scale
    /// is 0, or a motif names a kind or channel without a [`Mark`].
    pub fn draw(&self) -> Result<RgbImage> {
        self.check()?;
        let (rows, columns) = self.extent();
        let (width, height) = ((columns * self.scale) as f64, (rows * self.scale) as f64);
        let size = Self::size(width);
        let leading = (size * font::LEADING).ceil();
        let title = font::wrap(&self.title, size, width);
        let above = leading * title.len().max(self.title_lines) as f64;
        let captions: Vec<String> =
            self.captions.iter().flat_map(|line| font::wrap(line, size, width)).collect();
        let gap = if captions.is_empty() { 0.0 } else { 4.0 };
        let mut canvas = Canvas::new();
        let line = |canvas: &mut Canvas, words: &str, top: f64| {
            canvas.text(words, (0.0, top + size * 0.2), set(size, Across::Left, Down::Top));
        };
        for (i, words) in title.iter().enumerate() {
            line(&mut canvas, words, leading * i as f64);
        }
        canvas.insert(&self.picture()?, (0.0, above));
        for (i, words) in captions.iter().enumerate() {
            line(&mut canvas, words, above + height + gap + leading * i as f64);
        }
        let height = above + height + gap + leading * captions.len() as f64;
        render::pixels(&canvas.page(width, height, "px"), 1.0)
    }

    /// Lines that the title takes.
    #[must_use]
    pub fn lines_of_title(&self) -> usize {
        let width = (self.extent().1 * self.scale) as f64;
        font::wrap(&self.title, Self::size(width), width).len()
    }

    /// Size of words: large enough to read in a small panel, not shouting in a large one.
    fn size(width: f64) -> f64 {
        (width / 22.0).clamp(12.0, 19.0).round()
    }

    fn check(&self) -> Result<()> {
        let [channels, height, width] = self.shape;
        ensure!(
            self.input.len() == channels * height * width && !self.input.is_empty(),
            "the input holds {} values, expected {channels}×{height}×{width}, at least one",
            self.input.len()
        );
        ensure!(self.scale >= 1, "the scale factor is 0, expected at least 1");
        for motif in self.boxes {
            let kinds = self.kinds.len();
            ensure!(motif.kind < kinds, "a true motif is of kind {}, expected below {kinds}", motif.kind);
        }
        for motif in self.predicted {
            let channels = self.channels.len();
            ensure!(
                motif.channel < channels,
                "a predicted motif is of channel {}, expected below {channels}",
                motif.channel
            );
        }
        Ok(())
    }

    /// Whether the input is a series of frames rather than an image.
    fn is_series(&self) -> bool {
        self.shape[0] > 1 && self.shape[1] == 1
    }

    /// Rows and columns of the picture, in input pixels.
    fn extent(&self) -> (usize, usize) {
        let [channels, height, width] = self.shape;
        (if self.is_series() { channels * self.thickness() } else { height }, width)
    }

    /// Rows of the picture for a channel of a series: more than one where there are few channels.
    fn thickness(&self) -> usize {
        let [channels, _, width] = self.shape;
        (width / (6 * channels.max(1))).max(1)
    }

    /// The enlarged input in greys with its frame and overlays.
    fn picture(&self) -> Result<Canvas> {
        let (rows, columns) = self.extent();
        let within = self.input.iter().all(|value| (0.0..=1.0).contains(value));
        let (low, high) = if self.is_series() || !within {
            self.input.iter().fold((f32::MAX, f32::MIN), |(low, high), &v| (low.min(v), high.max(v)))
        } else {
            (0.0, 1.0)
        };
        // Under boxes and dots the input steps back: its darkest grey leaves colours visible.
        let marked = !self.boxes.is_empty() || !self.predicted.is_empty();
        let darkest = if marked { 150.0 } else { 40.0 };
        let level = |value: f32| {
            let value = (value - low) / (high - low).max(f32::MIN_POSITIVE);
            let ink = match self.tone {
                Tone::HighIsDark => value.clamp(0.0, 1.0),
                Tone::HighIsLight => 1.0 - value.clamp(0.0, 1.0),
            };
            (255.0 + (darkest - 255.0) * ink).round() as u8
        };
        let color = |y: usize, x: usize| {
            let row = if self.is_series() { (rows - 1 - y) / self.thickness() } else { y };
            let planes = self.input.iter().skip(row * columns + x).step_by(rows * columns);
            let planes: Vec<f32> = planes.copied().collect();
            match planes[..] {
                [red, green, blue] if !self.is_series() => [red, green, blue].map(level),
                _ if self.is_series() => [level(planes[0]); 3],
                _ => [level(planes.iter().sum::<f32>() / planes.len() as f32); 3],
            }
        };
        let pixels =
            RgbImage::from_fn(columns as u32, rows as u32, |x, y| Rgb(color(y as usize, x as usize)));
        let mut canvas = Canvas::new();
        let side = |pixels: usize| (pixels * self.scale) as f64;
        let area = Rect::new(0.0, 0.0, side(columns), side(rows));
        canvas.image(area, &encoded(&pixels.into())?);
        // A thin grey line within the edge, so that white inputs have one.
        canvas.frame(Rect::new(0.5, 0.5, area.width - 1.0, area.height - 1.0), Pen::new(EDGE, 1.0));
        let mut overlay = Overlay::new(&mut canvas, (area.width, area.height), self.scale);
        for motif in self.boxes {
            let mut motif = *motif;
            if self.is_series() {
                (motif.top, motif.bottom) = (0, rows);
            }
            overlay.add_box(&motif, &self.kinds[motif.kind]);
        }
        // The largest last, so that it is on top.
        let mut peaks = self.predicted.to_vec();
        peaks.sort_by(|a, b| a.value.total_cmp(&b.value));
        for mut peak in peaks {
            if self.is_series() {
                peak.y = rows as f64 / 2.0;
            }
            overlay.add_peak(&peak, &self.channels[peak.channel], self.predicted.len() <= MOST_NAMED);
        }
        overlay.draw_labels();
        Ok(canvas)
    }
}

const PAPER: Rgb<u8> = Rgb([255; 3]);
const EDGE: [u8; 3] = [120; 3];

/// A picture as the bytes of a PNG.
///
/// # Errors
/// When it has no pixels.
pub(super) fn encoded(picture: &DynamicImage) -> Result<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).context("cannot encode a picture")?;
    Ok(png.into_inner())
}

#[cfg(test)]
mod tests;
