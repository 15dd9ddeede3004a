//! The table `supervision`: how ĝ is trained on labelled motifs, for comparison with Sparling's.

use serde::{Deserialize, Serialize};

/// Direct supervision (paper section 7). The paper gives its outcome and no settings; these are ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SupervisionConfig {
    /// Labelled windows to train on, each of another training sample.
    pub samples: u64,
    /// Windows a step.
    pub batch: u64,
    /// Adam's learning rate at the start; it falls linearly to 0 at the end.
    pub learning_rate: f64,
}

impl Default for SupervisionConfig {
    fn default() -> Self {
        Self { samples: 200_000, batch: 32, learning_rate: 1e-3 }
    }
}
