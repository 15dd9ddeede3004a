//! ĥ: answers from the motif map alone (paper section 4).

use tch::nn::{self, Module, Path, RNN};
use tch::{Kind, Tensor};

use super::init;
use super::position::sinusoidal;
use super::transformer::{DecoderLayer, EncoderLayer, TransformerConfig};
use crate::config::{EmbeddingKind, HeadConfig, MAX_POSITIONS, NormPlacement};

#[derive(Debug)]
enum Bounding {
    RowLstm(nn::LSTM),
    Plain,
    LayerNorm(nn::LayerNorm),
    Tanh,
}

/// Embedding and pooling → row LSTM (or layer norm) → position code → transformer.
#[derive(Debug)]
pub struct Head {
    config: HeadConfig,
    embed: nn::Linear,
    bounding: Bounding,
    encoder: Vec<EncoderLayer>,
    encoder_norm: Option<nn::LayerNorm>,
    tokens: nn::Embedding,
    decoder: Vec<DecoderLayer>,
    decoder_norm: Option<nn::LayerNorm>,
    output: nn::Linear,
    code: Tensor,
    axis_code: Tensor,
    end: i64,
    max_len: usize,
}

/// What the encoder made of a motif map: each decoder layer's keys and values.
#[derive(Debug)]
pub struct Memory(Vec<(Tensor, Tensor)>);

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
        let bounding = match config.embedding {
            EmbeddingKind::RowLstm => {
                Bounding::RowLstm(init::bidirectional_lstm(&(path / "row_lstm"), d, d / 2))
            }
            EmbeddingKind::Plain => Bounding::Plain,
            EmbeddingKind::LayerNorm => Bounding::LayerNorm(init::layer_norm(&(path / "embed_norm"), d)),
            EmbeddingKind::Tanh => Bounding::Tanh,
        };
        Self {
            // A 1×1 convolution is a linear layer over channels.
            embed: init::linear(&(path / "embed"), motifs, d),
            bounding,
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
            code: sinusoidal(MAX_POSITIONS as i64, d, config.position_base, path.device()),
            axis_code: sinusoidal(MAX_POSITIONS as i64, d / 2, config.position_base, path.device()),
            config: config.clone(),
            end: tokens,
            max_len,
        }
    }

    /// Index of the end marker; the begin marker is one more.
    pub fn end_token(&self) -> i64 {
        self.end
    }

    /// `[B, C, H, W]` → keys and values over the pooled positions.
    pub fn encode(&self, map: &Tensor, train: bool) -> Memory {
        let x = self.embed_pooled(map);
        let size = x.size();
        let (b, h, w, d) = (size[0], size[1], size[2], size[3]);
        let x = match &self.bounding {
            Bounding::RowLstm(lstm) => {
                let rows = lstm.seq(&x.reshape([b * h, w, d])).0.view([b, h, w, d]);
                rows + self.code.narrow(0, 0, h).unsqueeze(1)
            }
            Bounding::Plain => x + self.grid_code(h, w),
            Bounding::LayerNorm(norm) => norm.forward(&x) + self.grid_code(h, w),
            Bounding::Tanh => x.tanh() + self.grid_code(h, w),
        };
        let x = x.reshape([b, h * w, d]);
        let x = self.encoder.iter().fold(x, |x, layer| layer.forward_t(&x, train));
        let x = match &self.encoder_norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
        Memory(self.decoder.iter().map(|layer| layer.keys_values(&x)).collect())
    }

    /// Position code `[h, w, d]`: half of it tells the row, half the column. In a series all
    /// of it tells the time.
    fn grid_code(&self, h: i64, w: i64) -> Tensor {
        if h == 1 {
            return self.code.narrow(0, 0, w).unsqueeze(0);
        }
        let half = self.config.width / 2;
        let rows = self.axis_code.narrow(0, 0, h).unsqueeze(1).expand([h, w, half], false);
        let columns = self.axis_code.narrow(0, 0, w).unsqueeze(0).expand([h, w, half], false);
        Tensor::cat(&[rows, columns], 2)
    }

    /// `[B, C, H, W]` → `[B, ⌈H/pool⌉, ⌈W/pool⌉, d]`.
    fn embed_pooled(&self, map: &Tensor) -> Tensor {
        let k = self.config.pool;
        let pool = |x: &Tensor| match k {
            1 => x.shallow_clone(),
            // A series is pooled along time alone.
            _ => {
                let rows = if x.size()[2] == 1 { 1 } else { k };
                x.max_pool2d([rows, k], [rows, k], [0, 0], [1, 1], true)
            }
        };
        let knee = self.config.motif_knee;
        // Odd, for maps without a bottleneck in front, which have negative values.
        let compressed = |map: &Tensor| {
            if knee > 0.0 { map.sign() * (map.abs() / knee).log1p() } else { map.shallow_clone() }
        };
        if self.config.pool_first {
            // The logarithm is monotone: after pooling it is the same, and of fewer values.
            self.embed.forward(&compressed(&pool(map)).permute([0, 2, 3, 1]))
        } else {
            // As a convolution the rows of 512 channels stay where pooling wants them; as a
            // matrix product they would be copied twice.
            let (ws, d) = (&self.embed.ws, self.config.width);
            let weight = ws.view([d, -1, 1, 1]);
            let embedded = compressed(map).conv2d(&weight, self.embed.bs.as_ref(), [1, 1], [0, 0], [1, 1], 1);
            pool(&embedded).permute([0, 2, 3, 1])
        }
    }

    /// Logits of each next token, `previous`: `[B, L]` → `[B, L, tokens + 1]`.
    pub fn logits(&self, memory: &Memory, previous: &Tensor, train: bool) -> Tensor {
        let length = previous.size()[1];
        let x = self.tokens.forward(previous) + self.code.narrow(0, 0, length);
        let x = self.decoder.iter().zip(&memory.0).fold(x, |x, (layer, kv)| layer.forward_t(&x, kv, train));
        let x = match &self.decoder_norm {
            Some(norm) => norm.forward(&x),
            None => x,
        };
        self.output.forward(&x)
    }

    /// Greedy decoding until the end marker or `max_len` tokens.
    pub fn decode_greedy(&self, memory: &Memory) -> Vec<Vec<u32>> {
        let Some((keys, _)) = memory.0.first() else { return Vec::new() };
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
