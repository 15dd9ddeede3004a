//! How samples are made: the [`Domain`] trait and its implementations.
//!
//! A sample is a pure function of (domain configuration, [`Split`], index), so a
//! loader's position is one integer and any number of workers can run ahead.
//! Nothing here knows of tensors: samples are plain buffers.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::domain::{DomainConfig, Split};
//!
//! let domain = DomainConfig::by_name("digit-circle").expect("a domain").build()?;
//! let sample = domain.sample(Split::Test, 7)?;
//! assert_eq!(sample.input.len(), 100 * 100); // row-major, of the shape [1, 100, 100]
//! assert_eq!(sample, domain.sample(Split::Test, 7)?);
//! let kinds: Vec<u32> = sample.motifs.iter().map(|motif| motif.kind as u32).collect();
//! assert_eq!(sample.target, kinds); // the digits, in order
//! # Ok(())
//! # }
//! ```
//!
//! A type of another program is a domain too: [`own`].

pub mod audio_sequence;
mod bernoulli;
mod bits;
pub mod dataset;
pub mod digit_circle;
pub mod latex_ocr;
pub mod own;
pub mod sample_rng;
mod single;
mod sound;
pub mod splicing;
pub mod table;
mod target;

use std::ops::Range;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use crate::eval::Relabelling;

pub use crate::eval::Motif;

pub use single::{Single, Windows};
pub use sound::Sound;
pub use table::{
    DOMAINS, Dimensions, DomainConfig, DomainEntry, Tone, entry, names, relabelling_of, tone_of,
};
pub use target::TargetKind;

/// Which of the three disjoint streams of samples an index counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Split {
    /// Samples that gradients are computed from.
    Train,
    /// Samples that drive the annealing (Algorithm 1).
    Validation,
    /// Samples that the reported metrics are computed on.
    Test,
}

/// One labelled example together with its true motifs.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Input values, row-major, of shape [`Domain::input_shape`].
    pub input: Vec<f32>,
    /// Output tokens (indices into [`Domain::vocabulary`]), without begin and end markers: a sequence, one class, or a
    /// label a position, as [`Domain::target_kind`] says.
    pub target: Vec<u32>,
    /// The true motifs in the domain's own order.
    pub motifs: Vec<Motif>,
}

/// A source of samples.
pub trait Domain: std::fmt::Debug + Send + Sync {
    /// Name used in paths and result rows, e.g. `digit-circle`.
    fn name(&self) -> &'static str;

    /// Input shape `[channels, height, width]`; one-dimensional domains have height 1.
    fn input_shape(&self) -> [usize; 3];

    /// What outputs are.
    fn target_kind(&self) -> TargetKind {
        TargetKind::Tokens
    }

    /// Names of the output tokens; token `i` prints as `vocabulary()[i]`.
    fn vocabulary(&self) -> &[String];

    /// Most tokens that a target can have (without markers).
    fn max_target_len(&self) -> usize;

    /// Names of the motif kinds; a kind prints as `motif_kinds()[kind]`.
    fn motif_kinds(&self) -> &[String];

    /// Mean number of true motifs a sample, the numerator of the theoretical minimum density.
    fn mean_motifs(&self) -> f64;

    /// Rows and columns (pixels; 1 and frames in a series) of a motif that hardly any other exceeds: what a window
    /// around a single motif leaves room for, see [`Windows`].
    fn motif_extent(&self) -> [usize; 2];

    /// Whether motifs of a sample may share positions. Then those that do are matched with predictions as
    /// [`eval::sharing`](crate::eval::sharing) says, and reported apart too.
    fn motifs_overlap(&self) -> bool {
        entry(self.name()).is_some_and(|entry| entry.motifs_overlap)
    }

    /// Whether the motifs of samples are the true ones. Where nobody knows these, samples have none, and nothing is
    /// measured against them.
    fn knows_motifs(&self) -> bool {
        true
    }

    /// How inputs look.
    fn tone(&self) -> Tone {
        tone_of(self.name())
    }

    /// How channels are given kinds before they are compared (paper section 6).
    fn relabelling(&self) -> Relabelling {
        relabelling_of(self.name())
    }

    /// Indices of the motif kinds that an output can often be told without: `)` follows from `(`. A
    /// model may leave these out unpunished, so misses among the others are also counted alone
    /// (paper section 7). None for most domains.
    fn inferable_kinds(&self) -> &[usize] {
        &[]
    }

    /// A target or an answer as people write it; token by token unless the domain knows better.
    fn written(&self, tokens: &[u32]) -> String {
        let name = |&token: &u32| self.vocabulary().get(token as usize).map_or("?", String::as_str);
        tokens.iter().map(name).collect::<Vec<_>>().join(" ")
    }

