//! ĥ that names one class. Ours: the paper's outputs are sequences.

use anyhow::{Context as _, Result};
use tch::Tensor;
use tch::nn::{self, Module as _, Path};

use super::{Answers, rows};
use crate::config::{HeadConfig, NormPlacement};
use crate::model::cells::{CellEmbedding, Cells};
use crate::model::transformer::{EncoderLayer, TransformerConfig};
use crate::model::{Mask, init};

/// Cells as the paper's ĥ has them → transformer encoder → mean over the cells → class.
///
/// Where ĥ is over motifs, the mean is over the cells that are seen.
#[derive(Debug)]
pub struct ClassHead {
    cells: CellEmbedding,
    encoder: Vec<EncoderLayer>,
    encoder_norm: Option<nn::LayerNorm>,
    output: nn::Linear,
}

impl ClassHead {
    /// ĥ over `motifs` channels with `classes` answers. Of the configuration it takes what the encoder of a sequence
    /// takes.
    pub fn new(path: &Path, config: &HeadConfig, motifs: i64, classes: i64) -> Self {
        let layer = TransformerConfig::of(config);
        let encoder = (0..config.encoder_layers).map(|i| EncoderLayer::new(&(path / "encoder" / i), &layer));
        let pre = config.norm == NormPlacement::Pre;
        Self {
            cells: CellEmbedding::new(path, config, motifs),
            encoder: encoder.collect(),
            encoder_norm: pre.then(|| init::layer_norm(&(path / "encoder_norm"), config.width)),
            output: init::linear(&(path / "output"), config.width, classes),
        }
    }

    /// `[B, C, H, W]` → logits `[B, classes]`.
    pub fn logits(&self, map: &Tensor, train: bool) -> Tensor {
        let Cells { x, bias, rotation } = self.cells.forward(map);
        let mask = || Mask::from(bias.as_ref());
        let x = self.encoder.iter().fold(x, |x, layer| layer.forward_t(&x, rotation.as_ref(), mask(), train));
        let x = match &self.encoder_norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
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
