//! Tiny corpora for the audio tests: each digit is a pattern of tones, each speaker another pitch.
#![allow(dead_code, reason = "each test file uses its part of this")]

use std::f64::consts::TAU;
use std::path::Path;
use std::sync::Arc;

use hound::{SampleFormat, WavSpec, WavWriter};
use sparling::domain::audio_sequence::corpus::{Corpus, Recording};

/// A speaker who sings digits `pitch` times as high as written.
pub(crate) struct Speaker {
    /// Name.
    pub(crate) name: String,
    /// Factor of every frequency.
    pub(crate) pitch: f64,
}

impl Speaker {
    /// A speaker.
    pub(crate) fn new(name: &str, pitch: f64) -> Self {
        Self { name: name.into(), pitch }
    }
}

/// Six speakers.
pub(crate) fn speakers() -> Vec<Speaker> {
    (0..6).map(|i| Speaker::new(&format!("{i:02}"), 0.95 + 0.02 * f64::from(i))).collect()
}

/// Seconds of a digit.
pub(crate) const SECONDS: f64 = 0.25;

/// A digit as two tones one after the other, a quarter higher from digit to digit. `take` makes it louder or softer.
pub(crate) fn digit(digit: u8, pitch: f64, take: usize, rate: f64) -> Vec<f64> {
    let first = 300.0 * 1.25_f64.powi(i32::from(digit));
    let second = first * if digit.is_multiple_of(2) { 1.1 } else { 0.9 };
    let samples = (SECONDS * rate) as usize;
    (0..samples)
        .map(|i| {
            let tone = if 2 * i < samples { first } else { second };
            let fade = (i.min(samples - 1 - i) as f64 / (0.02 * rate)).min(1.0);
            let loud = 0.3 + 0.05 * take as f64;
            loud * fade * (TAU * tone * pitch * i as f64 / rate).sin()
        })
        .collect()
}

/// The digits of some speakers, three takes each, in memory.
pub(crate) fn corpus_of(speakers: &[Speaker]) -> Arc<Corpus> {
    let mut corpus = Corpus {
        name: "tones".into(),
        layout: "test".into(),
        checksum: "0123456789abcdef".into(),
        samples: Vec::new(),
        recordings: Vec::new(),
    };
    for speaker in speakers {
        for d in 0..10 {
            for take in 0..3 {
                let samples = digit(d, speaker.pitch, take, 8000.0);
                corpus.recordings.push(Recording {
                    digit: d,
                    speaker: speaker.name.clone(),
                    take: take.to_string(),
                    offset: corpus.samples.len(),
                    length: samples.len(),
                });
                corpus.samples.extend(samples.iter().map(|s| (s * 32767.0) as i16));
            }
        }
    }
    Arc::new(corpus)
}

/// Writes samples (full scale 1) as a WAV file of integers.
pub(crate) fn write_wav(path: &Path, samples: &[f64], rate: u32, channels: u16, bits: u16) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let spec =
        WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format: SampleFormat::Int };
    let mut writer = WavWriter::create(path, spec).expect("a file");
    let full = 2_f64.powi(i32::from(bits) - 1) - 1.0;
    for sample in samples {
        for _ in 0..channels {
            writer.write_sample((sample * full) as i32).expect("a sample");
        }
    }
    writer.finalize().expect("a file");
}

/// A folder in FSDD's layout at 8 kHz.
pub(crate) fn write_fsdd(folder: &Path, speakers: &[Speaker]) {
    for speaker in speakers {
        for d in 0..10 {
            for take in 0..3 {
                let path = folder.join(format!("{d}_{}_{take}.wav", speaker.name));
                write_wav(&path, &digit(d, speaker.pitch, take, 8000.0), 8000, 1, 16);
            }
        }
    }
}
