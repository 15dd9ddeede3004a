//! A run is a folder: resolved configuration, metrics, TensorBoard events, checkpoints.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use super::Checkpoint;
use crate::config::{Config, Difference, Source, differences, parse};
use crate::files::write_atomically;
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

/// A run that no other process can train meanwhile.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// Where hashes of a configuration are kept that has grown.
const EARLIER: &str = "earlier-hashes.json";

/// Checkpoints for resuming that are kept.
const KEPT: usize = 2;

impl RunDir {
    /// Makes the folder, or checks that an existing one holds the same run with the same configuration. Settings
    /// that only lengthen a run may have grown.
    ///
    /// # Errors
    /// When it cannot be written, or holds another run or one with other settings (both sides are named).
    pub fn create(root: &Path, identity: Identity, config: &Config) -> Result<Self> {
        let run = Self { root: root.to_owned(), identity };
        let text = toml::to_string(config).context("cannot write the configuration as TOML")?;
        if run.config_path().is_file() {
            let there = Self::open(root)?;
            if there.identity != run.identity {
                bail!(
                    "{} holds {}, and {} was asked for; give another folder with --out, or leave --out away",
                    root.display(),
                    there.identity,
                    run.identity
                );
            }
            let found = there.config()?;
            if found != *config {
                run.grow(&found, config)?;
            }
            return Ok(run);
        }
        if run.checkpoints().is_dir() && !run.stems("").is_empty() {
            bail!(
                "{} holds checkpoints and no config.toml, so that nobody knows what settings they are of; restore the file, or give another folder with --out",
                root.display()
            );
        }
        fs::create_dir_all(run.checkpoints())
            .with_context(|| format!("cannot make the run folder {}", root.display()))?;
        write_atomically(&root.join("run.toml"), toml::to_string(&run.identity)?.as_bytes())?;
        write_atomically(&run.config_path(), text.as_bytes())?;
        Ok(run)
    }

    /// Takes a longer budget for a run that is there.
    fn grow(&self, found: &Config, asked: &Config) -> Result<()> {
        let mut grown = found.clone();
        grown.train.max_samples = grown.train.max_samples.max(asked.train.max_samples);
        // What does not anneal cools down at the end of its samples, and has done so.
        let may_grow = asked.annealing.enabled && !asked.retrain.is_on();
        if !may_grow || grown != *asked {
            bail!(
                "{} holds a run with other settings:\n{}give another folder with --out, or delete this one to start afresh (train.max-samples of a run that anneals may grow)",
                self.root.display(),
                told(found, asked)
            );
        }
        let mut earlier = self.earlier_hashes()?;
        earlier.push(found.hash());
        write_atomically(&self.root.join(EARLIER), serde_json::to_string(&earlier)?.as_bytes())?;
        let text = toml::to_string(asked).context("cannot write the configuration as TOML")?;
        write_atomically(&self.config_path(), text.as_bytes())
    }

    /// Hashes of the configuration before it grew, oldest first.
    fn earlier_hashes(&self) -> Result<Vec<String>> {
        let path = self.root.join(EARLIER);
        match fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
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
    /// When another process holds it, or the disk has no file locks.
    pub fn lock(&self) -> Result<RunLock> {
        let path = self.root.join("lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                bail!(
                    "{} is being trained by another process ({}); wait for it, or give another folder with --out",
                    self.root.display(),
                    if holder.trim().is_empty() { "unknown" } else { holder.trim() }
                );
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| {
                    format!(
                        "cannot lock {}, so that nothing would keep two processes apart; give a folder on another disk with --out or --runs",
                        path.display()
                    )
                });
            }
        }
        file.set_len(0).and_then(|()| writeln!(&file, "process {}", std::process::id())).ok();
        Ok(RunLock { _file: file })
    }

    /// Opens an existing run or committed model.
    ///
    /// # Errors
    /// When the folder is not one.
    pub fn open(root: &Path) -> Result<Self> {
        let path = root.join("run.toml");
        let text = fs::read_to_string(&path).with_context(|| {
            format!("{} is not a run folder (no run.toml); `{}` names the runs", root.display(), Hint::List)
        })?;
        let identity = toml::from_str(&text).with_context(|| format!("{} is damaged", path.display()))?;
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

    fn checkpoints(&self) -> PathBuf {
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

    /// Stems of whole-looking checkpoints whose name starts with `prefix`, oldest first.
    fn stems(&self, prefix: &str) -> Vec<PathBuf> {
        self.stems_of(prefix, "json")
    }

    /// Stems of the files with this extension whose name starts with `prefix`, oldest first.
    fn stems_of(&self, prefix: &str, extension: &str) -> Vec<PathBuf> {
        let mut stems: Vec<PathBuf> = fs::read_dir(self.checkpoints())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|p| p.extension().is_some_and(|e| e == extension))
            .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix)))
            .map(|p| p.with_extension(""))
            .collect();
        // By number: density-100 comes after density-99.
        let number = |stem: &PathBuf| -> u64 {
            let name = stem.file_name().unwrap_or_default().to_string_lossy();
            name.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        stems.sort_by_key(number);
        stems
    }

    /// Models by density, densest first.
    pub fn density_stems(&self) -> Vec<PathBuf> {
        self.stems("density-")
    }

    /// Stem of the newest checkpoint for resuming, whole or not.
    pub fn newest_stem(&self) -> Option<PathBuf> {
        self.stems("samples-").pop()
    }

    /// The newest whole resume checkpoint, with a message for each damaged one passed over.
    ///
    /// # Errors
    /// When there are checkpoints but none is whole.
    pub fn latest(&self) -> Result<(Option<Checkpoint>, Vec<String>)> {
        let mut damaged = Vec::new();
        for stem in self.stems("samples-").iter().rev() {
            match Checkpoint::load(stem) {
                Ok(checkpoint) => return Ok((Some(checkpoint), damaged)),
                Err(error) => damaged.push(format!("{error:#}")),
            }
        }
        if damaged.is_empty() {
            return Ok((None, damaged));
        }
        bail!(
            "no checkpoint of {} is whole:\n{}\ndelete the folder to train afresh",
            self.root.display(),
            damaged.join("\n")
        );
    }

    /// Whether training has ended, by the newest resume checkpoint that can be read.
    pub fn finished(&self) -> bool {
        let newest = self.stems("samples-").iter().rev().find_map(|stem| Checkpoint::state(stem).ok());
        newest.is_some_and(|state| state.finished)
    }

    /// Whether this is a model that was kept without what training needs to go on.
    pub fn is_model_only(&self) -> bool {
        self.stems("samples-").is_empty()
    }

    /// Deletes all but the newest resume checkpoints, and tensors before them whose sidecar is gone: those of
    /// a deletion that was cut off half way.
    pub fn prune(&self) {
        let whole = self.stems("samples-");
        let Some(oldest_kept) = whole.get(whole.len().saturating_sub(KEPT)) else { return };
        let tensors = self.stems_of("samples-", "safetensors");
        let torn = tensors.iter().take_while(|&stem| stem != oldest_kept);
        for stem in whole.iter().take_while(|&stem| stem != oldest_kept).chain(torn) {
            Checkpoint::remove(stem);
        }
    }
}

/// One line for each setting that differs.
fn told(found: &Config, asked: &Config) -> String {
    let line = |d: Difference| format!("  {}: there {}, asked for {}\n", d.key, d.found, d.asked);
    differences(found, asked).into_iter().map(line).collect()
}
