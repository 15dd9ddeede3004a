//! What a merged configuration must satisfy before anything is built from it.

use anyhow::{Context, Result, bail, ensure};

use super::Config;
use super::model::{EmbeddingKind, HeadConfig, HeadKind, MAX_POSITIONS};
use super::sparsity::SparsityKind;
use crate::domain::TargetKind;

impl Config {
    /// Rejects values that cannot work, naming key, value and what is allowed.
    ///
    /// # Errors
    /// On the first value out of range.
    pub fn validate(&self) -> Result<()> {
        let dimensions = self.domain.dimensions().context("in table `domain`")?;
        let g = &self.model.g;
        at_least("model.g.stem-kernel", g.stem_kernel, 1)?;
        at_least("model.g.stem-stride", g.stem_stride, 1)?;
        ensure!(
            g.stem_kernel >= g.stem_stride,
            "model.g.stem-kernel is {}, smaller than model.g.stem-stride = {}: pixels between the kernels would never be seen; make the kernel at least as large as the stride",
            g.stem_kernel,
            g.stem_stride
        );
        at_least("model.g.width", g.width, 1)?;
        at_least("model.g.units", g.units, 0)?;
        at_least("model.g.motifs", g.motifs, 1)?;
        ensure!(
            g.unit_kernels.iter().all(|&k| (1..=31).contains(&k) && k % 2 == 1),
            "model.g.unit-kernels is {:?}; expected two odd sides from 1 to 31, so that positions are kept",
            g.unit_kernels
        );
        let h = &self.model.h;
        at_least("model.h.width", h.width, 2)?;
        at_least("model.h.pool", h.pool, 1)?;
        at_least("model.h.heads", h.heads, 1)?;
        at_least("model.h.encoder-layers", h.encoder_layers, 0)?;
        at_least("model.h.decoder-layers", h.decoder_layers, 1)?;
        at_least("model.h.feed-forward", h.feed_forward, 1)?;
        ensure!(
            h.width % 4 == 0 && h.width % h.heads == 0,
            "model.h.width is {}; expected a multiple of 4 and of model.h.heads = {}",
            h.width,
            h.heads
        );
        let [_, height, width] = dimensions.input_shape;
        h.validate_kind(dimensions.target, height == 1, g.stem_stride)?;
        h.validate_cells(height == 1)?;
        let by_cells = h.kind != HeadKind::Labels;
        let longest = height.max(width).div_ceil(g.stem_stride as usize).div_ceil(h.pool as usize);
        ensure!(
            !by_cells || longest <= MAX_POSITIONS,
            "the motif map of a {width}×{height} input is {longest} positions long after pooling, and there are codes for {MAX_POSITIONS}; make model.h.pool larger than {}, or the input smaller",
            h.pool
        );
        ensure!(
            h.kind != HeadKind::Sequence || dimensions.max_target_len < MAX_POSITIONS,
            "an output can have {} tokens, and there are position codes for {} and the end marker",
            dimensions.max_target_len,
            MAX_POSITIONS - 1
        );
        within("model.h.motif-knee", h.motif_knee, 0.0, 1e6)?;
        within("model.h.dropout", h.dropout, 0.0, 0.999)?;
        within("model.h.position-base", h.position_base, 1.0, 1e9)?;
        let s = &self.sparsity;
        within("sparsity.momentum", s.momentum, f64::MIN_POSITIVE, 1.0)?;
        within("sparsity.accumulate-motifs", s.accumulate_motifs, 0.0, 1e6)?;
        within("sparsity.penalty", s.penalty, 0.0, 1e9)?;
        within("sparsity.target-density", s.target_density, 1e-12, 0.999)?;
        let a = &self.annealing;
        within("annealing.initial-density", a.initial_density, 1e-12, 1.0)?;
        within("annealing.initial-threshold", a.initial_threshold, 0.0, 1.0)?;
        within("annealing.factor", a.factor, 1e-3, 0.9999)?;
        within("annealing.threshold-decay", a.threshold_decay, 0.0, 1.0)?;
        at_least("annealing.interval-samples", a.interval_samples as i64, 1)?;
        at_least("annealing.validation-samples", a.validation_samples as i64, 1)?;
        within("annealing.expected-motifs", a.expected_motifs, 0.0, 1e9)?;
        within("annealing.minimum-density", a.minimum_density, 0.0, 1.0)?;
        let t = &self.train;
        at_least("train.batch", t.batch as i64, 1)?;
        at_least("train.shards", t.shards as i64, 1)?;
        ensure!(
            t.shards <= t.batch,
            "train.shards is {} and train.batch is {}; a shard needs a sample, set train.shards to {} or less",
            t.shards,
            t.batch,
            t.batch
        );
        let random = match s.kind {
            _ if h.dropout > 0.0 => Some("model.h.dropout = 0"),
            SparsityKind::Noise => Some("sparsity.kind to another than noise"),
            _ => None,
        };
        if let Some(without) = random.filter(|_| t.shards > 1) {
            bail!(
                "train.shards is {}, and threads would share out libtorch's random numbers as they come; set train.shards = 1, or {without}",
                t.shards
            );
        }
        within("train.learning-rate", t.learning_rate, 0.0, 10.0)?;
        within("train.final-learning-rate", t.final_learning_rate, 0.0, 10.0)?;
        within("train.decay-below-density", t.decay_below_density, 0.0, 1.0)?;
        within("train.clip-norm", t.clip_norm, 0.0, 1e9)?;
        at_least("train.max-samples", t.max_samples as i64, 1)?;
        at_least("train.checkpoint-samples", t.checkpoint_samples as i64, 1)?;
        at_least("train.log-samples", t.log_samples as i64, 1)?;
        at_least("retrain.samples", self.retrain.samples as i64, 1)?;
        ensure!(
            !(self.retrain.is_on() && a.enabled),
            "retrain.from is `{}` and annealing.enabled is true; a frozen layer has no density to lower, set annealing.enabled = false",
            self.retrain.from
        );
        at_least("evaluation.samples", self.evaluation.samples as i64, 1)?;
        at_least("evaluation.batch", self.evaluation.batch as i64, 1)?;
        let u = &self.supervision;
        at_least("supervision.samples", u.samples as i64, 1)?;
        at_least("supervision.batch", u.batch as i64, 1)?;
        within("supervision.learning-rate", u.learning_rate, 0.0, 10.0)?;
        Ok(())
    }
}

