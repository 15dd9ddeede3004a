//! Which rows count: those by the settings that the experiments have as they stand.
//!
//! A row names its settings by a hash. Change an experiment or the overlay of a scale, and the rows that were
//! measured before are of another experiment; drawn beside new ones they would be compared with what they cannot
//! be compared with. They stay in the file, and are left out with a reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::metrics::{DIRECT_SUPERVISION, ERRORS};
use super::row::{Row, RunName};
use super::{configs, rows_path};
use crate::config::{Config, load};

/// The experiments that rows are to be of.
#[derive(Clone, Debug)]
pub struct Experiments {
    /// Folder of `<domain>/<variant>.toml`.
    pub folder: PathBuf,
    /// Scale whose overlay is laid over them.
    pub scale: String,
    /// Settings over both, as `--set` takes them.
    pub overrides: Vec<String>,
}

/// Why rows do not count.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// They are by other settings than the experiment's; the text says how these differ.
    Settings(String),
    /// There is no such experiment, or it cannot be read.
    NoExperiment(String),
    /// They are of one corpus, most of the domain's of another.
    Corpus(String),
    /// It is not known which experiment they are of: rows of a run are by several configurations, or a
    /// measurement is of several evaluations.
    Mixed(String),
}

impl Why {
    /// In a few words, for a caption.
    #[must_use]
    pub fn brief(&self) -> &'static str {
        match self {
            Self::Settings(_) => "measured with other settings than the experiment has now",
            Self::NoExperiment(_) => "without an experiment that can be read",
            Self::Corpus(_) => "of another corpus",
            Self::Mixed(_) => "rows of several evaluations",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Settings(what) | Self::NoExperiment(what) | Self::Corpus(what) | Self::Mixed(what)) = self;
        f.write_str(what)
    }
}

/// Rows of one run that do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The run.
    pub run: RunName,
    /// How many.
    pub rows: usize,
    /// Why.
    pub why: Why,
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.rows == 1 { "row" } else { "rows" };
        write!(f, "{} ({} {word}): {}", self.run, self.rows, self.why)
    }
}

impl Experiments {
    /// The settings that rows of a variant are to be by, on the corpus of `like` if they name no other.
    fn config(&self, domain: &str, variant: &str, like: Option<&Config>) -> Result<Config> {
        // ĝ trained on labels has the settings of the run that it is compared with.
        let variant = if variant == DIRECT_SUPERVISION { "sparling" } else { variant };
        let file = self.folder.join(domain).join(format!("{variant}.toml"));
        let config = load(&file, &self.scale, &self.overrides)?;
        match like.and_then(|like| config.on_corpus_of(like)) {
            Some(config) => Ok(config),
            None => {
                config.pinned().context("its corpus is not here, and the settings of the rows were not kept")
            }
        }
    }

    /// Why rows of this configuration do not count, if they do not.
    fn refuse(&self, rows: &Path, run: &RunName, hash: &str) -> Option<Why> {
        let kept = configs::kept(rows, hash);
        let wanted = match self.config(&run.domain, &run.variant, kept.as_ref()) {
            Ok(wanted) => wanted,
            Err(error) => return Some(Why::NoExperiment(format!("{error:#}"))),
        };
        if wanted.has_hash(hash) {
            return None;
        }
        let expected = wanted.hash();
        let differ = kept.map_or_else(String::new, |kept| format!(": {}", configs::list(&kept, &wanted)));
        Some(Why::Settings(format!(
            "measured with configuration {hash}, the experiment's is {expected} now{differ}"
        )))
    }
}

