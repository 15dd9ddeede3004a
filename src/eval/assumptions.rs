//! What the Motif Identifiability Theorem rests on (paper section 1), estimated by drawing samples.
//!
//! The theorem asks that the true motif map is sparse, that ĝ sees a whole motif at once (locality), and that
//! every motif is necessary. A domain's generator fulfils these or not; [`assumptions`] draws samples from it
//! and counts. Whether a trained model fulfils its side (a low error at that density) is what
//! `sparling evaluate` measures.

use anyhow::{Result, ensure};
use rand::RngExt as _;

use crate::config::Config;
use crate::domain::sample_rng::sample_rng;
use crate::domain::{Domain, Motif, Split};

use super::bootstrap::{mean, mean_interval};
use super::wilson::{Interval, share_interval};

/// What of a model the estimates need: how far it sees and how large its map is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// Side of the square of input pixels (in a series: the frames) that one map position depends on.
    pub receptive_field: usize,
    /// Cells of the motif map: channels × rows × columns.
    pub cells: usize,
}

impl Geometry {
    /// That of the model that a configuration describes.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn of(config: &Config) -> Result<Self> {
        let [_, height, width] = config.domain.dimensions()?.input_shape;
        let g = &config.model.g;
        let stride = usize::try_from(g.stem_stride)?.max(1);
        Ok(Self {
            receptive_field: usize::try_from(g.receptive_field())?,
            cells: usize::try_from(g.motifs)? * height.div_ceil(stride) * width.div_ceil(stride),
        })
    }
}

/// How an interval was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Percentile bootstrap of a mean over samples.
    Bootstrap,
    /// Wilson score interval of a share of independent draws.
    Wilson,
}

impl Method {
    /// Name in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bootstrap => "bootstrap",
            Self::Wilson => "Wilson",
        }
    }
}

/// A number with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The estimate.
    pub value: f64,
    /// Its 95 % interval; `None` of fewer than two samples.
    pub interval: Option<Interval>,
    /// How that was found.
    pub method: Method,
    /// Independent draws behind it.
    pub draws: u64,
}

/// The estimates for a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumptions {
    /// True motifs a sample.
    pub motifs: Estimate,
    /// The theoretical minimum density (section 3): `motifs` over the cells of the map.
    pub minimum_density: Estimate,
    /// Share of motifs whose box is on no side longer than the receptive field.
    pub local: Option<Estimate>,
    /// Median, 95 % quantile and maximum of a box's longer side, in input pixels (in a series: frames).
    pub sides: Option<[usize; 3]>,
    /// Share of motifs without which the output is another one.
    pub dropped_changes: Option<Estimate>,
    /// Share of motifs without which no output is defined.
    pub dropped_undefined: Option<Estimate>,
    /// Share of swaps for another kind, where the domain defines the outcome, after which the output is another one.
    pub swapped_changes: Option<Estimate>,
    /// Share of swaps for another kind of which the domain does not define the outcome.
    pub swapped_undefined: Option<Estimate>,
}

/// A motif's longer side: rows or columns, in a series the frames.
fn longer_side(motif: &Motif) -> usize {
    (motif.bottom - motif.top).max(motif.right - motif.left)
}

/// Counts of what a change of one motif did.
#[derive(Default)]
struct Outcomes {
    changed: u64,
    same: u64,
    undefined: u64,
}

impl Outcomes {
    fn add(&mut self, before: &[u32], after: Option<&[u32]>) {
        match after {
            None => self.undefined += 1,
            Some(after) if after == before => self.same += 1,
            Some(_) => self.changed += 1,
        }
    }

    fn all(&self) -> u64 {
        self.changed + self.same + self.undefined
    }
}

fn share(hits: u64, draws: u64) -> Option<Estimate> {
    let interval = share_interval(hits, draws)?;
    let value = hits as f64 / draws as f64;
    Some(Estimate { value, interval: Some(interval), method: Method::Wilson, draws })
}

/// Estimates over training samples 0 .. `samples` of `domain`.
///
/// Sparsity counts all motifs of a sample. For locality and necessity **one motif a sample** is drawn, uniformly,
/// and one kind other than its own: these draws are independent, which the Wilson interval needs.
/// The draws are a function of `seed` and the sample's index.
///
/// # Errors
/// When `samples` is 0, or a sample cannot be made.
pub fn assumptions(domain: &dyn Domain, geometry: Geometry, samples: u64, seed: u64) -> Result<Assumptions> {
    ensure!(samples > 0, "samples: found 0, expected at least 1");
    let kinds = domain.motif_kinds().len();
    let mut counts = Vec::new();
    let mut sides = Vec::new();
    let (mut dropped, mut swapped) = (Outcomes::default(), Outcomes::default());
    for index in 0..samples {
        let sample = domain.sample(Split::Train, index)?;
        counts.push(sample.motifs.len() as f64);
        if sample.motifs.is_empty() {
            continue;
        }
        let mut rng = sample_rng("assumptions", seed, Split::Train, index);
        let motif = rng.random_range(0..sample.motifs.len());
        sides.push(longer_side(&sample.motifs[motif]));
        dropped.add(&sample.target, domain.target_if_dropped(&sample, motif).as_deref());
        if kinds > 1 {
            // Uniform over the other kinds: one step at least around the circle of kinds.
            let kind = (sample.motifs[motif].kind + rng.random_range(1..kinds)) % kinds;
            swapped.add(&sample.target, domain.target_if_swapped(&sample, motif, kind).as_deref());
        }
    }
    let value = mean(&counts).unwrap_or(0.0);
    let motifs =
        Estimate { value, interval: mean_interval(&counts, seed), method: Method::Bootstrap, draws: samples };
    let cells = geometry.cells.max(1) as f64;
    let minimum_density = Estimate {
        value: value / cells,
        interval: motifs.interval.map(|i| Interval { low: i.low / cells, high: i.high / cells }),
        ..motifs
    };
    sides.sort_unstable();
    let fits = sides.partition_point(|&side| side <= geometry.receptive_field) as u64;
    let at = |share: f64| sides[((sides.len() - 1) as f64 * share).round() as usize];
    Ok(Assumptions {
        motifs,
        minimum_density,
        local: share(fits, sides.len() as u64),
        sides: (!sides.is_empty()).then(|| [at(0.5), at(0.95), at(1.0)]),
        dropped_changes: share(dropped.changed, dropped.all()),
        dropped_undefined: share(dropped.undefined, dropped.all()),
        swapped_changes: share(swapped.changed, swapped.changed + swapped.same),
        swapped_undefined: share(swapped.undefined, swapped.all()),
    })
}
