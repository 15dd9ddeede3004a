//! Promise: recordings are read right in the many forms that WAV files have, or refused by their true name.

use std::collections::HashSet;
use std::f64::consts::TAU;
use std::path::Path;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sparling::domain::audio_sequence::corpus::import::import;
use sparling::domain::audio_sequence::corpus::{Flaw, Wav, read_wav};

const SAMPLES: usize = 4000;

/// Half a second of a tone, at most 0.4 of full scale.
fn tone() -> Vec<f64> {
    (0..SAMPLES).map(|i| 0.4 * (TAU * 440.0 * i as f64 / 8000.0).sin()).collect()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).expect("short").to_le_bytes();
    let padding = vec![0; data.len() % 2];
    [&name[..], &length, data, &padding].concat()
}

fn format(tag: u16, channels: u16, rate: u32, bits: u16, more: &[u8]) -> Vec<u8> {
    with_frames(tag, channels, rate, bits, channels * bits / 8, more)
}

fn format_of(tag: u16, channels: u16, rate: u32, bits: u16, align: u16) -> Vec<u8> {
    with_frames(tag, channels, rate, bits, align, &[])
}

fn with_frames(tag: u16, channels: u16, rate: u32, bits: u16, align: u16, more: &[u8]) -> Vec<u8> {
    let mut data = Vec::new();
    data.extend(tag.to_le_bytes());
    data.extend(channels.to_le_bytes());
    data.extend(rate.to_le_bytes());
    data.extend((rate * u32::from(align)).to_le_bytes());
    data.extend(align.to_le_bytes());
    data.extend(bits.to_le_bytes());
    data.extend(more);
    chunk(b"fmt ", &data)
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = [&b"WAVE"[..], &chunks.concat()].concat();
    chunk(b"RIFF", &body)
}

fn pcm16(samples: &[f64]) -> Vec<u8> {
    samples.iter().flat_map(|s| ((s * 32767.0) as i16).to_le_bytes()).collect()
}

fn floats(samples: &[f64]) -> Vec<u8> {
    samples.iter().flat_map(|&s| (s as f32).to_le_bytes()).collect()
}

/// The tail of an extensible format chunk: valid bits, speakers, and the sub-format's number.
fn extension(valid: u16, tag: u16) -> Vec<u8> {
    let mut tail = vec![22, 0];
    tail.extend(valid.to_le_bytes());
    tail.extend([4, 0, 0, 0]);
    tail.extend(tag.to_le_bytes());
    tail.extend([0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]);
    tail
}

fn read(bytes: &[u8]) -> Result<Wav, Flaw> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("1_ann_0.wav");
    std::fs::write(&path, bytes).expect("a file");
    read_wav(&path)
}

