//! A few test samples with what a model made of them, for figures 1 and 2 and `sparling show`.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, ImageFormat};
use serde::{Deserialize, Serialize};

use super::checked;
use crate::eval::Motif;
use crate::hint::Also;

/// Samples of one run, as in `<results>/<scale>/examples/<domain>-<variant>-seed<n>.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Examples {
    /// Name of the domain.
    pub domain: String,
    /// Name of the experiment file.
    pub variant: String,
    /// Seed of the run.
    pub seed: u64,
    /// Density δ in force.
    pub delta: f64,
    /// Hash of the resolved configuration of the run; empty in files from before it was kept.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub config_hash: String,
    /// Channel → index into `kinds`; `null` for a channel without a kind.
    pub mapping: Vec<Option<usize>>,
    /// Names of the motif kinds.
    pub kinds: Vec<String>,
    /// The samples.
    pub items: Vec<Example>,
}

/// One sample: the input, the truth and the model's account of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
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
    /// The input as an 8-bit grey PNG of (`channels`·`height`) rows × `width` columns, in
    /// base64: the sample's least value is 0 and its greatest 255, so a binary input is
    /// kept exactly. See [`Example::encode_input`] and [`Example::grey`].
    pub input_png: String,
    /// The true motifs.
    pub true_motifs: Vec<TrueMotif>,
    /// The predicted motifs.
    pub predicted: Vec<Marked>,
    /// Tokens of the true output.
    pub target: Vec<String>,
    /// Tokens of the model's output.
    pub output: Vec<String>,
}

/// A true motif's kind and half-open box, in input pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrueMotif {
    /// Index into [`Examples::kinds`].
    pub kind: usize,
    /// First row.
    pub top: usize,
    /// First column.
    pub left: usize,
    /// One past the last row.
    pub bottom: usize,
    /// One past the last column.
    pub right: usize,
}

impl TrueMotif {
    /// The motif itself.
    #[must_use]
    pub fn motif(&self) -> Motif {
        let Self { kind, top, left, bottom, right } = *self;
        Motif { kind, top, left, bottom, right }
    }
}

/// A predicted motif: a local maximum of the motif map, in input pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marked {
    /// Motif channel.
    pub channel: usize,
    /// Row of the middle of the map position.
    pub y: f64,
    /// Column of the middle of the map position.
    pub x: f64,
    /// Value of the map.
    pub value: f32,
    /// Whether other non-zero positions are near.
    pub crowded: bool,
}

impl Example {
    /// Packs input values of shape `[channels, height, width]` for [`Example::input_png`].
    ///
    /// # Errors
    /// When the values are not of that shape or not finite.
    pub fn encode_input(values: &[f32], [channels, height, width]: [usize; 3]) -> Result<String> {
        let rows = channels * height;
        ensure!(
            values.len() == rows * width,
            "input: found {} values, expected {channels}×{height}×{width}",
            values.len()
        );
        ensure!(values.iter().all(|v| v.is_finite()), "input: found a value that is not finite");
        let least = values.iter().copied().fold(f32::INFINITY, f32::min);
        let greatest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let span = greatest - least;
        let grey = values.iter().map(|&v| {
            let level = if span > 0.0 { (v - least) / span } else { 0.0 };
            (level * 255.0).round() as u8
        });
        encode_grey(grey.collect(), width, rows).context("input")
    }

    /// The input's grey levels, (`channels`·`height`) × `width`, row-major.
    ///
    /// # Errors
    /// When `input_png` is not a picture of that size.
    pub fn grey(&self) -> Result<Vec<u8>> {
        let what = format!("sample {}: input_png", self.index);
        decode_grey(&self.input_png, self.width, self.channels * self.height, &what)
    }
}

/// Packs grey levels, `rows` × `width`, as a PNG in base64.
pub(crate) fn encode_grey(levels: Vec<u8>, width: usize, rows: usize) -> Result<String> {
    let image = GrayImage::from_raw(u32::try_from(width)?, u32::try_from(rows)?, levels)
        .context("too few values for a picture of this size")?;
    let mut png = Cursor::new(Vec::new());
    image.write_to(&mut png, ImageFormat::Png)?;
    Ok(STANDARD.encode(png.into_inner()))
}

/// Unpacks what [`encode_grey`] packed; `what` names it in errors.
pub(crate) fn decode_grey(base64: &str, width: usize, rows: usize, what: &str) -> Result<Vec<u8>> {
    let png = STANDARD.decode(base64).with_context(|| format!("{what} is not base64"))?;
    let image = image::load_from_memory_with_format(&png, ImageFormat::Png)
        .with_context(|| format!("{what} is not a PNG"))?
        .into_luma8();
    let found = (image.width() as usize, image.height() as usize);
    if found != (width, rows) {
        bail!("{what} is {}×{} pixels, expected {width}×{rows}", found.0, found.1);
    }
    Ok(image.into_raw())
}

/// Where the examples of a run are.
#[must_use]
pub fn examples_path(results: &Path, scale: &str, domain: &str, variant: &str, seed: u64) -> PathBuf {
    results.join(scale).join("examples").join(format!("{domain}-{variant}-seed{seed}.json"))
}

impl Examples {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// When it is not there, is not of this form (the error names line and key), or names
    /// kinds and channels that it does not have.
    pub fn read(path: &Path) -> Result<Self> {
        checked::read(path, Also::Nothing, Self::check)
    }

    /// Writes the file whole or not at all, making its folder.
    ///
    /// # Errors
    /// When the examples contradict themselves or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        checked::write(path, self, Self::check)
    }

    pub(super) fn check(&self) -> Result<()> {
        let kinds = self.kinds.len();
        if let Some(kind) = self.mapping.iter().flatten().find(|&&k| k >= kinds) {
            bail!("mapping: found kind {kind}, expected one below {kinds}");
        }
        for item in &self.items {
            if let Some(motif) = item.true_motifs.iter().find(|m| m.kind >= kinds) {
                bail!(
                    "sample {}: true_motifs: found kind {}, expected one below {kinds}",
                    item.index,
                    motif.kind
                );
            }
            let channels = self.mapping.len();
            if let Some(mark) = item.predicted.iter().find(|m| m.channel >= channels) {
                bail!(
                    "sample {}: predicted: found channel {}, expected one below {channels}",
                    item.index,
                    mark.channel
                );
            }
            item.grey()?;
        }
        Ok(())
    }

    /// How a predicted motif is named: its channel's kind, or `?` if it has none.
    #[must_use]
    pub fn label(&self, motif: &Marked) -> &str {
        self.mapping[motif.channel].map_or("?", |kind| &self.kinds[kind])
    }
}
