//! `[model]`: sizes of both networks (paper section 4).

use serde::{Deserialize, Serialize};

/// Positions that ĥ has codes for: the longest side of the pooled motif map, and the longest output.
pub(crate) const MAX_POSITIONS: usize = 512;

/// Sizes of both networks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ModelConfig {
    /// ĝ, which proposes motifs.
    pub g: ProposerConfig,
    /// ĥ, which answers from them.
    pub h: HeadConfig,
}

/// Sizes of ĝ: stem convolution → residual units → 1×1 convolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct ProposerConfig {
    /// Side of the stem's kernel (paper: 1).
    pub stem_kernel: i64,
    /// Input pixels per motif-map position (paper: 1). The stem pads so that the map has
    /// `ceil(input / stride)` positions a side.
    pub stem_stride: i64,
    /// Channels of the residual units (paper: 64).
    pub width: i64,
    /// Residual units (paper: 4 for DigitCircle).
    pub units: i64,
    /// Sides of a unit's two kernels, odd (paper: 3 and 3). With the stem they decide how many
    /// pixels a motif is judged by, see [`receptive_field`](Self::receptive_field).
    pub unit_kernels: [i64; 2],
    /// Motif channels C (paper: 10 for DigitCircle).
    pub motifs: i64,
}

impl Default for ProposerConfig {
    fn default() -> Self {
        Self { stem_kernel: 1, stem_stride: 1, width: 64, units: 4, unit_kernels: [3, 3], motifs: 10 }
    }
}

impl ProposerConfig {
    /// Side of the square of input pixels (in a series: the frames) that one map position depends on
    /// (section 4: 17 for DigitCircle, 65 for LaTeX-OCR).
    pub fn receptive_field(&self) -> i64 {
        let [first, second] = self.unit_kernels;
        self.stem_kernel + self.stem_stride * self.units * (first - 1 + second - 1)
    }
}

/// Where a transformer layer normalises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormPlacement {
    /// After the residual sum (the paper's).
    Post,
    /// Before each sub-layer, with a closing layer norm.
    Pre,
}

/// What bounds the pooled motif embedding before the position code is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmbeddingKind {
    /// A bidirectional LSTM along each row (the paper's, for images).
    RowLstm,
    /// Nothing (the paper's, for series).
    Plain,
    /// A layer norm and a two-dimensional position code. Forgets how strong a motif is.
    LayerNorm,
    /// A hyperbolic tangent and a two-dimensional position code.
    Tanh,
}

/// What ĥ answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HeadKind {
    /// A transformer that writes a sequence of tokens (the paper's); a class is a sequence of one.
    Sequence,
    /// A transformer encoder, pooled, that names one class.
    Class,
    /// Dilated residual convolutions along a series that label every position.
    Labels,
}

/// Sizes of ĥ: embedding and pooling → position → transformer encoder → decoder; of labels: convolutions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct HeadConfig {
    /// What ĥ answers with (paper: sequence).
    pub kind: HeadKind,
    /// Model width d (paper: 512); even, and a multiple of `heads`.
    pub width: i64,
    /// Max-pool side over the motif map (paper: 8). A last partial window is kept.
    pub pool: i64,
    /// Motif values enter as ln(1 + m̂/knee); 0: as they are (the paper's). Batch norm gives the few
    /// motifs of a sparse channel values near 1/√δ, which drive a bounded embedding into saturation,
    /// where no gradient tells ĝ any more which of two motifs a channel should mark.
    pub motif_knee: f64,
    /// Pool before the 1×1 embedding instead of after it (paper: false). 16 to 64 times
    /// less work; a departure that the laptop scale makes.
    pub pool_first: bool,
    /// What stands between embedding and position code (paper: row-lstm).
    pub embedding: EmbeddingKind,
    /// Base of the sinusoidal position code's wavelengths (paper: 10000).
    pub position_base: f64,
    /// Rotary position codes in the encoder's self-attention, beside the additive code (paper: false): attention then
    /// sees how far apart two cells are. They share `position-base`.
    pub rotary: bool,
    /// Attention to a cell is weighted by the largest motif value w in it (paper: false): ln(w + 1e-4) is added to its
    /// logits, in the encoder and in the decoder's attention to the map, and a cell without a motif is not seen.
    pub weigh_by_strength: bool,
    /// ĥ computes at most this many cells of a map, the strongest, and none without a motif (0: all, as in the paper).
    pub max_cells: i64,
    /// Transformer encoder layers (paper: 6).
    pub encoder_layers: i64,
    /// Transformer decoder layers (paper: 6).
    pub decoder_layers: i64,
    /// Attention heads (paper: 8).
    pub heads: i64,
    /// Width of the feed-forward layers (paper: 2048).
    pub feed_forward: i64,
    /// Dropout probability (paper: 0.1).
    pub dropout: f64,
    /// Where layers normalise (paper: post).
    pub norm: NormPlacement,
    /// Labels: width of the kernels, odd (SpliceAI: 11). Labels take `width`, `motif-knee` and `dropout` of the others.
    pub kernel: i64,
    /// Labels: how far apart the taps of each residual unit's kernels are (these eight are those of SpliceAI-400nt).
    pub dilations: Vec<i64>,
}

impl Default for HeadConfig {
    fn default() -> Self {
        Self {
            kind: HeadKind::Sequence,
            width: 512,
            pool: 8,
            motif_knee: 0.0,
            pool_first: false,
            embedding: EmbeddingKind::RowLstm,
            position_base: 10_000.0,
            rotary: false,
            weigh_by_strength: false,
            max_cells: 0,
            encoder_layers: 6,
            decoder_layers: 6,
            heads: 8,
            feed_forward: 2048,
            dropout: 0.1,
            norm: NormPlacement::Post,
            kernel: 11,
            dilations: vec![1, 1, 1, 1, 4, 4, 4, 4],
        }
    }
}

impl HeadConfig {
    /// Whether ĥ sees motifs alone: cells without one are hidden, and a learned token stands for "nothing".
    #[must_use]
    pub fn is_over_motifs(&self) -> bool {
        self.weigh_by_strength || self.max_cells > 0
    }
}