/// Every form holds the same sound.
#[test]
fn quirks_of_headers_do_not_change_the_sound() {
    let sound = tone();
    let plain = format(1, 1, 8000, 16, &[]);
    let expected =
        read(&riff(&[plain.clone(), chunk(b"data", &pcm16(&sound))])).expect("a plain file").samples;
    assert_eq!(expected.len(), SAMPLES);
    let streamed = |length: u32| {
        let mut bytes = riff(&[plain.clone(), chunk(b"data", &pcm16(&sound))]);
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        bytes[40..44].copy_from_slice(&length.to_le_bytes());
        bytes
    };
    let left = |bits: u32, keep: u32| -> Vec<u8> {
        let full = f64::from(2_u32.pow(keep - 1)) - 1.0;
        sound.iter().flat_map(|s| (((s * full) as i32) << (bits - keep)).to_le_bytes()).collect()
    };
    let doubles: Vec<u8> = sound.iter().flat_map(|s| s.to_le_bytes()).collect();
    let both: Vec<f64> = sound.iter().flat_map(|&s| [s, 0.0]).collect();
    let data = |bytes: &[u8]| chunk(b"data", bytes);
    let left16 = |keep: u32| -> Vec<u8> {
        let drop = 16 - keep;
        let cut = |s: &f64| (((s * 32767.0) as i16) >> drop << drop).to_le_bytes();
        sound.iter().flat_map(cut).collect()
    };
    let long = |name: &[u8; 4]| {
        let pcm = pcm16(&sound);
        let lengths = [[0; 8], (pcm.len() as u64).to_le_bytes(), [0; 8]].concat();
        let chunks = [chunk(b"ds64", &[&lengths[..], &[0; 4]].concat()), plain.clone(), data(&pcm)];
        let mut bytes = riff(&[chunks.concat(), chunk(b"LIST", b"INFOxyz")]);
        let at = bytes.windows(4).position(|four| four == b"data").expect("the data");
        bytes[at + 4..at + 8].copy_from_slice(&[0xFF; 4]);
        bytes[4..8].copy_from_slice(&[0xFF; 4]);
        bytes[..4].copy_from_slice(name);
        bytes
    };
    let streamed_with = |length: u32, more: &[Vec<u8>]| {
        let mut bytes = [streamed(length), more.concat()].concat();
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        bytes
    };
    for (name, bytes) in [
        ("a length of 0 and a chunk behind", streamed_with(0, &[chunk(b"LIST", b"INFOxyz")])),
        (
            "a length of all ones and two chunks behind",
            streamed_with(u32::MAX, &[chunk(b"LIST", b"INFOwxyz"), chunk(b"id3 ", &[0xFF; 21])]),
        ),
        (
            "a chunk of odd length before the data",
            riff(&[plain.clone(), chunk(b"LIST", b"INFOxyz"), data(&pcm16(&sound))]),
        ),
        ("a length of 0", streamed(0)),
        ("a length of all ones", streamed(u32::MAX)),
        ("doubles", riff(&[format(3, 1, 8000, 64, &[]), data(&doubles)])),
        ("floats", riff(&[format(3, 1, 8000, 32, &[0, 0]), data(&floats(&sound))])),
        ("24 of 32 bits", riff(&[format(0xFFFE, 1, 8000, 32, &extension(24, 1)), data(&left(32, 24))])),
        ("32 bits and a longer format chunk", riff(&[format(1, 1, 8000, 32, &[0, 0]), data(&left(32, 32))])),
        (
            "16 bits and a format chunk of 20 bytes",
            riff(&[format(1, 1, 8000, 16, &[2, 0, 0, 0]), data(&pcm16(&sound))]),
        ),
        (
            "an extensible chunk of floats",
            riff(&[format(0xFFFE, 1, 8000, 32, &extension(32, 3)), data(&floats(&sound))]),
        ),
        ("12 bits in two bytes", riff(&[format_of(1, 1, 8000, 12, 2), data(&left16(12))])),
        ("RF64", long(b"RF64")),
        ("BW64", long(b"BW64")),
        ("stereo with a silent right channel", riff(&[format(1, 2, 8000, 16, &[]), data(&pcm16(&both))])),
    ] {
        let found = read(&bytes).unwrap_or_else(|flaw| panic!("{name}: {flaw}")).samples;
        assert_eq!(found.len(), SAMPLES, "{name}");
        // Each form rounds once, by one level at most, which is 16 of 16 bits' levels where there are 12 bits.
        let levels = if name.starts_with("12") { 16 } else { 1 };
        let worst = found.iter().zip(&expected).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(worst <= Some(levels), "{name}: off by {worst:?} levels");
    }
}

