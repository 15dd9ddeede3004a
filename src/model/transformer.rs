//! Transformer encoder and decoder layers (post-norm as in the paper, or pre-norm).

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::precision::Linear;
use super::{Attention, Mask, Precision, Rotation, init};
use crate::config::{HeadConfig, NormPlacement};

/// Sizes shared by all layers of a transformer.
#[derive(Clone, Copy, Debug)]
pub struct TransformerConfig {
    /// Model width d.
    pub width: i64,
    /// Attention heads.
    pub heads: i64,
    /// Width of the feed-forward layer.
    pub feed_forward: i64,
    /// Dropout probability, applied to attention, inside the feed-forward and to each branch.
    pub dropout: f64,
    /// Where to normalise.
    pub norm: NormPlacement,
    /// In which numbers products are taken.
    pub precision: Precision,
}

impl TransformerConfig {
    /// The sizes that ĥ asks for.
    pub(super) fn of(config: &HeadConfig, precision: Precision) -> Self {
        let HeadConfig { width, heads, feed_forward, dropout, norm, .. } = *config;
        Self { width, heads, feed_forward, dropout, norm, precision }
    }
}

/// A residual branch with its layer norm: post: LN(x + f(x)); pre: x + f(LN(x)).
#[derive(Debug)]
struct Branch {
    norm: nn::LayerNorm,
    placement: NormPlacement,
    dropout: f64,
}

impl Branch {
    fn new(path: &Path, config: &TransformerConfig) -> Self {
        Self { norm: init::layer_norm(path, config.width), placement: config.norm, dropout: config.dropout }
    }

    fn apply(&self, x: &Tensor, train: bool, f: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        match self.placement {
            NormPlacement::Post => self.norm.forward(&(x + dropout(f(x), self.dropout, train))),
            NormPlacement::Pre => x + dropout(f(&self.norm.forward(x)), self.dropout, train),
        }
    }
}

fn dropout(x: Tensor, probability: f64, train: bool) -> Tensor {
    if train && probability > 0.0 { x.dropout(probability, true) } else { x }
}

#[derive(Debug)]
struct FeedForward {
    up: Linear,
    down: Linear,
    dropout: f64,
}

impl FeedForward {
    fn new(path: &Path, config: &TransformerConfig) -> Self {
        let linear = |name: &str, inputs: i64, outputs: i64| {
            Linear::new(init::linear(&(path / name), inputs, outputs), config.precision)
        };
        Self {
            up: linear("up", config.width, config.feed_forward),
            down: linear("down", config.feed_forward, config.width),
            dropout: config.dropout,
        }
    }

    fn forward_t(&self, x: &Tensor, train: bool) -> Tensor {
        self.down.forward(&dropout(self.up.forward(x).relu_(), self.dropout, train))
    }
}

/// Self-attention, then a feed-forward layer.
#[derive(Debug)]
pub struct EncoderLayer {
    attention: Attention,
    branch1: Branch,
    feed_forward: FeedForward,
    branch2: Branch,
}

impl EncoderLayer {
    /// One encoder layer.
    pub fn new(path: &Path, config: &TransformerConfig) -> Self {
        Self {
            attention: Attention::new(&(path / "attention"), config),
            branch1: Branch::new(&(path / "norm1"), config),
            feed_forward: FeedForward::new(&(path / "feed_forward"), config),
            branch2: Branch::new(&(path / "norm2"), config),
        }
    }

    /// `[B, S, d]` → the same; see [`Attention::forward_self`].
    pub fn forward_t(&self, x: &Tensor, rotation: Option<&Rotation>, mask: Mask<'_>, train: bool) -> Tensor {
        let x = self.branch1.apply(x, train, |x| self.attention.forward_self(x, rotation, mask, train));
        self.branch2.apply(&x, train, |x| self.feed_forward.forward_t(x, train))
    }
}

/// Causal self-attention, attention over the memory, then a feed-forward layer.
#[derive(Debug)]
pub struct DecoderLayer {
    own: Attention,
    branch1: Branch,
    cross: Attention,
    branch2: Branch,
    feed_forward: FeedForward,
    branch3: Branch,
}

impl DecoderLayer {
    /// One decoder layer.
    pub fn new(path: &Path, config: &TransformerConfig) -> Self {
        Self {
            own: Attention::new(&(path / "self_attention"), config),
            branch1: Branch::new(&(path / "norm1"), config),
            cross: Attention::new(&(path / "cross_attention"), config),
            branch2: Branch::new(&(path / "norm2"), config),
            feed_forward: FeedForward::new(&(path / "feed_forward"), config),
            branch3: Branch::new(&(path / "norm3"), config),
        }
    }

    /// Keys and values of the encoder's output for [`forward_t`](Self::forward_t).
    pub fn keys_values(&self, memory: &Tensor) -> (Tensor, Tensor) {
        self.cross.keys_values(memory)
    }

    /// `x`: `[B, L, d]` → the same; `mask` is that of the memory.
    pub fn forward_t(&self, x: &Tensor, memory: &(Tensor, Tensor), mask: Mask<'_>, train: bool) -> Tensor {
        let x = self.branch1.apply(x, train, |x| self.own.forward_self(x, None, Mask::Causal, train));
        let x = self.branch2.apply(&x, train, |x| self.cross.forward_t(x, memory, mask, train));
        self.branch3.apply(&x, train, |x| self.feed_forward.forward_t(x, train))
    }

    /// The next position alone, `x`: `[B, 1, d]` → the same, without dropout; `before` holds the keys and values of the
    /// earlier ones and takes its own.
    pub(super) fn forward_next(
        &self,
        x: &Tensor,
        before: &mut Option<(Tensor, Tensor)>,
        memory: &(Tensor, Tensor),
        mask: Mask<'_>,
    ) -> Tensor {
        let x = self.branch1.apply(x, false, |x| self.own.forward_next(x, before));
        let x = self.branch2.apply(&x, false, |x| self.cross.forward_t(x, memory, mask, false));
        self.branch3.apply(&x, false, |x| self.feed_forward.forward_t(x, false))
    }
}
