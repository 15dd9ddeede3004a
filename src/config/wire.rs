//! The configuration as it is written in TOML; defaults are the paper's.

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::model::ModelConfig;
use super::sparsity::SparsityConfig;
use super::supervision::SupervisionConfig;
use super::training::{AnnealingConfig, EvaluationConfig, RetrainConfig, TrainConfig};
use crate::domain::own::OwnConfig;
use crate::domain::{Dimensions, Domain, DomainConfig};

/// Everything that determines a run except its seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// Where samples come from (paper section 5).
    pub domain: DomainConfig,
    /// Sizes of ĝ and ĥ (section 4).
    #[serde(default)]
    pub model: ModelConfig,
    /// The bottleneck (section 2).
    #[serde(default)]
    pub sparsity: SparsityConfig,
    /// Algorithm 1 (section 3).
    #[serde(default)]
    pub annealing: AnnealingConfig,
    /// The training loop (section 4).
    #[serde(default)]
    pub train: TrainConfig,
    /// Whether ĥ alone is trained, behind the ĝ of another run (section 7).
    #[serde(default)]
    pub retrain: RetrainConfig,
    /// What is measured at the end (section 6).
    #[serde(default)]
    pub evaluation: EvaluationConfig,
    /// Direct supervision of ĝ (section 7), which a run itself has no part in.
    #[serde(default)]
    pub supervision: SupervisionConfig,
}

impl Config {
    /// The paper's settings on a domain of the caller's own, see
    /// [`Session::with_domain`](crate::train::Session::with_domain). The networks are sized for a GPU; set the fields.
    #[must_use]
    pub fn on(domain: &dyn Domain) -> Self {
        Self::defaults(DomainConfig::Own(OwnConfig::of(domain)))
    }

    /// The paper's settings on `domain`.
    pub(super) fn defaults(domain: DomainConfig) -> Self {
        Self {
            domain,
            model: ModelConfig::default(),
            sparsity: SparsityConfig::default(),
            annealing: AnnealingConfig::default(),
            train: TrainConfig::default(),
            retrain: RetrainConfig::default(),
            evaluation: EvaluationConfig::default(),
            supervision: SupervisionConfig::default(),
        }
    }

    /// The theoretical minimum density: mean motifs a sample / (C·H·W) (section 3), or what
    /// [`AnnealingConfig::minimum_density`] says.
    ///
    /// # Errors
    /// When the domain's settings are out of range, or nothing says how many motifs there are.
    pub fn minimum_density(&self) -> Result<f64> {
        let AnnealingConfig { expected_motifs, minimum_density, .. } = self.annealing;
        if minimum_density > 0.0 {
            return Ok(minimum_density);
        }
        let Dimensions { input_shape: [_, height, width], mean_motifs, .. } = self.domain.dimensions()?;
        let expected = Some(expected_motifs).filter(|motifs| *motifs > 0.0);
        let mean_motifs = expected.or(mean_motifs.filter(|motifs| *motifs > 0.0)).context(
            "no true motifs are known, so that nothing says at which density training ends; set annealing.expected-motifs (mean motifs a sample) or annealing.minimum-density, for example\n  --set annealing.expected-motifs=4",
        )?;
        Ok(mean_motifs / self.cells_of(height, width))
    }

    /// C·H·W: values of a motif map.
    ///
    /// # Errors
    /// When the domain's settings are out of range.
    pub fn map_cells(&self) -> Result<f64> {
        let [_, height, width] = self.domain.dimensions()?.input_shape;
        Ok(self.cells_of(height, width))
    }

    fn cells_of(&self, height: usize, width: usize) -> f64 {
        let stride = self.model.g.stem_stride as usize;
        let positions = height.div_ceil(stride) * width.div_ceil(stride);
        self.model.g.motifs as f64 * positions as f64
    }

    /// Training samples after which a run ends at the latest.
    pub fn max_samples(&self) -> u64 {
        match &self.train {
            _ if self.retrain.is_on() => self.retrain.samples,
            train if self.annealing.enabled || train.max_samples_unannealed == 0 => train.max_samples,
            train => train.max_samples.min(train.max_samples_unannealed),
        }
    }

    /// The settings on the corpus of `other`, see [`DomainConfig::on_corpus_of`].
    #[must_use]
    pub fn on_corpus_of(&self, other: &Self) -> Option<Self> {
        Some(Self { domain: self.domain.on_corpus_of(&other.domain)?, ..self.clone() })
    }

    /// The settings with the domain's corpus recorded, see [`DomainConfig::pinned`].
    ///
    /// # Errors
    /// When the corpus is missing, damaged or another one.
    pub fn pinned(self) -> Result<Self> {
        Ok(Self { domain: self.domain.pinned()?, ..self })
    }
}
