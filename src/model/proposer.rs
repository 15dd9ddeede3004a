//! ĝ: the local network that proposes motif activations (paper section 4).

use tch::Tensor;
use tch::nn::{ModuleT, Path};

use super::convolution::{Convolution, Order};
use super::{Precision, ResidualUnit};
use crate::config::ProposerConfig;

/// Stem convolution → n residual units → 1×1 convolution to C motif channels.
///
/// The paper's stem is a 1×1 convolution at stride 1. A larger stem with a stride makes one
/// map position out of stride × stride pixels and is what the laptop scale uses. Over a
/// series (height 1) every kernel and stride runs along time alone.
#[derive(Debug)]
pub struct Proposer {
    stem: Convolution,
    kernel: [i64; 2],
    stride: [i64; 2],
    units: Vec<ResidualUnit>,
    motifs: Convolution,
    order: Order,
    precision: Precision,
}

impl Proposer {
    /// ĝ for inputs of `shape` = `[channels, height, width]`, with convolutions in `precision`; height 1 makes a series.
    pub fn new(path: &Path, config: &ProposerConfig, precision: Precision, shape: [usize; 3]) -> Self {
        let (channels, series, width) = (shape[0] as i64, shape[1] == 1, config.width);
        let sides = |side: i64| if series { [1, side] } else { [side, side] };
        let order = Order::for_width(width);
        let (kernel, stride) = (sides(config.stem_kernel), sides(config.stem_stride));
        Self {
            stem: Convolution::strided(&(path / "stem"), channels, width, kernel, stride, precision),
            kernel,
            stride,
            units: (0..config.units)
                .map(|i| {
                    let path = path / "unit" / i;
                    ResidualUnit::new(&path, width, config.unit_kernels, series, order, precision)
                })
                .collect(),
            motifs: Convolution::new(&(path / "motifs"), width, config.motifs, [1, 1], order, precision),
            order,
            precision,
        }
    }

    /// `[B, channels, H, W]` → `[B, C, ⌈H/stride⌉, ⌈W/stride⌉]`.
    pub fn forward_t(&self, x: &Tensor, train: bool) -> Tensor {
        let size = x.size();
        let (top, bottom) = self.padding(0, size[2]);
        let (left, right) = self.padding(1, size[3]);
        let x = if top + bottom + left + right == 0 {
            x.shallow_clone()
        } else {
            x.constant_pad_nd([left, right, top, bottom])
        };
        let stem = self.precision.back(self.order.of(x.apply(&self.stem)));
        let x = self.units.iter().fold(stem, |x, unit| unit.forward_t(&x, train));
        // What comes after works channel by channel.
        self.precision.back(x.apply(&self.motifs)).contiguous()
    }

    /// Padding before and after the rows (axis 0) or columns (axis 1), of which there are `length`.
    fn padding(&self, axis: usize, length: i64) -> (i64, i64) {
        let (kernel, stride) = (self.kernel[axis], self.stride[axis]);
        let positions = (length + stride - 1) / stride;
        let total = ((positions - 1) * stride + kernel - length).max(0);
        (total / 2, total - total / 2)
    }
}
