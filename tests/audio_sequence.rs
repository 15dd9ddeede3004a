//! Promise: clips are pure functions of their index, no speaker is on both sides of the
//! split, placements are uniform, and spans hold the sound.

mod audio_common;

use std::collections::BTreeSet;
use std::sync::Arc;

use audio_common::{Speaker, corpus_of, speakers};
use sparling::domain::audio_sequence::corpus::{Corpus, Recording};
use sparling::domain::audio_sequence::{AudioSequence, AudioSequenceConfig, HoldOut};
use sparling::domain::{Domain as _, Split};

fn config() -> AudioSequenceConfig {
    AudioSequenceConfig { clip_seconds: 3.0, min_digits: 1, max_digits: 4, ..AudioSequenceConfig::default() }
}

fn domain(config: AudioSequenceConfig) -> AudioSequence {
    AudioSequence::with_corpus(config, corpus_of(&speakers())).unwrap()
}

const SPLITS: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

/// Speakers (or takes) heard in clips of a split.
fn heard(domain: &AudioSequence, split: Split, of: fn(&Recording) -> String) -> BTreeSet<String> {
    let recordings = &domain.recordings().recordings;
    let placed = (0..400).flat_map(|i| domain.clip(split, i).unwrap().1);
    placed.map(|p| of(&recordings[p.recording])).collect()
}

#[test]
fn no_speaker_is_heard_on_both_sides() {
    let domain = domain(config());
    let [train, validation, test] = SPLITS.map(|s| heard(&domain, s, |r| r.speaker.clone()));
    assert_eq!(train, validation, "the annealing hears the training's speakers");
    assert_eq!((train.len(), test.len()), (5, 1));
    assert!(train.is_disjoint(&test), "{train:?} and {test:?}");
    // Who is held out does not depend on the seed of the clips.
    let other =
        AudioSequence::with_corpus(AudioSequenceConfig { seed: 9, ..config() }, corpus_of(&speakers()));
    assert_eq!(heard(&other.unwrap(), Split::Test, |r| r.speaker.clone()), test);
}

#[test]
fn sixty_speakers_are_split_as_in_the_paper() {
    let many: Vec<Speaker> = (0..60).map(|i| Speaker::new(&format!("{i:02}"), 1.0)).collect();
    let domain = AudioSequence::with_corpus(config(), corpus_of(&many)).unwrap();
    let sides = [Split::Train, Split::Test].map(|split| {
        let speaker = |i: usize| domain.recordings().recordings[i].speaker.clone();
        domain.pool(split).recordings().map(speaker).collect::<BTreeSet<_>>()
    });
    assert_eq!((sides[0].len(), sides[1].len()), (51, 9));
    assert!(sides[0].is_disjoint(&sides[1]));
}

#[test]
fn takes_can_be_held_out_in_place_of_speakers() {
    let domain = domain(AudioSequenceConfig { hold_out: HoldOut::Takes, ..config() });
    let [train, validation, test] =
        SPLITS.map(|s| heard(&domain, s, |r| format!("{} {} {}", r.digit, r.speaker, r.take)));
    assert_eq!(train, validation);
    assert!(train.is_disjoint(&test), "no take on both sides");
    // Of three takes one is held out, of every digit of every speaker.
    assert_eq!((train.len(), test.len()), (120, 60));
}

#[test]
fn a_sample_is_a_function_of_its_address() {
    let domain = Arc::new(domain(config()));
    let again = AudioSequence::with_corpus(config(), corpus_of(&speakers())).unwrap();
    let expected: Vec<_> = (0..24).map(|i| again.sample(SPLITS[i % 3], i as u64 / 3).unwrap()).collect();
    let threads: Vec<_> = (0..3)
        .map(|t| {
            let domain = Arc::clone(&domain);
            // Each thread in another order.
            std::thread::spawn(move || {
                let indices = (0..24).map(move |i| (i * 7 + 5 * t) % 24);
                indices.map(|i| (i, domain.sample(SPLITS[i % 3], i as u64 / 3).unwrap())).collect::<Vec<_>>()
            })
        })
        .collect();
    for thread in threads {
        for (i, sample) in thread.join().unwrap() {
            assert_eq!(sample, expected[i], "sample {i}");
        }
    }
    let distinct: BTreeSet<_> = expected.iter().map(|s| format!("{:?}", s.input)).collect();
    assert_eq!(distinct.len(), 24, "no two addresses give one sample");
}

