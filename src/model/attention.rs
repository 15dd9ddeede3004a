//! Multi-head attention over libtorch's fused kernel.

use tch::nn::{Module, Path};
use tch::{Kind, Tensor};

use super::precision::{Linear, Precision};
use super::{Rotation, TransformerConfig, init};

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
    query: Linear,
    key_value: Linear,
    output: Linear,
    heads: i64,
    dropout: f64,
    precision: Precision,
}

impl Attention {
    /// Attention of these sizes, with products in the precision that they name.
    pub fn new(path: &Path, config: &TransformerConfig) -> Self {
        let TransformerConfig { width, heads, dropout, precision, .. } = *config;
        let projection = |name: &str, outputs: i64| {
            Linear::new(init::projection(&(path / name), width, outputs, 3 * width), precision)
        };
        Self {
            query: projection("query", width),
            key_value: projection("key_value", 2 * width),
            output: Linear::new(init::output_projection(&(path / "output"), width), precision),
            heads,
            dropout,
            precision,
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
        let (query, key_value) = (&self.query.inner, &self.key_value.inner);
        let weight = Tensor::cat(&[&query.ws, &key_value.ws], 0);
        let bias = match (&query.bs, &key_value.bs) {
            (Some(query), Some(key_value)) => Some(Tensor::cat(&[query, key_value], 0)),
            _ => None,
        };
        let qkv = self.precision.linear(x, &weight, bias.as_ref());
        let qkv = qkv.view([b, l, 3, self.heads, d / self.heads]);
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
        // Rotation is in fp32.
        let (q, k, v) = (self.precision.of(q), self.precision.of(&kv.0), &kv.1);
        let attended = if self.precision == Precision::Bf16 && (bias.is_some() || dropout > 0.0) {
            weighed(&q, &k, v, mask, dropout)
        } else {
            Tensor::scaled_dot_product_attention::<&Tensor>(&q, &k, v, bias, dropout, causal, None, false)
        };
        self.output.forward(&attended.transpose(1, 2).reshape([b, l, d]))
    }
}

/// Attention with both products in the kind of its tensors, and mask and softmax in fp32. libtorch's own takes the
/// products in fp32 too where it does not fuse them: with dropout, and where a mask has a gradient.
fn weighed(q: &Tensor, k: &Tensor, v: &Tensor, mask: Mask<'_>, dropout: f64) -> Tensor {
    let size = q.size();
    let logits = q.matmul(&k.transpose(2, 3)).to_kind(Kind::Float) / (size[3] as f64).sqrt();
    let logits = match mask {
        Mask::None => logits,
        Mask::Bias(bias) => logits + bias,
        Mask::Causal => {
            let later = Tensor::ones([size[2], k.size()[2]], (Kind::Bool, q.device())).triu(1);
            logits.masked_fill(&later, f64::NEG_INFINITY)
        }
    };
    let weights = logits.softmax(3, Kind::Float);
    let weights = if dropout > 0.0 { weights.dropout(dropout, true) } else { weights };
    weights.to_kind(v.kind()).matmul(v)
}

fn shape3(x: &Tensor) -> (i64, i64, i64) {
    let size = x.size();
    (size[0], size[1], size[2])
}
