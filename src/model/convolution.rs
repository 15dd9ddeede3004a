//! Convolutions of ĝ, and how the maps between them lie in memory.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::init;

/// How the values of a map `[B, C, H, W]` lie in memory. What is computed from a map keeps its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The positions of a channel side by side (NCHW).
    ChannelsFirst,
    /// The channels of a position side by side (NHWC).
    ChannelsLast,
}

/// From this width on channels lie first. Forward and backward of three units took 0.79 to 0.93 of the time with channels
/// last at widths 16 to 48, and 1.1 times at 64 (docs/performance.md).
const WIDE: i64 = 64;

impl Order {
    /// The quicker one for maps of `width` channels. It depends on the model alone, so that every machine rounds alike.
    pub fn for_width(width: i64) -> Self {
        if width < WIDE { Self::ChannelsLast } else { Self::ChannelsFirst }
    }

    /// The same values in this order.
    pub(super) fn of(self, x: Tensor) -> Tensor {
        match self {
            Self::ChannelsFirst => x,
            Self::ChannelsLast => x.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]),
        }
    }
}

/// A convolution in steps of one that keeps positions, named and initialised as `torch.nn.Conv2d`.
///
/// With channels last a 1×1 convolution is a linear layer over the rows `[B·H·W, C]`, which costs one matrix product and
/// no copy; libtorch's own takes a slower way over small batches on one thread.
#[derive(Debug)]
pub(super) struct Convolution {
    inner: nn::Conv2D,
    linear: bool,
}

impl Convolution {
    /// From `inputs` to `outputs` channels with an odd kernel of these sides: rows, then columns. Inputs lie in `order`.
    pub(super) fn new(path: &Path, inputs: i64, outputs: i64, kernel: [i64; 2], order: Order) -> Self {
        let padding = kernel.map(|side| side / 2);
        Self {
            inner: init::conv2d(path, inputs, outputs, kernel, [1, 1], padding),
            linear: kernel == [1, 1] && order == Order::ChannelsLast,
        }
    }
}

impl Module for Convolution {
    /// `[B, inputs, H, W]` → `[B, outputs, H, W]`, in the same order.
    fn forward(&self, x: &Tensor) -> Tensor {
        if self.linear {
            let rows = x.permute([0, 2, 3, 1]);
            rows.linear(&self.inner.ws.flatten(1, 3), self.inner.bs.as_ref()).permute([0, 3, 1, 2])
        } else {
            self.inner.forward(x)
        }
    }
}
