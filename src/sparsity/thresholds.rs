//! MT and ST: running thresholds at the (1−δ) quantile (paper section 2).

use tch::nn::Path;
use tch::{Tensor, no_grad};

use super::quantile::{channel_rows, empty_rows, few_from_top, kth_smallest, largest, rank, union};
use super::{Bottleneck, Motifs, Wanted};

/// When thresholds move. Until then batches are collected; the quantile is that of all of them together.
///
/// At a low density a batch says little of its quantile: N positions hold N·δ motifs, and below about ten of them the
/// (1−δ) quantile is noise. So LaTeX-OCR and audio accumulate to ten motifs in the paper.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Accumulation {
    /// On every batch (the paper's for DigitCircle).
    #[default]
    EveryBatch,
    /// Once the positions seen since the last update, times δ, reach this number.
    Motifs(f64),
    /// Once so many positions (of a [`Universal`] layer: values) were seen since the last update.
    Elements(i64),
}

impl Accumulation {
    /// Whether `seen` positions at density δ are enough for an update.
    fn is_complete(self, seen: i64, density: f64) -> bool {
        match self {
            Self::EveryBatch => true,
            Self::Motifs(motifs) => seen as f64 * density >= motifs,
            Self::Elements(elements) => seen >= elements,
        }
    }

    /// How far from the top the quantile of what is collected can lie at most, where batches have `n` positions.
    fn deepest(self, n: i64, density: f64) -> i64 {
        let before = match self {
            Self::EveryBatch => 0.0,
            Self::Motifs(motifs) => motifs,
            Self::Elements(elements) => elements as f64 * density,
        };
        (before + n as f64 * density + 2.0).ceil() as i64
    }
}

/// Running thresholds over rows of values, and the accumulation of batches.
///
/// Only the largest values of each batch are kept, as many as the quantile of the union can lie from the top, so that
/// the result is the same as if everything had been kept.
#[derive(Debug)]
struct RunningThresholds {
    t: Tensor,
    density: f64,
    momentum: f64,
    accumulation: Accumulation,
    kept: Option<Tensor>,
    seen: i64,
}

impl RunningThresholds {
    fn new(path: &Path, rows: i64, density: f64) -> Self {
        Self {
            t: path.zeros_no_train("thresholds", &[rows]),
            density,
            momentum: 0.1,
            accumulation: Accumulation::default(),
            kept: None,
            seen: 0,
        }
    }

    /// Values a row in a batch of this shape.
    fn row_length(&self, batch: &[i64]) -> i64 {
        batch.iter().product::<i64>() / self.t.size()[0]
    }

    /// What the update by a batch of `n` values a row takes.
    fn wanted(&self, n: i64) -> Wanted {
        if self.is_complete(n) && self.kept.is_none() {
            few_from_top(n, rank(n, self.density)).map_or(Wanted::All, Wanted::Largest)
        } else {
            Wanted::Largest(self.accumulation.deepest(n, self.density))
        }
    }

    /// Whether the positions seen since the last update, with `n` more, are enough for the next.
    fn is_complete(&self, n: i64) -> bool {
        self.accumulation.is_complete(self.seen + n, self.density)
    }

    /// One training batch of `n` values a row, in parts `[rows, m]` that hold what was [wanted](Self::wanted) of them.
    fn update(&mut self, parts: Vec<Tensor>, n: i64) {
        let complete = self.is_complete(n);
        self.seen += n;
        let values = union(self.kept.take().into_iter().chain(parts).collect());
        if complete {
            // What was left out lies below, so that the rank from the top is that among all.
            let from_top = self.seen - rank(self.seen, self.density) + 1;
            let k = (values.size()[1] - from_top + 1).max(1);
            self.step(&kth_smallest(&values, k));
            self.seen = 0;
        } else {
            self.kept = Some(values);
        }
    }

    /// t ← (1−μ)·t + μ·q
    fn step(&mut self, quantile: &Tensor) {
        no_grad(|| {
            let t = &self.t * (1.0 - self.momentum) + quantile * self.momentum;
            self.t.copy_(&t);
        });
    }

    fn set_density(&mut self, density: f64) {
        if density > self.density {
            // What was kept may not reach deep enough for a larger share.
            self.kept = None;
            self.seen = 0;
        }
        self.density = density;
    }

