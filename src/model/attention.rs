//! Multi-head attention over libtorch's fused kernel.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::{Rotation, init};

/// Which keys a query sees.
#[derive(Clone, Copy, Debug)]
pub enum Mask<'a> {
    /// All alike.
    None,
    /// Those up to its own place.
    Causal,
    /// All, with this added to their logits, `[B, 1, 1, S]`; −∞ hides a key.
    Bias(&'a Tensor),
}

impl<'a> From<Option<&'a Tensor>> for Mask<'a> {
    fn from(bias: Option<&'a Tensor>) -> Self {
        bias.map_or(Mask::None, Mask::Bias)
    }
}

/// Multi-head scaled dot-product attention, initialised as `torch.nn.MultiheadAttention`.
#[derive(Debug)]
pub struct Attention {
    query: nn::Linear,
    key_value: nn::Linear,
    output: nn::Linear,
    heads: i64,
    dropout: f64,
}

impl Attention {
    /// Attention of model width `width` in `heads` heads.
    pub fn new(path: &Path, width: i64, heads: i64, dropout: f64) -> Self {
        Self {
            query: init::projection(&(path / "query"), width, width, 3 * width),
            key_value: init::projection(&(path / "key_value"), width, 2 * width, 3 * width),
            output: init::output_projection(&(path / "output"), width),
            heads,
            dropout,
        }
    }

    /// Keys and values of `memory`, `[B, S, d]` → two `[B, heads, S, d/heads]`. Computed
    /// once where many queries follow (decoding).
    pub fn keys_values(&self, memory: &Tensor) -> (Tensor, Tensor) {
        let (b, s, d) = shape3(memory);
        let kv = self.key_value.forward(memory).view([b, s, 2, self.heads, d / self.heads]);
        (kv.select(2, 0).transpose(1, 2), kv.select(2, 1).transpose(1, 2))
    }

    /// `x`: `[B, L, d]` attends over keys and values.
    pub fn forward_t(&self, x: &Tensor, kv: &(Tensor, Tensor), mask: Mask<'_>, train: bool) -> Tensor {
        self.attend(x, &self.queries(x), kv, mask, train)
    }

    /// `x`: `[B, K, d]` attends over itself; with `rotation` by relative position.
    pub fn forward_self(
        &self,
        x: &Tensor,
        rotation: Option<&Rotation>,
        mask: Mask<'_>,
        train: bool,
    ) -> Tensor {
        let (q, k, v) = self.queries_keys_values(x);
        match rotation {
            Some(rotation) => self.attend(x, &rotation.apply(&q), &(rotation.apply(&k), v), mask, train),
            None => self.attend(x, &q, &(k, v), mask, train),
        }
    }

    /// `x`: `[B, 1, d]`, the next position of a sequence, attends over those before it and itself; `before` holds
    /// their keys and values and takes its own.
    pub(super) fn forward_next(&self, x: &Tensor, before: &mut Option<(Tensor, Tensor)>) -> Tensor {
        let (k, v) = self.keys_values(x);
        let kv = match before.take() {
            Some((keys, values)) => (Tensor::cat(&[keys, k], 2), Tensor::cat(&[values, v], 2)),
            None => (k, v),
        };
        let attended = self.attend(x, &self.queries(x), &kv, Mask::None, false);
        *before = Some(kv);
        attended
    }

    /// All three projections of `x`, `[B, L, d]`, in one matrix product → three `[B, heads, L, d/heads]`.
    fn queries_keys_values(&self, x: &Tensor) -> (Tensor, Tensor, Tensor) {
        let (b, l, d) = shape3(x);
        let weight = Tensor::cat(&[&self.query.ws, &self.key_value.ws], 0);
        let bias = match (&self.query.bs, &self.key_value.bs) {
            (Some(query), Some(key_value)) => Some(Tensor::cat(&[query, key_value], 0)),
            _ => None,
        };
        let qkv = x.linear(&weight, bias.as_ref()).view([b, l, 3, self.heads, d / self.heads]);
        let take = |i| qkv.select(2, i).transpose(1, 2);
        (take(0), take(1), take(2))
    }

    fn queries(&self, x: &Tensor) -> Tensor {
        let (b, l, d) = shape3(x);
        self.query.forward(x).view([b, l, self.heads, d / self.heads]).transpose(1, 2)
    }

    fn attend(&self, x: &Tensor, q: &Tensor, kv: &(Tensor, Tensor), mask: Mask<'_>, train: bool) -> Tensor {
        let (b, l, d) = shape3(x);
        let dropout = if train { self.dropout } else { 0.0 };
        let (bias, causal) = match mask {
            Mask::None => (None, false),
            Mask::Causal => (None, true),
            Mask::Bias(bias) => (Some(bias), false),
        };
        let attended = Tensor::scaled_dot_product_attention::<&Tensor>(
            q, &kv.0, &kv.1, bias, dropout, causal, None, false,
        );
        self.output.forward(&attended.transpose(1, 2).reshape([b, l, d]))
    }
}

fn shape3(x: &Tensor) -> (i64, i64, i64) {
    let size = x.size();
    (size[0], size[1], size[2])
}
