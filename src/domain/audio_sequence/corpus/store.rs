//! The compact form of a corpus on disk: all samples in one file, and a JSON index.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Corpus, FOLDER, Recording, SAMPLE_RATE};
use crate::files::write_atomically;
use crate::hint::{Goal, Hint};

/// Version of the form; another one is refused.
const FORMAT: u32 = 1;

const INDEX: &str = "index.json";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    format: u32,
    name: String,
    layout: String,
    sample_rate: u32,
    /// File with the samples, 16 bit little endian, beside the index.
    samples: String,
    /// SHA-256 of the samples and of the table of recordings.
    checksum: String,
    recordings: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    digit: u8,
    speaker: String,
    take: String,
    /// First sample.
    offset: usize,
    /// Samples.
    length: usize,
    /// First 16 digits of the SHA-256 of these samples.
    checksum: String,
}

/// Writes a corpus into `folder`, whole or not at all: the samples go to a file named by
/// their checksum, and a corpus that was there before is replaced when the index is.
///
/// # Errors
/// When a file cannot be written.
pub fn write(corpus: &Corpus, folder: &Path) -> Result<()> {
    let bytes = bytes_of(&corpus.samples);
    let recordings = corpus
        .recordings
        .iter()
        .map(|r| Entry {
            digit: r.digit,
            speaker: r.speaker.clone(),
            take: r.take.clone(),
            offset: r.offset,
            length: r.length,
            checksum: checksum_of_recording(&corpus.samples[r.offset..r.offset + r.length]),
        })
        .collect::<Vec<_>>();
    let checksum = checksum(&bytes, &recordings);
    let samples = format!("samples-{}.i16", &checksum[..12]);
    write_atomically(&folder.join(&samples), &bytes)?;
    let index = Index {
        format: FORMAT,
        name: corpus.name.clone(),
        layout: corpus.layout.clone(),
        sample_rate: SAMPLE_RATE,
        samples: samples.clone(),
        checksum,
        recordings,
    };
    let mut text = serde_json::to_vec_pretty(&index)?;
    text.push(b'\n');
    write_atomically(&folder.join(INDEX), &text)?;
    remove_others(folder, &samples);
    Ok(())
}

/// Samples of a corpus that was replaced; what cannot be removed only takes room.
fn remove_others(folder: &Path, kept: &str) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("samples-") && name != kept {
            let _ = fs::remove_file(path);
        }
    }
}

/// What mends a corpus that is missing or damaged.
fn advice(folder: &Path) -> String {
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("NAME");
    let corpora = folder.parent().unwrap_or(Path::new(FOLDER));
    format!(
        "make it anew: `{}` (spoken by espeak-ng, the corpus espeak), or `{}` for AudioMNIST or FSDD in a folder DIR",
        Hint::Make(Goal::AudioCorpus),
        Hint::ImportAudio { name, corpora }
    )
}

/// Reads and verifies a corpus; afterwards the files are not needed any more.
///
/// # Errors
/// When it is missing, of another version, or damaged; the message names the file and says
/// how to make it anew.
pub fn read(folder: &Path) -> Result<Corpus> {
    let path = folder.join(INDEX);
    if !path.is_file() {
        bail!("there is no audio corpus in {} (no {INDEX}); {}", folder.display(), advice(folder));
    }
    let text = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: serde_json::Value = serde_json::from_slice(&text)
        .with_context(|| format!("the audio corpus's {} is damaged; {}", path.display(), advice(folder)))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    ensure!(
        format == Some(u64::from(FORMAT)),
        "{}: found format {}, expected {FORMAT}; {}",
        path.display(),
        format.map_or("none".to_owned(), |f| f.to_string()),
        advice(folder)
    );
    let index: Index = serde_json::from_value(value)
        .with_context(|| format!("the audio corpus's {} is damaged; {}", path.display(), advice(folder)))?;
    let samples = samples_path(folder, &index)?;
    let bytes = fs::read(&samples)
        .with_context(|| format!("cannot read {}; {}", samples.display(), advice(folder)))?;
    if checksum(&bytes, &index.recordings) != index.checksum {
        bail!(
            "the audio corpus's {} is damaged: {}; {}",
            samples.display(),
            damage(&bytes, &index),
            advice(folder)
        );
    }
    let corpus = Corpus {
        name: index.name,
        layout: index.layout,
        checksum: index.checksum,
        samples: bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect(),
        recordings: index
            .recordings
            .into_iter()
            .map(|e| Recording {
                digit: e.digit,
                speaker: e.speaker,
                take: e.take,
                offset: e.offset,
                length: e.length,
            })
            .collect(),
    };
    let sound = |r: &Recording| {
        r.digit < 10 && r.length > 0 && r.offset.saturating_add(r.length) <= corpus.samples.len()
    };
    ensure!(
        index.sample_rate == SAMPLE_RATE && corpus.recordings.iter().all(sound),
        "{}: found a recording outside the samples or another rate; {}",
        path.display(),
        advice(folder)
    );
    Ok(corpus)
}

/// The samples' file, which must lie beside the index.
fn samples_path(folder: &Path, index: &Index) -> Result<PathBuf> {
    ensure!(
        Path::new(&index.samples).components().count() == 1,
        "{}: `samples` is {}, expected a file beside it; {}",
        folder.join(INDEX).display(),
        index.samples,
        advice(folder)
    );
    Ok(folder.join(&index.samples))
}

/// What differs, for the message: the length, the first damaged recording, or the index itself.
fn damage(bytes: &[u8], index: &Index) -> String {
    let expected: usize = index.recordings.iter().map(|e| 2 * e.length).sum();
    if bytes.len() != expected {
        return format!("found {} bytes, expected {expected}", bytes.len());
    }
    let samples: Vec<i16> = bytes.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect();
    let broken = index.recordings.iter().find(|e| {
        let range = e.offset..e.offset.saturating_add(e.length);
        samples.get(range).is_none_or(|s| checksum_of_recording(s) != e.checksum)
    });
    match broken {
        Some(e) => {
            format!("the checksum of digit {}, speaker {}, take {} differs", e.digit, e.speaker, e.take)
        }
        None => "the checksum of its index differs".to_owned(),
    }
}

/// SHA-256 over the samples and then, line by line, the table of recordings.
fn checksum(bytes: &[u8], recordings: &[Entry]) -> String {
    let mut hash = Sha256::new();
    hash.update(bytes);
    for e in recordings {
        hash.update(format!(
            "{} {} {} {} {} {}\n",
            e.digit, e.speaker, e.take, e.offset, e.length, e.checksum
        ));
    }
    hex(&hash.finalize())
}

fn checksum_of_recording(samples: &[i16]) -> String {
    hex(&Sha256::digest(bytes_of(samples)))[..16].to_owned()
}

fn bytes_of(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|s| s.to_le_bytes()).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
