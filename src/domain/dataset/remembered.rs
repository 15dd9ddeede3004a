//! What a run remembers of its folder, so that files can be answered where the folder is not.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::description::{Description, InputDescription, TargetDescription};
use super::index::Index;
use super::input::InputReader;
use crate::domain::TargetKind;

/// All of an index but its samples; in settings as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    input: InputDescription,
    shape: [usize; 3],
    separator: String,
    /// Absent in what was written before there were labels.
    #[serde(default)]
    target: TargetKind,
    vocabulary: Vec<String>,
    kinds: Vec<String>,
    max_target_len: usize,
    knows_motifs: bool,
    mean_motifs: f64,
}

/// What is to be remembered of `index`.
///
/// # Errors
/// When a number has no JSON.
pub(super) fn of(index: &Index) -> Result<String> {
    let remembered = Remembered {
        // Files bring their own letters.
        input: InputDescription { fasta: PathBuf::new(), ..index.reader.description().clone() },
        shape: index.reader.shape(),
        separator: index.description.target.separator.clone(),
        target: index.description.target.kind,
        vocabulary: index.vocabulary.clone(),
        kinds: index.kinds.clone(),
        max_target_len: index.max_target_len,
        knows_motifs: index.knows_motifs,
        mean_motifs: index.mean_motifs,
    };
    serde_json::to_string(&remembered).context("cannot write down what the folder's samples are")
}

/// An index without samples, as `text` remembers it.
///
/// # Errors
/// When `text` is damaged.
pub(super) fn index(folder: &Path, text: &str) -> Result<Index> {
    let remembered: Remembered =
        serde_json::from_str(text).context("domain.remembered of the run's config.toml is damaged")?;
    let Remembered {
        input,
        shape,
        separator,
        target,
        vocabulary,
        kinds,
        max_target_len,
        knows_motifs,
        mean_motifs,
    } = remembered;
    Ok(Index {
        reader: InputReader::of_shape(folder, &input, shape)?,
        description: Description {
            input,
            target: TargetDescription { kind: target, separator, ..TargetDescription::default() },
            ..Description::default()
        },
        tables: vec![PathBuf::new(); 3],
        splits: Default::default(),
        drawn: [false; 3],
        vocabulary,
        kinds,
        max_target_len,
        knows_motifs,
        mean_motifs,
        motifs_overlap: false,
        unused: Vec::new(),
    })
}
