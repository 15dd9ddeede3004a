//! `dataset.toml`: what the samples of a folder are.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::config::number;
use crate::domain::TargetKind;
use crate::domain::audio_sequence::{AudioSequenceConfig, MAX_SECONDS};
use crate::hint::Hint;
use crate::shell;

/// Name of the file.
pub const FILE: &str = "dataset.toml";

/// A path as a shell takes it.
pub(super) fn typed(path: &Path) -> String {
    shell::quote(&shell::operand(path))
}

/// The file as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Description {
    /// What inputs are.
    pub input: InputDescription,
    /// What outputs are.
    pub target: TargetDescription,
    /// What is known of true motifs.
    pub motifs: MotifsDescription,
    /// Which samples are for what.
    pub splits: SplitsDescription,
}

/// What an input is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InputKind {
    /// A PNG or JPEG file; values in [0, 1].
    #[default]
    Picture,
    /// A WAV, FLAC, Ogg Vorbis or MP3 file; its mel spectrogram in decibels.
    Sound,
    /// A `.npy` file of shape `[C, L]` or `[C, H, W]`.
    Array,
    /// Letters of an alphabet; a channel a letter.
    Sequence,
}

/// Table `input`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct InputDescription {
    /// What an input is.
    pub kind: InputKind,
    /// Pictures: red, green and blue, instead of grey.
    pub colour: bool,
    /// Sequences: the letters, or `dna`, `rna`, `protein`.
    pub alphabet: String,
    /// Sequences: a FASTA file whose records the column `input` names; empty: the column holds the letters.
    pub fasta: PathBuf,
    /// Series: columns of every input (0: of the first; of the longest for sequences).
    pub length: usize,
    /// Series: shorter ones are filled up with zeros (sounds: with silence).
    pub pad: bool,
    /// Sounds: seconds of every input (0: of the first).
    pub seconds: f64,
    /// Sounds: samples under a window of the spectrogram, at 8,000 a second.
    pub n_fft: usize,
    /// Sounds: samples from frame to frame.
    pub hop: usize,
    /// Sounds: mel bands.
    pub mels: usize,
    /// Sounds: decibels below the loudest at which the spectrogram is cut.
    pub top_db: f64,
    /// Sounds: added to the decibels …
    pub feature_shift: f64,
    /// … before they are divided by this.
    pub feature_scale: f64,
}

impl Default for InputDescription {
    fn default() -> Self {
        let sound = AudioSequenceConfig::default();
        Self {
            kind: InputKind::default(),
            colour: false,
            alphabet: "dna".into(),
            fasta: PathBuf::new(),
            length: 0,
            pad: false,
            seconds: 0.0,
            n_fft: sound.n_fft,
            hop: sound.hop,
            mels: sound.mels,
            top_db: sound.top_db,
            feature_shift: sound.feature_shift,
            feature_scale: sound.feature_scale,
        }
    }
}

impl InputDescription {
    /// The letters of the alphabet, in the order of the channels.
    ///
    /// # Errors
    /// When there are none, or one is there twice.
    pub fn letters(&self) -> Result<Vec<char>> {
        let letters: Vec<char> = match self.alphabet.as_str() {
            "dna" => "ACGT",
            "rna" => "ACGU",
            "protein" => "ACDEFGHIKLMNPQRSTVWY",
            own => own,
        }
        .chars()
        .collect();
        ensure!(
            !letters.is_empty(),
            "input.alphabet is empty; expected dna, rna, protein or the letters themselves"
        );
        for (i, letter) in letters.iter().enumerate() {
            ensure!(!letters[..i].contains(letter), "input.alphabet has the letter `{letter}` twice");
        }
        Ok(letters)
    }

    /// How a sound of `seconds` becomes features.
    #[must_use]
    pub fn features(&self, seconds: f64) -> AudioSequenceConfig {
        AudioSequenceConfig {
            clip_seconds: seconds,
            n_fft: self.n_fft,
            hop: self.hop,
            mels: self.mels,
            top_db: self.top_db,
            feature_shift: self.feature_shift,
            feature_scale: self.feature_scale,
            ..AudioSequenceConfig::default()
        }
    }
}

/// Table `target`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct TargetDescription {
    /// What an output is.
    pub kind: TargetKind,
    /// What stands between tokens; empty: every letter is a token.
    pub separator: String,
    /// All tokens, classes or labels; empty: those of the training file. Of labels the first is the common one; where
    /// they are not stated, it is the one that occurs most.
    pub vocabulary: Vec<String>,
    /// Whether an output may have no tokens.
    pub may_be_empty: bool,
}