#[test]
fn what_cannot_be_used_is_refused_by_its_name() {
    let sound = tone();
    let data = |bytes: &[u8]| chunk(b"data", bytes);
    let plain = format(1, 1, 8000, 16, &[]);
    let mut broken = sound.clone();
    broken[2000] = f64::NAN;
    let mut big = riff(&[plain.clone(), data(&pcm16(&sound))]);
    big[..4].copy_from_slice(b"RIFX");
    let opposite: Vec<f64> = sound.iter().flat_map(|&s| [s, -s]).collect();
    let loud: Vec<f64> = sound.iter().map(|s| s * 32767.0).collect();
    let whole = riff(&[plain.clone(), data(&pcm16(&sound))]);
    let silence = riff(&[plain.clone(), chunk(b"data", &[]), chunk(b"LIST", b"INFOwxyz")]);
    for (name, bytes, expected) in [
        ("NaN", riff(&[format(3, 1, 8000, 32, &[]), data(&floats(&broken))]), Flaw::NotFinite),
        (
            "NaN at another rate",
            riff(&[format(3, 1, 16000, 32, &[]), data(&floats(&broken))]),
            Flaw::NotFinite,
        ),
        ("integers as floats", riff(&[format(3, 1, 8000, 32, &[]), data(&floats(&loud))]), Flaw::Scale),
        ("a constant", riff(&[plain.clone(), data(&pcm16(&[0.2; SAMPLES]))]), Flaw::Silent),
        ("big-endian", big, Flaw::BigEndian),
        ("cut in its samples", whole[..3000].to_vec(), Flaw::Truncated),
        ("cut before its samples", whole[..38].to_vec(), Flaw::Truncated),
        ("cut in its format", whole[..30].to_vec(), Flaw::Truncated),
        ("no format", riff(&[data(&pcm16(&sound))]), Flaw::Header),
        ("a rate of 0", riff(&[format(1, 1, 0, 16, &[]), data(&pcm16(&sound))]), Flaw::Header),
        ("no channels", riff(&[format_of(1, 0, 8000, 16, 2), data(&pcm16(&sound))]), Flaw::Header),
        ("24 bits in four bytes", riff(&[format_of(1, 1, 8000, 24, 4), data(&floats(&sound))]), Flaw::Frames),
        ("half floats", riff(&[format(3, 1, 8000, 16, &[]), data(&pcm16(&sound))]), Flaw::Coding(3, 16)),
        ("ADPCM", riff(&[format_of(2, 1, 8000, 4, 256), data(&[17; 4096])]), Flaw::Coding(2, 4)),
        (
            "two channels that are each other's opposite",
            riff(&[format(1, 2, 8000, 16, &[]), data(&pcm16(&opposite))]),
            Flaw::Silent,
        ),
        ("a text", b"seven, spoken by ann".to_vec(), Flaw::NotSound),
        ("a stream of nothing with a chunk behind", silence, Flaw::Empty),
    ] {
        assert_eq!(read(&bytes).expect_err(name), expected, "{name}");
    }
}

/// Bytes of nothing are no sound that was cut short, whatever they look like.
#[test]
fn random_bytes_are_no_sound() {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    for n in 0..200 {
        let bytes: Vec<u8> = (0..rng.random_range(1..20_000)).map(|_| rng.random()).collect();
        let found = read(&bytes).expect_err("noise");
        assert_eq!(found, Flaw::NotSound, "file {n} of {} bytes", bytes.len());
    }
}

#[test]
fn what_is_louder_than_full_scale_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, times) in [("1_ann_0.wav", 1.0), ("2_ann_0.wav", 2.4), ("3_ann_0.wav", 6.0)] {
        let sound: Vec<f64> = tone().iter().map(|s| s * times).collect();
        let bytes = riff(&[format(3, 1, 8000, 32, &[]), chunk(b"data", &floats(&sound))]);
        std::fs::write(folder.path().join(name), bytes).expect("a file");
        let cut = read_wav(&folder.path().join(name)).expect(name).cut;
        assert_eq!(cut, times > 2.5, "{name}");
    }
    let (_, summary) = import(folder.path(), "a", &HashSet::new()).expect("recordings");
    assert_eq!((summary.taken, summary.cut), (3, 1));
    assert!(summary.to_string().contains("1 louder than full scale"), "{summary}");
}

#[test]
fn names_of_two_lines_take_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = riff(&[format(1, 1, 8000, 16, &[]), chunk(b"data", &pcm16(&tone()))]);
    for name in ["1_ann_0.wav", "two\nlines\u{1b}[2J.wav"] {
        std::fs::write(folder.path().join(name), &plain).expect("a file");
    }
    let (_, summary) = import(folder.path(), "a", &HashSet::new()).expect("recordings");
    let list = summary.list();
    assert_eq!(list.lines().count(), 1, "{list}");
    assert!(list.contains("two\\nlines\\u{1b}[2J.wav: not named"), "{list}");
    assert!(!summary.to_string().contains('\u{1b}'), "{summary}");
}

