//! Promise: recordings are read from both layouts, every unusable file is left out with its
//! reason, and a corpus on disk is whole or refused with what to do.

mod audio_common;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use audio_common::{Speaker, corpus_of, digit, speakers, write_fsdd, write_wav};
use sparling::domain::audio_sequence::corpus::import::{Summary, import};
use sparling::domain::audio_sequence::corpus::{Corpus, Flaw, read, read_wav, write};

fn flaws(summary: &Summary) -> BTreeMap<String, Flaw> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    summary.skipped.iter().flat_map(|(flaw, paths)| paths.iter().map(|p| (name(p), flaw.clone()))).collect()
}

#[test]
fn an_fsdd_folder_is_taken_sample_by_sample() {
    let folder = tempfile::tempdir().unwrap();
    write_fsdd(&folder.path().join("recordings"), &speakers());
    let (corpus, summary) = import(folder.path(), "tones", &HashSet::new()).unwrap();
    assert_eq!((summary.files, summary.taken, summary.speakers), (180, 180, 6));
    assert_eq!((summary.resampled, summary.mixed, summary.skipped.len()), (0, 0, 0));
    assert_eq!(corpus.layout, "fsdd");
    for recording in &corpus.recordings {
        let pitch = speakers().into_iter().find(|s| s.name == recording.speaker).unwrap().pitch;
        let written = digit(recording.digit, pitch, recording.take.parse().unwrap(), 8000.0);
        for (found, expected) in corpus.samples_of(recording).iter().zip(written) {
            // The file holds the sample cut to a whole number of 1/32767; read back, exactly that.
            assert_eq!(*found, (expected * 32767.0) as i16, "{recording:?}");
        }
    }
}

#[test]
fn an_audiomnist_folder_is_resampled_and_foreign_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    for speaker in ["01", "02"] {
        for d in 0..10 {
            let path = folder.path().join(format!("data/{speaker}/{d}_{speaker}_0.wav"));
            let pitch = if speaker == "01" { 1.0 } else { 1.1 };
            write_wav(&path, &digit(d, pitch, 0, 48_000.0), 48_000, 1, 16);
        }
    }
    fs::write(folder.path().join("data/audioMNIST_meta.txt"), "{}").unwrap();
    fs::write(folder.path().join("data/01/notes.wav"), "not named like a recording").unwrap();
    let (corpus, summary) = import(folder.path(), "a", &HashSet::new()).unwrap();
    assert_eq!((summary.files, summary.taken, summary.resampled), (21, 20, 20));
    assert_eq!(summary.skipped[&Flaw::Name], [folder.path().join("data/01/notes.wav")]);
    assert_eq!((corpus.layout.as_str(), corpus.speakers()), ("audiomnist", vec!["01", "02"]));
    for recording in corpus.recordings.iter().filter(|r| r.speaker == "01") {
        let expected = digit(recording.digit, 1.0, 0, 8000.0);
        assert_eq!(recording.length, expected.len());
        // All tones lie below 2.3 kHz, in the pass band; the two ends and the middle, where the tone
        // changes, hold what the low-pass removes.
        let found = corpus.samples_of(recording);
        let worst = (200..900).chain(1200..1800).map(|i| (f64::from(found[i]) / 32768.0 - expected[i]).abs());
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < 0.01, "digit {}: off by {worst}", recording.digit);
    }
}

#[test]
fn every_unusable_file_is_left_out_with_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let good = digit(3, 1.0, 0, 8000.0);
    write_wav(&at("3_ann_0.wav"), &good, 8000, 1, 16);
    write_wav(&at("3_ann_1.wav"), &good, 8000, 1, 16);
    write_wav(&at("4_ann_0.wav"), &digit(4, 1.0, 0, 8000.0), 8000, 2, 16);
    write_wav(&at("5_ann_0.wav"), &digit(5, 1.0, 0, 8000.0), 8000, 1, 24);
    write_wav(&at("6_ann_0.wav"), &digit(6, 1.0, 0, 8000.0), 8000, 3, 16);
    write_wav(&at("7_ann_0.wav"), &digit(7, 1.0, 0, 6000.0), 6000, 1, 16);
    write_wav(&at("8_ann_0.wav"), &vec![0.001; 2000], 8000, 1, 16);
    write_wav(&at("8_ann_1.wav"), &[], 8000, 1, 16);
    write_wav(&at("8_ann_2.wav"), &vec![0.5; 300], 8000, 1, 16);
    write_wav(&at("8_ann_3.wav"), &vec![0.5; 30_000], 8000, 1, 16);
    fs::write(at("9_ann_0.wav"), "this is no sound").unwrap();
    fs::write(at("9_ann_1.wav"), "").unwrap();
    let whole = fs::read(at("3_ann_0.wav")).unwrap();
    fs::write(at("9_ann_2.wav"), &whole[..whole.len() / 2]).unwrap();
    fs::write(at("9_ann_3.wav"), &whole[..30]).unwrap();
    let (corpus, summary) = import(folder.path(), "a", &HashSet::new()).unwrap();
    let expected = [
        ("3_ann_1.wav", Flaw::Duplicate),
        ("6_ann_0.wav", Flaw::Channels),
        ("7_ann_0.wav", Flaw::Rate),
        ("8_ann_0.wav", Flaw::Silent),
        ("8_ann_1.wav", Flaw::Empty),
        ("8_ann_2.wav", Flaw::Length),
        ("8_ann_3.wav", Flaw::Length),
        ("9_ann_0.wav", Flaw::NotSound),
        ("9_ann_1.wav", Flaw::Empty),
        ("9_ann_2.wav", Flaw::Truncated),
        ("9_ann_3.wav", Flaw::Truncated),
    ];
    assert_eq!(flaws(&summary), expected.map(|(name, flaw)| (name.to_owned(), flaw)).into());
    let digits: Vec<_> = corpus.recordings.iter().map(|r| r.digit).collect();
    assert_eq!((digits, summary.mixed), (vec![3, 4, 5], 1));
    let text = summary.to_string();
    assert!(text.starts_with("3 of 14 recordings taken: 1 speakers"), "{text}");
    assert!(text.contains("1 skipped, silent") && text.contains("8_ann_0.wav"), "{text}");
}

