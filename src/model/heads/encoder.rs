//! What heads that look at cells begin with: the first half of the paper's ĥ (section 4).

use tch::Tensor;
use tch::nn::{self, Module as _, Path};

use crate::config::{HeadConfig, NormPlacement};
use crate::model::cells::{CellEmbedding, Cells};
use crate::model::transformer::{EncoderLayer, TransformerConfig};
use crate::model::{Mask, Precision, init};

/// Embedding and pooling → position code → transformer encoder.
#[derive(Debug)]
pub(super) struct Encoder {
    cells: CellEmbedding,
    layers: Vec<EncoderLayer>,
    norm: Option<nn::LayerNorm>,
}

impl Encoder {
    /// Over maps of `motifs` channels.
    pub(super) fn new(path: &Path, config: &HeadConfig, precision: Precision, motifs: i64) -> Self {
        let layer = TransformerConfig::of(config, precision);
        let pre = config.norm == NormPlacement::Pre;
        Self {
            cells: CellEmbedding::new(path, config, precision, motifs),
            layers: (0..config.encoder_layers)
                .map(|i| EncoderLayer::new(&(path / "encoder" / i), &layer))
                .collect(),
            norm: pre.then(|| init::layer_norm(&(path / "encoder_norm"), config.width)),
        }
    }

    /// `[B, C, H, W]` → the K cells `[B, K, d]`, and how well each is seen, `[B, 1, 1, K]`, where that differs.
    pub(super) fn forward_t(&self, map: &Tensor, train: bool) -> (Tensor, Option<Tensor>) {
        let Cells { x, bias, rotation } = self.cells.forward(map);
        let mask = || Mask::from(bias.as_ref());
        let x = self.layers.iter().fold(x, |x, layer| layer.forward_t(&x, rotation.as_ref(), mask(), train));
        let x = match &self.norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
        (x, bias)
    }

    /// The position code along one axis, `[positions, d]`.
    pub(super) fn code(&self) -> &Tensor {
        self.cells.code()
    }
}