impl HeadConfig {
    /// Whether ĥ answers with what the domain's outputs are; `series` says that inputs have height 1.
    fn validate_kind(&self, target: TargetKind, series: bool, stride: i64) -> Result<()> {
        let (kind, wanted) = match target {
            TargetKind::Tokens => (self.kind == HeadKind::Sequence, "sequence"),
            TargetKind::Class => (self.kind != HeadKind::Labels, "class (or sequence)"),
            TargetKind::Labels => (self.kind == HeadKind::Labels, "labels"),
        };
        ensure!(
            kind,
            "model.h.kind is {}, and an output of the domain is {}; expected model.h.kind = {wanted}",
            format!("{:?}", self.kind).to_lowercase(),
            target.words()
        );
        if self.kind != HeadKind::Labels {
            return Ok(());
        }
        ensure!(
            series,
            "outputs are a label a position, which are for series; found inputs of more than one row"
        );
        ensure!(
            stride == 1,
            "model.g.stem-stride is {stride}, and ĥ labels every position of the input; expected 1"
        );
        ensure!(
            (1..=255).contains(&self.kernel) && self.kernel % 2 == 1,
            "model.h.kernel is {}; expected an odd width from 1 to 255, so that positions are kept",
            self.kernel
        );
        ensure!(
            self.dilations.len() <= 64 && self.dilations.iter().all(|d| (1..=4096).contains(d)),
            "model.h.dilations is {:?}; expected up to 64 of them, each from 1 to 4096",
            self.dilations
        );
        Ok(())
    }

    /// What ĥ over motifs and rotary codes ask of the other settings; `series` says that inputs have height 1.
    fn validate_cells(&self, series: bool) -> Result<()> {
        at_least("model.h.max-cells", self.max_cells, 0)?;
        ensure!(
            self.max_cells == 0 || self.embedding != EmbeddingKind::RowLstm,
            "model.h.max-cells is {} and model.h.embedding is row-lstm, which runs along whole rows; set model.h.embedding to tanh, layer-norm or plain, or model.h.max-cells = 0",
            self.max_cells
        );
        let (pair, axes) = if series { (2, "the time") } else { (4, "row and column") };
        ensure!(
            !self.rotary || (self.width / self.heads) % pair == 0,
            "model.h.rotary turns pairs of each head's values by {axes}, and a head has width {} (model.h.width / model.h.heads); expected a multiple of {pair}",
            self.width / self.heads
        );
        Ok(())
    }
}

fn at_least(key: &str, found: i64, minimum: i64) -> Result<()> {
    if found < minimum {
        bail!("{key} is {found}; expected {minimum} or more");
    }
    Ok(())
}

fn within(key: &str, found: f64, low: f64, high: f64) -> Result<()> {
    if !(low..=high).contains(&found) {
        let low = if low == f64::MIN_POSITIVE { "above 0".into() } else { format!("{low}") };
        bail!("{key} is {found}; expected {low} to {high}");
    }
    Ok(())
}
