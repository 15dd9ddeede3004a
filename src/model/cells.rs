//! From the motif map to the cells that ĥ attends to: pooling, embedding, position (paper section 4), and ĥ over
//! motifs, which is ours.

use std::cell::RefCell;

use tch::nn::{self, Init, Module, Path, RNN};
use tch::{Kind, Tensor};

use super::rotary::{Rotation, angles};
use super::{Precision, init, position::sinusoidal};
use crate::config::{EmbeddingKind, HeadConfig, MAX_POSITIONS};

/// What bounds the embedding of a cell before its position code is added.
#[derive(Debug)]
enum Bounding {
    RowLstm(nn::LSTM),
    Plain,
    LayerNorm(nn::LayerNorm),
    Tanh,
}

/// Pooling and embedding → row LSTM (or layer norm, or tangent) → position code.
///
/// ĥ over motifs: with `weigh-by-strength` the logits of attention to a cell rise by ln(w + 1e-4), where w is the
/// largest motif value in the cell, and a cell without a motif is not seen at all; with `max-cells` only the
/// strongest cells are computed. A learned token for "nothing" of strength 1 is always seen, so that an empty map
/// has an answer. Departs from paper: the paper's ĥ computes and sees every cell.
#[derive(Debug)]
pub(super) struct CellEmbedding {
    config: HeadConfig,
    embed: nn::Linear,
    precision: Precision,
    bounding: Bounding,
    nothing: Option<Tensor>,
    code: Tensor,
    axis_code: Tensor,
    grid: RefCell<Option<Grid>>,
}

/// Position tables of one size of pooled map; made once and kept.
#[derive(Debug)]
struct Grid {
    size: (i64, i64),
    /// `[h·w, d]`
    code: Tensor,
    /// `[h·w, e/2]`
    angles: Option<Tensor>,
}

/// The cells of a batch of motif maps, ready for the transformer.
#[derive(Debug)]
pub(super) struct Cells {
    /// `[B, K, d]`; the token for "nothing" comes last where there is one.
    pub(super) x: Tensor,
    /// What is added to the logits of attention to each cell, `[B, 1, 1, K]`.
    pub(super) bias: Option<Tensor>,
    /// How queries and keys of the encoder are turned.
    pub(super) rotation: Option<Rotation>,
}

/// Keeps the logarithm of a motif's strength finite.
const FAINT: f64 = 1e-4;

impl CellEmbedding {
    pub(super) fn new(path: &Path, config: &HeadConfig, precision: Precision, motifs: i64) -> Self {
        let d = config.width;
        let bounding = match config.embedding {
            EmbeddingKind::RowLstm => {
                Bounding::RowLstm(init::bidirectional_lstm(&(path / "row_lstm"), d, d / 2))
            }
            EmbeddingKind::Plain => Bounding::Plain,
            EmbeddingKind::LayerNorm => Bounding::LayerNorm(init::layer_norm(&(path / "embed_norm"), d)),
            EmbeddingKind::Tanh => Bounding::Tanh,
        };
        let standard_normal = Init::Randn { mean: 0.0, stdev: 1.0 };
        Self {
            // A 1×1 convolution is a linear layer over channels.
            embed: init::linear(&(path / "embed"), motifs, d),
            precision,
            bounding,
            nothing: config.is_over_motifs().then(|| path.var("nothing", &[d], standard_normal)),
            code: sinusoidal(MAX_POSITIONS as i64, d, config.position_base, path.device()),
            axis_code: sinusoidal(MAX_POSITIONS as i64, d / 2, config.position_base, path.device()),
            grid: RefCell::new(None),
            config: config.clone(),
        }
    }

    /// The sinusoidal code along one axis, `[positions, d]`.
    pub(super) fn code(&self) -> &Tensor {
        &self.code
    }

    /// `[B, C, H, W]` → the cells ĥ works on.
    pub(super) fn forward(&self, map: &Tensor) -> Cells {
        let pooled =
            if self.config.pool_first || self.nothing.is_some() { Some(self.pool(map)) } else { None };
        // A cell's strength: its largest motif value, [B, S].
        let strength = match (&self.nothing, &pooled) {
            (Some(_), Some(pooled)) => Some(pooled.amax([1], false).flatten(1, 2)),
            _ => None,
        };
        let chosen = strength.as_ref().and_then(|strength| self.strongest(strength));
        let values = match &pooled {
            // The logarithm is monotone: after pooling it is the same, and of fewer values.
            Some(pooled) if self.config.pool_first => self.compress(pooled),
            _ => self.pool(&self.embed_positions(&self.compress(map))),
        };
        let (h, w) = (values.size()[2], values.size()[3]);
        let x = self.embed_cells(&values, chosen.as_ref());
        let (code, angles) = self.tables(h, w);
        let at = |table: &Tensor| match &chosen {
            Some(chosen) => rows_at(table, chosen),
            None => table.unsqueeze(0),
        };
        let bias = strength.map(|strength| {
            self.log_strength(&match &chosen {
                Some(chosen) => strength.gather(1, chosen, false),
                None => strength,
            })
        });
        let (mut x, mut angles) = (x + at(&code), angles.as_ref().map(at));
        if let Some(nothing) = &self.nothing {
            // Behind the cells, at no place and of strength 1.
            x = Tensor::cat(&[x, nothing.expand([map.size()[0], 1, self.config.width], false)], 1);
            angles = angles.map(|angles| angles.constant_pad_nd([0, 0, 0, 1]));
        }
        Cells {
            x,
            bias: bias.map(|bias| bias.constant_pad_nd([0, 1])),
            rotation: angles.map(|angles| Rotation::new(&angles)),
        }
    }

