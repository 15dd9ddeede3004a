//! Values that a sample takes on its way through the networks. Lower bounds: what surely is held at once.

use super::need::Sizes;
use crate::config::{Config, HeadKind, Precision, ProposerConfig, SparsityKind};

/// Sizes of a motif map, in values.
#[derive(Clone, Copy, Debug)]
struct Map {
    /// Positions.
    positions: f64,
    /// Positions after pooling: cells.
    cells: f64,
}

impl Map {
    fn of(config: &Config, input: [usize; 3]) -> Self {
        let [height, width] = sides(&config.model.g, input);
        let pool = config.model.h.pool as f64;
        let pooled = |side: f64| (side / pool).ceil();
        let rows = if input[1] == 1 { 1.0 } else { pooled(height) };
        Self { positions: height * width, cells: rows * pooled(width) }
    }
}

/// Rows and columns of the motif map.
fn sides(g: &ProposerConfig, [_, height, width]: [usize; 3]) -> [f64; 2] {
    [height, width].map(|side| (side as f64 / g.stem_stride as f64).ceil())
}

/// Share of a value that a product's input and result take.
fn share(precision: Precision) -> f64 {
    match precision {
        Precision::Fp32 => 1.0,
        Precision::Bf16 => 0.5,
    }
}

/// Values of a sample that ĝ keeps for the way back: of each unit the sum, and in the precision of its convolutions two
/// normalised maps and the map between them.
pub(super) fn proposer_in_training(g: &ProposerConfig, precision: Precision, input: [usize; 3]) -> f64 {
    let [height, width] = sides(g, input);
    let (positions, unit) = (height * width, 1.0 + 3.0 * share(precision));
    positions * (g.width as f64 * (1.0 + unit * g.units as f64) + g.motifs as f64)
}

/// Values of a sample that ĝ holds at once on its way forward alone.
pub(super) fn proposer_in_passing(g: &ProposerConfig, precision: Precision, input: [usize; 3]) -> f64 {
    let [height, width] = sides(g, input);
    let maps = if g.units > 0 { 1.0 + 4.0 * share(precision) } else { share(precision) };
    height * width * (g.width as f64 * maps).max(2.0 * g.motifs as f64)
}

/// Values of a sample that bottleneck and ĝ keep for the way back; both only pass where they are frozen.
pub(super) fn first_half(config: &Config, sizes: Sizes) -> f64 {
    let map = Map::of(config, sizes.input).positions * config.model.g.motifs as f64;
    if config.retrain.is_on() {
        return map;
    }
    let normalised = if config.sparsity.batch_norm { map } else { 0.0 };
    let through = if config.sparsity.kind == SparsityKind::PassThrough { 0.0 } else { map };
    proposer_in_training(&config.model.g, config.train.precision, sizes.input) + normalised + through
}

/// Values of a sample that ĥ keeps for the way back.
pub(super) fn second_half(config: &Config, sizes: Sizes) -> f64 {
    let h = &config.model.h;
    let Map { positions, cells } = Map::of(config, sizes.input);
    let (d, motifs) = (h.width as f64, config.model.g.motifs as f64);
    if h.kind == HeadKind::Labels {
        // As of ĝ: of each unit two normalised maps, the map between them and the sum.
        let unit = 1.0 + 3.0 * share(config.train.precision);
        return positions * d * (2.0 + unit * h.dilations.len() as f64);
    }
    let share = share(config.train.precision);
    // Pooling keeps what it was given and an index of 8 bytes a cell.
    let pooled = |channels: f64| if h.pool > 1 { 3.0 * cells * channels } else { 0.0 };
    let embedding = if h.pool_first { pooled(motifs) } else { positions * d + pooled(d) };
    let seen = cells_seen(config, positions, cells);
    let weights = if h.dropout > 0.0 || h.is_over_motifs() {
        // Attention that is not fused keeps its weights; with dropout also what is left of them.
        h.heads as f64 * seen * seen * if h.dropout > 0.0 { 2.0 } else { 1.0 }
    } else {
        0.0
    };
    // Of a layer's 9 maps two are sums, which norms keep as they are.
    let layer = seen * ((2.0 + 7.0 * share) * d + share * h.feed_forward as f64) + share * weights;
    let decoder = if h.kind == HeadKind::Sequence { h.decoder_layers as f64 * 2.0 * d * seen } else { 0.0 };
    share * (embedding + decoder) + seen * d + h.encoder_layers as f64 * layer
}

/// Cells that ĥ computes in the fullest map of a batch.
fn cells_seen(config: &Config, positions: f64, cells: f64) -> f64 {
    match config.model.h.max_cells {
        0 => cells,
        // As many as there are motifs, at the least.
        most => {
            let open = config.annealing.initial_density * config.model.g.motifs as f64 * positions;
            (most as f64).min(cells).min(open.max(1.0))
        }
    }
}

/// Values of a sample that are held at once while it is measured: on the way through ĝ, or through the embedding.
pub(super) fn in_measuring(config: &Config, sizes: Sizes) -> f64 {
    let h = &config.model.h;
    let map = Map::of(config, sizes.input).positions * config.model.g.motifs as f64;
    let pooled = h.pool_first && h.kind != HeadKind::Labels;
    let embedded = Map::of(config, sizes.input).positions * h.width as f64;
    let embedding = if pooled { 0.0 } else { share(config.train.precision) * embedded };
    proposer_in_passing(&config.model.g, config.train.precision, sizes.input).max(map + embedding)
}
