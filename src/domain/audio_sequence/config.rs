//! The settings of AudioMNISTSequence and what makes them possible.

use std::fmt::Display;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::corpus::SAMPLE_RATE;

/// What the test split holds out of the corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HoldOut {
    /// Speakers never heard in training (the paper's).
    #[default]
    Speakers,
    /// Takes of known speakers.
    Takes,
}

/// Settings of AudioMNISTSequence; the defaults are the paper's (section 5) but for the corpus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct AudioSequenceConfig {
    /// Seed of the clips; another seed is another data set. Who is held out does not depend on it.
    pub seed: u64,
    /// Corpus: a name in `data/corpora`, or the path of a folder (anything with a `/`).
    pub corpus: String,
    /// Checksum of that corpus; empty takes the one that is there. A run records it.
    pub corpus_checksum: String,
    /// What the test split holds out.
    pub hold_out: HoldOut,
    /// Length of a clip in seconds.
    pub clip_seconds: f64,
    /// Fewest digits in a clip.
    pub min_digits: usize,
    /// Most digits in a clip.
    pub max_digits: usize,
    /// Training clips play each recording at a speed uniform in 1 ± this (0: as recorded, the
    /// paper's). Few voices then teach what many would; validation and test clips are as recorded.
    pub speed_perturbation: f64,
    /// Training clips filter each recording by xₙ + a·xₙ₋₁, a uniform in 0 ± this (0: as recorded, the
    /// paper's). At 8 kHz a = 0.4 lifts the lowest frequencies by 3 dB and lowers the highest by 4.
    pub tilt_perturbation: f64,
    /// Scale σ of the noise: normal, cut at ±σ (full scale is 1).
    pub noise_scale: f64,
    /// Samples a second; every corpus is brought to this rate when it is imported.
    pub sample_rate: u32,
    /// Samples under a window of the spectrogram.
    pub n_fft: usize,
    /// Samples from frame to frame.
    pub hop: usize,
    /// Mel bands, the input's channels.
    pub mels: usize,
    /// Decibels below the loudest at which the spectrogram is cut.
    pub top_db: f64,
    /// Added to the decibels …
    pub feature_shift: f64,
    /// … before they are divided by this (paper: neither).
    pub feature_scale: f64,
}

impl Default for AudioSequenceConfig {
    fn default() -> Self {
        Self {
            seed: 0,
            corpus: "espeak".into(),
            corpus_checksum: String::new(),
            hold_out: HoldOut::Speakers,
            clip_seconds: 15.0,
            min_digits: 5,
            max_digits: 10,
            speed_perturbation: 0.0,
            tilt_perturbation: 0.0,
            noise_scale: 1.0 / 1024.0,
            sample_rate: SAMPLE_RATE,
            n_fft: 375,
            hop: 187,
            mels: 64,
            top_db: 80.0,
            feature_shift: 0.0,
            feature_scale: 1.0,
        }
    }
}

/// Longest clip, so that a slip of the keyboard is refused instead of filling the memory.
pub const MAX_SECONDS: f64 = 600.0;

