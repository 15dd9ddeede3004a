//! Convolutions, and how the maps between those of ĝ lie in memory.

use tch::Tensor;
use tch::nn::{self, Module, Path};

use super::{Precision, init};

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

/// A convolution in a precision, in which its result is too; named and initialised as `torch.nn.Conv2d`.
///
/// With channels last a 1×1 convolution is a linear layer over the rows `[B·H·W, C]`, which costs one matrix product and
/// no copy; libtorch's own takes a slower way over small batches on one thread.
#[derive(Debug)]
pub(super) struct Convolution {
    inner: nn::Conv2D,
    stride: [i64; 2],
    padding: [i64; 2],
    dilation: [i64; 2],
    linear: bool,
    precision: Precision,
}

impl Convolution {
    /// From `inputs` to `outputs` channels in steps of one that keep positions, with an odd kernel of these sides: rows,
    /// then columns. Inputs lie in `order`.
    pub(super) fn new(
        path: &Path,
        inputs: i64,
        outputs: i64,
        kernel: [i64; 2],
        order: Order,
        precision: Precision,
    ) -> Self {
        let padding = kernel.map(|side| side / 2);
        Self {
            inner: init::conv2d(path, inputs, outputs, kernel, [1, 1], padding),
            stride: [1, 1],
            padding,
            dilation: [1, 1],
            linear: kernel == [1, 1] && order == Order::ChannelsLast,
            precision,
        }
    }

    /// In steps of `stride`, without padding.
    pub(super) fn strided(
        path: &Path,
        inputs: i64,
        outputs: i64,
        kernel: [i64; 2],
        stride: [i64; 2],
        precision: Precision,
    ) -> Self {
        Self {
            inner: init::conv2d(path, inputs, outputs, kernel, stride, [0, 0]),
            stride,
            padding: [0, 0],
            dilation: [1, 1],
            linear: false,
            precision,
        }
    }

    /// Along a series, with taps `dilation` positions apart; see [`init::dilated`].
    pub(super) fn dilated(path: &Path, width: i64, kernel: i64, dilation: i64, precision: Precision) -> Self {
        Self {
            inner: init::dilated(path, width, width, kernel, dilation),
            stride: [1, 1],
            padding: [0, dilation * (kernel / 2)],
            dilation: [1, dilation],
            linear: false,
            precision,
        }
    }
}

impl Module for Convolution {
    /// `[B, inputs, H, W]` → `[B, outputs, H', W']`, in the same order.
    fn forward(&self, x: &Tensor) -> Tensor {
        let (weight, bias, precision) = (&self.inner.ws, self.inner.bs.as_ref(), self.precision);
        if self.linear {
            let rows = x.permute([0, 2, 3, 1]);
            return precision.linear(&rows, &weight.flatten(1, 3), bias).permute([0, 3, 1, 2]);
        }
        let bias = bias.map(|bias| precision.of(bias));
        let (x, weight) = (precision.of(x), precision.of(weight));
        x.conv2d(&weight, bias.as_ref(), self.stride, self.padding, self.dilation, 1)
    }
}
