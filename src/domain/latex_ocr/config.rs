//! The settings of LaTeX-OCR and what makes them possible.

use std::fmt::Display;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

/// Settings of LaTeX-OCR; the defaults are the paper's (section 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct LatexOcrConfig {
    /// Seed of the data; another seed is another data set.
    pub seed: u64,
    /// Width of the image, in pixels.
    pub width: usize,
    /// Height of the image, in pixels.
    pub height: usize,
    /// Fewest tokens of a formula.
    pub min_length: usize,
    /// Most tokens of a formula.
    pub max_length: usize,
    /// Pixels to the em; the paper's is LaTeX's 10 pt at 200 dpi, 10/72.27·200.
    pub pixels_per_em: f64,
    /// A pixel at least this light is white, in (0, 1); 0 is black ink, 1 is white paper.
    pub threshold: f64,
    /// Probability that a pixel turns black, whatever it was.
    pub noise: f64,
}

impl Default for LatexOcrConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            width: 360,
            height: 120,
            min_length: 1,
            max_length: 30,
            pixels_per_em: 27.674,
            threshold: 0.75,
            noise: 0.25,
        }
    }
}

/// Largest image side, so that a slip of the keyboard is refused instead of filling the memory.
const MAX_SIDE: usize = 4096;

/// Longest formula: RaTeX reads 32 levels of brackets, and 60 tokens hold 29 at most.
const MAX_LENGTH: usize = 60;

/// Pixels to the em between which formulas can be drawn: below, hairlines vanish at the threshold.
const PIXELS_PER_EM: [f64; 2] = [8.0, 400.0];

impl LatexOcrConfig {
    /// Checks that samples can be drawn.
    ///
    /// # Errors
    /// At the first impossible setting, naming its key (`domain.…`), what was found and
    /// what was expected.
    pub fn validate(&self) -> Result<()> {
        for (key, side) in [("width", self.width), ("height", self.height)] {
            if !(1..=MAX_SIDE).contains(&side) {
                return refuse(key, side, format!("1 to {MAX_SIDE} pixels"));
            }
        }
        for (key, length) in [("min-length", self.min_length), ("max-length", self.max_length)] {
            if !(1..=MAX_LENGTH).contains(&length) {
                return refuse(key, length, format!("1 to {MAX_LENGTH} tokens"));
            }
        }
        if self.min_length > self.max_length {
            let expected = format!("at most domain.max-length, which is {}", self.max_length);
            return refuse("min-length", self.min_length, expected);
        }
        let [least, most] = PIXELS_PER_EM;
        if !(least..=most).contains(&self.pixels_per_em) {
            return refuse("pixels-per-em", self.pixels_per_em, format!("{least} to {most}"));
        }
        if !(self.threshold > 0.0 && self.threshold < 1.0) {
            return refuse("threshold", self.threshold, "a lightness between 0 (black) and 1 (white)");
        }
        if !(0.0..=1.0).contains(&self.noise) {
            return refuse("noise", self.noise, "a probability in [0, 1]");
        }
        Ok(())
    }
}

fn refuse(key: &str, found: impl Display, expected: impl Display) -> Result<()> {
    bail!("domain.{key}: found {found}, expected {expected}")
}
