//! Splicing (paper figure 1b): RNA in which binding sites of proteins decide which splice sites are used.
//!
//! - **Input**: a transcript of L nucleotides, one-hot `[4, 1, L]`, channels A, C, G, U.
//! - **Motifs**: binding sites of eight proteins, and candidate acceptors and donors ([`proteins`]). They may share
//!   letters: a site is placed onto another's where both patterns allow it. The background is drawn so that no pattern
//!   occurs by accident; so the true motifs are all occurrences of all patterns, a function of the letters alone.
//! - **Output**: `none`, `acceptor` or `donor` at each position. A candidate is used if enhancers near it outweigh
//!   silencers ([`rule`]).
//!
//! Candidates are motif kinds of their own. ĥ sees the motif map alone, and a label stands at one position, so that ĥ must
//! learn from the map where candidates stand. A bare AG or GU would be no motif: it occurs every sixteen positions and
//! inside other sites, which is not sparse. A candidate is therefore the dinucleotide in its consensus, and whether it is
//! used can only be told from the sites around it: candidates look alike.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::domain::splicing::{Splicing, SplicingConfig};
//! use sparling::domain::{Domain, Split};
//!
//! let config = SplicingConfig { length: 100, min_motifs: 6, max_motifs: 10, ..SplicingConfig::default() };
//! let domain = Splicing::new(config)?;
//! let sample = domain.sample(Split::Test, 0)?;
//! assert_eq!((domain.input_shape(), sample.target.len()), ([4, 1, 100], 100));
//! println!("{}", domain.written(&sample.target)); // such as `acceptor 34, donor 71`
//! # Ok(())
//! # }
//! ```

mod config;
pub mod proteins;
pub mod rule;
mod transcript;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::dataset::fasta;
use super::sample_rng::sample_rng;
use super::table::DomainSettings;
use super::target::written_labels;
use super::{Domain, Motif, NamedInput, Sample, Split, TargetKind};
use proteins::{FIRST_PROTEIN, KINDS, LETTERS};

pub use config::SplicingConfig;
pub use transcript::{Patterns, Transcript};

/// Name of the domain; also keys its random streams.
pub const NAME: &str = "splicing";

/// Transcripts with binding sites and splice sites.
#[derive(Debug)]
pub struct Splicing {
    config: SplicingConfig,
    patterns: Patterns,
    labels: Vec<String>,
    kinds: Vec<String>,
}

impl Splicing {
    /// The domain with these settings.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn new(config: SplicingConfig) -> Result<Self> {
        config.validate()?;
        Ok(Self {
            config,
            patterns: Patterns::default(),
            labels: rule::LABELS.map(str::to_owned).to_vec(),
            kinds: KINDS.iter().map(|kind| kind.name.to_owned()).collect(),
        })
    }

    /// The transcript behind a sample.
    ///
    /// # Errors
    /// As [`Domain::sample`].
    pub fn transcript(&self, split: Split, index: u64) -> Result<Transcript> {
        self.patterns.draw(&self.config, &mut sample_rng(NAME, self.config.seed, split, index))
    }

    fn labels_of(&self, motifs: &[Motif]) -> Vec<u32> {
        rule::labels(self.config.length, motifs, self.config.distances())
    }
}

/// One-hot rows of letters, numbers into [`LETTERS`]: `[4, 1, L]`.
fn one_hot(letters: &[u8]) -> Vec<f32> {
    (0..4_u8).flat_map(|row| letters.iter().map(move |&letter| f32::from(u8::from(letter == row)))).collect()
}

/// The input that a record of letters is; T stands for U.
fn input_of(letters: &str, length: usize) -> Result<Vec<f32>> {
    let number = |(at, letter): (usize, u8)| {
        let letter = match letter.to_ascii_uppercase() {
            b'T' => b'U',
            other => other,
        };
        let known = LETTERS.iter().position(|&known| known == letter).map(|at| at as u8);
        known.with_context(|| {
            format!("found `{}` at position {}, expected A, C, G, U or T", char::from(letter), at + 1)
        })
    };
    let letters = letters.bytes().enumerate().map(number).collect::<Result<Vec<u8>>>()?;
    ensure!(letters.len() == length, "found {} nucleotides, expected {length}", letters.len());
    Ok(one_hot(&letters))
}

/// Labels by name as people write them.
pub(super) fn written_names(labels: &[String]) -> String {
    written_labels(labels.iter().map(String::as_str), rule::LABELS[rule::NONE as usize])
}

impl DomainSettings for SplicingConfig {
    fn build(&self) -> Result<Box<dyn Domain>> {
        Ok(Box::new(Splicing::new(self.clone())?))
    }
}

impl Domain for Splicing {
    fn name(&self) -> &'static str {
        NAME
    }

    fn input_shape(&self) -> [usize; 3] {
        [LETTERS.len(), 1, self.config.length]
    }

    fn target_kind(&self) -> TargetKind {
        TargetKind::Labels
    }

    fn vocabulary(&self) -> &[String] {
        &self.labels
    }

    fn max_target_len(&self) -> usize {
        self.config.length
    }

    fn motif_kinds(&self) -> &[String] {
        &self.kinds
    }

    fn mean_motifs(&self) -> f64 {
        (self.config.min_motifs + self.config.max_motifs) as f64 / 2.0
    }

    fn motif_extent(&self) -> [usize; 2] {
        [1, KINDS.iter().flat_map(|kind| kind.patterns).map(|pattern| pattern.len()).max().unwrap_or(1)]
    }

    fn written(&self, tokens: &[u32]) -> String {
        let name = |&token: &u32| self.labels.get(token as usize).map_or("?", String::as_str);
        written_labels(tokens.iter().map(name), &self.labels[rule::NONE as usize])
    }

    /// A protein's site becomes another protein's in the same place. Sites that share letters with another motif are left
    /// alone, since their marks in a map cannot be told from the other's.
    fn target_if_swapped(&self, sample: &Sample, motif: usize, kind: usize) -> Option<Vec<u32>> {
        let own = sample.motifs.get(motif)?;
        let proteins = FIRST_PROTEIN..KINDS.len();
        let shares = sample.motifs.iter().enumerate().any(|(i, other)| i != motif && own.overlaps(other));
        if shares || !proteins.contains(&own.kind) || !proteins.contains(&kind) {
            return None;
        }
        let mut motifs = sample.motifs.clone();
        motifs[motif].kind = kind;
        Some(self.labels_of(&motifs))
    }

    fn target_if_dropped(&self, sample: &Sample, motif: usize) -> Option<Vec<u32>> {
        let mut motifs = sample.motifs.clone();
        (motif < motifs.len()).then(|| motifs.remove(motif))?;
        Some(self.labels_of(&motifs))
    }

    /// Records of a FASTA file, each of as many nucleotides as a transcript.
    fn read(&self, file: &Path) -> Result<Vec<NamedInput>> {
        let records = fasta::read(file)?.into_iter();
        let input = |(name, letters): (String, String)| NamedInput {
            name: format!("{}:{name}", file.display()),
            values: input_of(&letters, self.config.length),
        };
        Ok(records.map(input).collect())
    }

    fn sample(&self, split: Split, index: u64) -> Result<Sample> {
        let Transcript { letters, motifs } = self.transcript(split, index)?;
        Ok(Sample { input: one_hot(&letters), target: self.labels_of(&motifs), motifs })
    }
}
