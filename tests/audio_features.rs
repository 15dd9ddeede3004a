//! Promise: features are torchaudio's, and libtorch's own transform agrees with them.

mod audio_common;

use audio_common::{Speaker, corpus_of};
use serde_json::Value;
use sparling::domain::Split;
use sparling::domain::audio_sequence::{AudioSequence, AudioSequenceConfig};
use tch::{Kind, Tensor};

/// The sound of tests/reference/make_spectrogram_reference.py.
fn sound(length: usize) -> Vec<f32> {
    let mut state: u64 = 1;
    (0..length)
        .map(|i| {
            state = (1_103_515_245 * state + 12_345) % (1 << 31);
            let noise = ((state >> 16) % 2001) as i64 - 1000;
            let square = |hertz: usize| if (2 * hertz * i / 8000) % 2 == 1 { 9000 } else { -9000 };
            let value = match 4 * i / length {
                0 => noise,
                1 => square(440),
                2 => 0,
                _ => square(1333) + 3 * noise,
            };
            value as f32 / 32768.0
        })
        .collect()
}

/// How far two single-precision computations of the same decibels may lie apart, `depth` decibels
/// below the loudest: each stage of an FFT (9 for 375 points) rounds amplitudes by up to 2^-24 of
/// the loudest, in both computations; an amplitude a = 10^(−depth/20) of it is then off by 18·2^-24/a
/// relatively, and 20·log10(1 + x) ≤ 8.69·x. 2e-3 more for the logarithm in single precision and
/// for constants stored with three digits.
fn tolerance(depth: f64) -> f64 {
    8.69 * 18.0 * 2_f64.powi(-24) * 10_f64.powf(depth / 20.0) + 2e-3
}

fn domain(config: AudioSequenceConfig) -> AudioSequence {
    AudioSequence::with_corpus(config, corpus_of(&[Speaker::new("a", 1.0), Speaker::new("b", 1.2)])).unwrap()
}

fn compare(found: &[f32], expected: &[f64], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let loudest = expected.iter().copied().fold(f64::MIN, f64::max);
    for (i, (&a, &b)) in found.iter().zip(expected).enumerate() {
        let off = (f64::from(a) - b).abs();
        assert!(off <= tolerance(loudest - b), "{what}, value {i}: found {a}, expected {b}");
    }
}

#[test]
fn decibels_are_torchaudios() {
    let text = include_str!("reference/spectrogram.json");
    let reference: Value = serde_json::from_str(text).unwrap();
    for case in reference["cases"].as_array().unwrap() {
        let number = |key: &str| case[key].as_f64().unwrap();
        let samples = number("samples") as usize;
        let config = AudioSequenceConfig {
            clip_seconds: samples as f64 / 8000.0,
            n_fft: number("n_fft") as usize,
            hop: number("hop") as usize,
            mels: number("mels") as usize,
            top_db: number("top_db"),
            ..AudioSequenceConfig::default()
        };
        assert_eq!(config.frames(), number("frames") as usize);
        let expected: Vec<f64> = case["decibels"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|row| row.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()))
            .collect();
        let found = domain(config.clone()).features(&sound(samples)).unwrap();
        compare(&found, &expected, &format!("n-fft {}", config.n_fft));
        // Shift and scale come after the cut.
        let scaled = AudioSequenceConfig { feature_shift: 40.0, feature_scale: 20.0, ..config };
        let scaled = domain(scaled).features(&sound(samples)).unwrap();
        for (a, b) in scaled.iter().zip(&found) {
            assert!((a - (b + 40.0) / 20.0).abs() < 1e-6);
        }
    }
}

/// The whole path with libtorch's STFT in place of ours, on a clip of the paper's length.
#[test]
fn libtorchs_transform_gives_the_same() {
    let domain = domain(AudioSequenceConfig::default());
    let (sound, _) = domain.clip(Split::Train, 3).unwrap();
    let power = stft_power(&sound);
    assert_eq!(power.size(), [188, 642]);
    let mel = bands().matmul(&power).clamp_min(1e-10).log10() * 10.0;
    let mel = mel.clamp_min(mel.max().double_value(&[]) - 80.0);
    let expected = Vec::<f64>::try_from(mel.to_kind(Kind::Double).flatten(0, 1)).unwrap();
    compare(&domain.features(&sound).unwrap(), &expected, "libtorch");
}

fn stft_power(sound: &[f32]) -> Tensor {
    let x = Tensor::from_slice(sound).unsqueeze(0);
    let window = Tensor::hann_window(375, (Kind::Float, tch::Device::Cpu));
    let z = x.reflection_pad1d([187, 187]).stft(
        375,
        Some(187),
        Some(375),
        Some(&window),
        false,
        true,
        true,
        false,
    );
    z.abs().square().squeeze()
}

/// 64 triangles on the HTK mel scale, `[64, 188]`.
fn bands() -> Tensor {
    let mel = |hertz: f64| 2595.0 * (1.0 + hertz / 700.0).log10();
    let hertz = |mel: f64| 700.0 * (10_f64.powf(mel / 2595.0) - 1.0);
    let edge: Vec<f64> = (0..66).map(|i| hertz(mel(4000.0) * f64::from(i) / 65.0)).collect();
    let mut weights = Vec::new();
    for m in 0..64 {
        for bin in 0..188 {
            let f = 4000.0 * f64::from(bin) / 187.0;
            let up = (f - edge[m]) / (edge[m + 1] - edge[m]);
            let down = (edge[m + 2] - f) / (edge[m + 2] - edge[m + 1]);
            weights.push(up.min(down).max(0.0) as f32);
        }
    }
    Tensor::from_slice(&weights).view([64, 188])
}
