//! Batches: plain buffers made by workers, tensors made by the training thread.

use std::ops::Range;

use anyhow::Result;
use tch::{Device, Kind, Tensor};

use crate::domain::{Domain, Sample, Split};
use crate::model::IGNORE;

/// A batch as plain buffers.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Number of samples B.
    pub size: usize,
    /// Inputs, `[B, channels, H, W]` row-major.
    pub input: Vec<f32>,
    /// Tokens shifted right behind the begin marker, `[B, L]`.
    pub previous: Vec<i64>,
    /// Tokens followed by the end marker and padding, `[B, L]`.
    pub next: Vec<i64>,
    /// L, the longest target plus one.
    pub length: usize,
}

impl Batch {
    /// Packs samples. `tokens` is the size of the vocabulary: the end marker is `tokens`, the
    /// begin marker `tokens + 1`.
    pub fn pack(samples: &[Sample], tokens: i64) -> Self {
        let length = samples.iter().map(|s| s.target.len()).max().unwrap_or(0) + 1;
        let mut batch = Self {
            size: samples.len(),
            input: Vec::with_capacity(samples.iter().map(|s| s.input.len()).sum()),
            previous: Vec::with_capacity(samples.len() * length),
            next: Vec::with_capacity(samples.len() * length),
            length,
        };
        for sample in samples {
            batch.input.extend_from_slice(&sample.input);
            let padding = length - 1 - sample.target.len();
            let target = || sample.target.iter().map(|&t| i64::from(t));
            batch.previous.push(tokens + 1);
            batch.previous.extend(target());
            batch.previous.extend(std::iter::repeat_n(tokens, padding));
            batch.next.extend(target());
            batch.next.push(tokens);
            batch.next.extend(std::iter::repeat_n(IGNORE, padding));
        }
        batch
    }

    /// Tokens with a loss among these samples.
    pub(super) fn tokens(&self, samples: Range<usize>) -> usize {
        let next = &self.next[samples.start * self.length..samples.end * self.length];
        next.iter().filter(|&&token| token != IGNORE).count()
    }

    /// Samples `start .. start + size` of a split.
    ///
    /// # Errors
    /// When the domain cannot make one.
    pub fn of(domain: &dyn Domain, split: Split, start: u64, size: u64) -> Result<Self> {
        let samples = (start..start + size).map(|i| domain.sample(split, i)).collect::<Result<Vec<_>>>()?;
        Ok(Self::pack(&samples, domain.vocabulary().len() as i64))
    }
}

/// Tensors (input, previous, next) of a batch on `device`.
pub fn tensors(batch: &Batch, shape: [usize; 3], device: Device) -> (Tensor, Tensor, Tensor) {
    part_tensors(batch, 0..batch.size, shape, device)
}

/// The same of some of its samples.
pub(super) fn part_tensors(
    batch: &Batch,
    samples: Range<usize>,
    shape: [usize; 3],
    device: Device,
) -> (Tensor, Tensor, Tensor) {
    let [c, h, w] = shape.map(|n| n as i64);
    let (b, l) = (samples.len() as i64, batch.length as i64);
    let values = |each: usize| samples.start * each..samples.end * each;
    let input = Tensor::from_slice(&batch.input[values(shape.iter().product())]);
    let tokens = |all: &[i64]| Tensor::from_slice(&all[values(batch.length)]).view([b, l]).to_device(device);
    (
        input.view([b, c, h, w]).to_device(device).to_kind(Kind::Float),
        tokens(&batch.previous),
        tokens(&batch.next),
    )
}
