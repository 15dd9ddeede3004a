//! The settings of DigitCircle and what makes them possible.

use std::fmt::Display;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::layout::max_side;
use super::stamps;

/// Settings of DigitCircle; the defaults are the paper's (section 5).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DigitCircleConfig {
    /// Seed of the data; another seed is another data set.
    pub seed: u64,
    /// Digits there are: 0 to `kinds` − 1. The paper has all ten.
    pub kinds: usize,
    /// Height and width of the image, in pixels.
    pub size: usize,
    /// Fewest digits on a circle.
    pub min_digits: usize,
    /// Most digits on a circle; they are distinct, so at most `kinds`.
    pub max_digits: usize,
    /// Smallest radius of the circle, in pixels. The largest follows from the size.
    pub min_radius: usize,
    /// A digit is moved off the circle by up to this many whole pixels, both ways in both directions.
    pub jitter: usize,
    /// Probability that a pixel of the finished image is inverted.
    pub flip_probability: f64,
    /// Density of the background as a multiple of the mean ink share of the ten stamps.
    pub background_ratio: f64,
}

impl Default for DigitCircleConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            kinds: 10,
            size: 100,
            min_digits: 3,
            max_digits: 6,
            min_radius: 20,
            jitter: 3,
            flip_probability: 0.05,
            background_ratio: 0.5,
        }
    }
}

/// Largest image side, so that a slip of the keyboard is refused instead of filling the memory.
const MAX_SIZE: usize = 4096;

impl DigitCircleConfig {
    /// Checks that samples can be drawn.
    ///
    /// # Errors
    /// At the first impossible setting, naming its key (`domain.…`), what was found and
    /// what was expected.
    pub fn validate(&self) -> Result<()> {
        if self.size > MAX_SIZE {
            return refuse("size", self.size, format!("at most {MAX_SIZE} pixels"));
        }
        if !(1..=10).contains(&self.kinds) {
            return refuse("kinds", self.kinds, "1 to 10, as there are ten digits");
        }
        for (key, digits) in [("min-digits", self.min_digits), ("max-digits", self.max_digits)] {
            if !(1..=self.kinds).contains(&digits) {
                return refuse(
                    key,
                    digits,
                    format!("1 to domain.kinds = {}, as digits are distinct", self.kinds),
                );
            }
        }
        if self.min_digits > self.max_digits {
            let expected = format!("at most domain.max-digits, which is {}", self.max_digits);
            return refuse("min-digits", self.min_digits, expected);
        }
        if self.min_radius == 0 || self.min_radius > MAX_SIZE {
            return refuse("min-radius", self.min_radius, format!("1 to {MAX_SIZE} pixels"));
        }
        if self.jitter > MAX_SIZE {
            return refuse("jitter", self.jitter, format!("at most {MAX_SIZE} pixels"));
        }
        let padding = self.jitter + max_side(stamps::embedded());
        let smallest = 2 * (self.min_radius + padding) + 1;
        if self.size < smallest {
            let expected = format!(
                "at least {smallest}, so that a circle of domain.min-radius = {} fits with \
                 domain.jitter = {} and the stamps' {} pixels on both sides; make the image \
                 larger or the radius smaller",
                self.min_radius,
                self.jitter,
                padding - self.jitter
            );
            return refuse("size", self.size, expected);
        }
        if !(0.0..=1.0).contains(&self.flip_probability) {
            return refuse("flip-probability", self.flip_probability, "a probability in [0, 1]");
        }
        let share = mean_ink_share();
        if !(self.background_ratio >= 0.0 && self.background_ratio * share <= 1.0) {
            let expected = format!("0 to {:.2}, so that no density exceeds 1", 1.0 / share);
            return refuse("background-ratio", self.background_ratio, expected);
        }
        Ok(())
    }

    /// Probability that a background pixel is set before the flips: the background
    /// ratio times the mean ink share of the stamps.
    #[must_use]
    pub fn background_density(&self) -> f64 {
        self.background_ratio * mean_ink_share()
    }
}

fn refuse(key: &str, found: impl Display, expected: impl Display) -> Result<()> {
    bail!("domain.{key}: found {found}, expected {expected}")
}

/// Mean over the ten stamps of their ink share.
fn mean_ink_share() -> f64 {
    let stamps = stamps::embedded();
    stamps.iter().map(stamps::Stamp::ink_share).sum::<f64>() / stamps.len() as f64
}
