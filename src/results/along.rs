//! A few test samples at several densities on the way down, for the explorer of the HTML report.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::checked;
use super::examples::{Example, TrueMotif, decode_grey};
use crate::hint::Also;

/// Samples of one run at falling densities, as in
/// `<results>/<scale>/examples/<domain>-<variant>-seed<n>-along.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Along {
    /// Name of the domain.
    pub domain: String,
    /// Name of the experiment file.
    pub variant: String,
    /// Seed of the run.
    pub seed: u64,
    /// Hash of the run's configuration.
    pub config_hash: String,
    /// Revision of the program that measured it.
    pub revision: String,
    /// Names of the motif kinds.
    pub kinds: Vec<String>,
    /// Motif channels C.
    pub channels: usize,
    /// Input pixels per map position.
    pub stride: usize,
    /// Rows and columns of [`View::map_png`].
    pub map_size: [usize; 2],
    /// The samples.
    pub inputs: Vec<Input>,
    /// What the model made of them, the densest first.
    pub densities: Vec<AtDensity>,
}

/// What a sample is at every density.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Input {
    /// Index in the split.
    pub index: u64,
    /// `train`, `validation` or `test`.
    pub split: String,
    /// Input rows (1 for one-dimensional domains).
    pub height: usize,
    /// Input columns.
    pub width: usize,
    /// Input channels.
    pub channels: usize,
    /// The input, packed as [`super::Example::input_png`] is.
    pub input_png: String,
    /// The true motifs.
    pub true_motifs: Vec<TrueMotif>,
    /// Tokens of the true output.
    pub target: Vec<String>,
}

impl From<&Example> for Input {
    fn from(item: &Example) -> Self {
        Self {
            index: item.index,
            split: item.split.clone(),
            height: item.height,
            width: item.width,
            channels: item.channels,
            input_png: item.input_png.clone(),
            true_motifs: item.true_motifs.clone(),
            target: item.target.clone(),
        }
    }
}

/// The model at one density: its errors, and its account of every sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AtDensity {
    /// Density δ in force.
    pub delta: f64,
    /// Training samples seen by then.
    pub trained: u64,
    /// Test samples that the errors were measured on.
    pub measured_on: u64,
    /// Measured share of non-zero positions, in [0, 1].
    pub density: f64,
    /// False positive error, in [0, 1] as are the other three.
    pub fpe: f64,
    /// False negative error.
    pub fne: f64,
    /// Classification error; `None` where no motif met a prediction.
    pub ce: Option<f64>,
    /// End-to-end error.
    pub e2ee: Option<f64>,
    /// Channel → index into [`Along::kinds`]; `null` for a channel without a kind.
    pub mapping: Vec<Option<usize>>,
    /// One for each of [`Along::inputs`].
    pub views: Vec<View>,
}

/// One sample at one density.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Non-zero values of the motif map, over all channels.
    pub active: u64,
    /// The map as an 8-bit grey PNG in base64: 0 where every channel is zero, else one more than the number of
    /// the strongest channel. A map of one row has a row for each channel instead.
    pub map_png: String,
    /// The local maxima, or `null` where there are more than [`MOST_MARKS`] of them.
    pub marks: Option<Vec<MarkedAt>>,
    /// For each true motif the channel that is strongest in its box, as it is counted in the errors; `null` where
    /// nothing fired.
    pub found: Vec<Option<usize>>,
    /// Non-zero positions outside all boxes: each is a false positive.
    pub left_over: u64,
    /// Tokens of the model's output.
    pub output: Vec<String>,
}

/// A local maximum: channel, row and column in input pixels, value, and whether others are near (see
/// [`super::Marked`]).
pub type MarkedAt = (usize, f64, f64, f32, bool);

/// Local maxima of one map that are kept; with more, the map itself says all there is to see.
pub const MOST_MARKS: usize = 200;

/// Channels that a map picture can tell apart.
const MOST_CHANNELS: usize = 254;

/// What the file's name has behind the seed.
pub(crate) const ALONG: &str = "-along";

/// Where the samples of a run at falling densities are.
#[must_use]
pub fn along_path(results: &Path, scale: &str, domain: &str, variant: &str, seed: u64) -> PathBuf {
    results.join(scale).join("examples").join(format!("{domain}-{variant}-seed{seed}{ALONG}.json"))
}

impl Along {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it is not there, is not of this form (the error names line and key), or contradicts itself.
    pub fn read(path: &Path) -> Result<Self> {
        checked::read(path, Also::ExamplesAlong, Self::check)
    }

    /// Writes the file whole or not at all, making its folder.
    ///
    /// # Errors
    /// When the samples contradict themselves or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        checked::write_compact(path, self, Self::check)
    }

    fn check(&self) -> Result<()> {
        ensure!(
            self.channels <= MOST_CHANNELS,
            "channels: found {}, expected at most {MOST_CHANNELS}",
            self.channels
        );
        for input in &self.inputs {
            if let Some(motif) = input.true_motifs.iter().find(|m| m.kind >= self.kinds.len()) {
                bail!(
                    "sample {}: true_motifs: found kind {}, expected one below {}",
                    input.index,
                    motif.kind,
                    self.kinds.len()
                );
            }
            input.grey()?;
        }
        for at in &self.densities {
            self.check_density(at).map_err(|e| e.context(format!("δ = {:e}", at.delta)))?;
        }
        Ok(())
    }

    fn check_density(&self, at: &AtDensity) -> Result<()> {
        let (kinds, channels) = (self.kinds.len(), self.channels);
        ensure!(
            at.mapping.len() == channels,
            "mapping: found {} channels, expected {channels}",
            at.mapping.len()
        );
        if let Some(kind) = at.mapping.iter().flatten().find(|&&k| k >= kinds) {
            bail!("mapping: found kind {kind}, expected one below {kinds}");
        }
        ensure!(
            at.views.len() == self.inputs.len(),
            "views: found {}, expected one for each of {} inputs",
            at.views.len(),
            self.inputs.len()
        );
        for (view, input) in at.views.iter().zip(&self.inputs) {
            ensure!(
                view.found.len() == input.true_motifs.len(),
                "sample {}: found: {} entries, expected one for each of {} true motifs",
                input.index,
                view.found.len(),
                input.true_motifs.len()
            );
            let marked = view.marks.iter().flatten().map(|mark| mark.0);
            let levels = self.levels(view).map_err(|e| e.context(format!("sample {}", input.index)))?;
            if let Some(level) = levels.into_iter().find(|&level| usize::from(level) > channels) {
                bail!("sample {}: map_png: found {level}, expected at most {channels}", input.index);
            }
            if let Some(channel) = view.found.iter().flatten().copied().chain(marked).find(|&c| c >= channels)
            {
                bail!("sample {}: found channel {channel}, expected one below {channels}", input.index);
            }
        }
        Ok(())
    }
}

impl Along {
    /// What [`View::map_png`] packs, row-major.
    ///
    /// # Errors
    /// When it is not a picture of [`Along::map_size`].
    pub fn levels(&self, view: &View) -> Result<Vec<u8>> {
        let [rows, columns] = self.map_size;
        decode_grey(&view.map_png, columns, rows, "map_png")
    }
}

impl Input {
    /// The input's grey levels, (`channels`·`height`) × `width`, row-major.
    ///
    /// # Errors
    /// When `input_png` is not a picture of that size.
    pub fn grey(&self) -> Result<Vec<u8>> {
        let what = format!("sample {}: input_png", self.index);
        decode_grey(&self.input_png, self.width, self.channels * self.height, &what)
    }
}
