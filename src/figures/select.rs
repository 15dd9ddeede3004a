//! From rows to what a figure shows: which δ of which seed, and where the numbers come from.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;

use crate::eval::{mean, mean_interval};
use crate::results::{ALONG, Along, Examples, PERTURBED, PerturbedExample, Row};

use super::style::SHOWN;
use super::{Context, FigureSpec, published};

/// Seed of the bootstrap, so that a figure drawn twice is the same picture.
const BOOTSTRAP_SEED: u64 = 0;
/// Fewest seeds that are given a bootstrap interval; fewer are dots alone.
const FEWEST: usize = 5;

/// All measurements of one run at one δ.
pub(crate) struct Measured<'a> {
    pub(crate) seed: u64,
    pub(crate) delta: Option<f64>,
    pub(super) rows: Vec<&'a Row>,
}

impl<'a> Measured<'a> {
    /// The value of a metric, unless it is missing or failed.
    pub(crate) fn value(&self, metric: &str) -> Option<f64> {
        self.rows.iter().find(|r| r.metric == metric).and_then(|r| r.measured())
    }

    /// The same with no rows but those of metrics that `wanted` accepts and of a run that failed, for an honest
    /// provenance: other metrics may have been measured on other samples and by another revision.
    pub(crate) fn only(&self, wanted: impl Fn(&str) -> bool) -> Self {
        let failed = |r: &Row| r.delta.is_none() && !r.error.is_empty();
        let rows = self.rows.iter().copied().filter(|r| wanted(&r.metric) || failed(r)).collect();
        Self { rows, ..*self }
    }

    /// All rows of the run at this δ that hold a value.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'a Row> + '_ {
        self.rows.iter().copied().filter(|r| r.measured().is_some())
    }
}

/// The measurements of a domain's runs of one variant.
pub(crate) struct DomainRuns<'a> {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// At every δ, seed by seed with δ falling.
    pub(crate) path: Vec<Measured<'a>>,
    /// The domain's theoretical minimum density, if the rows give it.
    pub(crate) min_density: Option<f64>,
}

impl<'a> DomainRuns<'a> {
    pub(crate) fn new(context: &'a Context, name: &'static str, title: &'static str, variant: &str) -> Self {
        let own = |r: &&Row| r.domain == name && r.variant == variant;
        let mut groups: BTreeMap<(u64, u64), Vec<&Row>> = BTreeMap::new();
        for row in context.rows.iter().filter(own) {
            // Positive floats sort as their bits do; reversed, δ falls.
            let falling = u64::MAX - row.delta.unwrap_or(f64::INFINITY).to_bits();
            groups.entry((row.seed, falling)).or_default().push(row);
        }
        let min_density = context
            .rows
            .iter()
            .filter(|r| r.domain == name && r.metric == "min_density")
            .find_map(Row::measured);
        let path = groups
            .into_iter()
            .map(|((seed, _), rows)| Measured { seed, delta: rows[0].delta, rows })
            .collect();
        Self { name, title, path, min_density }
    }

    /// What each seed is judged by: its measurements at the last δ that is still at or
    /// above the theoretical minimum (section 3), among those with one of `metrics`.
    pub(crate) fn reported(&self, metrics: &[&str]) -> Vec<&Measured<'a>> {
        let floor = self.min_density.unwrap_or(0.0) * (1.0 - 1e-9);
        let mut last: BTreeMap<u64, &Measured> = BTreeMap::new();
        for measured in &self.path {
            let reached = measured.delta.is_none_or(|delta| delta >= floor);
            let any = metrics.iter().any(|m| {
                measured.rows().any(|r| r.metric == *m || (m.ends_with('/') && r.metric.starts_with(m)))
            });
            if reached && any {
                last.insert(measured.seed, measured);
            }
        }
        last.into_values().collect()
    }
}

/// The domains a figure can show, and the names of those not measured yet.
///
/// # Errors
/// When no domain has a value of any of `metrics` (a name ending in `/` is a family).
pub(super) fn present<'a>(
    spec: &FigureSpec,
    context: &'a Context,
    metrics: &[&str],
) -> anyhow::Result<(Vec<DomainRuns<'a>>, Vec<&'static str>)> {
    let mut found = Vec::new();
    let mut absent = Vec::new();
    for (name, title, _) in SHOWN.iter().copied() {
        let Some((variant, needed)) = spec.variant_of(name) else {
            continue;
        };
        let runs = DomainRuns::new(context, name, title, variant);
        if runs.reported(metrics).is_empty() {
            if needed {
                absent.push(title);
            }
        } else {
            found.push(runs);
        }
    }
    if found.is_empty() {
        let what = format!("values of {} in rows.csv", metrics.join(", "));
        return Err(context.missing(spec, &what));
    }
    Ok((found, absent))
}

/// The examples of the lowest seed of a run that has any of settings that count; `None` if no seed has.
pub(crate) fn examples(context: &Context, domain: &str, variant: &str) -> anyhow::Result<Option<Examples>> {
    for path in by_seed(context, domain, variant, "")? {
        let examples = Examples::read(&path)?;
        if context.shows(&examples) {
            return Ok(Some(examples));
        }
    }
    Ok(None)
}

