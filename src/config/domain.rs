//! The table `domain`: which domain, and its settings.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::domain::Domain;
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
}

/// The names that `domain.name` can take.
pub(super) const DOMAIN_NAMES: [&str; 2] = ["digit-circle", "latex-ocr"];

impl DomainConfig {
    /// The domain's name in paths and result rows.
    pub fn name(&self) -> &'static str {
        match self {
            Self::DigitCircle(_) => "digit-circle",
            Self::LatexOcr(_) => "latex-ocr",
        }
    }

    /// The default settings of the domain called `name`.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "digit-circle" => Some(Self::DigitCircle(DigitCircleConfig::default())),
            "latex-ocr" => Some(Self::LatexOcr(LatexOcrConfig::default())),
            _ => None,
        }
    }

    /// Builds the domain.
    ///
    /// # Errors
    /// When a setting is out of range.
    pub fn build(&self) -> Result<Box<dyn Domain>> {
        match self {
            Self::DigitCircle(config) => Ok(Box::new(DigitCircle::new(config.clone())?)),
            Self::LatexOcr(config) => Ok(Box::new(LatexOcr::new(config.clone())?)),
        }
    }
}
