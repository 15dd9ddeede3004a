//! ĝ, ĥ and their composition (paper section 4).
//!
//! ```text
//! x ──Proposer (ĝ)──► z ──SparsityLayer──► m̂ ──Head (ĥ)──► ŷ
//! ```
//!
//! Every layer starts as PyTorch would start it (tch's own defaults differ); see [`init`].
//!
//! Shapes: x `[B, channels, H, W]` → z and m̂ `[B, C, ⌈H/stride⌉, ⌈W/stride⌉]` → answers (a
//! sequence, a class, or a label a position; see [`Head`]).
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::config::{Source, parse};
//! use sparling::model::Sparling;
//! use tch::{Device, Kind, Tensor, nn};
//!
//! let settings = [
//!     "domain.name=digit-circle", "model.g.width=8", "model.g.units=1", "model.g.stem-kernel=2",
//!     "model.g.stem-stride=2", "model.h.width=16", "model.h.heads=2", "model.h.feed-forward=16",
//!     "model.h.encoder-layers=1", "model.h.decoder-layers=1",
//! ];
//! let sources = settings.map(Source::assignment).into_iter().collect::<anyhow::Result<Vec<_>>>()?;
//! let vs = nn::VarStore::new(Device::Cpu);
//! let mut network = Sparling::new(&vs.root(), &parse(&sources)?, [1, 40, 40], 10, 6);
//! let x = Tensor::rand([2, 1, 40, 40], (Kind::Float, Device::Cpu));
//! let map = network.motifs(&x, false).map;
//! assert_eq!(map.size(), [2, 10, 20, 20]);
//! assert_eq!(network.answer(&map)?.len(), 2); // token numbers, greedily
//! # Ok(())
//! # }
//! ```

mod attention;
mod cells;
mod convolution;
mod heads;
pub mod init;
mod position;
mod precision;
mod proposer;
mod residual;
mod rotary;
mod transformer;

pub use attention::{Attention, Mask};
pub use convolution::Order;
pub use heads::{Answers, ClassHead, Head, LabelsHead, Memory, SequenceHead};
pub use position::sinusoidal;
pub use precision::Precision;
pub use proposer::Proposer;
pub use residual::ResidualUnit;
pub use rotary::{Rotation, angles};
pub use transformer::{DecoderLayer, EncoderLayer, TransformerConfig};

use anyhow::Result;
use tch::nn::Path;
use tch::{Tensor, no_grad};

use crate::config::Config;
use crate::sparsity::{Bottleneck, Motifs, SparsityLayer};

/// Marks padding in target tensors; such positions carry no loss.
pub const IGNORE: i64 = -100;

/// What training on some samples came to.
#[derive(Debug)]
pub struct Judged {
    /// Mean cross-entropy per token, class or label, nats.
    pub entropy: Tensor,
    /// The bottleneck's penalty, if it has one.
    pub penalty: Option<Tensor>,
    /// The motif map.
    pub map: Tensor,
}

/// The whole network ĥ ∘ sparsity ∘ ĝ.
#[derive(Debug)]
pub struct Sparling {
    /// ĝ.
    pub proposer: Proposer,
    /// The bottleneck.
    pub sparsity: SparsityLayer,
    /// ĥ.
    pub head: Head,
    /// Whether ĝ and the bottleneck stay as they are in training.
    frozen: bool,
    map_shape: [i64; 3],
}

impl Sparling {
    /// Builds the network for inputs of `input_shape` = `[channels, height, width]`, outputs of
    /// `tokens` kinds of token and at most `max_len` of them, starting at density δ₀ of the
    /// configuration.
    pub fn new(path: &Path, config: &Config, input_shape: [usize; 3], tokens: i64, max_len: usize) -> Self {
        let (g, precision) = (&config.model.g, config.train.precision);
        let positions = |side: usize| (side as i64 + g.stem_stride - 1) / g.stem_stride;
        Self {
            map_shape: [g.motifs, positions(input_shape[1]), positions(input_shape[2])],
            proposer: Proposer::new(&(path / "g"), g, precision, input_shape),
            sparsity: SparsityLayer::build(
                &(path / "sparsity"),
                &config.sparsity.layer(),
                g.motifs,
                2,
                config.annealing.initial_density,
            ),
            head: Head::new(&(path / "h"), &config.model.h, precision, g.motifs, tokens, max_len),
            frozen: config.retrain.is_on(),
        }
    }

    /// The motif map of `x`.
    ///
    /// # Shapes
    /// `x`: `[B, channels, H, W]` → map `[B, C, ⌈H/stride⌉, ⌈W/stride⌉]`.
    pub fn motifs(&mut self, x: &Tensor, train: bool) -> Motifs {
        let z = self.proposer.forward_t(x, train);
        self.sparsity.forward_t(&z, train)
    }

    /// Mean cross-entropy per token (nats) plus the bottleneck's penalty, and the motif map.
    ///
    /// # Shapes
    /// `x`: `[B, channels, H, W]`; `previous`: `[B, L]` tokens shifted right behind the begin
    /// marker; `next`: `[B, L]` tokens with the end marker, padded with [`IGNORE`].
    pub fn loss(&mut self, x: &Tensor, previous: &Tensor, next: &Tensor) -> (Tensor, Tensor) {
        let z = self.propose(x);
        if !self.frozen {
            let batch = z.size();
            let part = self.sparsity.part(&z, &self.sparsity.wanted(&batch));
            self.sparsity.observe(vec![part], &batch);
        }
        let Judged { entropy, penalty, map } = self.judge(&z, previous, next);
        let loss = match penalty {
            Some(penalty) => entropy + penalty,
            None => entropy,
        };
        (loss, map)
    }

    /// The first half of training on `x`: normalised pre-activations z. The layer has yet to observe them, unless the
    /// network is [frozen](Self::is_frozen).
    pub fn propose(&self, x: &Tensor) -> Tensor {
        let z = |train| self.sparsity.normalise(&self.proposer.forward_t(x, train), train);
        if self.frozen { no_grad(|| z(false)) } else { z(true) }
    }

    /// The second half: from z to the loss.
    pub fn judge(&mut self, z: &Tensor, previous: &Tensor, next: &Tensor) -> Judged {
        let Motifs { map, penalty } = self.sparsity.apply(z, !self.frozen);
        let entropy = self.head.loss(&map, previous, next, true);
        Judged { entropy, penalty, map }
    }

    /// Shape of the motif maps of `batch` samples, `[B, C, ⌈H/stride⌉, ⌈W/stride⌉]`.
    pub fn map_shape(&self, batch: i64) -> [i64; 4] {
        let [c, h, w] = self.map_shape;
        [batch, c, h, w]
    }

    /// Whether ĝ and the layer stay as they are in training.
    pub fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// Answers to a motif map, without begin and end markers.
    ///
    /// # Shapes
    /// `map`: `[B, C, H, W]` → B sequences of at most `max_len` tokens, or classes (one token), or labels (one a position).
    ///
    /// # Errors
    /// When libtorch cannot hand the tokens over.
    pub fn answer(&self, map: &Tensor) -> Result<Vec<Vec<u32>>> {
        Ok(self.answers(map)?.tokens)
    }

    /// As [`answer`](Self::answer), with how sure labels are.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn answers(&self, map: &Tensor) -> Result<Answers> {
        self.head.answer(map)
    }
}
