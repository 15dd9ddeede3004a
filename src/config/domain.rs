//! The domain, chosen by `domain.name`, and its settings.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::domain::audio_sequence::{AudioSequence, AudioSequenceConfig};
use crate::domain::digit_circle::{DigitCircle, DigitCircleConfig};

/// The domain, chosen by `domain.name`, and its settings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum DomainConfig {
    /// Digits on a circle in a noisy binary image.
    DigitCircle(DigitCircleConfig),
    /// Spoken digits in a noisy clip.
    AudioSequence(AudioSequenceConfig),
}

/// The names that `domain.name` can take.
pub(crate) const DOMAIN_NAMES: [&str; 2] = ["digit-circle", "audio-sequence"];

impl DomainConfig {
    /// The domain's name in paths and result rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DigitCircle(_) => "digit-circle",
            Self::AudioSequence(_) => "audio-sequence",
        }
    }

    /// The default settings of the domain called `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "digit-circle" => Some(Self::DigitCircle(DigitCircleConfig::default())),
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
            Self::AudioSequence(config) => config.validate(),
        }
    }

    /// Input shape `[channels, height, width]` and mean motifs a sample, from the settings alone.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn dimensions(&self) -> Result<([usize; 3], f64)> {
        self.validate()?;
        match self {
            Self::AudioSequence(config) => Ok((config.input_shape(), config.mean_motifs())),
            Self::DigitCircle(_) => {
                let domain = self.build()?;
                Ok((domain.input_shape(), domain.mean_motifs()))
            }
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
            Self::AudioSequence(config) => Ok(Box::new(AudioSequence::new(config.clone())?)),
        }
    }
}
