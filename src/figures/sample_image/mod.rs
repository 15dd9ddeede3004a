//! One sample as a picture: its input, its true motifs as boxes, its predicted motifs as
//! dots and stars (fig1, fig2 and fig6 of paper section 8; previews and training logs).
//!
//! A [`Panel`] draws one sample; [`grid`] sets panels side by side; [`save_png`] writes the
//! outcome. Nothing here knows of tensors or models.

mod marks;
mod sheet;
mod text;

use anyhow::{Result, ensure};
use image::{Rgb, RgbImage};

pub use super::palette::channel_color;
use crate::domain::Motif;
use crate::results::Marked;
use marks::Overlay;
use text::Typeface;

pub use crate::domain::Tone;
pub use sheet::{grid, save_png};

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
    /// with the first channel at the bottom and its range stretched to all greys.
    pub shape: [usize; 3],
    /// How values become greys.
    pub tone: Tone,
    /// Side of the square that an input pixel becomes, at least 1.
    pub scale: usize,
    /// A line above the picture; empty for none.
    pub title: String,
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
        let picture = self.picture();
        let width = i64::from(picture.width());
        // Large enough to read in a small panel, not shouting in a large one.
        let size = (width as f32 / 22.0).clamp(13.0, 22.0);
        let plain = Typeface { mono: false, size };
        let title = plain.wrap(&self.title, width);
        let captions: Vec<String> = self.captions.iter().flat_map(|line| plain.wrap(line, width)).collect();
        let above = plain.line_height() * title.len() as i64;
        let below = plain.line_height() * captions.len() as i64;
        let gap = i64::from(!captions.is_empty()) * 4;
        let height = above + i64::from(picture.height()) + gap + below;
        // A single word may be wider than the picture.
        let widest = title.iter().chain(&captions).map(|line| plain.width(line));
        let width = widest.fold(width, i64::max);
        let mut canvas = RgbImage::from_pixel(width as u32, height as u32, PAPER);
        for (i, line) in title.iter().enumerate() {
            plain.draw(&mut canvas, 0, plain.line_height() * i as i64, line, INK);
        }
        image::imageops::replace(&mut canvas, &picture, 0, above);
        let start = above + i64::from(picture.height()) + gap;
        for (i, line) in captions.iter().enumerate() {
            plain.draw(&mut canvas, 0, start + plain.line_height() * i as i64, line, INK);
        }
        Ok(canvas)
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
        (if self.is_series() { channels } else { height }, width)
    }

    /// The enlarged input in greys with its frame and overlays.
    fn picture(&self) -> RgbImage {
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
            let row = if self.is_series() { rows - 1 - y } else { y };
            let planes = self.input.iter().skip(row * columns + x).step_by(rows * columns);
            let planes: Vec<f32> = planes.copied().collect();
            match planes[..] {
                [red, green, blue] if !self.is_series() => [red, green, blue].map(level),
                _ if self.is_series() => [level(planes[0]); 3],
                _ => [level(planes.iter().sum::<f32>() / planes.len() as f32); 3],
            }
        };
        let side = |pixels: usize| (pixels * self.scale) as u32;
        let colors: Vec<_> = (0..rows * columns).map(|at| Rgb(color(at / columns, at % columns))).collect();
        let mut image = RgbImage::from_fn(side(columns), side(rows), |x, y| {
            colors[y as usize / self.scale * columns + x as usize / self.scale]
        });
        frame(&mut image);
        let mut overlay = Overlay::new(&mut image, self.scale);
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
        image
    }
}

const PAPER: Rgb<u8> = Rgb([255; 3]);
const INK: [u8; 3] = [20; 3];

/// A thin grey line around the picture, so that white inputs have an edge.
fn frame(image: &mut RgbImage) {
    let (right, bottom) = (image.width() - 1, image.height() - 1);
    for x in 0..=right {
        image.put_pixel(x, 0, Rgb([120; 3]));
        image.put_pixel(x, bottom, Rgb([120; 3]));
    }
    for y in 0..=bottom {
        image.put_pixel(0, y, Rgb([120; 3]));
        image.put_pixel(right, y, Rgb([120; 3]));
    }
}

#[cfg(test)]
mod tests;