/// Speeds are uniform in 1 ± 0.2, so over the digits of 400 clips, 1000 on average, their mean is within
/// 4·0.2/√(3·1000) = 0.015 of 1; lengths are rounded, which is nothing beside that.
#[test]
fn only_training_clips_are_played_otherwise_than_recorded() {
    let plain = domain(config());
    let varied = domain(AudioSequenceConfig { speed_perturbation: 0.2, tilt_perturbation: 0.5, ..config() });
    for split in [Split::Validation, Split::Test] {
        assert_eq!(varied.sample(split, 3).unwrap(), plain.sample(split, 3).unwrap(), "{split:?}");
    }
    let (mut speeds, mut tilts) = (Vec::new(), Vec::new());
    for index in 0..400 {
        let (sound, placed) = varied.clip(Split::Train, index).unwrap();
        assert_eq!(sound.len(), varied.config().clip_samples());
        assert!(placed.windows(2).all(|pair| pair[0].end <= pair[1].start), "{placed:?}");
        let own = |p: &sparling::domain::audio_sequence::Placed| {
            varied.recordings().recordings[p.recording].length as f64 / (p.end - p.start) as f64
        };
        speeds.extend(placed.iter().map(own));
        tilts.extend(placed.iter().map(|p| f64::from(p.tilt)));
    }
    assert!(speeds.len() > 900, "{}", speeds.len());
    assert!(speeds.iter().all(|s| (0.799..=1.201).contains(s)), "{speeds:?}");
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert!((mean(&speeds) - 1.0).abs() < 0.015, "mean speed {}", mean(&speeds));
    // Uniform in ±0.5: four standard errors of the mean are 4·0.5/√(3·900) = 0.04.
    assert!(tilts.iter().all(|a| a.abs() <= 0.5) && mean(&tilts).abs() < 0.04, "mean tilt {}", mean(&tilts));
    assert!(tilts.iter().filter(|a| a.abs() > 0.25).count() > 350, "half of {}", tilts.len());
    let (low, high) =
        (speeds.iter().filter(|s| **s < 0.9).count(), speeds.iter().filter(|s| **s > 1.1).count());
    assert!(low > 150 && high > 150, "a quarter of {} each: {low}, {high}", speeds.len());
}

#[test]
fn targets_and_spans_are_in_order_and_do_not_overlap() {
    let domain = domain(config());
    let [mels, height, frames] = domain.input_shape();
    assert_eq!((mels, height, frames), (64, 1, 129));
    for index in 0..200 {
        let sample = domain.sample(Split::Train, index).unwrap();
        assert_eq!(domain.target(Split::Train, index).unwrap(), sample.target);
        assert_eq!(sample.input.len(), mels * frames);
        assert!((1..=4).contains(&sample.target.len()));
        let kinds: Vec<u32> = sample.motifs.iter().map(|m| m.kind as u32).collect();
        assert_eq!(kinds, sample.target);
        let (_, placed) = domain.clip(Split::Train, index).unwrap();
        for (m, p) in sample.motifs.iter().zip(&placed) {
            assert_eq!((m.top, m.bottom), (0, 1));
            assert!(m.left < m.right && m.right <= frames);
            // Frame f stands for samples 187 f − 93 ..= 187 f + 93.
            let stands_for = |f: usize| (187 * f).saturating_sub(93)..187 * f + 94;
            assert!(stands_for(m.left).contains(&p.start), "{m:?} {p:?}");
            assert!(stands_for(m.right - 1).contains(&(p.end - 1)), "{m:?} {p:?}");
        }
        for pair in placed.windows(2) {
            assert!(pair[0].end <= pair[1].start, "{pair:?}");
        }
        assert!(placed.last().unwrap().end <= 24_000);
    }
}