    /// The output of the sample at `index` of `split`, where that is cheaper than the whole sample.
    ///
    /// # Errors
    /// As [`Domain::sample`].
    fn target(&self, split: Split, index: u64) -> Result<Vec<u32>> {
        Ok(self.sample(split, index)?.target)
    }

    /// The sample at `index` of `split` to listen to; `None` for domains of pictures.
    ///
    /// # Errors
    /// As [`Domain::sample`].
    fn sound(&self, _split: Split, _index: u64) -> Result<Option<Sound>> {
        Ok(None)
    }

    /// What is to be known of these samples beyond what they show; nothing for most domains.
    ///
    /// # Errors
    /// As [`Domain::sample`].
    fn remark(&self, _split: Split, _indices: Range<u64>) -> Result<Option<String>> {
        Ok(None)
    }

    /// Name and checksum of the corpus that samples are made from, as result rows name it; empty for
    /// generated domains.
    fn corpus(&self) -> &str {
        ""
    }

    /// The target that `sample` would have if its motif number `motif` were one of kind `kind` in the same
    /// place (paper section 7, perturbation); the target itself where it is of that kind already.
    ///
    /// `None` where the domain does not define it: there is no such motif or kind, no sample could hold
    /// such motifs, or more of the target than one token would have to change.
    fn target_if_swapped(&self, _sample: &Sample, _motif: usize, _kind: usize) -> Option<Vec<u32>> {
        None
    }

    /// The target that `sample` would have if its motif number `motif` were missing (paper section 1: every
    /// motif is necessary), by the order and the structure of the motifs that are left, not by
    /// the gap that it leaves.
    ///
    /// `None` where the domain does not define it: there is no such motif, or what is left stands for
    /// no output at all.
    fn target_if_dropped(&self, _sample: &Sample, _motif: usize) -> Option<Vec<u32>> {
        None
    }

    /// How many samples a split has; `None` where they never end.
    fn available(&self, _split: Split) -> Option<u64> {
        None
    }

    /// Seconds from column to column of an input, where it is a sound.
    fn seconds_per_column(&self) -> Option<f64> {
        None
    }

    /// The inputs in a file, which need not be of the domain's samples: one, or the records of a file of several, each
    /// with its own error where it cannot be read.
    ///
    /// Pictures are read where inputs are pictures of one channel.
    ///
    /// # Errors
    /// When nothing of the file can be read.
    fn read(&self, file: &Path) -> Result<Vec<NamedInput>> {
        let values = read_picture(file, self.input_shape(), self.tone());
        Ok(vec![NamedInput { name: file.display().to_string(), values }])
    }

    /// The input that a cell of a table in `folder` means.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_cell(&self, folder: &Path, input: &str) -> Result<Vec<f32>> {
        let inputs = self.read(&folder.join(input))?;
        inputs.into_iter().next().map_or_else(|| bail!("found no input"), |input| input.values)
    }

    /// The sample at `index` of `split`.
    ///
    /// # Errors
    /// When there is none ([`Self::available`]), or the domain's own files (a corpus, say) cannot be read.
    fn sample(&self, split: Split, index: u64) -> Result<Sample>;
}

/// An input that was read from a file.
#[derive(Debug)]
pub struct NamedInput {
    /// The file, with the record's name where it holds several.
    pub name: String,
    /// Values of [`Domain::input_shape`].
    pub values: Result<Vec<f32>>,
}

/// A grey picture as an input of `shape`, dark as ink where high is dark.
fn read_picture(file: &Path, shape: [usize; 3], tone: Tone) -> Result<Vec<f32>> {
    let [channels, height, width] = shape;
    ensure!(channels == 1 && height > 1, "files cannot be read as inputs of {channels} × {height} × {width}");
    let (values, found) = dataset::picture::read(file, false)?;
    ensure!(
        found == shape,
        "found {} × {} pixels (rows × columns), expected {height} × {width}",
        found[1],
        found[2]
    );
    let ink = tone == Tone::HighIsDark;
    Ok(values.into_iter().map(|value| if ink { 1.0 - value } else { value }).collect())
}

/// The kinds of `motifs` in their order, that of number `motif` replaced by `kind`: the target of a domain
/// that names its motifs one by one. `None` if there is no such motif.
fn with_kind(motifs: &[Motif], motif: usize, kind: usize) -> Option<Vec<u32>> {
    let mut kinds: Vec<u32> = motifs.iter().map(|m| m.kind as u32).collect();
    *kinds.get_mut(motif)? = kind as u32;
    Some(kinds)
}

/// As [`with_kind`], with the entry `motif` left out.
fn without(motifs: &[Motif], motif: usize) -> Option<Vec<u32>> {
    let mut kinds: Vec<u32> = motifs.iter().map(|m| m.kind as u32).collect();
    (motif < kinds.len()).then(|| kinds.remove(motif))?;
    Some(kinds)
}
