//! A run is a folder: resolved configuration, metrics, TensorBoard events, checkpoints.

use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::{Deserialize, Serialize};

use super::{Checkpoint, RunLock};
use crate::config::{Config, Difference, Source, differences, parse};
use crate::files::{cannot_write, write_atomically};
use crate::hint::Hint;

/// `runs/<domain>/<variant>/<scale>/seed-<n>/`:
///
/// | file | what |
/// |---|---|
/// | `run.toml` | domain, variant, scale and seed |
/// | `config.toml` | the resolved configuration |
/// | `metrics.jsonl` | the truth: one event a line |
/// | `events.out.tfevents.*` | a view of it, for TensorBoard |
/// | `checkpoints/samples-<n>.*` | for resuming; the newest two |
/// | `checkpoints/density-<k>.*` | the model at δ₀·factor^k |
#[derive(Clone, Debug)]
pub struct RunDir {
    root: PathBuf,
    /// What run this is.
    pub identity: Identity,
}

/// What distinguishes runs of one configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Domain name.
    pub domain: String,
    /// Experiment file's stem.
    pub variant: String,
    /// demo, laptop, paper, or smoke (for tests).
    pub scale: String,
    /// Seed of initialisation and of everything random in training but the data.
    pub seed: u64,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, variant, scale, seed } = self;
        write!(f, "{domain}/{variant} at {scale} scale with seed {seed}")
    }
}

/// Where hashes of a configuration are kept that has grown.
const EARLIER: &str = "earlier-hashes.json";

impl RunDir {
    /// Makes the folder, or checks that an existing one holds the same run with the same configuration. Settings
    /// that only lengthen a run may have grown. What is written is written under the run's lock, so that two
    /// processes that begin at once do not make a folder of two runs.
    ///
    /// # Errors
    /// When it cannot be written, or holds another run or one with other settings (both sides are named), or another
    /// process trains it and something would have to be written.
    pub fn create(root: &Path, identity: Identity, config: &Config) -> Result<Self> {
        let run = Self { root: root.to_owned(), identity };
        if run.is_there(config)? {
            return Ok(run);
        }
        fs::create_dir_all(root).map_err(|error| cannot_write(root, error))?;
        let _lock = run.lock()?;
        // Another process may have come first.
        if run.is_there(config)? {
            return Ok(run);
        }
        if run.config_path().is_file() {
            run.grow(&run.config()?, config)?;
            return Ok(run);
        }
        let checkpoints = run.checkpoints();
        fs::create_dir_all(&checkpoints).map_err(|error| cannot_write(&checkpoints, error))?;
        write_atomically(&root.join("run.toml"), toml::to_string(&run.identity)?.as_bytes())?;
        write_atomically(&run.config_path(), run.settings(config)?.as_bytes())?;
        Ok(run)
    }

