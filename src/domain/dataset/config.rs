//! The settings of a folder of one's own, as an experiment has them.

use std::path::Path;

use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};

use crate::hint::Hint;

/// Settings of the domain `dataset`. What the samples are, the folder's `dataset.toml` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DatasetConfig {
    /// The folder with `dataset.toml`, relative to where the program runs.
    pub folder: String,
    /// Checksum of the folder's samples; empty takes those that are there. A run records it.
    pub checksum: String,
    /// What a run remembers of the folder, as JSON, to answer files where the folder is not; a run writes it.
    pub remembered: String,
    /// Seed of the order in which training goes through the samples.
    pub seed: u64,
}

impl DatasetConfig {
    /// Checks the settings without reading the folder.
    ///
    /// # Errors
    /// When no folder is named.
    pub fn validate(&self) -> Result<()> {
        ensure!(
            !self.folder.is_empty(),
            "domain.folder: found nothing, expected a folder with a dataset.toml; make one with\n  {}\nand give it with --set domain.folder=DIR",
            Hint::NewData { folder: Path::new("DIR") }
        );
        Ok(())
    }
}
