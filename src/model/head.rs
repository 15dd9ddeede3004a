//! ĥ: answers from the motif map alone (paper section 4).

use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::cells::{CellEmbedding, Cells};
use super::transformer::{DecoderLayer, EncoderLayer, TransformerConfig};
use super::{Mask, init};
use crate::config::{HeadConfig, NormPlacement};

/// Embedding and pooling → row LSTM (or layer norm) → position code → transformer.
#[derive(Debug)]
pub struct Head {
    cells: CellEmbedding,
    encoder: Vec<EncoderLayer>,
    encoder_norm: Option<nn::LayerNorm>,
    tokens: nn::Embedding,
    decoder: Vec<DecoderLayer>,
    decoder_norm: Option<nn::LayerNorm>,
    output: nn::Linear,
    end: i64,
    max_len: usize,
}

/// What the encoder made of a motif map.
#[derive(Debug)]
pub struct Memory {
    /// Each decoder layer's keys and values.
    keys_values: Vec<(Tensor, Tensor)>,
    /// How well each cell is seen, `[B, 1, 1, K]`.
    bias: Option<Tensor>,
}

impl Head {
    /// ĥ over `motifs` channels with `tokens` kinds of output token (the end marker gets
    /// index `tokens`, the begin marker `tokens + 1`) and at most `max_len` of them.
    pub fn new(path: &Path, config: &HeadConfig, motifs: i64, tokens: i64, max_len: usize) -> Self {
        let d = config.width;
        let layer = TransformerConfig {
            width: d,
            heads: config.heads,
            feed_forward: config.feed_forward,
            dropout: config.dropout,
            norm: config.norm,
        };
        let pre = config.norm == NormPlacement::Pre;
        let norm = |name: &str| pre.then(|| init::layer_norm(&(path / name), d));
        Self {
            cells: CellEmbedding::new(path, config, motifs),
            encoder: (0..config.encoder_layers)
                .map(|i| EncoderLayer::new(&(path / "encoder" / i), &layer))
                .collect(),
            encoder_norm: norm("encoder_norm"),
            tokens: init::embedding(&(path / "tokens"), tokens + 2, d),
            decoder: (0..config.decoder_layers)
                .map(|i| DecoderLayer::new(&(path / "decoder" / i), &layer))
                .collect(),
            decoder_norm: norm("decoder_norm"),
            output: init::linear(&(path / "output"), d, tokens + 1),
            end: tokens,
            max_len,
        }
    }

    /// Index of the end marker; the begin marker is one more.
    pub fn end_token(&self) -> i64 {
        self.end
    }

    /// `[B, C, H, W]` → keys and values over the pooled cells.
    pub fn encode(&self, map: &Tensor, train: bool) -> Memory {
        let Cells { x, bias, rotation } = self.cells.forward(map);
        let mask = || Mask::from(bias.as_ref());
        let x = self.encoder.iter().fold(x, |x, layer| layer.forward_t(&x, rotation.as_ref(), mask(), train));
        let x = match &self.encoder_norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
        Memory { keys_values: self.decoder.iter().map(|layer| layer.keys_values(&x)).collect(), bias }
    }

    /// Logits of each next token, `previous`: `[B, L]` → `[B, L, tokens + 1]`.
    pub fn logits(&self, memory: &Memory, previous: &Tensor, train: bool) -> Tensor {
        let length = previous.size()[1];
        let x = self.tokens.forward(previous) + self.cells.code().narrow(0, 0, length);
        let mask = || Mask::from(memory.bias.as_ref());
        let layers = self.decoder.iter().zip(&memory.keys_values);
        let x = layers.fold(x, |x, (layer, kv)| layer.forward_t(&x, kv, mask(), train));
        let x = match &self.decoder_norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
        self.output.forward(&x)
    }

    /// Greedy decoding until the end marker or `max_len` tokens.
    pub fn decode_greedy(&self, memory: &Memory) -> Vec<Vec<u32>> {
        let Some((keys, _)) = memory.keys_values.first() else { return Vec::new() };
        let (batch, device) = (keys.size()[0], keys.device());
        let mut previous = Tensor::full([batch, 1], self.end + 1, (Kind::Int64, device));
        let mut ended = Tensor::zeros([batch], (Kind::Bool, device));
        for _ in 0..self.max_len {
            let length = previous.size()[1];
            let logits = self.logits(memory, &previous, false).select(1, length - 1);
            let token = logits.argmax(1, false);
            ended = ended.logical_or(&token.eq(self.end));
            previous = Tensor::cat(&[previous, token.unsqueeze(1)], 1);
            if ended.all().int64_value(&[]) == 1 {
                break;
            }
        }
        let length = (previous.size()[1] - 1) as usize;
        let tokens: Vec<i64> =
            previous.narrow(1, 1, length as i64).reshape(-1).try_into().unwrap_or_default();
        tokens
            .chunks(length.max(1))
            .map(|row| row.iter().take_while(|&&t| t != self.end).map(|&t| t as u32).collect())
            .collect()
    }
}
