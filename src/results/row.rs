//! One result row, and the measurement that it is part of.

use std::cmp::Ordering;
use std::fmt;
use std::path::PathBuf;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::metrics::{FAILURES, family};

/// One measured number and where it comes from.
///
/// Metrics, all fractions in `[0, 1]`: `fpe`, `fne`, `ce`, `e2ee`, `exact` (paper section
/// 6), `fne_necessary` (FNE without the kinds that are often inferable, where there are such), `density` and `density/<channel>` (share of non-zero positions), `min_density` (the
/// domain's theoretical minimum, section 3), and `confusion/<channel>/<kind>` (share of
/// all pairs; either may be `none`, see [`confusion_metric`](super::confusion_metric)). Of paper section 7, where asked for:
/// `perturbation` (share of swaps that the answer followed; `samples` counts the swaps),
/// `perturbation_possible` (share of samples that could be swapped in), `unseen` (share of outputs that training has
/// not had), `e2ee_unseen`, `exact_unseen` (of the answers to these), `e2ee_seen_as_long` (of the others at the lengths of these), `e2ee_quantised/<bins>` (see
/// [`quantised_metric`](super::quantised_metric)) and [`UNQUANTISED`](super::UNQUANTISED), and
/// [`MISCLASSIFIED`](super::MISCLASSIFIED), also of the variant
/// [`DIRECT_SUPERVISION`](super::DIRECT_SUPERVISION). A run of a sweep that failed has one row
/// `train` or `evaluate` without a value: the reason is its `error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// A name in the [table of domains](crate::domain::table).
    pub domain: String,
    /// Name of the experiment file, e.g. `sparling`.
    pub variant: String,
    /// Seed of the run.
    pub seed: u64,
    /// Density δ in force; empty where a variant has none.
    pub delta: Option<f64>,
    /// What was measured.
    pub metric: String,
    /// The number; empty only if `error` says why there is none.
    pub value: Option<f64>,
    /// Samples it was measured on.
    pub samples: u64,
    /// Corpus the samples come from; empty for generated domains.
    pub corpus: String,
    /// Source revision of the program, see [`crate::REVISION`].
    pub revision: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// Device it ran on.
    pub device: String,
    /// Hash of the resolved configuration of the run.
    pub config_hash: String,
    /// Training time of the run up to this δ, in seconds.
    pub wall_seconds: f64,
    /// Why there is no value; a row with an error is kept but not drawn.
    pub error: String,
}

/// A run, as rows name it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunName {
    /// Name of the domain.
    pub domain: String,
    /// Name of the experiment file.
    pub variant: String,
    /// Seed of the run.
    pub seed: u64,
}

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} seed {}", self.domain, self.variant, self.seed)
    }
}

/// What is measured, kept and replaced as one: a family of metrics of a run at one δ.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The run.
    pub run: RunName,
    /// Density δ in force; `None` where a variant has none.
    pub delta: Option<f64>,
    /// The family of metrics, see [`family`].
    pub family: String,
}

impl Measurement {
    /// Its file among the others of a scale: `<domain>-<variant>-seed<n>/<family>[-<δ>].csv`.
    pub(super) fn file(&self) -> PathBuf {
        let RunName { domain, variant, seed } = &self.run;
        let delta = self.delta.map_or_else(String::new, |delta| format!("-{delta:e}"));
        PathBuf::from(format!("{domain}-{variant}-seed{seed}")).join(format!("{}{delta}.csv", self.family))
    }

    /// Whether this is the note of a stage that failed, which is no measurement of the run's settings.
    pub(super) fn is_failure(&self) -> bool {
        FAILURES.contains(&self.family.as_str())
    }
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.run, self.family)?;
        match self.delta {
            Some(delta) => write!(f, ", δ = {delta:.3e})"),
            None => f.write_str(")"),
        }
    }
}

impl Row {
    /// The value, unless the row reports a failure or nothing was measured.
    #[must_use]
    pub fn measured(&self) -> Option<f64> {
        self.value.filter(|_| self.error.is_empty() && self.samples > 0)
    }

    /// The run that the row is of.
    #[must_use]
    pub fn run(&self) -> RunName {
        RunName { domain: self.domain.clone(), variant: self.variant.clone(), seed: self.seed }
    }

    /// The measurement that the row is part of.
    #[must_use]
    pub fn measurement(&self) -> Measurement {
        Measurement { run: self.run(), delta: self.delta, family: family(&self.metric).to_owned() }
    }

    /// Whether this is the note of a stage that failed.
    pub(crate) fn is_failure(&self) -> bool {
        FAILURES.contains(&self.metric.as_str())
    }

    pub(super) fn check(&self) -> Result<()> {
        if let Some(delta) = self.delta
            && !(delta > 0.0 && delta <= 1.0)
        {
            bail!("delta: found {delta}, expected a density in (0, 1]");
        }
        match self.value {
            Some(value) if !(0.0..=1.0).contains(&value) => {
                bail!("value: found {value}, expected a fraction in [0, 1]")
            }
            None if self.error.is_empty() => {
                bail!("value: found nothing, expected a fraction in [0, 1] or a reason in `error`")
            }
            _ => {}
        }
        if !self.wall_seconds.is_finite() || self.wall_seconds < 0.0 {
            bail!("wall_seconds: found {}, expected seconds", self.wall_seconds);
        }
        for (name, text) in [("domain", &self.domain), ("variant", &self.variant), ("metric", &self.metric)] {
            if text.is_empty() {
                bail!("{name}: found nothing, expected a name");
            }
        }
        // These name a folder and a file.
        for (name, text) in
            [("domain", self.domain.as_str()), ("variant", &self.variant), ("metric", family(&self.metric))]
        {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            if text.starts_with('.') || !text.chars().all(plain) {
                bail!("{name}: found `{text}`, expected letters, digits, `-`, `_` and `.`");
            }
        }
        Ok(())
    }

    /// As [`check`](Self::check), and that a value was measured on something: what is written must be.
    pub(super) fn check_new(&self) -> Result<()> {
        self.check()?;
        if self.value.is_some() && self.samples == 0 {
            bail!("samples: found 0, expected at least one for a value");
        }
        Ok(())
    }

    pub(super) fn key(&self) -> Key {
        Key { run: self.run(), delta: self.delta, metric: self.metric.clone() }
    }
}

/// What makes two rows the same number, in file order: δ falls, as in training.
#[derive(PartialEq)]
pub(super) struct Key {
    run: RunName,
    delta: Option<f64>,
    metric: String,
}

impl Eq for Key {}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let falling = |a: Option<f64>, b: Option<f64>| {
            b.unwrap_or(f64::INFINITY).total_cmp(&a.unwrap_or(f64::INFINITY))
        };
        (self.run.cmp(&other.run))
            .then_with(|| falling(self.delta, other.delta))
            .then_with(|| self.metric.cmp(&other.metric))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
