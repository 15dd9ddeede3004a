//! AudioMNISTSequence (paper section 5): spoken digits in a clip of noise.
//!
//! The input is a mel spectrogram `[mels, 1, frames]` in decibels, the output the digits in order of
//! time; the motifs are the stretches in which they are spoken. One sample is made so:
//!
//! 1. n uniform in min-digits..=max-digits recordings, each a random one of a random speaker of the split's
//!    [`Pool`], at a uniformly drawn placement without overlap ([`Placed`]). Training clips may play each
//!    at a speed and with a spectral tilt of its own (`speed-perturbation`, `tilt-perturbation`; the paper's do not).
//! 2. Noise: normal, cut at ±1 scale, added to the whole clip.
//! 3. Features: mel spectrogram, decibels, cut at top-db below the loudest.
//!
//! # Splits
//! `Test` draws from what [`HoldOut`] holds out: speakers never heard in training (the paper's), or
//! takes. `Validation` drives the annealing, so it must not hear them; it draws from
//! the same recordings as `Train`, at other indices, and its clips are others.
//!
//! # Spans
//! Frame f is centred at sample f·hop. It stands for the hop samples around that centre,
//! f·hop − ⌊hop/2⌋ .. f·hop − ⌊hop/2⌋ + hop. A motif's `left..right` are the frames that stand for at least
//! one sample of the recording; where two recordings touch they may share a frame.
//!
//! # Speed
//! `cargo bench --bench audio_sequence`, one thread: 2.4 ms a finished clip of 15 s (420 a second), of which 1.1 ms for
//! its sound and 1.0 ms for its features. libtorch's STFT of such a clip alone takes 1.6 ms there, and would bring its
//! own threads into the loader's; hence `rustfft`, two real frames to a complex transform.
//!
//! # Example
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use sparling::domain::{DomainConfig, Split};
//!
//! // Of the corpus in data/corpora/espeak, which `make audio-corpus` speaks.
//! let domain = DomainConfig::by_name("audio-sequence").expect("a domain").build()?;
//! let sample = domain.sample(Split::Test, 0)?;
//! assert_eq!(sample.input.len(), 64 * 642); // bands × frames
//! # Ok(())
//! # }
//! ```

mod clip;
mod config;
pub mod corpus;
mod pool;
pub(in crate::domain) mod spectrogram;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};
use rand_chacha::ChaCha8Rng;

use super::sample_rng::sample_rng;
use super::table::{Dimensions, DomainSettings};
use super::{Domain, Motif, NamedInput, Sample, Sound, Split, TargetKind, with_kind, without};
use clip::Perturbation;
use corpus::Corpus;
use spectrogram::Spectrogram;

pub use clip::Placed;
pub use config::{AudioSequenceConfig, HoldOut, MAX_SECONDS};
pub use pool::Pool;

/// Name of the domain; also keys its random streams.
pub const NAME: &str = "audio-sequence";

/// The AudioMNISTSequence domain: a source of samples at one configuration.
#[derive(Debug)]
pub struct AudioSequence {
    config: AudioSequenceConfig,
    corpus: Arc<Corpus>,
    identity: String,
    known: Pool,
    held: Pool,
    spectrogram: Spectrogram,
    digit_names: Vec<String>,
}

impl AudioSequence {
    /// A source of samples from the corpus that the configuration names, which is read and verified.
    ///
    /// # Errors
    /// When [`AudioSequenceConfig::validate`] refuses the configuration, or the corpus is missing, damaged,
    /// too small or another than the configuration's checksum says.
    pub fn new(config: AudioSequenceConfig) -> Result<Self> {
        config.validate()?;
        let folder = corpus::folder_of(&config.corpus);
        let corpus = corpus::read(&folder)?;
        ensure!(
            config.corpus_checksum.is_empty() || config.corpus_checksum == corpus.checksum,
            "the audio corpus in {} is not the one this run began with: found checksum {}, expected {} \
             (domain.corpus-checksum); put that corpus back, or train anew with this one",
            folder.display(),
            corpus.checksum,
            config.corpus_checksum
        );
        Self::with_corpus(config, Arc::new(corpus))
    }

    /// A source of samples from a corpus in memory.
    ///
    /// # Errors
    /// When the configuration is refused or the corpus too small.
    pub fn with_corpus(config: AudioSequenceConfig, corpus: Arc<Corpus>) -> Result<Self> {
        config.validate()?;
        let (known, held) = Pool::split(&corpus, config.hold_out)?;
        Ok(Self {
            spectrogram: Spectrogram::new(&config),
            identity: corpus.identity(),
            digit_names: (0..10).map(|digit| digit.to_string()).collect(),
            known,
            held,
            corpus,
            config,
        })
    }

    /// The corpus in use.
    #[must_use]
    pub fn recordings(&self) -> &Corpus {
        &self.corpus
    }

    /// The settings samples are drawn with.
    #[must_use]
    pub fn config(&self) -> &AudioSequenceConfig {
        &self.config
    }

    /// The recordings that a split draws from.
    #[must_use]
    pub fn pool(&self, split: Split) -> &Pool {
        match split {
            Split::Train | Split::Validation => &self.known,
            Split::Test => &self.held,
        }
    }

    /// The sound of the sample at `index` of `split` (full scale 1), and what is spoken when.
    ///
    /// # Errors
    /// When the recordings drawn are too long for a clip.
    pub fn clip(&self, split: Split, index: u64) -> Result<(Vec<f32>, Vec<Placed>)> {
        let (placed, mut rng) = self.placed(split, index)?;
        let mut sound = clip::mix(&self.config, &self.corpus, &placed);
        clip::add_noise(&mut sound, self.config.noise_scale, &mut rng);
        Ok((sound, placed))
    }