/// The rows that count, and what is left out. Without `experiments` all do whose run is by one configuration.
pub(super) fn select(
    rows: Vec<Row>,
    results: &Path,
    scale: &str,
    experiments: Option<&Experiments>,
) -> (Vec<Row>, Vec<LeftOut>) {
    let path = rows_path(results, scale);
    let mut answers: BTreeMap<(String, String, String), Option<Why>> = BTreeMap::new();
    let several = if experiments.is_none() { of_several(&rows) } else { BTreeMap::new() };
    let mut left: BTreeMap<(RunName, Why), usize> = BTreeMap::new();
    let mut used = Vec::new();
    let torn = torn(&rows);
    for row in rows {
        let run = row.run();
        let settings = match experiments {
            Some(experiments) => answers
                .entry((row.domain.clone(), row.variant.clone(), row.config_hash.clone()))
                .or_insert_with(|| experiments.refuse(&path, &run, &row.config_hash))
                .clone(),
            None => several.get(&run).cloned(),
        };
        let why = settings.or_else(|| torn.get(&row.measurement().file()).cloned());
        match why {
            Some(why) => *left.entry((run, why)).or_default() += 1,
            None => used.push(row),
        }
    }
    let used = of_one_corpus(used, &mut left);
    (used, left.into_iter().map(|((run, why), rows)| LeftOut { run, rows, why }).collect())
}

/// Runs whose rows are by several configurations.
fn of_several(rows: &[Row]) -> BTreeMap<RunName, Why> {
    let mut hashes: BTreeMap<RunName, BTreeSet<&str>> = BTreeMap::new();
    for row in rows.iter().filter(|r| !r.is_failure()) {
        hashes.entry(row.run()).or_default().insert(&row.config_hash);
    }
    let several = hashes.into_iter().filter(|(_, hashes)| hashes.len() > 1);
    several
        .map(|(run, hashes)| {
            let list = hashes.into_iter().collect::<Vec<_>>().join(", ");
            (run, Why::Mixed(format!("rows of several configurations ({list})")))
        })
        .collect()
}

/// Measurements of errors whose rows, of one configuration, are on different numbers of samples: of several
/// evaluations, some rows of which stayed when others were replaced.
fn torn(rows: &[Row]) -> BTreeMap<PathBuf, Why> {
    let mut samples: BTreeMap<PathBuf, BTreeMap<&str, BTreeSet<u64>>> = BTreeMap::new();
    for row in rows {
        let measurement = row.measurement();
        if measurement.family == ERRORS {
            let by_hash = samples.entry(measurement.file()).or_default();
            by_hash.entry(&row.config_hash).or_default().insert(row.samples);
        }
    }
    let torn = samples.into_iter().filter(|(_, by_hash)| by_hash.values().any(|s| s.len() > 1));
    torn.map(|(file, by_hash)| {
        let all: BTreeSet<u64> = by_hash.into_values().flatten().collect();
        (file, Why::Mixed(format!("rows of several evaluations ({all:?} samples)")))
    })
    .collect()
}

/// Rows of the corpus that most runs of a domain are of; a mean over several would be of neither.
fn of_one_corpus(rows: Vec<Row>, left: &mut BTreeMap<(RunName, Why), usize>) -> Vec<Row> {
    let mut runs: BTreeMap<String, BTreeMap<String, BTreeSet<RunName>>> = BTreeMap::new();
    for row in rows.iter().filter(|r| !r.corpus.is_empty()) {
        let corpora = runs.entry(row.domain.clone()).or_default();
        corpora.entry(row.corpus.clone()).or_default().insert(row.run());
    }
    let most: BTreeMap<String, String> = runs
        .into_iter()
        .filter_map(|(domain, corpora)| {
            let most = corpora.into_iter().max_by_key(|(_, runs)| runs.len())?;
            Some((domain, most.0))
        })
        .collect();
    let mut used = Vec::new();
    for row in rows {
        match most.get(&row.domain).filter(|most| !row.corpus.is_empty() && row.corpus != **most) {
            Some(most) => {
                let why = Why::Corpus(format!("measured on {}, most of the domain on {most}", row.corpus));
                *left.entry((row.run(), why)).or_default() += 1;
            }
            None => used.push(row),
        }
    }
    used
}