/// 8, 16, 24 and 32 bits and two equal channels hold the same sound to their own precision.
#[test]
fn bit_depths_and_channels_do_not_change_the_sound() {
    let folder = tempfile::tempdir().unwrap();
    let sound = digit(2, 1.0, 1, 8000.0);
    for (channels, bits) in [(1, 8), (1, 16), (1, 24), (1, 32), (2, 16), (2, 24)] {
        let path = folder.path().join(format!("{channels}-{bits}.wav"));
        write_wav(&path, &sound, 8000, channels, bits);
        let wav = read_wav(&path).unwrap();
        assert_eq!((wav.samples.len(), wav.mixed, wav.resampled), (sound.len(), channels == 2, false));
        // Written values are cut to whole levels, and divided by one level more than full scale.
        let level = 32768.0 / 2_f64.powi(i32::from(bits) - 1);
        for (found, expected) in wav.samples.iter().zip(&sound) {
            let off = (f64::from(*found) - expected * 32768.0).abs();
            assert!(
                off <= 2.0 * level + 1.0,
                "{channels} channels, {bits} bits: off by {off} levels of 16 bits"
            );
        }
    }
}

#[test]
fn folders_without_recordings_say_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    let message = format!("{:#}", import(folder.path(), "a", &HashSet::new()).unwrap_err());
    assert!(message.contains("NN/D_NN_T.wav") && message.contains("D_speaker_T.wav"), "{message}");
    fs::write(folder.path().join("1_ann_0.wav"), "").unwrap();
    let message = format!("{:#}", import(folder.path(), "a", &HashSet::new()).unwrap_err());
    assert!(message.contains("no file of") && message.contains("1 skipped, empty"), "{message}");
    let message = format!("{:#}", import(Path::new("nowhere"), "a", &HashSet::new()).unwrap_err());
    assert!(message.contains("nowhere is not a folder"), "{message}");
}

fn written(folder: &Path) -> Corpus {
    let corpus = corpus_of(&[Speaker::new("a", 1.0), Speaker::new("b", 1.1)]);
    write(&corpus, folder).unwrap();
    read(folder).unwrap()
}

fn samples_file(folder: &Path) -> PathBuf {
    let names = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut found: Vec<_> = names.filter(|p| p.extension().is_some_and(|e| e == "i16")).collect();
    assert_eq!(found.len(), 1, "one file of samples: {found:?}");
    found.remove(0)
}

#[test]
fn a_corpus_comes_back_as_it_was_and_can_be_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let corpus = written(folder.path());
    let original = corpus_of(&[Speaker::new("a", 1.0), Speaker::new("b", 1.1)]);
    assert_eq!((&corpus.samples, &corpus.recordings), (&original.samples, &original.recordings));
    assert_eq!(corpus.checksum.len(), 64);
    let other = corpus_of(&[Speaker::new("c", 0.9)]);
    write(&other, folder.path()).unwrap();
    let read = read(folder.path()).unwrap();
    assert_eq!(read.samples, other.samples);
    assert_ne!(read.checksum, corpus.checksum);
    samples_file(folder.path());
}

#[test]
fn damage_is_found_named_and_mended() {
    let folder = tempfile::tempdir().unwrap();
    let message = || format!("{:#}", read(folder.path()).unwrap_err());
    assert!(message().contains("there is no audio corpus in"), "{}", message());
    assert!(message().contains("make audio-corpus"), "{}", message());
    written(folder.path());
    let (index, samples) = (folder.path().join("index.json"), samples_file(folder.path()));
    let (good_index, good_samples) = (fs::read_to_string(&index).unwrap(), fs::read(&samples).unwrap());
    // A single bit of the third recording: digit 0, speaker a, take 2.
    let mut bytes = good_samples.clone();
    bytes[2 * 2 * 2000 + 77] ^= 1;
    fs::write(&samples, &bytes).unwrap();
    assert!(message().contains("digit 0, speaker a, take 2 differs"), "{}", message());
    assert!(message().contains("sparling data import-audio"), "{}", message());
    fs::write(&samples, &good_samples[..1000]).unwrap();
    assert!(message().contains("found 1000 bytes, expected 240000"), "{}", message());
    fs::remove_file(&samples).unwrap();
    assert!(message().contains("cannot read") && message().contains("make it anew"), "{}", message());
    fs::write(&samples, &good_samples).unwrap();
    fs::write(&index, good_index.replacen("\"digit\": 0", "\"digit\": 1", 1)).unwrap();
    assert!(message().contains("the checksum of its index differs"), "{}", message());
    fs::write(&index, good_index.replacen("\"format\": 1", "\"format\": 9", 1)).unwrap();
    assert!(message().contains("found format 9, expected 1"), "{}", message());
    fs::write(&index, &good_index[..200]).unwrap();
    assert!(message().contains("index.json is damaged"), "{}", message());
    fs::write(&index, &good_index).unwrap();
    read(folder.path()).unwrap();
}
