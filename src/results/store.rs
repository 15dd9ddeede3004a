//! Where result rows are kept: a file a measurement, and `rows.csv`, which gathers them.
//!
//! ```text
//! results/<scale>/rows/<domain>-<variant>-seed<n>/<family>[-<δ>].csv   one measurement, whole
//! results/<scale>/rows.csv                                             all of them: what others read
//! results/<scale>/configs/<hash>.toml                                  the settings behind a config_hash
//! ```
//!
//! Many processes write at once: the runs of a sweep, the tasks of a job array, and on a cluster they do so on
//! disks where file locks do nothing. So nothing here is read, changed and written back, which is where two
//! writers lose each other's rows. A measurement ([`Measurement`]: a run, a δ, a family of metrics) is one file of
//! its own that is replaced by renaming: all its rows together, so that a cell of an earlier evaluation cannot
//! stay, and of two writers of the same measurement one wins whole. Nobody writes the file of another measurement.
//! Each line of the file says of how many rows the measurement is and a sum over them, so that a file which lost its
//! last lines is refused.
//!
//! `rows.csv` is a view: it can be made again from the files, and [`read`] puts the files over it, so that it need
//! not be up to date. A writer that finds that a file came in while it gathered gathers again; the last of several
//! writers therefore leaves a `rows.csv` that has everything. Rows that have no file (of results that were kept
//! before there were files, or when only `rows.csv` was copied) are read from `rows.csv`; they are left out once
//! their run has files of another configuration. A file without rows says that the measurement is withdrawn.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context as _, Result, bail};

use super::configs;
use super::metrics::ERRORS;
use super::row::{Key, Measurement, Row, RunName};
use super::table::{measuring, read_file, to_csv, to_unit};
use crate::config::Config;
use crate::files::write_shared;

/// Where the rows of a scale are: `<results>/<scale>/rows.csv`.
#[must_use]
pub fn rows_path(results: &Path, scale: &str) -> PathBuf {
    results.join(scale).join("rows.csv")
}

/// All rows of a scale: those of `rows.csv` at `path` under those of the files beside it, sorted by domain,
/// variant, seed, falling δ and metric. None if there is nothing yet.
///
/// # Errors
/// When a file cannot be read, or a line is damaged: the error names file, line and field.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let files = Files::of(path)?;
    let mut rows = Vec::new();
    let mut hashes: HashMap<RunName, BTreeSet<String>> = HashMap::new();
    for name in files.stamps.keys() {
        let file = files.folder.join(name);
        for row in read_file(&file)? {
            let measurement = row.measurement();
            if measurement.file() != *name {
                bail!(
                    "{}: found a row of {measurement}, whose file is {}; move the file away, and if that other one is not there, measure the run again:\n  {}",
                    file.display(),
                    files.folder.join(measurement.file()).display(),
                    measuring(&files.folder.join(measurement.file()))
                );
            }
            if !row.is_failure() {
                hashes.entry(measurement.run).or_default().insert(row.config_hash.clone());
            }
            rows.push(row);
        }
    }
    let gathered = read_file(path)?.into_iter().filter(|row| {
        let other = |known: &BTreeSet<String>| !known.contains(&row.config_hash);
        let dropped = !row.is_failure() && hashes.get(&row.run()).is_some_and(other);
        !dropped && !files.stamps.contains_key(&row.measurement().file())
    });
    let mut rows: Vec<Row> = gathered.chain(rows).collect();
    rows.sort_by_cached_key(Row::key);
    Ok(rows)
}

/// The files of measurements beside a `rows.csv`.
#[derive(PartialEq)]
struct Files {
    folder: PathBuf,
    /// Size and time of each, by its path in the folder: what tells one state of the folder from another.
    stamps: BTreeMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl Files {
    fn of(path: &Path) -> Result<Self> {
        let folder = path.with_file_name("rows");
        let mut stamps = BTreeMap::new();
        for run in entries(&folder)? {
            if !run.is_dir() {
                continue;
            }
            for file in entries(&run)?.into_iter().filter(|f| f.extension().is_some_and(|e| e == "csv")) {
                // A file that went away meanwhile was withdrawn with its run.
                if let (Ok(about), Ok(name)) = (fs::metadata(&file), file.strip_prefix(&folder)) {
                    stamps.insert(name.to_owned(), (about.len(), about.modified().ok()));
                }
            }
        }
        Ok(Self { folder, stamps })
    }
}

/// What is in a folder; nothing where there is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let context = || format!("cannot list {}", folder.display());
    match fs::read_dir(folder) {
        Ok(found) => found.map(|e| e.map(|e| e.path()).with_context(context)).collect(),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(context),
    }
}