/// Samples at several densities of the lowest seed of a run that has any of settings that count.
pub(crate) fn along(context: &Context, domain: &str, variant: &str) -> anyhow::Result<Option<Along>> {
    for path in by_seed(context, domain, variant, ALONG)? {
        let along = Along::read(&path)?;
        if context.shows_along(&along) {
            return Ok(Some(along));
        }
    }
    Ok(None)
}

/// The perturbed example of the lowest seed of a run that has one of settings that count.
pub(super) fn perturbed(
    context: &Context,
    domain: &str,
    variant: &str,
) -> anyhow::Result<Option<PerturbedExample>> {
    for path in by_seed(context, domain, variant, PERTURBED)? {
        let example = PerturbedExample::read(&path)?;
        if context.shows(&example.before) {
            return Ok(Some(example));
        }
    }
    Ok(None)
}

/// The files of examples of a variant whose name ends in `suffix` behind the seed, by seed.
fn by_seed(context: &Context, domain: &str, variant: &str, suffix: &str) -> anyhow::Result<Vec<PathBuf>> {
    let folder = context.folder().join("examples");
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot list {}", folder.display()));
        }
    };
    let (prefix, suffix) = (format!("{domain}-{variant}-seed"), format!("{suffix}.json"));
    let mut found: BTreeMap<u64, PathBuf> = BTreeMap::new();
    for entry in entries {
        let path = entry.with_context(|| format!("cannot list {}", folder.display()))?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let seed = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(&suffix));
        if let Some(seed) = seed.and_then(|seed| seed.parse().ok()) {
            found.insert(seed, path);
        }
    }
    Ok(found.into_values().collect())
}

/// One number drawn in a figure, a line of its CSV. Values are fractions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Drawn {
    pub(super) domain: String,
    pub(super) metric: String,
    /// `seed`, `mean`, `low95`, `high95` or `published`.
    pub(super) statistic: &'static str,
    pub(super) seed: Option<u64>,
    pub(super) delta: Option<f64>,
    pub(super) value: f64,
}

/// A metric over seeds.
pub(super) struct Summary {
    pub(super) seeds: Vec<(u64, f64)>,
    pub(super) mean: f64,
    pub(super) interval: Option<crate::eval::Interval>,
    pub(super) published: Option<f64>,
}

/// Mean and interval of a metric over the seeds that have it; `None` if none has.
pub(super) fn summarise(domain: &str, metric: &str, runs: &[&Measured<'_>]) -> Option<Summary> {
    let seeds: Vec<_> = runs.iter().filter_map(|m| Some((m.seed, m.value(metric)?))).collect();
    let values: Vec<_> = seeds.iter().map(|s| s.1).collect();
    // Of fewer, a resample is likely enough to be one seed alone that the interval is their range.
    let enough = values.len() >= FEWEST;
    Some(Summary {
        mean: mean(&values)?,
        interval: mean_interval(&values, BOOTSTRAP_SEED).filter(|_| enough),
        published: published::mean(domain, metric),
        seeds,
    })
}

impl Summary {
    /// Least and greatest seed where they disagree so much that their mean is of none of them: by 10 points and by
    /// five times.
    pub(super) fn disagreement(&self) -> Option<(f64, f64)> {
        let values = || self.seeds.iter().map(|seed| seed.1);
        let (least, greatest) = values().zip(values()).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        (greatest - least > 0.10 && greatest > 5.0 * least).then_some((least, greatest))
    }

    /// The summary as lines of a figure's CSV.
    pub(super) fn drawn(&self, domain: &str, metric: &str, runs: &[&Measured<'_>]) -> Vec<Drawn> {
        let line = |statistic, seed, delta, value| Drawn {
            domain: domain.to_owned(),
            metric: metric.to_owned(),
            statistic,
            seed,
            delta,
            value,
        };
        let delta_of = |seed| runs.iter().find(|m| m.seed == seed).and_then(|m| m.delta);
        let mut lines: Vec<_> =
            self.seeds.iter().map(|&(seed, value)| line("seed", Some(seed), delta_of(seed), value)).collect();
        lines.push(line("mean", None, None, self.mean));
        if let Some(interval) = self.interval {
            lines.push(line("low95", None, None, interval.low));
            lines.push(line("high95", None, None, interval.high));
        }
        if let Some(value) = self.published {
            lines.push(line("published", None, None, value));
        }
        lines
    }
}

/// The name of a domain on paper, with the corpus of its runs where that is not the paper's.
pub(super) fn title_of(context: &Context, domain: &str) -> String {
    let title = SHOWN.iter().find(|d| d.0 == domain).map_or(domain, |d| d.1);
    let own = context.rows.iter().filter(|row| row.domain == domain && row.measured().is_some());
    let corpora: BTreeSet<&str> = own
        .filter_map(|row| row.corpus.split('@').next())
        .filter(|corpus| !corpus.is_empty() && *corpus != published::CORPUS)
        .collect();
    if corpora.is_empty() {
        return title.to_owned();
    }
    format!("{title} ({})", corpora.into_iter().collect::<Vec<_>>().join(", "))
}
