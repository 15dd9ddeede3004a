//! ĥ that labels every position of a series: dilated residual convolutions after SpliceAI (Jaganathan et al., Cell 176,
//! 2019, figure 1 and supplement). Ours: the paper's outputs are sequences.

use anyhow::{Context as _, Result};
use tch::nn::{self, Module as _, ModuleT as _, Path};
use tch::{Device, Kind, Tensor};

use super::{Answers, rows};
use crate::config::HeadConfig;
use crate::model::convolution::{Convolution, Order};
use crate::model::{Precision, init};

/// 1×1 convolution C→d → residual units, each of two dilated convolutions → 1×1 convolution to labels.
///
/// A unit is x + conv(ReLU(BN(conv(ReLU(BN(x)))))) with `model.h.kernel` wide kernels, dilated by its entry of
/// `model.h.dilations`. With one unit a dilation, a position is answered from the
/// 1 + 2·(kernel − 1)·Σ dilations positions around it. Departs from SpliceAI: no skip connections beside the units.
#[derive(Debug)]
pub struct LabelsHead {
    embed: Convolution,
    units: Vec<DilatedUnit>,
    norm: nn::BatchNorm,
    output: nn::Conv2D,
    knee: f64,
    dropout: f64,
    precision: Precision,
}

/// A residual unit of two dilated convolutions along a series.
#[derive(Debug)]
struct DilatedUnit {
    norm1: nn::BatchNorm,
    conv1: Convolution,
    norm2: nn::BatchNorm,
    conv2: Convolution,
    precision: Precision,
}

impl DilatedUnit {
    fn new(path: &Path, width: i64, kernel: i64, dilation: i64, precision: Precision) -> Self {
        let conv = |name: &str| Convolution::dilated(&(path / name), width, kernel, dilation, precision);
        Self {
            norm1: init::batch_norm2d(&(path / "norm1"), width),
            conv1: conv("conv1"),
            norm2: init::batch_norm2d(&(path / "norm2"), width),
            conv2: conv("conv2"),
            precision,
        }
    }

    fn forward_t(&self, x: &Tensor, train: bool) -> Tensor {
        let open = |x: &Tensor, norm| self.precision.of(&x.apply_t(norm, train)).relu_();
        let inner = open(x, &self.norm1).apply(&self.conv1);
        x + open(&inner, &self.norm2).apply(&self.conv2)
    }
}

impl LabelsHead {
    /// ĥ over `motifs` channels with `labels` kinds of label, the first of which is the common one.
    pub fn new(path: &Path, config: &HeadConfig, precision: Precision, motifs: i64, labels: i64) -> Self {
        let d = config.width;
        let unit =
            |(i, &dilation)| DilatedUnit::new(&(path / "unit" / i), d, config.kernel, dilation, precision);
        Self {
            embed: Convolution::new(&(path / "embed"), motifs, d, [1, 1], Order::ChannelsFirst, precision),
            units: (0_i64..).zip(&config.dilations).map(unit).collect(),
            norm: init::batch_norm2d(&(path / "output_norm"), d),
            output: init::conv2d(&(path / "output"), d, labels, [1, 1], [1, 1], [0, 0]),
            knee: config.motif_knee,
            dropout: config.dropout,
            precision,
        }
    }

    /// `[B, C, 1, L]` → logits `[B, labels, L]`.
    pub fn logits(&self, map: &Tensor, train: bool) -> Tensor {
        let map =
            if self.knee > 0.0 { map.sign() * (map.abs() / self.knee).log1p() } else { map.shallow_clone() };
        let x = self
            .units
            .iter()
            .fold(self.precision.back(map.apply(&self.embed)), |x, unit| unit.forward_t(&x, train));
        let x = self.norm.forward_t(&x, train).relu_();
        let x = if train && self.dropout > 0.0 { x.dropout(self.dropout, true) } else { x };
        self.output.forward(&x).squeeze_dim(2)
    }

    /// The likeliest labels, and the log-odds of all but the first.
    pub(super) fn answer(&self, map: &Tensor) -> Result<Answers> {
        let logits = self.logits(map, false).to_kind(Kind::Float);
        let tokens = rows(&logits.argmax(1, false)).context("cannot read the labels")?;
        let log = logits.log_softmax(1, Kind::Float);
        // ln(p / (1 − p)); 1 − p is kept away from 0.
        let odds = &log - (-log.exp() + 1.0).clamp_min(1e-12).log();
        let rare = odds.narrow(1, 1, odds.size()[1] - 1).to_device(Device::Cpu).contiguous();
        let certainty = (0..rare.size()[0])
            .map(|row| {
                Vec::try_from(rare.get(row).flatten(0, -1)).context("cannot read the log-odds of labels")
            })
            .collect::<Result<_>>()?;
        Ok(Answers { tokens, certainty })
    }
}