/// Writes `rows.csv` anew from the files and itself, until no file came in meanwhile.
///
/// # Errors
/// When something is damaged (see [`read`]) or cannot be written.
pub fn gather(path: &Path) -> Result<()> {
    // Whoever kept a file gathers behind it, so that giving up leaves the rest to them.
    const TRIES: usize = 20;
    for _ in 0..TRIES {
        let before = Files::of(path)?;
        let rows = read(path)?;
        if rows.is_empty() && !path.exists() {
            return Ok(());
        }
        let text = to_csv(&rows)?;
        if fs::read(path).ok().as_deref() != Some(&text[..]) {
            write_shared(path, &text)?;
        }
        if Files::of(path)? == before {
            break;
        }
    }
    Ok(())
}

/// The results of one scale, opened for writing.
#[derive(Clone, Debug)]
pub struct Store {
    results: PathBuf,
    scale: String,
    replace: bool,
}

impl Store {
    /// The results of `scale` in the folder `results`, which is made if it is not there. With `replace`, rows of
    /// a run with another configuration, and measurements on more samples, give way; without, they are an error.
    ///
    /// # Errors
    /// When nothing can be written there: so that this is known before anything is measured.
    pub fn open(results: &Path, scale: &str, replace: bool) -> Result<Self> {
        let store = Self { results: results.to_owned(), scale: scale.to_owned(), replace };
        let folder = store.path().with_file_name("rows");
        let try_out = || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            let mut file = tempfile::Builder::new().prefix(".probe-").tempfile_in(&folder)?;
            file.write_all(&[b' '; 4096])?;
            file.as_file().sync_all()
        };
        try_out().with_context(|| {
            format!(
                "cannot keep results in {}, so that nothing was measured; make the folder writable, or name \
                 another with --results",
                folder.display()
            )
        })?;
        Ok(store)
    }

    /// Folder of all scales.
    #[must_use]
    pub fn results(&self) -> &Path {
        &self.results
    }

    /// Path of `rows.csv`.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        rows_path(&self.results, &self.scale)
    }

    fn file(&self, measurement: &Measurement) -> PathBuf {
        self.path().with_file_name("rows").join(measurement.file())
    }

    /// The samples that a measurement of these settings was kept with, if it was.
    ///
    /// # Errors
    /// As [`read`].
    pub fn samples(&self, measurement: &Measurement, config_hash: &str) -> Result<Option<u64>> {
        let rows = read(&self.path())?;
        let own = rows.iter().filter(|r| r.config_hash == config_hash && r.measurement() == *measurement);
        Ok(own.map(|r| r.samples).max())
    }

    /// Whether a measurement on so many samples by these settings would be kept; to be asked before measuring.
    ///
    /// # Errors
    /// When the run's rows are of another configuration, or the measurement was kept with more samples, and
    /// `replace` was not asked for; when there are no samples; as [`read`].
    pub fn admit(&self, new: &Measurement, config_hash: &str, samples: u64) -> Result<()> {
        let is_failure = new.is_failure();
        if samples == 0 && !is_failure {
            bail!("{new}: found 0 samples, expected at least one");
        }
        let rows = read(&self.path())?;
        if self.replace || is_failure {
            return Ok(());
        }
        let mut own = rows.iter().filter(|r| !r.is_failure() && r.run() == new.run);
        if let Some(other) = own.clone().find(|r| r.config_hash != config_hash) {
            bail!(
                "{} has rows of {} by other settings: found configuration {}{}, expected {config_hash} of this \
                 run{}. Give --replace to drop all rows of the run there and keep the new ones, or name another \
                 folder with --results",
                self.path().display(),
                new.run,
                other.config_hash,
                other.delta.map_or_else(String::new, |delta| format!(" (at δ = {delta:.3e})")),
                configs::changes(&self.path(), &other.config_hash, config_hash)
            );
        }
        let before = own.by_ref().filter(|r| r.measurement() == *new).map(|r| r.samples).max();
        if let Some(before) = before.filter(|before| *before > samples) {
            bail!(
                "{} has {new} measured on {before} samples, and this is one on {samples}; measure on as many with \
                 --samples {before}, or give --replace to keep the new one all the same",
                self.path().display()
            );
        }
        Ok(())
    }

    /// Keeps rows: each measurement among them replaces the one there, whole. The settings `config` are
    /// kept too if the rows are by them. With `replace`, rows of the run by another configuration go.
    ///
    /// # Errors
    /// When a row is not sound (value outside `[0, 1]`, say), rows of one measurement are by different settings or
    /// of different evaluations, [`admit`](Self::admit) refuses, or a file cannot be written.
    pub fn keep(&self, rows: &[Row], config: Option<&Config>) -> Result<()> {
        for row in rows {
            row.check_new().with_context(|| format!("result row {}/{}", row.variant, row.metric))?;
        }
        let groups = measurements(rows)?;
        for group in &groups {
            let samples = group.rows.values().map(|r| r.samples).max().unwrap_or(0);
            self.admit(&group.measurement, &group.config_hash, samples)?;
        }
        for group in &groups {
            if let Some(config) = config.filter(|config| config.hash() == group.config_hash) {
                configs::keep(&self.path(), config)?;
            }
            write_shared(&self.file(&group.measurement), &to_unit(group.rows.values().copied())?)?;
        }
        if self.replace {
            for group in groups.iter().filter(|g| !g.measurement.is_failure()) {
                self.drop_others(&group.measurement.run, &group.config_hash)?;
            }
        }
        gather(&self.path())
    }

    /// Takes a measurement away. What is not there is left alone.
    ///
    /// # Errors
    /// When a file is damaged (see [`read`]) or cannot be written.
    pub fn withdraw(&self, measurement: &Measurement) -> Result<()> {
        if read(&self.path())?.iter().all(|row| row.measurement() != *measurement) {
            return Ok(());
        }
        // Without rows rather than without a file: `rows.csv` has the rows until it is gathered.
        write_shared(&self.file(measurement), &to_unit([])?)?;
        gather(&self.path())
    }

    /// Removes the files of a run by another configuration. Such rows in `rows.csv` are dropped when it is read.
    fn drop_others(&self, run: &RunName, config_hash: &str) -> Result<()> {
        let files = Files::of(&self.path())?;
        for name in files.stamps.keys() {
            let file = files.folder.join(name);
            let rows = read_file(&file)?;
            let other = |row: &Row| !row.is_failure() && row.run() == *run && row.config_hash != config_hash;
            if rows.iter().any(other) {
                fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))?;
            }
        }
        Ok(())
    }
}

/// The rows of one measurement, of equals the last.
struct Group<'a> {
    measurement: Measurement,
    config_hash: String,
    rows: BTreeMap<Key, &'a Row>,
}

/// Rows by measurement, which must be by one configuration each, and errors on the same samples.
fn measurements(rows: &[Row]) -> Result<Vec<Group<'_>>> {
    let mut groups: BTreeMap<PathBuf, Group<'_>> = BTreeMap::new();
    for row in rows {
        let measurement = row.measurement();
        let group = groups.entry(measurement.file()).or_insert_with(|| Group {
            measurement,
            config_hash: row.config_hash.clone(),
            rows: BTreeMap::new(),
        });
        if group.config_hash != row.config_hash {
            bail!(
                "{}: found rows of configurations {} and {}, expected one",
                group.measurement,
                group.config_hash,
                row.config_hash
            );
        }
        group.rows.insert(row.key(), row);
    }
    for group in groups.values().filter(|g| g.measurement.family == ERRORS) {
        let samples: BTreeSet<u64> = group.rows.values().map(|r| r.samples).collect();
        if samples.len() > 1 {
            bail!("{}: found rows on {samples:?} samples, expected one evaluation", group.measurement);
        }
    }
    Ok(groups.into_values().collect())
}