    /// Indices `[B, K]` of the K strongest cells, falling, where not all S are computed: K is `max-cells`, or the
    /// number of non-empty cells in the fullest map of the batch if that is less.
    fn strongest(&self, strength: &Tensor) -> Option<Tensor> {
        let (most, all) = (self.config.max_cells, strength.size()[1]);
        if most == 0 {
            return None;
        }
        let open = strength.detach().gt(0.0).sum_dim_intlist([1_i64].as_slice(), false, Kind::Int64).max();
        let kept = open.int64_value(&[]).clamp(1, most);
        (kept < all).then(|| strength.detach().topk(kept, 1, true, true).1)
    }

    /// ln(w + 1e-4), or 0 where strength is not to weigh, and −∞ for an empty cell: `[B, K]` → `[B, 1, 1, K]`.
    fn log_strength(&self, strength: &Tensor) -> Tensor {
        let weight = if self.config.weigh_by_strength {
            (strength.clamp_min(0.0) + FAINT).log()
        } else {
            strength.zeros_like()
        };
        let empty = strength.detach().le(0.0);
        weight.masked_fill(&empty, f64::NEG_INFINITY).unsqueeze(1).unsqueeze(1)
    }

    /// Embedding and bounding of the chosen cells: `[B, C, h, w]` (with pooling first) or `[B, d, h, w]` → `[B, K, d]`.
    fn embed_cells(&self, values: &Tensor, chosen: Option<&Tensor>) -> Tensor {
        let size = values.size();
        let flat = values.flatten(2, 3);
        let flat = match chosen {
            Some(chosen) => {
                let k = chosen.size()[1];
                flat.gather(2, &chosen.unsqueeze(1).expand([size[0], size[1], k], false), false)
            }
            None => flat,
        };
        let x = flat.transpose(1, 2);
        let (weight, bias) = (&self.embed.ws, self.embed.bs.as_ref());
        let x = if self.config.pool_first { self.precision.linear(&x, weight, bias) } else { x };
        let x = self.precision.back(x);
        match &self.bounding {
            // Validated: a row LSTM comes without `max-cells`, so that rows are whole.
            Bounding::RowLstm(lstm) => {
                let (b, h, w, d) = (size[0], size[2], size[3], self.config.width);
                lstm.seq(&x.reshape([b * h, w, d])).0.reshape([b, h * w, d])
            }
            Bounding::Plain => x,
            Bounding::LayerNorm(norm) => norm.forward(&x),
            Bounding::Tanh => x.tanh(),
        }
    }

    /// The embedding as a convolution, so that the rows of 512 channels stay where pooling wants them; as a matrix
    /// product they would be copied twice.
    fn embed_positions(&self, map: &Tensor) -> Tensor {
        let of = |x: &Tensor| self.precision.of(x);
        let weight = of(&self.embed.ws).view([self.config.width, -1, 1, 1]);
        of(map).conv2d(&weight, self.embed.bs.as_ref().map(of).as_ref(), [1, 1], [0, 0], [1, 1], 1)
    }

    /// Max-pooling with a last partial window kept; a series is pooled along time alone.
    fn pool(&self, x: &Tensor) -> Tensor {
        match self.config.pool {
            1 => x.shallow_clone(),
            k => {
                let rows = if x.size()[2] == 1 { 1 } else { k };
                x.max_pool2d([rows, k], [rows, k], [0, 0], [1, 1], true)
            }
        }
    }

    /// ln(1 + |v|/knee) with the sign of v: odd, for maps without a bottleneck in front, which have negative values.
    fn compress(&self, map: &Tensor) -> Tensor {
        let knee = self.config.motif_knee;
        if knee > 0.0 { map.sign() * (map.abs() / knee).log1p() } else { map.shallow_clone() }
    }

    /// Position code `[h·w, d]` and, with rotary codes, angles `[h·w, e/2]`.
    fn tables(&self, h: i64, w: i64) -> (Tensor, Option<Tensor>) {
        let mut kept = self.grid.borrow_mut();
        let grid = match kept.take() {
            Some(grid) if grid.size == (h, w) => grid,
            _ => Grid {
                size: (h, w),
                code: self.grid_code(h, w).reshape([h * w, self.config.width]),
                angles: self.config.rotary.then(|| {
                    let head_width = self.config.width / self.config.heads;
                    angles(h, w, head_width, self.config.position_base, self.code.device())
                }),
            },
        };
        let tables = (grid.code.shallow_clone(), grid.angles.as_ref().map(Tensor::shallow_clone));
        *kept = Some(grid);
        tables
    }

    /// Position code `[h, w, d]`: half of it tells the row, half the column. In a series all of it tells the time;
    /// behind a row LSTM, which knows its column, all of it tells the row.
    fn grid_code(&self, h: i64, w: i64) -> Tensor {
        let d = self.config.width;
        if let Bounding::RowLstm(_) = self.bounding {
            return self.code.narrow(0, 0, h).unsqueeze(1).expand([h, w, d], false);
        }
        if h == 1 {
            return self.code.narrow(0, 0, w).unsqueeze(0);
        }
        let rows = self.axis_code.narrow(0, 0, h).unsqueeze(1).expand([h, w, d / 2], false);
        let columns = self.axis_code.narrow(0, 0, w).unsqueeze(0).expand([h, w, d / 2], false);
        Tensor::cat(&[rows, columns], 2)
    }
}

/// Rows of a table `[S, n]` at indices `[B, K]` → `[B, K, n]`.
fn rows_at(table: &Tensor, at: &Tensor) -> Tensor {
    let size = at.size();
    table.index_select(0, &at.flatten(0, 1)).view([size[0], size[1], -1])
}
