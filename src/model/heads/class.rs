//! ĥ that names one class. Ours: the paper's outputs are sequences.

use anyhow::{Context as _, Result};
use tch::Tensor;
use tch::nn::{self, Module as _, Path};

use super::encoder::Encoder;
use super::{Answers, rows};
use crate::config::HeadConfig;
use crate::model::{Precision, init};

/// Cells as the paper's ĥ has them → transformer encoder → mean over the cells → class.
///
/// Where ĥ is over motifs, the mean is over the cells that are seen.
#[derive(Debug)]
pub struct ClassHead {
    encoder: Encoder,
    output: nn::Linear,
}

impl ClassHead {
    /// ĥ over `motifs` channels with `classes` answers. Of the configuration it takes what the encoder of a sequence
    /// takes.
    pub fn new(path: &Path, config: &HeadConfig, precision: Precision, motifs: i64, classes: i64) -> Self {
        Self {
            encoder: Encoder::new(path, config, precision, motifs),
            output: init::linear(&(path / "output"), config.width, classes),
        }
    }

    /// `[B, C, H, W]` → logits `[B, classes]`.
    pub fn logits(&self, map: &Tensor, train: bool) -> Tensor {
        let (x, bias) = self.encoder.forward_t(map, train);
        let axis: &[i64] = &[1];
        let pooled = match &bias {
            // Cells that are not seen have a bias of −∞.
            Some(bias) => {
                let seen = bias.flatten(1, 3).isfinite().to_kind(x.kind()).unsqueeze(2);
                (x * &seen).sum_dim_intlist(axis, false, None) / seen.sum_dim_intlist(axis, false, None)
            }
            None => x.mean_dim(axis, false, None),
        };
        self.output.forward(&pooled)
    }

    /// The likeliest classes.
    pub(super) fn answer(&self, map: &Tensor) -> Result<Answers> {
        let classes = self.logits(map, false).argmax(1, true);
        Ok(Answers { tokens: rows(&classes).context("cannot read the classes")?, certainty: Vec::new() })
    }
}
