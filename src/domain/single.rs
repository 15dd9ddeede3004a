//! Single labelled motifs in context: windows of ordinary samples, each around one true motif
//! (paper section 7, Sparling's motifs against direct supervision).
//!
//! The paper judges both methods on single digits or symbols without saying how such a data set is made. Here one
//! rule serves every domain and needs no new generator: a window is cut out of a sample around one of its
//! motifs, drawn uniformly from them, with whatever else lies there: background, noise, neighbours. Which part of it is meant
//! is told by the motif's box, for the one method as for the other.
//!
//! - **Size** ([`Windows::new`]): a motif as large as [`Domain::motif_extent`] with the receptive field of ĝ around
//!   it, so that positions in its box see what they see in the whole sample. Of a longer motif (a fraction bar, say)
//!   the window shows the middle.
//! - **Place**: centred at the middle of the motif's box, to the nearest multiple of the stride of ĝ, and moved so that it
//!   lies in the input. Nothing is padded: an edge of the window is an edge of the input or a cut.
//! - **Address**: window i of a split is of sample i of that split. The same address gives the same window.

use std::ops::Range;

use anyhow::Result;
use rand::RngExt as _;

use super::sample_rng::sample_rng;
use super::{Domain, Motif, Split};

/// A window of a sample and the motif that it was cut around.
#[derive(Clone, Debug, PartialEq)]
pub struct Single {
    /// Index of the sample in its split.
    pub index: u64,
    /// Which of the sample's motifs it is.
    pub motif: usize,
    /// First row and column of the window in the sample's input.
    pub origin: [usize; 2],
    /// Values, row-major `[channels, height, width]`, see [`Windows::shape`].
    pub input: Vec<f32>,
    /// The motif, its box in the window's own rows and columns and clipped to it; its kind is the label.
    pub target: Motif,
}

/// How windows are cut for a ĝ: their size and the grid that they lie on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    channels: usize,
    input: [usize; 2],
    size: [usize; 2],
    stride: usize,
}

impl Windows {
    /// Windows of `domain` for a ĝ of which a map position covers `stride` input pixels and depends on
    /// `receptive_field`. Along each axis a window has the motif's extent plus receptive field and three strides
    /// (what rounding to the grid may cost), made a multiple of the stride, and at most the input.
    ///
    /// # Panics
    /// When the stride is 0.
    #[must_use]
    pub fn new(domain: &dyn Domain, receptive_field: usize, stride: usize) -> Self {
        let [channels, height, width] = domain.input_shape();
        let [tall, wide] = domain.motif_extent();
        let side = |extent: usize, input: usize| {
            (extent + receptive_field + 3 * stride).next_multiple_of(stride).min(input)
        };
        Self { channels, input: [height, width], size: [side(tall, height), side(wide, width)], stride }
    }

    /// Shape of a window, `[channels, height, width]`; height 1 in a series.
    #[must_use]
    pub fn shape(&self) -> [usize; 3] {
        [self.channels, self.size[0], self.size[1]]
    }

    /// Input pixels per map position of the ĝ in question.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// The windows of samples `indices` of `split`, without those of samples that show no motif.
    ///
    /// # Errors
    /// When a sample cannot be made.
    pub fn cut(&self, domain: &dyn Domain, split: Split, indices: Range<u64>) -> Result<Vec<Single>> {
        indices.filter_map(|index| self.single(domain, split, index).transpose()).collect()
    }

    /// The window of the sample at `index` of `split`; `None` if it shows no motif.
    ///
    /// # Errors
    /// When the sample cannot be made.
    pub fn single(&self, domain: &dyn Domain, split: Split, index: u64) -> Result<Option<Single>> {
        let sample = domain.sample(split, index)?;
        if sample.motifs.is_empty() {
            return Ok(None);
        }
        let motif = sample_rng("single", 0, split, index).random_range(0..sample.motifs.len());
        let chosen = sample.motifs[motif];
        let [top, left] =
            [self.start(0, chosen.top, chosen.bottom), self.start(1, chosen.left, chosen.right)];
        let [height, width] = self.size;
        let rows = (0..self.channels).flat_map(|c| (top..top + height).map(move |y| c * self.input[0] + y));
        let input = rows
            .flat_map(|row| &sample.input[row * self.input[1] + left..][..width])
            .copied()
            .collect::<Vec<f32>>();
        let clip = |at: usize, start: usize, side: usize| at.saturating_sub(start).min(side);
        let target = Motif {
            kind: chosen.kind,
            top: clip(chosen.top, top, height),
            left: clip(chosen.left, left, width),
            bottom: clip(chosen.bottom, top, height),
            right: clip(chosen.right, left, width),
        };
        Ok(Some(Single { index, motif, origin: [top, left], input, target }))
    }

    /// Where a window around `from..to` starts along an axis.
    fn start(&self, axis: usize, from: usize, to: usize) -> usize {
        let (size, input, stride) = (self.size[axis], self.input[axis], self.stride);
        let ideal = (from + to).saturating_sub(size) / 2;
        let last = (input - size) / stride * stride;
        ((ideal + stride / 2) / stride * stride).min(last)
    }
}