/// Every file is accounted for: taken, or skipped with its name and the reason.
#[test]
fn every_skipped_file_is_counted_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, pitch: f64| {
        let sound: Vec<f64> = tone().iter().enumerate().map(|(i, s)| s * (i as f64 * pitch).cos()).collect();
        let bytes = riff(&[format(1, 1, 8000, 16, &[]), chunk(b"data", &pcm16(&sound))]);
        std::fs::write(folder.path().join(name), bytes).expect("a file");
    };
    for (i, name) in ["1_ann_0.wav", "2_ann_0.wav", "3_ann_0.wav"].into_iter().enumerate() {
        write(name, 0.01 * i as f64);
    }
    let unfit = ["10_george_3.wav", "seven_george_3.wav", "7-george-3.wav", "7_george.wav", "notes.txt"];
    for name in unfit {
        write(name, 0.2);
    }
    std::fs::create_dir_all(folder.path().join("more/of")).expect("folders");
    write("more/of/4_ann_0.WAV", 0.3);
    let excluded = HashSet::from(["2_ann_0.wav", "9_nobody_0.wav"].map(|name| Path::new(name).to_owned()));
    let (corpus, summary) = import(folder.path(), "a", &excluded).expect("recordings");
    assert_eq!((corpus.recordings.len(), summary.taken, summary.files), (2, 2, 9));
    assert_eq!(summary.skipped[&Flaw::Elsewhere], [folder.path().join("more/of/4_ann_0.WAV")]);
    assert_eq!(summary.not_there, [Path::new("9_nobody_0.wav")]);
    assert!(summary.to_string().contains("1 to be excluded and not there: 9_nobody_0.wav"), "{summary}");
    assert_eq!(summary.skipped[&Flaw::Name].len(), 5);
    assert_eq!(summary.skipped[&Flaw::Excluded].len(), 1);
    let (text, list) = (summary.to_string(), summary.list());
    for name in unfit.iter().chain(&["2_ann_0.wav", "4_ann_0.WAV"]) {
        assert!(text.contains(name), "{name} is not in {text}");
        assert!(
            list.lines().any(|line| line.contains(name) && line.contains(": ")),
            "{name} is not in {list}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_opened_is_not_called_another_kind() {
    let folder = tempfile::tempdir().expect("a folder");
    let links = [("1_ann_0.wav", "/proc/self/mem"), ("2_ann_0.wav", "/nowhere/at/all")];
    for (name, target) in links {
        let path = folder.path().join(name);
        std::os::unix::fs::symlink(target, &path).expect("a link");
        assert_eq!(read_wav(&path), Err(Flaw::Unreadable), "{name}");
    }
    let plain = riff(&[format(1, 1, 8000, 16, &[]), chunk(b"data", &pcm16(&tone()))]);
    std::fs::write(folder.path().join("3_ann_0.wav"), plain).expect("a file");
    let (_, summary) = import(folder.path(), "a", &HashSet::new()).expect("recordings");
    assert_eq!((summary.files, summary.taken, summary.skipped[&Flaw::Unreadable].len()), (3, 1, 2));
}

/// Reading a pipe or a device never ends, and what cannot be a digit is not read into memory.
#[test]
fn what_has_no_end_is_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let endless = folder.path().join("endless");
    std::os::unix::fs::symlink("/dev/zero", &endless).expect("a link");
    for path in [pipe, endless] {
        assert_eq!(read_wav(&path), Err(Flaw::Special), "{}", path.display());
    }
    let vast = folder.path().join("vast");
    let sparse = std::fs::File::create(&vast).expect("a file");
    sparse.set_len(1 << 40).expect("a disk that keeps holes");
    assert_eq!(read_wav(&vast), Err(Flaw::Length));
}

/// A fifth of a second of 440 Hz as FLAC, Ogg Vorbis and MP3, by flac 1.4, oggenc 1.4 and lame 3.100.
fn compressed() -> [(&'static str, Vec<u8>); 3] {
    let read = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sounds").join(name);
        std::fs::read(path).expect("a sound")
    };
    ["flac", "ogg", "mp3"].map(|kind| (kind, read(&format!("tone.{kind}"))))
}

