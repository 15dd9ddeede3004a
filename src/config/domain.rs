//! The table `domain`: which domain, and its settings.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::domain::audio_sequence::{AudioSequence, AudioSequenceConfig};
use crate::domain::digit_circle::{DigitCircle, DigitCircleConfig};
use crate::domain::latex_ocr::{LatexOcr, LatexOcrConfig};

/// The domain, chosen by `domain.name`, and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum DomainConfig {
    /// Digits on a circle in a noisy binary image.
    DigitCircle(DigitCircleConfig),
    /// Noisy binary images of typeset formulas.
    LatexOcr(LatexOcrConfig),
    /// Spoken digits in a noisy clip.
    AudioSequence(AudioSequenceConfig),
}

/// Sizes of a domain's inputs and outputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dimensions {
    /// `[channels, height, width]`; height 1 makes a series.
    pub input_shape: [usize; 3],
    /// Mean number of true motifs a sample.
    pub mean_motifs: f64,
    /// Most tokens that an output can have.
    pub max_target_len: usize,
}

/// The names that `domain.name` can take.
pub(crate) const DOMAIN_NAMES: [&str; 3] = ["digit-circle", "latex-ocr", "audio-sequence"];

impl DomainConfig {
    /// The domain's name in paths and result rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DigitCircle(_) => "digit-circle",
            Self::LatexOcr(_) => "latex-ocr",
            Self::AudioSequence(_) => "audio-sequence",
        }
    }

    /// The default settings of the domain called `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "digit-circle" => Some(Self::DigitCircle(DigitCircleConfig::default())),
            "latex-ocr" => Some(Self::LatexOcr(LatexOcrConfig::default())),
            "audio-sequence" => Some(Self::AudioSequence(AudioSequenceConfig::default())),
            _ => None,
        }
    }

    /// Checks the settings without reading any corpus.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::DigitCircle(config) => config.validate(),
            Self::LatexOcr(config) => config.validate(),
            Self::AudioSequence(config) => config.validate(),
        }
    }

    /// What the networks must fit, from the settings alone: no corpus is read.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn dimensions(&self) -> Result<Dimensions> {
        self.validate()?;
        if let Self::AudioSequence(config) = self {
            return Ok(Dimensions {
                input_shape: config.input_shape(),
                mean_motifs: config.mean_motifs(),
                max_target_len: config.max_digits,
            });
        }
        let domain = self.build()?;
        Ok(Dimensions {
            input_shape: domain.input_shape(),
            mean_motifs: domain.mean_motifs(),
            max_target_len: domain.max_target_len(),
        })
    }

    /// The settings with the checksum that `other` has of the corpus of the same name, or as they are if they name
    /// a checksum or hear no corpus; `None` where `other` says nothing of their corpus.
    #[must_use]
    pub fn on_corpus_of(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::AudioSequence(own), Self::AudioSequence(other)) if own.corpus_checksum.is_empty() => {
                let known = own.corpus == other.corpus && !other.corpus_checksum.is_empty();
                let corpus_checksum = other.corpus_checksum.clone();
                known.then(|| Self::AudioSequence(AudioSequenceConfig { corpus_checksum, ..own.clone() }))
            }
            _ => Some(self.clone()),
        }
    }

    /// The settings with the checksum of the corpus that is there, if they name one and no
    /// checksum: so that a run says which corpus it heard and goes on with no other.
    ///
    /// # Errors
    /// When the corpus is missing, damaged or not the one that the checksum says.
    pub fn pinned(self) -> Result<Self> {
        match self {
            Self::AudioSequence(config) => {
                let domain = AudioSequence::new(config)?;
                let corpus_checksum = domain.recordings().checksum.clone();
                Ok(Self::AudioSequence(AudioSequenceConfig { corpus_checksum, ..domain.config().clone() }))
            }
            other => Ok(other),
        }
    }

    /// Builds the domain.
    ///
    /// # Errors
    /// When a setting is out of range, or the domain's corpus cannot be read.
    pub fn build(&self) -> Result<Box<dyn Domain>> {
        match self {
            Self::DigitCircle(config) => Ok(Box::new(DigitCircle::new(config.clone())?)),
            Self::LatexOcr(config) => Ok(Box::new(LatexOcr::new(config.clone())?)),
            Self::AudioSequence(config) => Ok(Box::new(AudioSequence::new(config.clone())?)),
        }
    }
}
