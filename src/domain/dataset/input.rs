//! From what the column `input` says to values that a network takes.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

use super::description::{InputDescription, InputKind};
use super::{array, fasta, picture};
use crate::domain::audio_sequence::MAX_SECONDS;
use crate::domain::audio_sequence::corpus::{SAMPLE_RATE, Wav, read_wav_within};
use crate::domain::audio_sequence::spectrogram::Spectrogram;

/// Letters that stand for any of an alphabet: a column of zeros.
const ANY: [char; 2] = ['N', 'X'];

/// Reads inputs of one shape.
#[derive(Debug)]
pub(super) struct InputReader {
    folder: PathBuf,
    description: InputDescription,
    letters: Vec<char>,
    /// Letters by name of a FASTA record.
    records: Option<HashMap<String, String>>,
    shape: [usize; 3],
    spectrogram: Option<Spectrogram>,
}

/// Values before they are brought to the shape of the others.
struct Raw {
    values: Vec<f32>,
    shape: [usize; 3],
}

impl InputReader {
    /// A reader of inputs in `folder`; its shape is not known yet.
    ///
    /// # Errors
    /// When the FASTA file cannot be read.
    pub(super) fn new(folder: &Path, description: &InputDescription) -> Result<Self> {
        let of_letters = description.kind == InputKind::Sequence;
        let named = of_letters && !description.fasta.as_os_str().is_empty();
        let records = named.then(|| fasta::read(&folder.join(&description.fasta))).transpose()?;
        let mut by_name = HashMap::new();
        for (name, letters) in records.iter().flatten() {
            let twice = by_name.insert(name.clone(), letters.clone()).is_some();
            ensure!(!twice, "{}: the record {name} is there twice", description.fasta.display());
        }
        Ok(Self {
            folder: folder.to_owned(),
            letters: if of_letters { description.letters()? } else { Vec::new() },
            records: records.map(|_| by_name),
            description: description.clone(),
            shape: [0; 3],
            spectrogram: None,
        })
    }

