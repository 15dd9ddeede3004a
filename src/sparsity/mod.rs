//! The contribution: bottlenecks that let through a chosen share of activations (paper
//! section 2) and the annealing of that share (section 3, Algorithm 1).
//!
//! For pre-activations z of shape `[B, C, H, W]` or `[B, C, L]`:
//!
//! ```text
//! z   ← BatchNorm(z)                              SparsityLayer
//! q_c ← k-th smallest of z's channel c            quantile, k = max(1, ⌊N·(1−δ)⌋)
//! t_c ← (1−μ)·t_c + μ·q_c      (training only)    PerChannel / Universal
//! m̂   ← ReLU(z − t_c)
//! ```
//!
//! Every variant implements [`Bottleneck`]; [`SparsityLayer`] puts the batch norm in front
//! of one. In a tch model of your own:
//!
//! ```
//! use sparling::sparsity::{Annealing, AnnealingSettings, Bottleneck, PerChannel, SparsityLayer};
//! use tch::{Device, Kind, Tensor, nn};
//!
//! let vs = nn::VarStore::new(Device::Cpu);
//! // Batch norm and one threshold for each of 10 channels, letting half through at first.
//! let thresholds = PerChannel::new(&(vs.root() / "motifs"), 10, 0.5);
//! let mut layer = SparsityLayer::new(&(vs.root() / "norm"), 10, 2, true, Box::new(thresholds));
//! let mut annealing = Annealing::new(AnnealingSettings::default(), 0.5);
//!
//! for step in 0..20_u64 {
//!     let z = Tensor::randn([4, 10, 16, 16], (Kind::Float, Device::Cpu)); // from your ĝ
//!     let motifs = layer.forward_t(&z, true);
//!     let _answer = motifs.map.flat_view(); // … your ĥ, a loss, a backward pass
//!     // Now and then: measure the exact-match accuracy, and anneal.
//!     let accuracy = 0.9;
//!     annealing.observe((step + 1) * 20_000, accuracy);
//!     layer.set_density(annealing.density());
//! }
//! let z = Tensor::randn([64, 10, 16, 16], (Kind::Float, Device::Cpu));
//! let open = layer.forward_t(&z, false).map.gt(0.0).to_kind(Kind::Float).mean(Kind::Float);
//! // T starts at 1 and falls by 0.002 a check, so 0.9 does not exceed it: δ is still 0.5.
//! assert_eq!(annealing.density(), 0.5);
//! assert!((open.double_value(&[]) - 0.5).abs() < 0.2);
//! ```

mod annealing;
mod layer;
mod noise;
mod pass_through;
mod penalised;
mod quantile;
mod select;
mod thresholds;

pub use annealing::{Annealing, AnnealingSettings, AnnealingState};
pub use layer::SparsityLayer;
pub use noise::Noise;
pub use pass_through::PassThrough;
pub use penalised::{Kl, L1};
pub use quantile::{kth_smallest, rank};
pub use thresholds::{PerChannel, Universal};

use std::fmt::Debug;

use tch::Tensor;

/// What a bottleneck lets through.
#[derive(Debug)]
pub struct Motifs {
    /// The motif map m̂, of the input's shape.
    pub map: Tensor,
    /// A scalar to add to the training loss (L1 and KL), differentiable.
    pub penalty: Option<Tensor>,
}

impl From<Tensor> for Motifs {
    fn from(map: Tensor) -> Self {
        Self { map, penalty: None }
    }
}

/// What a layer's running state has to see of each part of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Nothing: there is no running state.
    Nothing,
    /// So many of the largest values of each row (a channel, or everything).
    Largest(i64),
    /// Every value.
    All,
}

/// A layer between ĝ and ĥ that limits how much passes.
///
/// Inputs are `[B, C, L]` or `[B, C, H, W]`; the motif map has the same shape. Learned and
/// running tensors live in the `VarStore` the layer was built in, and are saved with it.
pub trait Bottleneck: Debug + Send {
    /// Applies the layer; `train` lets running state (thresholds) move.
    fn forward_t(&mut self, z: &Tensor, train: bool) -> Motifs {
        if train {
            let batch = z.size();
            let parts = self.part(z, self.wanted(&batch)).into_iter().collect();
            self.observe(parts, &batch);
        }
        self.apply(z, train)
    }

    /// What [`observe`](Self::observe) will have to see of each part of a batch of shape `batch`.
    fn wanted(&self, _batch: &[i64]) -> Wanted {
        Wanted::Nothing
    }

    /// That of z, some samples of the batch. Does not look at the running state, so that any copy of the layer can
    /// give it.
    fn part(&self, _z: &Tensor, _wanted: Wanted) -> Option<Tensor> {
        None
    }

    /// Moves the running state by a batch of shape `batch`, of which each [`part`](Self::part) was
    /// taken. The outcome is that of the whole batch at once.
    fn observe(&mut self, _parts: Vec<Tensor>, _batch: &[i64]) {}

    /// Applies the layer and leaves its running state.
    fn apply(&mut self, z: &Tensor, train: bool) -> Motifs;

    /// Target density δ: the share of activations let through.
    fn density(&self) -> f64;

    /// Sets δ, a fraction in (0, 1].
    fn set_density(&mut self, density: f64);

    /// Running thresholds t, shape `[C]` or `[1]`; `None` for variants without.
    fn thresholds(&self) -> Option<&Tensor> {
        None
    }

    /// State outside the `VarStore` that an exact resume needs, by name.
    fn pending(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }

    /// Takes back what [`pending`](Self::pending) gave.
    fn restore_pending(&mut self, _state: &[(String, Tensor)]) {}
}
