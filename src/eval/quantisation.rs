//! Motif channel capacity (paper section 7): what is left of an answer when a motif can say only one of a few
//! values.
//!
//! The paper quantises the non-zero values of the map to 2, 4, 8 or 16 quantile bins a channel. Open there, and
//! settled here: the bins are those of the channel's non-zero values on **other samples** (a calibration
//! set), and a value is replaced by the **mean** of its bin's calibration values, the single number that is
//! nearest to all of them in squared error. Zeros stay zeros.
//!
//! ```
//! use sparling::eval::{Quantiser, quantise};
//!
//! let calibration = [1.0, 2.0, 10.0, 20.0];
//! let quantiser = Quantiser::fit(&calibration, 2);
//! let mut values = [0.0, 1.2, 18.0];
//! quantise(&mut values, &[quantiser]);
//! assert_eq!(values, [0.0, 1.5, 15.0]); // zero stays, the others become their bin's mean
//! ```

/// The numbers of bins that the paper shows.
pub const BINS: [usize; 4] = [2, 4, 8, 16];

/// A channel's bins.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantiser {
    /// The least value of every bin but the first, growing.
    edges: Vec<f32>,
    /// What each bin's values become, one more than edges; empty where nothing was ever seen.
    means: Vec<f32>,
}

impl Quantiser {
    /// Bins of (nearly) equal count over `values`: bin b of n begins at the value of rank ⌊b·len/n⌋.
    ///
    /// Zeros and values that are not numbers are left out. Equal values share a bin, so there may be fewer
    /// than `bins`; with as many bins as values, each value stands for itself. A channel
    /// without values is left as it is, since nothing is known of it.
    #[must_use]
    pub fn fit(values: &[f32], bins: usize) -> Self {
        let mut sorted: Vec<f32> = values.iter().copied().filter(|v| *v != 0.0 && v.is_finite()).collect();
        sorted.sort_unstable_by(f32::total_cmp);
        let Some(&least) = sorted.first() else { return Self { edges: Vec::new(), means: Vec::new() } };
        // Wide enough for any product of two lengths.
        let rank = |bin: usize| (bin as u128 * sorted.len() as u128 / bins.max(1) as u128) as usize;
        let mut edges: Vec<f32> =
            (1..bins).map(|bin| sorted[rank(bin)]).filter(|&edge| edge > least).collect();
        edges.dedup();
        let bin_of = |a: &f32, b: &f32| bin(&edges, *a) == bin(&edges, *b);
        let mean = |bin: &[f32]| {
            let sum: f64 = bin.iter().map(|&v| f64::from(v)).sum();
            // Rounding must not lead out of the bin: many small steps of a sum can.
            ((sum / bin.len() as f64) as f32).clamp(bin[0], bin[bin.len() - 1])
        };
        let means = sorted.chunk_by(bin_of).map(mean).collect();
        Self { edges, means }
    }

    /// Number of bins; 0 where nothing was seen.
    #[must_use]
    pub fn bins(&self) -> usize {
        self.means.len()
    }

    /// The value that stands for `value`: its bin's mean. Zero stays zero; what lies beyond the calibration
    /// values belongs to the first or the last bin.
    #[must_use]
    pub fn apply(&self, value: f32) -> f32 {
        if value == 0.0 { value } else { self.means.get(bin(&self.edges, value)).copied().unwrap_or(value) }
    }
}

/// Which bin a value lies in.
fn bin(edges: &[f32], value: f32) -> usize {
    edges.partition_point(|edge| *edge <= value)
}

/// Quantises a map's `values`, `channels × positions` row-major, with one quantiser a channel.
///
/// # Panics
/// When the values do not divide into as many channels as there are quantisers.
pub fn quantise(values: &mut [f32], quantisers: &[Quantiser]) {
    let channels = quantisers.len().max(1);
    assert_eq!(values.len() % channels, 0, "{} values are not of {channels} channels", values.len());
    let plane = (values.len() / channels).max(1);
    for (channel, quantiser) in values.chunks_mut(plane).zip(quantisers) {
        for value in channel.iter_mut().filter(|v| **v != 0.0) {
            *value = quantiser.apply(*value);
        }
    }
}