    /// A reader of inputs of a known shape.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn of_shape(folder: &Path, description: &InputDescription, shape: [usize; 3]) -> Result<Self> {
        let sound = description.kind == InputKind::Sound;
        let spectrogram = sound.then(|| Spectrogram::new(&description.features(description.seconds)));
        Ok(Self { shape, spectrogram, ..Self::new(folder, description)? })
    }

    /// What inputs are; of sounds with their seconds.
    pub(super) fn description(&self) -> &InputDescription {
        &self.description
    }

    /// Takes the shape from an input, or from the settings where they state it; `longest` is the longest sequence.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub(super) fn take_shape(&mut self, first: &str, longest: usize) -> Result<()> {
        let length = self.description.length;
        self.shape = match self.description.kind {
            InputKind::Picture => self.raw(first)?.shape,
            InputKind::Sequence => [self.letters.len(), 1, if length > 0 { length } else { longest }],
            InputKind::Array => {
                let [channels, height, width] = self.raw(first)?.shape;
                let series = height == 1 && length > 0;
                [channels, height, if series { length } else { width }]
            }
            InputKind::Sound => {
                let stated = self.description.seconds;
                let rate = f64::from(SAMPLE_RATE);
                let seconds = if stated > 0.0 { stated } else { self.sound(first)?.len() as f64 / rate };
                let features = self.description.features(seconds);
                features.validate().context("in table `input` of dataset.toml")?;
                self.spectrogram = Some(Spectrogram::new(&features));
                self.description.seconds = seconds;
                features.input_shape()
            }
        };
        ensure!(self.shape.iter().all(|&side| side > 0), "an input of no size");
        Ok(())
    }

    /// `[channels, height, width]`.
    pub(super) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    pub(super) fn kind(&self) -> InputKind {
        self.description.kind
    }

    /// Seconds from column to column of a spectrogram.
    pub(super) fn seconds_per_column(&self) -> Option<f64> {
        let rate = f64::from(SAMPLE_RATE);
        (self.kind() == InputKind::Sound).then(|| self.description.hop as f64 / rate)
    }

    /// The values of an input, of the shape of all.
    ///
    /// # Errors
    /// When it cannot be read or is of another shape.
    pub(super) fn read(&self, input: &str) -> Result<Vec<f32>> {
        self.fit(self.raw(input)?)
    }

    /// As [`Self::read`], of a cell of a table in `folder`.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_in(&self, folder: &Path, input: &str) -> Result<Vec<f32>> {
        if self.kind() == InputKind::Sequence {
            return self.read(input);
        }
        let path = std::path::absolute(folder.join(input)).with_context(|| format!("cannot find {input}"))?;
        self.read(path.to_str().context("the path is not Unicode")?)
    }

    /// The values brought to the shape of all.
    fn fit(&self, Raw { values, shape }: Raw) -> Result<Vec<f32>> {
        if shape == self.shape {
            return Ok(values);
        }
        let (found, expected) = (told(shape), told(self.shape));
        let series = shape[1] == 1 && self.shape[1] == 1 && shape[0] == self.shape[0];
        ensure!(
            series,
            "found {found} (channels × rows × columns), expected {expected} as the first of the training file"
        );
        ensure!(
            shape[2] < self.shape[2],
            "found {} columns, expected at most {}; input.length in dataset.toml says how many there are",
            shape[2],
            self.shape[2]
        );
        ensure!(
            self.description.pad,
            "found {} columns, expected {} as in all others; input.pad = true in dataset.toml fills shorter ones up with zeros",
            shape[2],
            self.shape[2]
        );
        let padding = self.shape[2] - shape[2];
        let padded = values
            .chunks(shape[2])
            .flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, padding)));
        Ok(padded.collect())
    }

    /// The bytes that an input is made of.
    ///
    /// # Errors
    /// When the file is not there.
    pub(super) fn bytes(&self, input: &str) -> Result<Vec<u8>> {
        if self.kind() == InputKind::Sequence {
            return Ok(self.letters_of(input)?.as_bytes().to_vec());
        }
        let path = self.path(input)?;
        std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// Letters in a sequence.
    pub(super) fn length_of(&self, input: &str) -> usize {
        self.letters_of(input).map_or(0, |letters| letters.chars().count())
    }

    /// The inputs in a file: one, or the records of a FASTA file by name.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn in_file(&self, file: &Path) -> Result<Vec<(String, Result<Vec<f32>>)>> {
        let name = file.display().to_string();
        if self.kind() != InputKind::Sequence {
            let path = std::path::absolute(file).with_context(|| format!("cannot find {name}"))?;
            let values = self.read(path.to_str().context("the path is not Unicode")?);
            return Ok(vec![(name, values)]);
        }
        let read = |letters: &str| self.one_hot(letters).and_then(|raw| self.fit(raw));
        let records = fasta::read(file)?;
        Ok(records.iter().map(|(record, letters)| (format!("{name}:{record}"), read(letters))).collect())
    }

    fn raw(&self, input: &str) -> Result<Raw> {
        let (values, shape) = match self.kind() {
            InputKind::Picture => picture::read(&self.path(input)?, self.description.colour)?,
            InputKind::Array => array::read(&self.path(input)?)?,
            InputKind::Sequence => return self.one_hot(self.letters_of(input)?),
            InputKind::Sound => {
                let (sound, spectrogram) = (self.sound(input)?, self.spectrogram.as_ref());
                let spectrogram = spectrogram.context("the length of sounds is not known yet")?;
                (spectrogram.of(&self.of_length(sound)?), self.shape)
            }
        };
        Ok(Raw { values, shape })
    }

    fn path(&self, input: &str) -> Result<PathBuf> {
        let path = self.folder.join(input);
        ensure!(path.is_file(), "there is no file {}{}", path.display(), self.meant(input));
        Ok(path)
    }

    fn letters_of<'a>(&'a self, input: &'a str) -> Result<&'a str> {
        match &self.records {
            None => Ok(input),
            Some(records) => records
                .get(input)
                .map(String::as_str)
                .with_context(|| format!("{} has no record `{input}`", self.description.fasta.display())),
        }
    }

    /// A channel a letter, 1 where it is.
    fn one_hot(&self, letters: &str) -> Result<Raw> {
        let lower = self.letters.iter().any(|letter| letter.is_lowercase());
        let letters: Vec<char> =
            letters.chars().map(|c| if lower { c } else { c.to_ascii_uppercase() }).collect();
        ensure!(!letters.is_empty(), "found no letters");
        let mut values = vec![0.0; self.letters.len() * letters.len()];
        for (column, letter) in letters.iter().enumerate() {
            match self.letters.iter().position(|known| known == letter) {
                Some(channel) => values[channel * letters.len() + column] = 1.0,
                None if ANY.contains(letter) => {}
                None => bail!(
                    "found the letter `{letter}` at place {}, expected one of {} (or N or X for any)",
                    column + 1,
                    self.letters.iter().collect::<String>()
                ),
            }
        }
        Ok(Raw { values, shape: [self.letters.len(), 1, letters.len()] })
    }

    /// Samples of a sound, full scale 1.
    fn sound(&self, input: &str) -> Result<Vec<f32>> {
        let sound = self.recording(input)?;
        Ok(sound.samples.iter().map(|&sample| f32::from(sample) / 32768.0).collect())
    }

    fn recording(&self, input: &str) -> Result<Wav> {
        let path = self.path(input)?;
        let read = read_wav_within(&path, 0.0..=MAX_SECONDS);
        read.map_err(|flaw| anyhow::anyhow!("{}: {flaw}", path.display()))
    }

    /// What else a cell may be that names no file: it has no ending, as files have.
    fn meant(&self, input: &str) -> &'static str {
        match Path::new(input).extension() {
            None => {
                "; if cells are letters or names of FASTA records, say input.kind = \"sequence\" in dataset.toml"
            }
            Some(_) => "",
        }
    }

    /// Whether it is a coloured picture that is read in grey.
    pub(super) fn loses_colours(&self, input: &str) -> bool {
        let in_grey = self.kind() == InputKind::Picture && !self.description.colour;
        in_grey && self.path(input).is_ok_and(|path| picture::has_colours(&path))
    }

    /// Whether it is a sound with samples beyond full scale, which are cut.
    pub(super) fn is_cut(&self, input: &str) -> bool {
        self.kind() == InputKind::Sound && self.recording(input).is_ok_and(|sound| sound.cut)
    }

    /// A sound as long as all; silence follows a shorter one.
    fn of_length(&self, mut sound: Vec<f32>) -> Result<Vec<f32>> {
        let expected = self.description.features(self.description.seconds).clip_samples();
        let rate = f64::from(SAMPLE_RATE);
        let seconds = |samples: usize| samples as f64 / rate;
        ensure!(
            sound.len() <= expected,
            "found {:.3} seconds, expected at most {:.3}; input.seconds in dataset.toml says how long sounds are",
            seconds(sound.len()),
            seconds(expected)
        );
        ensure!(
            sound.len() == expected || self.description.pad,
            "found {:.3} seconds, expected {:.3}; input.pad = true in dataset.toml lets silence follow shorter ones",
            seconds(sound.len()),
            seconds(expected)
        );
        sound.resize(expected, 0.0);
        Ok(sound)
    }
}

fn told([channels, height, width]: [usize; 3]) -> String {
    format!("{channels} × {height} × {width}")
}