/// Without noise all power lies in the spans, but for what half a window of 187 samples (one
/// frame) sees from outside.
#[test]
fn the_sound_is_in_the_spans() {
    let domain = domain(AudioSequenceConfig { noise_scale: 0.0, ..config() });
    let [mels, _, frames] = domain.input_shape();
    for index in 0..50 {
        let sample = domain.sample(Split::Test, index).unwrap();
        let power =
            |f: usize| (0..mels).map(|m| 10_f64.powf(f64::from(sample.input[m * frames + f]) / 10.0)).sum();
        let inside = |f: usize, margin: usize| {
            sample.motifs.iter().any(|m| f + margin >= m.left && f < m.right + margin)
        };
        let (mut within, mut beside, mut beyond) = (0.0, 0.0, 0.0_f64);
        for f in 0..frames {
            let power: f64 = power(f);
            match (inside(f, 0), inside(f, 1)) {
                (true, _) => within += power,
                (_, true) => beside += power,
                _ => beyond = beyond.max(power),
            }
        }
        // The tones fade over 20 ms, and at a span's edge the window is near its own zero.
        assert!(beside < 0.01 * within, "{index}: {beside} beside, {within} within");
        // 64 bands at the floor, 80 dB below the loudest value.
        assert!(beyond <= within * 64.0 * 1e-8, "{index}: {beyond} beyond, {within} within");
    }
}

/// Two recordings of 1 and 2 samples in a clip of 6 (by a corpus of its own): of the C(3 + 2, 2) = 10
/// placements an order each is as likely as any other.
#[test]
fn placements_are_uniform() {
    let recording = |speaker: &str, offset, length| Recording {
        digit: 0,
        speaker: speaker.into(),
        take: "0".into(),
        offset,
        length,
    };
    let corpus = Corpus {
        name: "tiny".into(),
        layout: "test".into(),
        checksum: String::new(),
        samples: vec![1; 4],
        recordings: vec![recording("a", 0, 2), recording("b", 2, 2)],
    };
    let config = AudioSequenceConfig {
        clip_seconds: 7.0 / 8000.0,
        min_digits: 2,
        max_digits: 2,
        n_fft: 4,
        hop: 2,
        mels: 2,
        ..AudioSequenceConfig::default()
    };
    let domain = AudioSequence::with_corpus(config, Arc::new(corpus)).unwrap();
    let draws = 20_000;
    let mut counts = std::collections::BTreeMap::new();
    for index in 0..draws {
        let (_, placed) = domain.clip(Split::Train, index).unwrap();
        *counts.entry((placed[0].start, placed[1].start)).or_insert(0_u32) += 1;
    }
    // Free samples F = 7 − 4 = 3, n = 2: starts (g₁, g₂ + 2) with 0 ≤ g₁ ≤ g₂ ≤ 3.
    assert_eq!(counts.len(), 10, "{counts:?}");
    // Binomial with p = 1/10: five standard deviations √(n p (1 − p)) are 212.
    let expected = draws as f64 / 10.0;
    let deviation = (draws as f64 * 0.1 * 0.9).sqrt();
    for (place, count) in counts {
        assert!((f64::from(count) - expected).abs() < 5.0 * deviation, "{place:?}: {count}");
    }
}

#[test]
fn what_cannot_fit_says_so() {
    let long = AudioSequenceConfig { clip_seconds: 0.6, min_digits: 3, max_digits: 3, ..config() };
    let message = format!("{:#}", domain(long).sample(Split::Train, 0).unwrap_err());
    assert!(
        message.contains("3 recordings of the corpus tones do not fit into a clip of 0.6 seconds"),
        "{message}"
    );
    let one = corpus_of(&[Speaker::new("a", 1.0)]);
    let message = format!("{:#}", AudioSequence::with_corpus(config(), one).unwrap_err());
    assert!(message.contains("too small: found 1 speakers"), "{message}");
}
