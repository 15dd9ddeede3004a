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
mod settings;
mod side_by_side;
mod thresholds;

pub use annealing::{Annealing, AnnealingSettings, AnnealingState};
pub use layer::SparsityLayer;
pub use noise::Noise;
pub use pass_through::PassThrough;
pub use penalised::{Kl, L1};
pub use quantile::{kth_smallest, rank};
pub use settings::{LayerSettings, Variant};
pub use side_by_side::SideBySide;
pub use thresholds::{Accumulation, PerChannel, Universal};

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
    /// So many of the largest values of each row (a channel, or everything).
    Largest(i64),
    /// Every value.
    All,
}

/// A layer between ĝ and ĥ that limits how much passes.
///
/// Inputs are `[B, C, L]` or `[B, C, H, W]`; the motif map has the same shape.
///
/// # What is saved where
/// Learned and running tensors (the batch norm's, the thresholds t) live in the `VarStore` that the layer was built in,
/// and are saved with it. **Three things are not in it:** the density δ ([`density`](Self::density)), the state of the
/// [`Annealing`] ([`Annealing::state`]), and batches that were collected and have not moved the thresholds yet
/// ([`pending`](Self::pending); empty where nothing accumulates). Who evaluates a saved model needs none of them: the
/// thresholds are frozen then. Who trains on needs δ and the annealing's state, and for the same bits as an unbroken
/// training `pending` too.
///
/// # A batch in parts
/// [`forward_t`](Self::forward_t) takes a whole batch. Where several threads or devices hold a part of it each, every
/// part is [normalised](Self::normalise) and gives what the running state [wants](Self::wanted) of it
/// ([`part`](Self::part)); one layer [observes](Self::observe) all of them together, and each is then
/// [applied](Self::apply).
pub trait Bottleneck: Debug + Send {
    /// Applies the layer; `train` lets running state (thresholds, statistics of a batch norm) move.
    fn forward_t(&mut self, z: &Tensor, train: bool) -> Motifs {
        let z = self.normalise(z, train);
        if train {
            let batch = z.size();
            let part = self.part(&z, &self.wanted(&batch));
            self.observe(vec![part], &batch);
        }
        self.apply(&z, train)
    }

    /// The batch norm over the samples given; z itself where there is none.
    fn normalise(&self, z: &Tensor, _train: bool) -> Tensor {
        z.shallow_clone()
    }

    /// How many running states there are, each of which sees a tensor of its own of every part: 0 or 1, or one a group.
    fn states(&self) -> usize {
        0
    }

    /// What [`observe`](Self::observe) will have to see of each part of a batch of shape `batch`, a running state each.
    fn wanted(&self, _batch: &[i64]) -> Vec<Wanted> {
        Vec::new()
    }

    /// That of z (normalised), some samples of the batch: a tensor `[rows, values]` for each entry of `wanted`. Does
    /// not look at the running state, so that any copy of the layer can give it.
    fn part(&self, _z: &Tensor, _wanted: &[Wanted]) -> Vec<Tensor> {
        Vec::new()
    }

    /// Moves the running state by a batch of shape `batch`, of which each entry of `parts` was
    /// [taken](Self::part). The outcome is that of the whole batch at once.
    fn observe(&mut self, _parts: Vec<Vec<Tensor>>, _batch: &[i64]) {}

    /// Applies the layer behind the batch norm and leaves its running state.
    fn apply(&mut self, z: &Tensor, train: bool) -> Motifs;

    /// Target density δ: the share of activations let through.
    fn density(&self) -> f64;

    /// Sets δ, a fraction in (0, 1].
    fn set_density(&mut self, density: f64);

    /// Running thresholds t, shape `[C]` or `[1]`; `None` for variants without. The tensor is the layer's own, not a copy.
    fn thresholds(&self) -> Option<Tensor> {
        None
    }

    /// State outside the `VarStore` that an exact resume needs, by name.
    fn pending(&self) -> Vec<(String, Tensor)> {
        Vec::new()
    }

    /// Takes back what [`pending`](Self::pending) gave.
    fn restore_pending(&mut self, _state: &[(String, Tensor)]) {}
}
