//! From a folder of recordings to a [`Corpus`], with a summary of what was left out.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::collections::HashSet;
//! use std::path::Path;
//!
//! use sparling::domain::audio_sequence::corpus::{import::import, write};
//!
//! let (corpus, summary) = import(Path::new("free-spoken-digit-dataset/recordings"), "fsdd", &HashSet::new())?;
//! println!("{}", summary.list()); // what was left out, and why
//! write(&corpus, Path::new("data/corpora/fsdd"))?;
//! # Ok(())
//! # }
//! ```

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::wav::{self, Flaw, Wav};
use super::{Corpus, Recording, SAMPLE_RATE};

/// How a folder of recordings is arranged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// AudioMNIST: `NN/D_NN_T.wav` (digit, speaker, take), a folder a speaker.
    AudioMnist,
    /// Free Spoken Digit Dataset: `D_speaker_T.wav` in one folder.
    Fsdd,
}

impl Layout {
    /// Its name in indices and on screen; also the default name of a corpus.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::AudioMnist => "audiomnist",
            Self::Fsdd => "fsdd",
        }
    }
}

/// One file by what its name says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named {
    speaker: String,
    digit: u8,
    take: String,
    path: PathBuf,
}

/// What an import came to.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Files there are.
    pub files: usize,
    /// Recordings taken.
    pub taken: usize,
    /// Of these, stereo files that were mixed to one channel.
    pub mixed: usize,
    /// Of these, files that were resampled.
    pub resampled: usize,
    /// Of these, files with samples beyond full scale, which were cut.
    pub cut: usize,
    /// Files left out, by reason, in the order of their paths.
    pub skipped: BTreeMap<Flaw, Vec<PathBuf>>,
    /// What was to be excluded and is not there, in order.
    pub not_there: Vec<PathBuf>,
    /// Speakers among the recordings taken.
    pub speakers: usize,
    /// Seconds of sound.
    pub seconds: f64,
}

/// Files named for each reason; [`Summary::list`] has them all.
const NAMED_FILES: usize = 10;

impl Summary {
    /// Every file left out with its reason, a line each.
    #[must_use]
    pub fn list(&self) -> String {
        let lines = self
            .skipped
            .iter()
            .flat_map(|(flaw, paths)| paths.iter().map(move |path| format!("{}: {flaw}\n", on_a_line(path))));
        lines.collect()
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} of {} recordings taken: {} speakers, {:.1} minutes",
            self.taken,
            self.files,
            self.speakers,
            self.seconds / 60.0
        )?;
        if self.resampled > 0 {
            write!(f, "; {} resampled to {SAMPLE_RATE} Hz", self.resampled)?;
        }
        if self.mixed > 0 {
            write!(f, "; {} mixed from stereo", self.mixed)?;
        }
        if self.cut > 0 {
            write!(f, "; {} louder than full scale, whose peaks were cut", self.cut)?;
        }
        for (flaw, paths) in &self.skipped {
            let names: Vec<_> = paths.iter().take(NAMED_FILES).map(|p| on_a_line(p)).collect();
            let more = if paths.len() > NAMED_FILES { ", …" } else { "" };
            write!(f, "\n  {} skipped, {flaw}: {}{more}", paths.len(), names.join(", "))?;
        }
        if !self.not_there.is_empty() {
            let names: Vec<_> = self.not_there.iter().take(NAMED_FILES).map(|p| on_a_line(p)).collect();
            let more = if self.not_there.len() > NAMED_FILES { ", …" } else { "" };
            let names = names.join(", ");
            write!(f, "\n  {} to be excluded and not there: {names}{more}", self.not_there.len())?;
        }
        Ok(())
    }
}

/// A path as one line: line ends and other control characters in it as Rust writes them (`\n`).
fn on_a_line(path: &Path) -> String {
    let letter = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    path.display().to_string().chars().map(letter).collect()
}

