//! One WAV file: read to the end, mixed to one channel, brought to the corpus's rate, judged.

use std::fmt;
use std::path::Path;

use anyhow::{Context as _, Result};
use hound::{SampleFormat, WavReader};
use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _, WindowFunction};

/// Rate of every corpus (samples a second), the paper's.
pub const SAMPLE_RATE: u32 = 8000;

/// Recordings shorter than this many seconds are clicks, longer ones are not one digit.
const SECONDS: std::ops::RangeInclusive<f64> = 0.05..=3.0;

/// A recording whose loudest sample is below this (of full scale 1) counts as silence: twice the
/// scale 2^-10 of the noise that is added to every clip (paper section 5).
const SILENCE: f32 = 1.0 / 512.0;

/// Why a file is not taken into a corpus.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// Not a WAV file, or of a kind that cannot be read.
    NotWav,
    /// The header promises more samples than there are.
    Truncated,
    /// No samples.
    Empty,
    /// Neither mono nor stereo.
    Channels,
    /// Sampled below the corpus's rate, so that high frequencies are missing.
    Rate,
    /// Shorter or longer than a spoken digit can be.
    Length,
    /// Nothing above the noise.
    Silent,
    /// The same samples as an earlier file.
    Duplicate,
    /// Digit, speaker and take of an earlier file.
    Repeated,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWav => write!(f, "not a WAV file of integer or float samples"),
            Self::Truncated => write!(f, "cut short: its header promises more samples"),
            Self::Empty => write!(f, "empty"),
            Self::Channels => write!(f, "more than two channels"),
            Self::Rate => write!(f, "sampled below {SAMPLE_RATE} Hz"),
            Self::Length => write!(f, "not {} to {} seconds long", SECONDS.start(), SECONDS.end()),
            Self::Silent => write!(f, "silent: no sample reaches 1/512 of full scale"),
            Self::Duplicate => write!(f, "the same samples as an earlier file"),
            Self::Repeated => write!(f, "digit, speaker and take of an earlier file"),
        }
    }
}

/// What a usable file held.
#[derive(Clone, Debug, PartialEq)]
pub struct Wav {
    /// Mono samples at [`SAMPLE_RATE`], 16 bit.
    pub samples: Vec<i16>,
    /// Whether two channels were averaged.
    pub mixed: bool,
    /// Whether it was resampled.
    pub resampled: bool,
}

/// Reads a file.
///
/// # Errors
/// With the [`Flaw`] for which it is left out.
pub fn read(path: &Path) -> Result<Wav, Flaw> {
    if std::fs::metadata(path).is_ok_and(|m| m.len() == 0) {
        return Err(Flaw::Empty);
    }
    let mut reader = WavReader::open(path).map_err(|error| flaw(&error))?;
    let spec = reader.spec();
    let channels = usize::from(spec.channels);
    let interleaved: Vec<f32> = match spec.sample_format {
        SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>(),
        SampleFormat::Int => {
            let full = 2f32.powi(i32::from(spec.bits_per_sample) - 1);
            reader.samples::<i32>().map(|s| s.map(|s| s as f32 / full)).collect()
        }
    }
    .map_err(|error| flaw(&error))?;
    if interleaved.is_empty() {
        return Err(Flaw::Empty);
    }
    if !(1..=2).contains(&channels) {
        return Err(Flaw::Channels);
    }
    if spec.sample_rate < SAMPLE_RATE {
        return Err(Flaw::Rate);
    }
    let seconds = (interleaved.len() / channels) as f64 / f64::from(spec.sample_rate);
    if !SECONDS.contains(&seconds) {
        return Err(Flaw::Length);
    }
    let mono: Vec<f32> =
        interleaved.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32).collect();
    if !mono.iter().any(|s| s.abs() >= SILENCE) {
        return Err(Flaw::Silent);
    }
    let resampled = spec.sample_rate != SAMPLE_RATE;
    let mono =
        if resampled { resample(&mono, spec.sample_rate as usize).map_err(|_| Flaw::Rate)? } else { mono };
    Ok(Wav { samples: mono.iter().map(|&s| to_i16(s)).collect(), mixed: channels == 2, resampled })
}

fn flaw(error: &hound::Error) -> Flaw {
    match error {
        // The header was read, so what ends too early are the samples.
        hound::Error::IoError(_) => Flaw::Truncated,
        hound::Error::FormatError(text) if text.contains("Failed to read enough bytes") => Flaw::Truncated,
        _ => Flaw::NotWav,
    }
}

/// The nearest of 65,536 levels; what is beyond full scale is cut.
pub fn to_i16(sample: f32) -> i16 {
    (sample * 32768.0).round().clamp(-32768.0, 32767.0) as i16
}

/// Brings mono samples from `rate` to [`SAMPLE_RATE`], low-pass filtered; the delay of the filter is taken out.
///
/// The filter is as long as a block, 20 ms or 160 samples of the outcome, and passes up to 0.92
/// of half the rate, 3.7 kHz. More and shorter blocks, the default, would cut at 3.0 kHz from 48 kHz.
fn resample(samples: &[f32], rate: usize) -> Result<Vec<f32>> {
    let window = WindowFunction::BlackmanHarris2;
    let mut resampler =
        Fft::<f32>::new_custom(rate, SAMPLE_RATE as usize, rate / 50, 1, 1, window, FixedSync::Input)
            .with_context(|| format!("cannot resample from {rate} Hz"))?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).context("resampling")?;
    let output = resampler.process_all(&input, samples.len(), None).context("resampling")?;
    Ok(output.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    /// A tone below the new Nyquist frequency keeps its time and height, one above it is gone.
    #[test]
    fn resampling_keeps_time_and_removes_what_would_alias() {
        let tone = |hertz: f64, rate: f64, n: usize| -> Vec<f32> {
            (0..n).map(|i| (TAU * hertz * i as f64 / rate).sin() as f32).collect()
        };
        for hertz in [440.0, 3000.0] {
            let low = resample(&tone(hertz, 48_000.0, 24_000), 48_000).unwrap();
            assert_eq!(low.len(), 4000);
            let expected = tone(hertz, 8000.0, 4000);
            // Away from the ends, where the filter sees the silence outside. The pass band of a
            // windowed sinc ripples far below 1 %.
            let worst = low.iter().zip(&expected).skip(400).take(3200).map(|(a, b)| (a - b).abs());
            assert!(worst.fold(0.0, f32::max) < 0.01, "{hertz} Hz");
        }
        let high = resample(&tone(5000.0, 48_000.0, 24_000), 48_000).unwrap();
        let loudest = high[400..3600].iter().fold(0.0_f32, |m, s| m.max(s.abs()));
        assert!(loudest < 0.01, "5 kHz came through at {loudest}");
    }

    #[test]
    fn levels_are_rounded_and_cut() {
        assert_eq!([to_i16(0.0), to_i16(1.0), to_i16(-1.0), to_i16(2.0)], [0, 32767, -32768, 32767]);
        assert_eq!(to_i16(1.6 / 32768.0), 2);
    }
}
