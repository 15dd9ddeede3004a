//! In which numbers the products of the networks are taken: the one place that casts.
//!
//! ```text
//! fp32: everything in single precision
//! bf16: weights and inputs of a product ──cast──► bfloat16 ──product, summed in fp32──► bfloat16
//! ```
//!
//! In bf16 the convolutions of ĝ and of ĥ over labels, ĥ's linear layers and the products of attention are taken in
//! bfloat16, by the same casts on a CPU and on a GPU. Weights, running statistics, Adam's moments, batch and layer norms,
//! the sparsity layer, softmax, sums along residual branches, the row LSTM, ĥ's last linear layer and the loss stay in
//! fp32. (libtorch's norms, and a sum with a tensor in fp32, compute in fp32 whatever they are given.) Gradients come back
//! through the same casts and are fp32 at the weights.

use tch::nn::{self, Module};
use tch::{Kind, Tensor};

pub use crate::config::Precision;

impl Precision {
    /// `x` as products take it; the same tensor where it is so already.
    pub(super) fn of(self, x: &Tensor) -> Tensor {
        match self {
            Self::Fp32 => x.shallow_clone(),
            Self::Bf16 => x.to_kind(Kind::BFloat16),
        }
    }

    /// A product in fp32; the same tensor where it is so already.
    pub(super) fn back(self, x: Tensor) -> Tensor {
        match self {
            Self::Fp32 => x,
            Self::Bf16 => x.to_kind(Kind::Float),
        }
    }

    /// `x`·`weight`ᵀ + `bias`, `[…, n]` by `[m, n]` → `[…, m]`, in this precision.
    pub(super) fn linear(self, x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        let bias = bias.map(|bias| self.of(bias));
        self.of(x).linear(&self.of(weight), bias.as_ref())
    }
}

/// A linear layer in a precision, in which its result is too.
#[derive(Debug)]
pub(super) struct Linear {
    pub(super) inner: nn::Linear,
    precision: Precision,
}

impl Linear {
    /// `inner` in `precision`.
    pub(super) fn new(inner: nn::Linear, precision: Precision) -> Self {
        Self { inner, precision }
    }
}

impl Module for Linear {
    /// `[…, inputs]` → `[…, outputs]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        self.precision.linear(x, &self.inner.ws, self.inner.bs.as_ref())
    }
}