/// Reads the recordings under `dir`, whose layout is recognised by the files' names; those `excluded` by path or name
/// are left out.
///
/// # Errors
/// When `dir` is not a folder or of neither layout, or nothing in it can be used.
pub fn import(dir: &Path, name: &str, excluded: &HashSet<PathBuf>) -> Result<(Corpus, Summary)> {
    let (layout, named, unnamed) = recognise(dir)?;
    let mut elsewhere = sounds_below(dir, DEPTH)?;
    let seen: HashSet<&Path> =
        named.iter().map(|own| &*own.path).chain(unnamed.iter().map(|p| &**p)).collect();
    elsewhere.retain(|path| !seen.contains(&**path));
    elsewhere.sort();
    let is_excluded = |path: &Path| {
        excluded.contains(path) || path.file_name().is_some_and(|name| excluded.contains(Path::new(name)))
    };
    let read = |named: &Named| {
        if is_excluded(&named.path) { Err(Flaw::Excluded) } else { wav::read(&named.path) }
    };
    let all = || named.iter().map(|own| &own.path).chain(&unnamed).chain(&elsewhere);
    let there =
        |name: &&PathBuf| all().any(|path| path == *name || path.file_name() == Some(name.as_os_str()));
    let mut not_there: Vec<PathBuf> = excluded.iter().filter(|name| !there(name)).cloned().collect();
    not_there.sort();
    let read: Vec<Result<Wav, Flaw>> = named.par_iter().map(read).collect();
    let mut corpus = Corpus {
        name: name.to_owned(),
        layout: layout.name().to_owned(),
        checksum: String::new(),
        samples: Vec::new(),
        recordings: Vec::new(),
    };
    let mut summary = Summary {
        files: named.len() + unnamed.len() + elsewhere.len(),
        taken: 0,
        mixed: 0,
        resampled: 0,
        cut: 0,
        skipped: BTreeMap::new(),
        not_there,
        speakers: 0,
        seconds: 0.0,
    };
    let mut contents = HashSet::new();
    let mut places = HashSet::new();
    for (file, read) in named.into_iter().zip(read) {
        let judged = read.and_then(|wav| {
            if !contents.insert(content(&wav.samples)) {
                return Err(Flaw::Duplicate);
            }
            if !places.insert((file.speaker.clone(), file.digit, file.take.clone())) {
                return Err(Flaw::Repeated);
            }
            Ok(wav)
        });
        match judged {
            Ok(wav) => {
                summary.mixed += usize::from(wav.mixed);
                summary.resampled += usize::from(wav.resampled);
                summary.cut += usize::from(wav.cut);
                let (offset, length) = (corpus.samples.len(), wav.samples.len());
                corpus.samples.extend(wav.samples);
                let Named { speaker, digit, take, .. } = file;
                corpus.recordings.push(Recording { digit, speaker, take, offset, length });
            }
            Err(flaw) => summary.skipped.entry(flaw).or_default().push(file.path),
        }
    }
    for (flaw, paths) in [(Flaw::Name, unnamed), (Flaw::Elsewhere, elsewhere)] {
        if !paths.is_empty() {
            summary.skipped.insert(flaw, paths);
        }
    }
    summary.taken = corpus.recordings.len();
    summary.speakers = corpus.speakers().len();
    summary.seconds = corpus.samples.len() as f64 / f64::from(SAMPLE_RATE);
    ensure!(summary.taken > 0, "no file of {} can be used: {summary}", dir.display());
    Ok((corpus, summary))
}

fn content(samples: &[i16]) -> [u8; 32] {
    Sha256::digest(samples.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<_>>()).into()
}

/// The layout of `dir`, its recordings sorted by speaker, digit and take, and the files whose names do not fit. Both
/// data sets keep their recordings in a folder of the repository, which may be given instead of that folder.
fn recognise(dir: &Path) -> Result<(Layout, Vec<Named>, Vec<PathBuf>)> {
    ensure!(dir.is_dir(), "{} is not a folder; expected one with recordings", dir.display());
    for folder in [dir.to_owned(), dir.join("data"), dir.join("recordings")] {
        for (layout, folders) in
            [(Layout::AudioMnist, folders(&folder)?), (Layout::Fsdd, vec![folder.clone()])]
        {
            let (mut named, mut unnamed) = (Vec::new(), Vec::new());
            for path in folders.iter().map(|folder| entries(folder)).collect::<Result<Vec<_>>>()?.concat() {
                // In AudioMNIST's layout the folder and the file must name the same speaker.
                let fits = |n: &Named| {
                    layout == Layout::Fsdd
                        || path.parent().and_then(Path::file_name) == Some(n.speaker.as_ref())
                };
                match parse_name(&path).filter(fits) {
                    Some(own) => named.push(own),
                    None if !path.is_dir() => unnamed.push(path),
                    None => {}
                }
            }
            if !named.is_empty() {
                named.sort();
                unnamed.sort();
                return Ok((layout, named, unnamed));
            }
        }
    }
    bail!(
        "{} holds no spoken digits; expected AudioMNIST's layout (NN/D_NN_T.wav, for example 01/7_01_3.wav) \
         or FSDD's (D_speaker_T.wav, for example 7_theo_3.wav), here or in its folder data or recordings",
        dir.display()
    )
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let context = || format!("cannot list {}", folder.display());
    std::fs::read_dir(folder)
        .with_context(context)?
        .map(|entry| Ok(entry.with_context(context)?.path()))
        .collect()
}

/// Folders within folders that are looked through for recordings out of place.
const DEPTH: usize = 6;

/// The files below `folder` that end as recordings do. Links are not followed.
fn sounds_below(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() && depth > 0 {
            found.extend(sounds_below(&path, depth - 1)?);
        } else if ends_as_sound(&path) {
            found.push(path);
        }
    }
    Ok(found)
}

fn ends_as_sound(path: &Path) -> bool {
    path.extension().is_some_and(|e| ENDINGS.iter().any(|ending| e.eq_ignore_ascii_case(ending)))
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|p| p.is_dir()).collect())
}

/// Endings of files that can be read.
const ENDINGS: [&str; 4] = ["wav", "flac", "ogg", "mp3"];

/// `D_speaker_T.wav`; the speaker may itself hold `_`.
fn parse_name(path: &Path) -> Option<Named> {
    let sound = ends_as_sound(path) && !path.is_dir();
    let stem = path.file_stem().and_then(|s| s.to_str()).filter(|_| sound)?;
    let (digit, rest) = stem.split_once('_')?;
    let (speaker, take) = rest.rsplit_once('_')?;
    let digit: u8 = digit.parse().ok().filter(|d| *d < 10 && digit.len() == 1)?;
    let plain = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    let sound = plain(speaker) && plain(take);
    sound.then(|| Named { speaker: speaker.into(), digit, take: take.into(), path: path.to_owned() })
}
