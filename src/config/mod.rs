//! What was asked for: an experiment file, a scale overlay and `--set`, merged in this
//! order and checked into one [`Config`].
//!
//! `experiments/<domain>/<variant>.toml` states the paper's setting (sections 2 to 5);
//! `experiments/<domain>/scales/<scale>.toml` lays the sizes of one scale over it, the
//! experiment's own `[fixed]` table stands above that, and `--set key=value` overrides all. The merged result is saved with every run.
//!
//! Where δ starts and the KL penalty's target can also be given as a number of annealing steps above
//! the last density of the schedule (`start-steps-above-minimum`, `target-steps-above-minimum`),
//! see [`Config::scheduled_density`].
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::config::{Source, parse};
//!
//! let circle = Source::assignment("domain.name=digit-circle")?;
//! let smaller = Source::assignment("domain.size=80")?;
//! let config = parse(&[circle, smaller])?;
//! assert_eq!(config.train.batch, 10); // the paper's
//! assert!(config.minimum_density()? > 5e-5); // mean motifs over the cells of an 80 × 80 map
//! let typo = parse(&[Source::assignment("domain.name=digit-circle")?, Source::assignment("train.bach=3")?]);
//! assert!(format!("{:#}", typo.unwrap_err()).contains("train.batch"));
//! # Ok(())
//! # }
//! ```

mod differences;
mod hash;
mod load;
mod model;
pub(crate) mod number;
mod schedule;
mod sparsity;
mod supervision;
mod training;
mod validate;
mod wire;

pub use crate::domain::DomainConfig;
pub use differences::{Difference, differences, settings};
pub(crate) use load::hint;
pub use load::{Source, load, parse, resolve_experiment};
pub(crate) use model::MAX_POSITIONS;
pub use model::{EmbeddingKind, HeadConfig, HeadKind, ModelConfig, NormPlacement, ProposerConfig};
pub use sparsity::{SparsityConfig, SparsityKind};
pub use supervision::SupervisionConfig;
pub use training::{AnnealingConfig, EvaluationConfig, HeadStart, Precision, RetrainConfig, TrainConfig};
pub use wire::Config;
