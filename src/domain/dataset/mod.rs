//! A folder of one's own: pictures, sounds, arrays or sequences, with an output each.
//!
//! The folder holds `dataset.toml`, which says what inputs and outputs are ([`Description`]), and a CSV or JSON-lines
//! file a split with the columns `input`, `target` and, if the true motifs are known, `motifs`.
//!
//! - **Order.** Training goes through its samples epoch by epoch, in a permutation keyed by seed and epoch: sample i
//!   is a function of i, so that a run resumes bit for bit.
//! - **Splits.** Where no validation or test file is there, samples are drawn for it from the training file, by a
//!   seed. Validation and test are finite ([`Domain::available`]): no sample is measured twice.
//! - **Without true motifs** nothing is measured against them ([`Domain::knows_motifs`]).
//! - A run remembers what the samples are (not the samples), so that files can be answered where the folder is not.
//! - Whatever is wrong is told with file, row and column ([`Flaw`]), before anything is trained ([`check()`]).
//!
//! # Example
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use std::fs;
//!
//! use sparling::domain::dataset::{Dataset, DatasetConfig};
//! use sparling::domain::{Domain, Split};
//!
//! let folder = tempfile::tempdir()?;
//! fs::write(folder.path().join("dataset.toml"), "[input]\nkind = \"sequence\"\nalphabet = \"ACGT\"\n")?;
//! fs::write(folder.path().join("train.csv"), "input,target\nACGT,yes\nGGTA,no\n")?;
//! fs::write(folder.path().join("validation.csv"), "input,target\nCCCC,yes\n")?;
//! fs::write(folder.path().join("test.csv"), "input,target\nTTTT,no\n")?;
//! let domain =
//!     Dataset::new(&DatasetConfig { folder: folder.path().display().to_string(), ..Default::default() })?;
//! assert_eq!(domain.input_shape(), [4, 1, 4]); // one-hot, a row a letter
//! assert_eq!(domain.written(&domain.sample(Split::Test, 0)?.target), "no");
//! # Ok(())
//! # }
//! ```

mod array;
mod boxes;
mod check;
mod config;
mod description;
pub(in crate::domain) mod fasta;
mod flaw;
mod index;
mod input;
mod order;
pub(in crate::domain) mod picture;
mod remembered;
mod rows;
pub mod skeleton;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};

use super::table::{Dimensions, DomainSettings, Tone};
use super::target::written_labels;
use super::{Domain, NamedInput, Sample, Split};
use index::{Entry, Index, SPLITS};
use order::Order;

pub use super::TargetKind;
pub use check::{Checked, check};
pub use config::DatasetConfig;
pub(crate) use description::usual_tables;
pub use description::{Description, FILE, InputKind};
pub use flaw::{Flaw, Flaws};
pub use rows::inputs_in;

/// Name of the domain; also keys its random streams.
pub const NAME: &str = "dataset";

/// The samples of a folder.
#[derive(Debug)]
pub struct Dataset {
    index: Arc<Index>,
    order: Order,
    identity: String,
}

impl Dataset {
    /// The samples of the folder that the configuration names.
    ///
    /// # Errors
    /// When a row or a file is not as it should be, or the samples are others than the configuration's checksum says.
    pub fn new(config: &DatasetConfig) -> Result<Self> {
        config.validate()?;
        let folder = PathBuf::from(&config.folder);
        let index = index_of(config)?;
        let there = folder.join(FILE).is_file();
        if there && !config.checksum.is_empty() {
            let found = check::checksum(&folder, &index)?;
            ensure!(
                found == config.checksum,
                "the samples in {} are not those that this run began with: found checksum {found}, expected {} (domain.checksum); put them back, or train anew on these",
                folder.display(),
                config.checksum
            );
        }
        let name = folder.file_name().map_or_else(|| config.folder.clone(), |n| n.to_string_lossy().into());
        let short = &config.checksum[..12.min(config.checksum.len())];
        let mut identity = if short.is_empty() { name } else { format!("{name}@{short}") };
        if !there {
            identity += " (the folder is not there)";
        }
        Ok(Self { order: Order::new(index.splits[0].len(), config.seed), index, identity })
    }

    fn side(&self, split: Split) -> &[Entry] {
        &self.index.splits[split as usize]
    }

    /// The row behind the sample at `index` of `split`.
    fn entry(&self, split: Split, index: u64) -> Result<&Entry> {
        let side = self.side(split);
        let at = match split {
            Split::Train if side.is_empty() => bail!("{}: there are no training samples", self.identity),
            Split::Train => self.order.at(index),
            Split::Validation | Split::Test => {
                usize::try_from(index).ok().filter(|&at| at < side.len()).with_context(|| {
                    let name = SPLITS[split as usize];
                    format!("there is no {name} sample {index}; found {} of them, counted from 0", side.len())
                })?
            }
        };
        Ok(&side[at])
    }
}