    /// What is spoken when in the sample at `index` of `split`, and what draws the noise.
    fn placed(&self, split: Split, index: u64) -> Result<(Vec<Placed>, ChaCha8Rng)> {
        let mut rng: ChaCha8Rng = sample_rng(NAME, self.config.seed, split, index);
        let perturbation = match split {
            Split::Train => {
                Perturbation { speed: self.config.speed_perturbation, tilt: self.config.tilt_perturbation }
            }
            Split::Validation | Split::Test => Perturbation { speed: 0.0, tilt: 0.0 },
        };
        let placed = clip::place(&self.config, &self.corpus, self.pool(split), perturbation, &mut rng)?;
        Ok((placed, rng))
    }

    /// Features of a clip's sound, `[mels, frames]` row-major.
    ///
    /// # Errors
    /// When the sound is not as long as a clip.
    pub fn features(&self, sound: &[f32]) -> Result<Vec<f32>> {
        let expected = self.config.clip_samples();
        ensure!(sound.len() == expected, "the sound has {} samples, expected {expected}", sound.len());
        Ok(self.spectrogram.of(sound))
    }

    fn motif(&self, placed: &Placed) -> Motif {
        let (hop, frames) = (self.config.hop, self.config.frames());
        let frame = |sample: usize| (sample + hop / 2) / hop;
        Motif {
            kind: usize::from(self.corpus.recordings[placed.recording].digit),
            top: 0,
            left: frame(placed.start).min(frames - 1),
            bottom: 1,
            right: (frame(placed.end - 1) + 1).min(frames),
        }
    }
}

impl DomainSettings for AudioSequenceConfig {
    fn build(&self) -> Result<Box<dyn Domain>> {
        Ok(Box::new(AudioSequence::new(self.clone())?))
    }

    fn dimensions(&self) -> Result<Dimensions> {
        Ok(Dimensions {
            input_shape: self.input_shape(),
            mean_motifs: Some(self.mean_motifs()),
            max_target_len: self.max_digits,
            target: TargetKind::Tokens,
        })
    }

    fn pinned(self) -> Result<Self> {
        let domain = AudioSequence::new(self)?;
        let corpus_checksum = domain.recordings().checksum.clone();
        Ok(Self { corpus_checksum, ..domain.config })
    }

    fn on_corpus_of(&self, other: &Self) -> Option<Self> {
        if !self.corpus_checksum.is_empty() {
            return Some(self.clone());
        }
        let known = self.corpus == other.corpus && !other.corpus_checksum.is_empty();
        known.then(|| Self { corpus_checksum: other.corpus_checksum.clone(), ..self.clone() })
    }
}

impl Domain for AudioSequence {
    fn name(&self) -> &'static str {
        NAME
    }

    fn input_shape(&self) -> [usize; 3] {
        self.config.input_shape()
    }

    fn vocabulary(&self) -> &[String] {
        &self.digit_names
    }

    fn max_target_len(&self) -> usize {
        self.config.max_digits
    }

    fn motif_kinds(&self) -> &[String] {
        &self.digit_names
    }

    fn mean_motifs(&self) -> f64 {
        self.config.mean_motifs()
    }

    /// The longest recording of the corpus; training's slower ones may exceed it.
    fn motif_extent(&self) -> [usize; 2] {
        let longest = self.corpus.recordings.iter().map(|r| r.length).max().unwrap_or(1);
        [1, longest.div_ceil(self.config.hop) + 1]
    }

    fn corpus(&self) -> &str {
        &self.identity
    }

    fn seconds_per_column(&self) -> Option<f64> {
        Some(self.config.hop as f64 / f64::from(self.config.sample_rate))
    }

    /// Sound files; silence follows one that is shorter than a clip.
    fn read(&self, file: &Path) -> Result<Vec<NamedInput>> {
        let read = || -> Result<Vec<f32>> {
            let (expected, rate) = (self.config.clip_samples(), f64::from(self.config.sample_rate));
            let wav = corpus::read_wav_within(file, 0.0..=MAX_SECONDS);
            let wav = wav.map_err(|flaw| anyhow!("{}: {flaw}", file.display()))?;
            let mut sound: Vec<f32> = wav.samples.iter().map(|&sample| f32::from(sample) / 32768.0).collect();
            ensure!(
                sound.len() <= expected,
                "found {:.3} seconds, expected at most {:.3}",
                sound.len() as f64 / rate,
                expected as f64 / rate
            );
            sound.resize(expected, 0.0);
            self.features(&sound)
        };
        Ok(vec![NamedInput { name: file.display().to_string(), values: read() }])
    }

    fn sound(&self, split: Split, index: u64) -> Result<Option<Sound>> {
        let (samples, _) = self.clip(split, index)?;
        Ok(Some(Sound { samples, rate: self.config.sample_rate }))
    }

    fn target_if_swapped(&self, sample: &Sample, motif: usize, kind: usize) -> Option<Vec<u32>> {
        if kind < self.digit_names.len() { with_kind(&sample.motifs, motif, kind) } else { None }
    }

    fn target_if_dropped(&self, sample: &Sample, motif: usize) -> Option<Vec<u32>> {
        without(&sample.motifs, motif)
    }

    fn target(&self, split: Split, index: u64) -> Result<Vec<u32>> {
        let (placed, _) = self.placed(split, index)?;
        Ok(placed.iter().map(|p| self.motif(p).kind as u32).collect())
    }

    fn sample(&self, split: Split, index: u64) -> Result<Sample> {
        let (sound, placed) = self.clip(split, index)?;
        let motifs: Vec<Motif> = placed.iter().map(|p| self.motif(p)).collect();
        Ok(Sample {
            input: self.features(&sound)?,
            target: motifs.iter().map(|m| m.kind as u32).collect(),
            motifs,
        })
    }
}