    /// Whether the folder holds this run with this configuration, so that nothing is to be written.
    ///
    /// # Errors
    /// When it holds another run, or checkpoints that nobody knows the settings of.
    fn is_there(&self, config: &Config) -> Result<bool> {
        if !self.config_path().is_file() {
            ensure!(
                self.stems("")?.is_empty(),
                "{} holds checkpoints and no config.toml, so that nobody knows what settings they are of; restore the file, or give another folder with --out",
                self.root.display()
            );
            return Ok(false);
        }
        let there = Self::open(&self.root)?;
        ensure!(
            there.identity == self.identity,
            "{} holds {}, and {} was asked for; give another folder with --out, or leave --out away",
            self.root.display(),
            there.identity,
            self.identity
        );
        let found = there.config()?;
        if found != *config {
            Self::lengthened(&self.root, &found, config)?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Refuses settings that do more than lengthen the run.
    fn lengthened(root: &Path, found: &Config, asked: &Config) -> Result<()> {
        let mut grown = found.clone();
        grown.train.max_samples = grown.train.max_samples.max(asked.train.max_samples);
        // What does not anneal cools down at the end of its samples, and has done so.
        let may_grow = asked.annealing.enabled && !asked.retrain.is_on();
        ensure!(
            may_grow && grown == *asked,
            "{} holds a run with other settings:\n{}give another folder with --out, or delete this one to start afresh (train.max-samples of a run that anneals may grow)",
            root.display(),
            told(found, asked)
        );
        Ok(())
    }

    /// Refuses to train where the folder's settings are other than those in hand, as they are where another process
    /// has lengthened the run since they were read. To be asked under the lock.
    ///
    /// # Errors
    /// When they differ; as [`config`](Self::config).
    pub(super) fn still_has(&self, config: &Config) -> Result<()> {
        let found = self.config()?;
        ensure!(
            found == *config,
            "another process has changed the settings of {} meanwhile:\n{}run the same command again",
            self.root.display(),
            told(&found, config)
        );
        Ok(())
    }

    fn settings(&self, config: &Config) -> Result<String> {
        toml::to_string(config).context("cannot write the configuration as TOML")
    }

    /// Takes a longer budget for a run that is there; under the lock.
    fn grow(&self, found: &Config, asked: &Config) -> Result<()> {
        let mut earlier = self.earlier_hashes()?;
        earlier.push(found.hash());
        write_atomically(&self.root.join(EARLIER), serde_json::to_string(&earlier)?.as_bytes())?;
        write_atomically(&self.config_path(), self.settings(asked)?.as_bytes())
    }

    /// Hashes of the configuration before it grew, oldest first.
    fn earlier_hashes(&self) -> Result<Vec<String>> {
        let path = self.root.join(EARLIER);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Refuses a checkpoint of another run, or of other settings than this one's.
    ///
    /// # Errors
    /// When it says that it is of another run, or its hash is neither the configuration's nor that of one it grew from.
    pub fn own(&self, checkpoint: &Checkpoint, config: &Config) -> Result<()> {
        if let Some(of) = checkpoint.of.as_ref().filter(|of| **of != self.identity) {
            bail!(
                "a checkpoint in {} is of {of} and the folder's run.toml has {}: they are of two runs; restore the files that belong together, or give another folder with --out",
                self.root.display(),
                self.identity
            );
        }
        let hash = config.hash();
        let own = config.has_hash(&checkpoint.config_hash)
            || self.earlier_hashes()?.contains(&checkpoint.config_hash);
        ensure!(
            own,
            "a checkpoint in {} is of settings {} and the run's config.toml has {hash}: they are of two runs; restore the config.toml that belongs to the checkpoints, or give another folder with --out",
            self.root.display(),
            checkpoint.config_hash
        );
        Ok(())
    }

    /// Holds the run until the lock is dropped or the process dies, however it dies.
    ///
    /// # Errors
    /// When another process holds it ([`Busy`](super::Busy)), or the disk has no file locks.
    pub fn lock(&self) -> Result<RunLock> {
        RunLock::take(&self.root)
    }

    /// Opens an existing run or committed model.
    ///
    /// # Errors
    /// When the folder is not one.
    pub fn open(root: &Path) -> Result<Self> {
        let path = root.join("run.toml");
        let text = match fs::read_to_string(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound && root.is_dir() => {
                bail!("{} is not a run folder (no run.toml); `{}` names the runs", root.display(), Hint::List)
            }
            Err(e) if e.kind() == ErrorKind::NotFound => {
                bail!("there is no run folder {}; `{}` names the runs", root.display(), Hint::List)
            }
            Err(e) if e.kind() == ErrorKind::NotADirectory => {
                bail!("{} is a file and no run folder; `{}` names the runs", root.display(), Hint::List)
            }
            read => read.with_context(|| format!("cannot read {}", path.display()))?,
        };
        let identity =
            toml::from_str(&text).map_err(|error| anyhow!(not_understood(&path, &text, &error)))?;
        Ok(Self { root: root.to_owned(), identity })
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The resolved configuration.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn config(&self) -> Result<Config> {
        parse(&[Source::file(&self.config_path())?])
    }

    fn config_path(&self) -> PathBuf {
        self.root.join("config.toml")
    }

    pub(super) fn checkpoints(&self) -> PathBuf {
        self.root.join("checkpoints")
    }

    /// Where events are logged.
    pub fn metrics_path(&self) -> PathBuf {
        self.root.join("metrics.jsonl")
    }

    /// Where TensorBoard looks: events lie in the folder itself, since it names a run by their folder.
    pub fn tensorboard(&self) -> PathBuf {
        self.root.clone()
    }

    /// Stem of the resume checkpoint after `samples` samples.
    pub fn samples_stem(&self, samples: u64) -> PathBuf {
        self.checkpoints().join(format!("samples-{samples:010}"))
    }

    /// Stem of the model at the k-th density.
    pub fn density_stem(&self, k: u32) -> PathBuf {
        self.checkpoints().join(format!("density-{k:02}"))
    }
}

/// What to say of a `run.toml` that cannot be read.
fn not_understood(path: &Path, text: &str, error: &toml::de::Error) -> String {
    const KEYS: [&str; 4] = ["domain", "variant", "scale", "seed"];
    let table: Option<toml::Table> = text.parse().ok();
    let more = table.and_then(|table| table.keys().find(|key| !KEYS.contains(&key.as_str())).cloned());
    match more {
        Some(key) => format!(
            "{} has the key `{key}`, and this version knows {} alone; a newer version of sparling may have written it: update sparling",
            path.display(),
            KEYS.join(", ")
        ),
        None => format!(
            "{} is damaged: {}; expected the keys {}, as in the run.toml of another run",
            path.display(),
            error.to_string().trim(),
            KEYS.join(", ")
        ),
    }
}

/// One line for each setting that differs.
fn told(found: &Config, asked: &Config) -> String {
    let line = |d: Difference| format!("  {}: there {}, asked for {}\n", d.key, d.found, d.asked);
    differences(found, asked).into_iter().map(line).collect()
}
