//! ĥ that writes a sequence: the paper's (section 4).

use anyhow::{Context, Result};
use tch::nn::{self, Module, Path};
use tch::{Kind, Tensor};

use super::encoder::Encoder;
use crate::config::{HeadConfig, NormPlacement};
use crate::model::transformer::{DecoderLayer, TransformerConfig};
use crate::model::{Mask, Precision, init};

/// Embedding and pooling → row LSTM (or layer norm) → position code → transformer.
#[derive(Debug)]
pub struct SequenceHead {
    encoder: Encoder,
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

impl SequenceHead {
    /// ĥ over `motifs` channels with `tokens` kinds of output token (the end marker gets
    /// index `tokens`, the begin marker `tokens + 1`) and at most `max_len` of them.
    pub fn new(
        path: &Path,
        config: &HeadConfig,
        precision: Precision,
        motifs: i64,
        tokens: i64,
        max_len: usize,
    ) -> Self {
        let d = config.width;
        let layer = TransformerConfig::of(config, precision);
        let pre = config.norm == NormPlacement::Pre;
        Self {
            encoder: Encoder::new(path, config, precision, motifs),
            tokens: init::embedding(&(path / "tokens"), tokens + 2, d),
            decoder: (0..config.decoder_layers)
                .map(|i| DecoderLayer::new(&(path / "decoder" / i), &layer))
                .collect(),
            decoder_norm: pre.then(|| init::layer_norm(&(path / "decoder_norm"), d)),
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
        let (x, bias) = self.encoder.forward_t(map, train);
        Memory { keys_values: self.decoder.iter().map(|layer| layer.keys_values(&x)).collect(), bias }
    }

    /// Logits of each next token, `previous`: `[B, L]` → `[B, L, tokens + 1]`.
    pub fn logits(&self, memory: &Memory, previous: &Tensor, train: bool) -> Tensor {
        let length = previous.size()[1];
        let x = self.tokens.forward(previous) + self.encoder.code().narrow(0, 0, length);
        let mask = || Mask::from(memory.bias.as_ref());
        let layers = self.decoder.iter().zip(&memory.keys_values);
        let x = layers.fold(x, |x, (layer, kv)| layer.forward_t(&x, kv, mask(), train));
        let x = match &self.decoder_norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
        self.output.forward(&x)
    }

    /// Greedy decoding until the end marker or `max_len` tokens. Keys and values of earlier tokens are kept, and
    /// rows that have ended are dropped.
    ///
    /// # Errors
    /// When libtorch cannot hand the tokens over.
    pub fn decode_greedy(&self, memory: Memory) -> Result<Vec<Vec<u32>>> {
        let Some((keys, _)) = memory.keys_values.first() else { return Ok(Vec::new()) };
        let (batch, device) = (keys.size()[0], keys.device());
        let mut answers = vec![Vec::new(); batch as usize];
        let mut open: Vec<usize> = (0..answers.len()).collect();
        let mut memory = memory;
        let mut before: Vec<Option<(Tensor, Tensor)>> = self.decoder.iter().map(|_| None).collect();
        let mut token = Tensor::full([batch], self.end + 1, (Kind::Int64, device));
        for place in 0..self.max_len {
            let mut x =
                self.tokens.forward(&token.unsqueeze(1)) + self.encoder.code().narrow(0, place as i64, 1);
            for ((layer, kv), before) in self.decoder.iter().zip(&memory.keys_values).zip(&mut before) {
                x = layer.forward_next(&x, before, kv, Mask::from(memory.bias.as_ref()));
            }
            if let Some(norm) = &self.decoder_norm {
                x = norm.forward(&x);
            }
            token = self.output.forward(&x).squeeze_dim(1).argmax(1, false);
            let tokens: Vec<i64> = Vec::try_from(&token).context("cannot read the tokens of an answer")?;
            let going: Vec<i64> =
                (0_i64..).zip(&tokens).filter(|(_, token)| **token != self.end).map(|(row, _)| row).collect();
            for &row in &going {
                answers[open[row as usize]].push(tokens[row as usize] as u32);
            }
            if going.is_empty() {
                break;
            }
            if going.len() < open.len() {
                let rows = Tensor::from_slice(&going).to_device(device);
                open = going.iter().map(|&row| open[row as usize]).collect();
                token = token.index_select(0, &rows);
                memory = memory.rows(&rows);
                for (keys, values) in before.iter_mut().flatten() {
                    (*keys, *values) = (keys.index_select(0, &rows), values.index_select(0, &rows));
                }
            }
        }
        Ok(answers)
    }
}

impl Memory {
    /// The memory of some of the samples.
    fn rows(&self, rows: &Tensor) -> Self {
        let of = |x: &Tensor| x.index_select(0, rows);
        Self {
            keys_values: self.keys_values.iter().map(|(keys, values)| (of(keys), of(values))).collect(),
            bias: self.bias.as_ref().map(of),
        }
    }
}
