//! ĝ, ĥ and their composition (paper section 4).
//!
//! ```text
//! x ──Proposer (ĝ)──► z ──SparsityLayer──► m̂ ──Head (ĥ)──► ŷ
//! ```
//!
//! Every layer starts as PyTorch would start it (tch's own defaults differ); see [`init`].

mod attention;
mod cells;
mod head;
pub mod init;
mod position;
mod proposer;
mod residual;
mod rotary;
mod transformer;

pub use attention::{Attention, Mask};
pub use head::{Head, Memory};
pub use position::sinusoidal;
pub use proposer::Proposer;
pub use residual::ResidualUnit;
pub use rotary::{Rotation, angles};
pub use transformer::{DecoderLayer, EncoderLayer, TransformerConfig};

use tch::nn::Path;
use tch::{Kind, Reduction, Tensor, no_grad};

use crate::config::Config;
use crate::sparsity::{Bottleneck, Motifs, SparsityLayer};

/// Marks padding in target tensors; such positions carry no loss.
pub const IGNORE: i64 = -100;

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
}

impl Sparling {
    /// Builds the network for inputs of `input_shape` = `[channels, height, width]`, outputs of
    /// `tokens` kinds of token and at most `max_len` of them, starting at density δ₀ of the
    /// configuration.
    pub fn new(path: &Path, config: &Config, input_shape: [usize; 3], tokens: i64, max_len: usize) -> Self {
        let g = &config.model.g;
        Self {
            proposer: Proposer::new(&(path / "g"), g, input_shape),
            sparsity: SparsityLayer::from_config(
                &(path / "sparsity"),
                &config.sparsity,
                g.motifs,
                2,
                config.annealing.initial_density,
            ),
            head: Head::new(&(path / "h"), &config.model.h, g.motifs, tokens, max_len),
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
        let motifs = if self.frozen { no_grad(|| self.motifs(x, false)) } else { self.motifs(x, true) };
        let memory = self.head.encode(&motifs.map, true);
        let logits = self.head.logits(&memory, previous, true);
        let loss = logits.flatten(0, 1).to_kind(Kind::Float).cross_entropy_loss::<Tensor>(
            &next.flatten(0, 1),
            None,
            Reduction::Mean,
            IGNORE,
            0.0,
        );
        let loss = match motifs.penalty {
            Some(penalty) => loss + penalty,
            None => loss,
        };
        (loss, motifs.map)
    }

    /// Greedy answers to a motif map, without begin and end markers.
    ///
    /// # Shapes
    /// `map`: `[B, C, H, W]` → B sequences of at most `max_len` tokens.
    pub fn answer(&self, map: &Tensor) -> Vec<Vec<u32>> {
        let memory = self.head.encode(map, false);
        self.head.decode_greedy(&memory)
    }
}