/// The index of the folder; where the folder is not there, what a run remembers of it.
fn index_of(config: &DatasetConfig) -> Result<Arc<Index>> {
    let folder = Path::new(&config.folder);
    if config.remembered.is_empty() || folder.join(FILE).is_file() {
        return Index::read(folder);
    }
    Ok(Arc::new(remembered::index(folder, &config.remembered)?))
}

impl DomainSettings for DatasetConfig {
    fn build(&self) -> Result<Box<dyn Domain>> {
        Ok(Box::new(Dataset::new(self)?))
    }

    /// Tables are read, inputs are not.
    fn dimensions(&self) -> Result<Dimensions> {
        let index = index_of(self)?;
        Ok(Dimensions {
            input_shape: index.reader.shape(),
            mean_motifs: index.knows_motifs.then(|| index.mean_motifs),
            max_target_len: index.max_target_len,
            target: index.description.target.kind,
        })
    }

    fn pinned(self) -> Result<Self> {
        let folder = PathBuf::from(&self.folder);
        let index = Index::read(&folder)?;
        check::ensure_inputs(&folder, &index)?;
        let checksum = check::checksum(&folder, &index)?;
        let checksum = if self.checksum.is_empty() { checksum } else { self.checksum.clone() };
        let pinned = Self { checksum, remembered: remembered::of(&index)?, ..self };
        Dataset::new(&pinned)?;
        Ok(pinned)
    }

    fn on_corpus_of(&self, other: &Self) -> Option<Self> {
        if !self.checksum.is_empty() {
            return Some(self.clone());
        }
        let known = self.folder == other.folder && !other.checksum.is_empty();
        known.then(|| Self {
            checksum: other.checksum.clone(),
            remembered: other.remembered.clone(),
            ..self.clone()
        })
    }
}

impl Domain for Dataset {
    fn name(&self) -> &'static str {
        NAME
    }

    fn input_shape(&self) -> [usize; 3] {
        self.index.reader.shape()
    }

    fn vocabulary(&self) -> &[String] {
        &self.index.vocabulary
    }

    fn target_kind(&self) -> TargetKind {
        self.index.description.target.kind
    }

    /// Motifs of one's own may share positions.
    fn motifs_overlap(&self) -> bool {
        self.index.motifs_overlap
    }

    fn max_target_len(&self) -> usize {
        self.index.max_target_len
    }

    fn motif_kinds(&self) -> &[String] {
        &self.index.kinds
    }

    /// That of the training samples; 0 where true motifs are not known.
    fn mean_motifs(&self) -> f64 {
        self.index.mean_motifs
    }

    fn motif_extent(&self) -> [usize; 2] {
        let motifs = || self.index.splits[0].iter().flat_map(|entry| &entry.motifs);
        let rows = motifs().map(|motif| motif.bottom - motif.top).max();
        [rows.unwrap_or(1), motifs().map(|motif| motif.right - motif.left).max().unwrap_or(1)]
    }

    fn knows_motifs(&self) -> bool {
        self.index.knows_motifs
    }

    fn available(&self, split: Split) -> Option<u64> {
        (split != Split::Train).then(|| self.side(split).len() as u64)
    }

    /// Pictures look as they are; loud is dark in spectrograms, and high in other series.
    fn tone(&self) -> Tone {
        if self.index.reader.kind() == InputKind::Picture { Tone::HighIsLight } else { Tone::HighIsDark }
    }

    fn corpus(&self) -> &str {
        &self.identity
    }

    fn written(&self, tokens: &[u32]) -> String {
        let name = |&token: &u32| self.vocabulary().get(token as usize).map_or("?", String::as_str);
        if let (TargetKind::Labels, Some(common)) = (self.target_kind(), self.vocabulary().first()) {
            return written_labels(tokens.iter().map(name), common);
        }
        tokens.iter().map(name).collect::<Vec<_>>().join(&self.index.description.target.separator)
    }

    fn seconds_per_column(&self) -> Option<f64> {
        self.index.reader.seconds_per_column()
    }

    fn read(&self, file: &Path) -> Result<Vec<NamedInput>> {
        let inputs = self.index.reader.in_file(file)?;
        Ok(inputs.into_iter().map(|(name, values)| NamedInput { name, values }).collect())
    }

    fn read_cell(&self, folder: &Path, input: &str) -> Result<Vec<f32>> {
        self.index.reader.read_in(folder, input)
    }

    fn target(&self, split: Split, index: u64) -> Result<Vec<u32>> {
        Ok(self.entry(split, index)?.target.clone())
    }

    fn sample(&self, split: Split, index: u64) -> Result<Sample> {
        let Entry { table, row, input, target, motifs } = self.entry(split, index)?;
        let values = self.index.reader.read(input);
        let input = values
            .with_context(|| format!("{}, row {row}, column input", self.index.tables[*table].display()))?;
        Ok(Sample { input, target: target.clone(), motifs: motifs.clone() })
    }
}
