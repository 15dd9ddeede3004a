//! Result rows: one long CSV a scale.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::files::write_atomically;

const HEADER: [&str; 14] = [
    "domain",
    "variant",
    "seed",
    "delta",
    "metric",
    "value",
    "samples",
    "corpus",
    "revision",
    "libtorch",
    "device",
    "config_hash",
    "wall_seconds",
    "error",
];

/// One measured number and where it comes from.
///
/// Metrics, all fractions in `[0, 1]`: `fpe`, `fne`, `ce`, `e2ee`, `exact` (paper section
/// 6), `fne_necessary` (FNE without the kinds that are often inferable, where there are such), `density` and `density/<channel>` (share of non-zero positions), `min_density` (the
/// domain's theoretical minimum, section 3), and `confusion/<channel>/<kind>` (share of
/// all pairs; either may be `none`, see [`confusion_metric`]). Of paper section 7, where asked for:
/// `perturbation` (share of swaps that the answer followed; `samples` counts the swaps),
/// `perturbation_possible` (share of samples that could be swapped in), `e2ee_quantised/<bins>` (see
/// [`quantised_metric`]) and [`UNQUANTISED`], and [`MISCLASSIFIED`], also of the variant
/// [`DIRECT_SUPERVISION`]. A run of a sweep that failed has one row
/// `train` or `evaluate` without a value: the reason is its `error`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// `digit-circle`, `latex-ocr` or `audio-sequence`.
    pub domain: String,
    /// Name of the experiment file, e.g. `sparling`.
    pub variant: String,
    /// Seed of the run.
    pub seed: u64,
    /// Density δ in force; empty where a variant has none.
    pub delta: Option<f64>,
    /// What was measured.
    pub metric: String,
    /// The number; empty only if `error` says why there is none.
    pub value: Option<f64>,
    /// Samples it was measured on.
    pub samples: u64,
    /// Corpus the samples come from; empty for generated domains.
    pub corpus: String,
    /// Source revision of the program, see [`crate::REVISION`].
    pub revision: String,
    /// Version of libtorch.
    pub libtorch: String,
    /// Device it ran on.
    pub device: String,
    /// Hash of the resolved configuration of the run.
    pub config_hash: String,
    /// Training time of the run up to this δ, in seconds.
    pub wall_seconds: f64,
    /// Why there is no value; a row with an error is kept but not drawn.
    pub error: String,
}

impl Row {
    /// The value, unless the row reports a failure.
    #[must_use]
    pub fn measured(&self) -> Option<f64> {
        self.value.filter(|_| self.error.is_empty())
    }

    fn check(&self) -> Result<()> {
        if let Some(delta) = self.delta
            && !(delta > 0.0 && delta <= 1.0)
        {
            bail!("delta: found {delta}, expected a density in (0, 1]");
        }
        match self.value {
            Some(value) if !(0.0..=1.0).contains(&value) => {
                bail!("value: found {value}, expected a fraction in [0, 1]")
            }
            None if self.error.is_empty() => {
                bail!("value: found nothing, expected a fraction in [0, 1] or a reason in `error`")
            }
            _ => {}
        }
        if !self.wall_seconds.is_finite() || self.wall_seconds < 0.0 {
            bail!("wall_seconds: found {}, expected seconds", self.wall_seconds);
        }
        for (name, text) in [("domain", &self.domain), ("variant", &self.variant), ("metric", &self.metric)] {
            if text.is_empty() {
                bail!("{name}: found nothing, expected a name");
            }
        }
        Ok(())
    }

    fn key(&self) -> Key {
        Key {
            domain: self.domain.clone(),
            variant: self.variant.clone(),
            seed: self.seed,
            delta: self.delta,
            metric: self.metric.clone(),
        }
    }
}

/// What makes two rows the same measurement, in file order: δ falls, as in training.
#[derive(PartialEq)]
struct Key {
    domain: String,
    variant: String,
    seed: u64,
    delta: Option<f64>,
    metric: String,
}

impl Eq for Key {}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let falling = |a: Option<f64>, b: Option<f64>| {
            b.unwrap_or(f64::INFINITY).total_cmp(&a.unwrap_or(f64::INFINITY))
        };
        (&self.domain, &self.variant, self.seed)
            .cmp(&(&other.domain, &other.variant, other.seed))
            .then_with(|| falling(self.delta, other.delta))
            .then_with(|| self.metric.cmp(&other.metric))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Name of the metric for pairs of a channel and a kind (by its name); `None` is `none`.
#[must_use]
pub fn confusion_metric(channel: Option<usize>, kind: Option<&str>) -> String {
    let channel = channel.map_or_else(|| "none".to_owned(), |c| c.to_string());
    format!("confusion/{channel}/{}", kind.unwrap_or("none"))
}

/// Name of the metric for E2EE with the motif values quantised to so many bins a channel.
#[must_use]
pub fn quantised_metric(bins: usize) -> String {
    format!("e2ee_quantised/{bins}")
}