#[test]
fn compressed_recordings_sound_as_they_did() {
    for (kind, bytes) in compressed() {
        let samples = read(&bytes).expect(kind).samples;
        // FLAC keeps each sample; Vorbis and MP3 put some before or behind, and lose a little.
        assert!((1600..=4000).contains(&samples.len()), "{kind}: {} samples", samples.len());
        if kind == "flac" {
            let tone = |i: usize| (12_000.0 * (TAU * 440.0 * i as f64 / 8000.0).sin()).round() as i16;
            assert!(samples.iter().enumerate().all(|(i, &s)| s == tone(i)), "{samples:?}");
        }
        let share = |hertz: f64| {
            let part = |phase: f64| -> f64 {
                let wave = |i: usize| (TAU * hertz * i as f64 / 8000.0 + phase).sin();
                samples.iter().enumerate().map(|(i, &s)| f64::from(s) * wave(i)).sum()
            };
            let power: f64 = samples.iter().map(|&s| f64::from(s).powi(2)).sum();
            part(0.0).hypot(part(TAU / 4.0)).powi(2) / (power * samples.len() as f64 / 2.0)
        };
        assert!(share(440.0) > 0.35 && share(880.0) < 0.01, "{kind}: {}, {}", share(440.0), share(880.0));
    }
}

/// Damage to a compressed recording costs it alone: it is refused, or it is as it was where nothing of the sound was
/// hit. MP3 has no sums, so that a changed byte there is read as another sound.
#[test]
fn damaged_compressed_recordings_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut written, mut sounds) = (0, Vec::new());
    for (kind, whole) in compressed() {
        let sound = read(&whole).expect(kind).samples;
        let mut damaged: Vec<(String, Vec<u8>)> = vec![
            ("empty".into(), Vec::new()),
            ("a text".into(), b"seven, spoken by ann\n".repeat(50)),
            ("zeros".into(), vec![0; 4000]),
            ("twice".into(), whole.repeat(2)),
        ];
        damaged.extend((1..40).map(|n| (format!("cut at {n}/40"), whole[..whole.len() * n / 40].to_vec())));
        for at in (0..whole.len()).step_by(whole.len() / 150 + 1) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            damaged.push((format!("bit {} of byte {at}", at % 8), bytes));
            let mut bytes = whole.clone();
            bytes.drain(at..(at + 40).min(whole.len()));
            damaged.push((format!("hole at {at}"), bytes));
        }
        for (what, bytes) in damaged {
            let found = read(&bytes).map(|wav| wav.samples);
            let is_cut = what.contains("cut") || ["empty", "a text", "zeros"].contains(&what.as_str());
            let same = found.as_ref().is_ok_and(|samples| *samples == sound);
            assert!(
                found.is_err() || (same && !is_cut) || (kind == "mp3" && !is_cut),
                "{kind}, {what}: taken"
            );
            std::fs::write(folder.path().join(format!("{}_ann_{written}.{kind}", written % 10)), bytes)
                .expect("a file");
            written += 1;
        }
        // As another kind it is known by what it holds.
        std::fs::write(folder.path().join(format!("1_{kind}_0.wav")), whole).expect("a file");
        sounds.push(sound);
    }
    let (corpus, summary) = import(folder.path(), "a", &HashSet::new()).expect("recordings");
    assert_eq!(summary.files, written + 3);
    let taken: Vec<&[i16]> =
        corpus.recordings.iter().map(|one| &corpus.samples[one.offset..one.offset + one.length]).collect();
    for sound in sounds {
        assert!(taken.contains(&&sound[..]), "a whole recording is missing");
    }
}

/// µ-law has its own levels: 0x20 and 0xA0 are the same level of both signs.
#[test]
fn companded_samples_are_read() {
    let data = chunk(b"data", &[0x20, 0xA0].repeat(SAMPLES / 2));
    let found = read(&riff(&[format(7, 1, 8000, 8, &[0, 0]), data])).expect("µ-law").samples;
    assert_eq!(found.len(), SAMPLES);
    assert!(found[0] < -1000 && found[1] == -found[0], "{:?}", &found[..2]);
}