    fn pending(&self) -> Vec<(String, Tensor)> {
        let kept = match &self.kept {
            Some(kept) => kept.shallow_clone(),
            None => empty_rows(self.t.size()[0], &self.t),
        };
        vec![("kept".into(), kept), ("seen".into(), Tensor::from(self.seen))]
    }

    fn restore_pending(&mut self, state: &[(String, Tensor)]) {
        for (name, tensor) in state {
            match name.as_str() {
                "kept" => {
                    let kept = tensor.to_device(self.t.device());
                    self.kept = (kept.size()[1] > 0).then_some(kept);
                }
                "seen" => self.seen = tensor.int64_value(&[]),
                _ => {}
            }
        }
    }
}

macro_rules! bottleneck_by_thresholds {
    ($name:ident, $rows:expr) => {
        impl $name {
            /// Weight of the newest quantile in the running threshold (paper: 0.1).
            #[must_use]
            pub fn momentum(mut self, momentum: f64) -> Self {
                self.0.momentum = momentum;
                self
            }

            /// Update t only once the positions seen since the last update, times δ, reach
            /// `motifs` (paper: 10 for LaTeX-OCR and audio; 0 updates on every batch).
            #[must_use]
            pub fn accumulate(self, motifs: f64) -> Self {
                self.accumulation(Accumulation::Motifs(motifs))
            }

            /// Update t only when `accumulation` says so.
            #[must_use]
            pub fn accumulation(mut self, accumulation: Accumulation) -> Self {
                self.0.accumulation = accumulation;
                self
            }
        }

        impl Bottleneck for $name {
            fn states(&self) -> usize {
                1
            }

            fn wanted(&self, batch: &[i64]) -> Vec<Wanted> {
                vec![self.0.wanted(self.0.row_length(batch))]
            }

            fn part(&self, z: &Tensor, wanted: &[Wanted]) -> Vec<Tensor> {
                let of = |wanted: &Wanted| match *wanted {
                    Wanted::Largest(keep) => largest(z, self.0.t.size()[0], keep),
                    Wanted::All => $rows(z),
                };
                wanted.iter().map(of).collect()
            }

            fn observe(&mut self, parts: Vec<Vec<Tensor>>, batch: &[i64]) {
                self.0.update(parts.into_iter().flatten().collect(), self.0.row_length(batch));
            }

            fn apply(&mut self, z: &Tensor, _train: bool) -> Motifs {
                // [rows, 1, …]: one threshold a channel, or one for all.
                let mut shape = vec![1; z.dim() - 1];
                shape[0] = -1;
                Motifs::from((z - self.0.t.view(shape.as_slice())).relu())
            }

            fn density(&self) -> f64 {
                self.0.density
            }

            fn set_density(&mut self, density: f64) {
                self.0.set_density(density);
            }

            fn thresholds(&self) -> Option<Tensor> {
                Some(self.0.t.shallow_clone())
            }

            fn pending(&self) -> Vec<(String, Tensor)> {
                self.0.pending()
            }

            fn restore_pending(&mut self, state: &[(String, Tensor)]) {
                self.0.restore_pending(state);
            }
        }
    };
}

/// MT, the paper's method: one threshold a channel, so that every channel has density δ.
///
/// m̂ = ReLU(z − t_c), where t_c follows the (1−δ) quantile of channel c over all positions
/// of the batch. Gradients flow through z where m̂ > 0, none into t.
///
/// t starts at 0 and moves a tenth of the way a batch, so that the density is met after some tens of updates, not on the
/// first.
#[derive(Debug)]
pub struct PerChannel(RunningThresholds);

impl PerChannel {
    /// `channels` thresholds, all 0 at first, named `thresholds` under `path`.
    pub fn new(path: &Path, channels: i64, density: f64) -> Self {
        Self(RunningThresholds::new(path, channels, density))
    }
}

bottleneck_by_thresholds!(PerChannel, channel_rows);

/// ST: one threshold shared by all channels, the (1−δ) quantile over all values.
#[derive(Debug)]
pub struct Universal(RunningThresholds);

impl Universal {
    /// One threshold, 0 at first, named `thresholds` under `path`.
    pub fn new(path: &Path, density: f64) -> Self {
        Self(RunningThresholds::new(path, 1, density))
    }
}

bottleneck_by_thresholds!(Universal, |z: &Tensor| z.detach().reshape([1, -1]));
