//! One test sample before and after a motif was swapped, for figure 6.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::checked;
use super::examples::{Example, Examples, Marked};
use crate::hint::Also;

/// A swap of paper section 7, as in
/// `<results>/<scale>/examples/<domain>-<variant>-seed<n>-perturbed.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerturbedExample {
    /// The run, and the one sample with the answer to its own map.
    pub before: Examples,
    /// Index of the swapped motif in the sample's true motifs.
    pub motif: usize,
    /// Channel that its value was taken from.
    pub from: usize,
    /// Channel that it was moved to; it stands for a kind.
    pub to: usize,
    /// The predicted motifs after the swap.
    pub after: Vec<Marked>,
    /// Tokens of the output that the sample would have with that motif.
    pub expected: Vec<String>,
    /// Tokens of the model's output after the swap.
    pub output: Vec<String>,
}

/// Where the perturbed example of a run is.
#[must_use]
pub fn perturbed_path(results: &Path, scale: &str, domain: &str, variant: &str, seed: u64) -> PathBuf {
    results.join(scale).join("examples").join(format!("{domain}-{variant}-seed{seed}{PERTURBED}.json"))
}

/// What the file's name has behind the seed.
pub(crate) const PERTURBED: &str = "-perturbed";

impl PerturbedExample {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it is not there, is not of this form (the error names line and key), or contradicts itself.
    pub fn read(path: &Path) -> Result<Self> {
        checked::read(path, Also::Perturbation, Self::check)
    }

    /// Writes the file whole or not at all, making its folder.
    ///
    /// # Errors
    /// When the example contradicts itself or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        checked::write(path, self, Self::check)
    }

    /// The sample with its own motifs and answer; [`PerturbedExample::read`] saw to it that there is one.
    #[must_use]
    pub fn example(&self) -> Option<&Example> {
        self.before.items.first()
    }

    /// Whether the answer changed exactly as it should.
    #[must_use]
    pub fn as_expected(&self) -> bool {
        self.output == self.expected
    }

    /// Name of the kind that the motif was moved to.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.before.mapping[self.to].map_or("?", |kind| &self.before.kinds[kind])
    }

    fn check(&self) -> Result<()> {
        self.before.check()?;
        let items = &self.before.items;
        ensure!(items.len() == 1, "before.items: found {} samples, expected 1", items.len());
        let motifs = items[0].true_motifs.len();
        ensure!(self.motif < motifs, "motif: found {}, expected one below {motifs}", self.motif);
        let channels = self.before.mapping.len();
        let marked = self.after.iter().map(|mark| ("after", mark.channel));
        for (key, channel) in [("from", self.from), ("to", self.to)].into_iter().chain(marked) {
            ensure!(channel < channels, "{key}: found channel {channel}, expected one below {channels}");
        }
        if self.before.mapping[self.to].is_none() {
            bail!("to: found channel {}, which stands for no kind", self.to);
        }
        Ok(())
    }
}