impl AudioSequenceConfig {
    /// Checks that samples can be drawn, without looking at the corpus.
    ///
    /// # Errors
    /// At the first impossible setting, naming its key (`domain.…`), what was found and
    /// what was expected.
    pub fn validate(&self) -> Result<()> {
        if self.corpus.is_empty() {
            return refuse("corpus", "nothing", "a name in data/corpora or the path of a folder");
        }
        if !(self.clip_seconds > 0.0 && self.clip_seconds <= MAX_SECONDS) {
            return refuse("clip-seconds", self.clip_seconds, format!("above 0, at most {MAX_SECONDS}"));
        }
        if self.min_digits == 0 || self.min_digits > self.max_digits {
            let expected = format!("1 to domain.max-digits, which is {}", self.max_digits);
            return refuse("min-digits", self.min_digits, expected);
        }
        if self.max_digits > 200 {
            return refuse("max-digits", self.max_digits, "at most 200");
        }
        if !(0.0..=0.5).contains(&self.speed_perturbation) {
            return refuse("speed-perturbation", self.speed_perturbation, "0 to 0.5, a share of the speed");
        }
        if !(0.0..=0.95).contains(&self.tilt_perturbation) {
            return refuse("tilt-perturbation", self.tilt_perturbation, "0 to 0.95, a filter's coefficient");
        }
        if !(0.0..=1.0).contains(&self.noise_scale) {
            return refuse("noise-scale", self.noise_scale, "0 to 1, of full scale");
        }
        if self.sample_rate != SAMPLE_RATE {
            let expected = format!("{SAMPLE_RATE}, the rate that corpora are imported at");
            return refuse("sample-rate", self.sample_rate, expected);
        }
        if !(2..=65_536).contains(&self.n_fft) {
            return refuse("n-fft", self.n_fft, "2 to 65536 samples");
        }
        if self.n_fft / 2 >= self.clip_samples() {
            let expected = format!("at least {} samples, half of domain.n-fft and one", self.n_fft / 2 + 1);
            return refuse("clip-seconds", self.clip_seconds, expected);
        }
        if !(1..=self.clip_samples()).contains(&self.hop) {
            return refuse("hop", self.hop, "1 to the samples of a clip");
        }
        if !(2..=1024).contains(&self.mels) {
            return refuse("mels", self.mels, "2 to 1024 bands");
        }
        if !(self.top_db > 0.0 && self.top_db <= 1000.0) {
            return refuse("top-db", self.top_db, "above 0, at most 1000 decibels");
        }
        if !self.feature_shift.is_finite() {
            return refuse("feature-shift", self.feature_shift, "a number of decibels");
        }
        if !(self.feature_scale > 0.0 && self.feature_scale.is_finite()) {
            return refuse("feature-scale", self.feature_scale, "a number of decibels above 0");
        }
        Ok(())
    }

    /// Samples of a clip.
    #[must_use]
    pub fn clip_samples(&self) -> usize {
        (self.clip_seconds * f64::from(self.sample_rate)).round() as usize
    }

    /// Frames of the spectrogram: ⌊(samples − 1 + 2⌊n-fft/2⌋ − n-fft + 1)/hop⌋ + 1.
    #[must_use]
    pub fn frames(&self) -> usize {
        (self.clip_samples() + 2 * (self.n_fft / 2) - self.n_fft) / self.hop + 1
    }

    /// `[mels, 1, frames]`.
    #[must_use]
    pub fn input_shape(&self) -> [usize; 3] {
        [self.mels, 1, self.frames()]
    }

    /// Mean digits in a clip.
    #[must_use]
    pub fn mean_motifs(&self) -> f64 {
        (self.min_digits + self.max_digits) as f64 / 2.0
    }
}

fn refuse(key: &str, found: impl Display, expected: impl Display) -> Result<()> {
    bail!("domain.{key}: found {found}, expected {expected}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_spectrogram_has_642_frames() {
        let config = AudioSequenceConfig::default();
        assert_eq!(config.input_shape(), [64, 1, 642]);
        assert_eq!(config.mean_motifs(), 7.5);
        config.validate().unwrap();
    }

    #[test]
    fn impossible_settings_name_key_value_and_expectation() {
        let of = |change: fn(&mut AudioSequenceConfig)| {
            let mut config = AudioSequenceConfig::default();
            change(&mut config);
            format!("{:#}", config.validate().unwrap_err())
        };
        assert!(
            of(|c| c.min_digits = 11)
                .contains("domain.min-digits: found 11, expected 1 to domain.max-digits")
        );
        assert!(of(|c| c.sample_rate = 16_000).contains("domain.sample-rate: found 16000, expected 8000"));
        assert!(of(|c| c.clip_seconds = f64::NAN).contains("domain.clip-seconds: found NaN"));
        assert!(of(|c| c.clip_seconds = 0.02).contains("half of domain.n-fft"));
        assert!(
            of(|c| c.speed_perturbation = 0.6)
                .contains("domain.speed-perturbation: found 0.6, expected 0 to 0.5")
        );
        assert!(of(|c| c.tilt_perturbation = 1.0).contains("domain.tilt-perturbation: found 1, expected 0"));
        assert!(of(|c| c.noise_scale = -1.0).contains("domain.noise-scale: found -1"));
        assert!(of(|c| c.feature_scale = 0.0).contains("domain.feature-scale: found 0"));
    }
}
