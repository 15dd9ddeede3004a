//! The settings of splicing.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::rule::Reach;

/// Settings of the domain `splicing`. The published figure 1b gives no numbers; all are ours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SplicingConfig {
    /// Seed of the data; another seed is another data set.
    pub seed: u64,
    /// Nucleotides of a transcript.
    pub length: usize,
    /// Fewest motifs (candidates and binding sites) of a transcript.
    pub min_motifs: usize,
    /// Most motifs of a transcript.
    pub max_motifs: usize,
    /// Probability that a motif is placed where it shares letters with another, if there is such a place.
    pub overlap: f64,
    /// Nucleotides up to which a binding site counts twice.
    pub near: usize,
    /// Nucleotides up to which it counts at all.
    pub reach: usize,
}

impl Default for SplicingConfig {
    fn default() -> Self {
        Self { seed: 0, length: 1000, min_motifs: 50, max_motifs: 80, overlap: 0.3, near: 10, reach: 40 }
    }
}

/// Longest transcript, so that a slip of the keyboard is refused instead of filling the memory.
const MAX_LENGTH: usize = 100_000;

/// Nucleotides that a motif is given on average, at the least: it has 5 to 8.
const ROOM: usize = 10;

impl SplicingConfig {
    /// Checks that transcripts can be drawn.
    ///
    /// # Errors
    /// At the first impossible setting, naming its key (`domain.…`), what was found and what was expected.
    pub fn validate(&self) -> Result<()> {
        if !(20..=MAX_LENGTH).contains(&self.length) {
            bail!("domain.length: found {}, expected 20 to {MAX_LENGTH} nucleotides", self.length);
        }
        if self.min_motifs > self.max_motifs {
            bail!(
                "domain.min-motifs: found {}, expected at most domain.max-motifs, which is {}",
                self.min_motifs,
                self.max_motifs
            );
        }
        let most = self.length / ROOM;
        if !(1..=most).contains(&self.max_motifs) {
            bail!(
                "domain.max-motifs: found {}, expected 1 to {most}, so that {ROOM} nucleotides are there for each in domain.length = {}",
                self.max_motifs,
                self.length
            );
        }
        if !(0.0..=1.0).contains(&self.overlap) {
            bail!("domain.overlap: found {}, expected a probability in [0, 1]", self.overlap);
        }
        if self.near > self.reach || self.reach == 0 || self.reach > MAX_LENGTH {
            bail!(
                "domain.reach: found {}, expected at least 1 and at least domain.near, which is {}",
                self.reach,
                self.near
            );
        }
        Ok(())
    }

    /// Distances at which sites act.
    #[must_use]
    pub fn distances(&self) -> Reach {
        Reach { near: self.near, far: self.reach }
    }
}