impl Default for TargetDescription {
    fn default() -> Self {
        Self { kind: TargetKind::Tokens, separator: " ".into(), vocabulary: Vec::new(), may_be_empty: false }
    }
}

/// Table `motifs`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MotifsDescription {
    /// All kinds; empty: those of the training file.
    pub kinds: Vec<String>,
}

/// Table `splits`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SplitsDescription {
    /// Training samples; empty: `train.csv` or `train.jsonl`.
    pub train: PathBuf,
    /// Validation samples; empty: `validation.csv` or `.jsonl` or, where neither is there, drawn from `train`.
    pub validation: PathBuf,
    /// Test samples, likewise.
    pub test: PathBuf,
    /// Share of the training file that is drawn for validation.
    pub validation_share: f64,
    /// Share of the training file that is drawn for the test.
    pub test_share: f64,
    /// Seed of that draw.
    pub seed: u64,
    /// Accept an input that is in two splits.
    pub shared_inputs: bool,
}

impl Default for SplitsDescription {
    fn default() -> Self {
        Self {
            train: PathBuf::new(),
            validation: PathBuf::new(),
            test: PathBuf::new(),
            validation_share: 0.1,
            test_share: 0.1,
            seed: 0,
            shared_inputs: false,
        }
    }
}

impl SplitsDescription {
    /// The file of the split called `name`; `None` where it is to be drawn.
    ///
    /// # Errors
    /// When the file that is named is not there, or two could be meant.
    pub(super) fn file(&self, folder: &Path, name: &str, named: &Path) -> Result<Option<PathBuf>> {
        if !named.as_os_str().is_empty() {
            let path = folder.join(named);
            ensure!(path.is_file(), "splits.{name} is {}, and there is no such file", path.display());
            return Ok(Some(path));
        }
        let usual = usual_tables(folder, name);
        match [usual[0].is_file(), usual[1].is_file()] {
            [true, true] => bail!(
                "there are {} and {}; say which is meant with splits.{name}",
                usual[0].display(),
                usual[1].display()
            ),
            [true, false] => Ok(Some(usual[0].clone())),
            [false, true] => Ok(Some(usual[1].clone())),
            [false, false] => Ok(None),
        }
    }
}

/// Where the table of the split called `name` is looked for if `splits` names none.
pub(crate) fn usual_tables(folder: &Path, name: &str) -> [PathBuf; 2] {
    ["csv", "jsonl"].map(|extension| folder.join(format!("{name}.{extension}")))
}

impl Description {
    /// Reads the file of a folder.
    ///
    /// # Errors
    /// When it is not there, is not TOML, has a key that is unknown or a value that cannot be.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        ensure!(
            folder.is_dir(),
            "there is no folder {}: is its name right? A new one is begun with\n  {}",
            folder.display(),
            Hint::NewData { folder }
        );
        ensure!(
            path.is_file(),
            "there is no file {}; a folder of samples has one, make it with\n  {}",
            path.display(),
            Hint::NewData { folder }
        );
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        number::check(&text).map_err(|e| anyhow!("{}: {e}", path.display()))?;
        let description: Self =
            toml::from_str(&text).map_err(|e| anyhow!("{}: {}", path.display(), e.to_string().trim()))?;
        description.validate().with_context(|| path.display().to_string())?;
        Ok(description)
    }

    fn validate(&self) -> Result<()> {
        if self.input.kind == InputKind::Sequence {
            self.input.letters()?;
        }
        let seconds = self.input.seconds;
        ensure!(
            (0.0..=MAX_SECONDS).contains(&seconds),
            "input.seconds is {seconds}; expected 0 to {MAX_SECONDS}"
        );
        let shares = [self.splits.validation_share, self.splits.test_share];
        ensure!(
            shares.iter().all(|share| (0.0..1.0).contains(share)) && shares.iter().sum::<f64>() < 1.0,
            "splits.validation-share and splits.test-share are {} and {}; expected shares of the training file that leave something to train on",
            shares[0],
            shares[1]
        );
        for (key, names) in
            [("target.vocabulary", &self.target.vocabulary), ("motifs.kinds", &self.motifs.kinds)]
        {
            for (i, name) in names.iter().enumerate() {
                ensure!(!name.is_empty(), "{key} has an empty name");
                ensure!(!names[..i].contains(name), "{key} has `{name}` twice");
            }
        }
        Ok(())
    }
}