/// E2EE of the map as it is, on the very samples of the `e2ee_quantised/…` rows beside it: `e2ee` may have
/// been measured anew on others since.
pub const UNQUANTISED: &str = "e2ee_unquantised";

/// Share of single motifs in windows of test samples that were named wrongly; with `_known` behind it in windows of
/// known speakers, with `_necessary` among kinds that are not often inferable.
pub const MISCLASSIFIED: &str = "motif_misclassified";

/// Variant of the rows of ĝ trained on labelled motifs (paper section 7).
pub const DIRECT_SUPERVISION: &str = "direct-supervision";

/// Where the rows of a scale are: `<results>/<scale>/rows.csv`.
#[must_use]
pub fn rows_path(results: &Path, scale: &str) -> PathBuf {
    results.join(scale).join("rows.csv")
}

/// All rows of a file, in its order; none if there is no such file yet.
///
/// # Errors
/// When the file cannot be read, or a line is damaged: the error names file, line and field.
pub fn read(path: &Path) -> Result<Vec<Row>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_slice());
    let header =
        reader.headers().with_context(|| format!("{} line 1: damaged header", path.display()))?.clone();
    if header != HEADER[..] {
        bail!(
            "{} line 1: found the header `{}`, expected `{}`; restore the file from version \
             control or move it away and run `sparling evaluate` again",
            path.display(),
            header.iter().collect::<Vec<_>>().join(","),
            HEADER.join(",")
        );
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        // The position is that of the record's start, where an editor should look.
        let (line, row) = match record {
            Ok(record) => {
                let line = record.position().map(csv::Position::line);
                let row = record
                    .deserialize::<Row>(Some(&header))
                    .map_err(|error| anyhow::anyhow!(describe(&error, &record)))
                    .and_then(|row| row.check().map(|()| row));
                (line, row)
            }
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                (line, Err(anyhow::anyhow!(describe_broken(&error))))
            }
        };
        rows.push(row.with_context(|| {
            format!(
                "{} line {}: damaged row; delete the line and run `sparling evaluate` again, or \
                 restore the file from version control",
                path.display(),
                line.map_or_else(|| "?".to_owned(), |l| l.to_string())
            )
        })?);
    }
    Ok(rows)
}

fn describe(error: &csv::Error, record: &csv::StringRecord) -> String {
    let csv::ErrorKind::Deserialize { err, .. } = error.kind() else {
        return error.to_string();
    };
    match err.field().and_then(|f| usize::try_from(f).ok()) {
        Some(field) => format!(
            "{}: found `{}`: {}",
            HEADER.get(field).unwrap_or(&"?"),
            record.get(field).unwrap_or_default(),
            err.kind()
        ),
        None => err.kind().to_string(),
    }
}

fn describe_broken(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { len, .. } => {
            format!("found {len} fields, expected {}", HEADER.len())
        }
        _ => error.to_string(),
    }
}

/// Puts `rows` into the file, replacing those with the same domain, variant, seed, δ and
/// metric (of equals among `rows` the last counts); the file stays sorted by these, with δ
/// falling. Runs that finish at the same time wait for each other, and a kill or full disk
/// leaves the old file.
///
/// # Errors
/// When a given row is not sound (value outside `[0, 1]`, say), the file there is damaged
/// (see [`read`]), or it cannot be written.
pub fn upsert(path: &Path, rows: &[Row]) -> Result<()> {
    revise(path, rows, |_| false)
}

/// Takes the rows out for which `withdrawn` holds; a file without such rows is left alone.
///
/// # Errors
/// When the file is damaged (see [`read`]) or cannot be written.
pub fn withdraw(path: &Path, withdrawn: impl Fn(&Row) -> bool) -> Result<()> {
    if read(path)?.iter().any(&withdrawn) { revise(path, &[], withdrawn) } else { Ok(()) }
}

fn revise(path: &Path, rows: &[Row], withdrawn: impl Fn(&Row) -> bool) -> Result<()> {
    for row in rows {
        row.check().with_context(|| format!("result row {}/{}", row.variant, row.metric))?;
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(|| format!("cannot make folder {}", folder.display()))?;
    // The folder stands in for a lock file, which would be left behind. Held to the end.
    let lock = File::open(folder)
        .and_then(|file| file.lock().map(|()| file))
        .with_context(|| format!("cannot lock {}", folder.display()))?;
    let mut all: BTreeMap<Key, Row> =
        read(path)?.into_iter().filter(|r| !withdrawn(r)).map(|r| (r.key(), r)).collect();
    all.extend(rows.iter().map(|r| (r.key(), r.clone())));

    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in all.values() {
        writer.serialize(row)?;
    }
    let bytes =
        writer.into_inner().map_err(|error| anyhow::anyhow!("cannot lay out {}: {error}", path.display()))?;
    write_atomically(path, &bytes)?;
    drop(lock);
    Ok(())
}
