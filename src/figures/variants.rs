//! What the figures that compare variants on DigitCircle share: which are measured, and the
//! numbers of each with the paper's.

use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::table;
use anyhow::Result;
use serde::Serialize;

use super::origin::{Origin, provenance};
use super::select::{DomainRuns, Measured, Summary, summarise};
use super::{Context, FigureSpec, published};

/// The domain that the paper compares variants on.
pub(super) const DOMAIN: &str = DIGIT_CIRCLE;

/// A variant: its name in the rows and on paper.
pub(super) struct Variant {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
}

/// The runs of a variant that has been measured.
pub(super) struct Found<'a> {
    pub(super) variant: &'static Variant,
    runs: DomainRuns<'a>,
    metrics: &'static [&'static str],
}

/// The variants that are measured, and what the caption says of the others.
pub(super) struct Compared<'a> {
    pub(super) found: Vec<Found<'a>>,
    absent: Vec<&'static str>,
    unmeasured: Vec<DomainRuns<'a>>,
}

/// One number drawn, a line of the figure's CSV. Values are fractions.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Line {
    pub(super) variant: &'static str,
    pub(super) metric: &'static str,
    /// `seed`, `mean`, `low95`, `high95`, or the paper's `published`, `published_low` and
    /// `published_high`.
    pub(super) statistic: &'static str,
    pub(super) seed: Option<u64>,
    pub(super) delta: Option<f64>,
    pub(super) value: f64,
}

/// Finds the runs of `variants` that have one of `metrics`.
///
/// # Errors
/// When there is none.
pub(super) fn compare<'a>(
    spec: &FigureSpec,
    context: &'a Context,
    variants: &'static [Variant],
    metrics: &'static [&'static str],
) -> Result<Compared<'a>> {
    let mut compared = Compared { found: Vec::new(), absent: Vec::new(), unmeasured: Vec::new() };
    for variant in variants {
        let found = Found::of(context, variant, metrics);
        if found.reported().is_empty() {
            compared.absent.push(variant.title);
            compared.unmeasured.push(found.runs);
        } else {
            compared.found.push(found);
        }
    }
    if compared.found.is_empty() {
        let what = format!("values of {} in rows.csv", metrics.join(", "));
        return Err(context.missing(spec, &what));
    }
    Ok(compared)
}

impl<'a> Found<'a> {
    fn of(context: &'a Context, variant: &'static Variant, metrics: &'static [&'static str]) -> Self {
        Self {
            variant,
            runs: DomainRuns::new(context, DOMAIN, table::DIGIT_CIRCLE.title, variant.name),
            metrics,
        }
    }

    /// What each seed is judged by, see [`DomainRuns::reported`].
    pub(super) fn reported(&self) -> Vec<&Measured<'a>> {
        self.runs.reported(self.metrics)
    }

    /// Mean and interval of a metric over the seeds, if any has it.
    pub(super) fn summary(&self, metric: &str) -> Option<Summary> {
        let summary = summarise(DOMAIN, metric, &self.reported())?;
        // Only this variant's own number may stand beside it.
        Some(Summary { published: None, ..summary })
    }

    /// The paper's number, as a range; see [`published::variant`].
    pub(super) fn published(&self, metric: &str) -> Option<(f64, f64)> {
        published::variant(self.variant.name, metric)
    }

    /// All numbers of a metric, as lines of the CSV.
    pub(super) fn lines(&self, metric: &'static str) -> Vec<Line> {
        let line = |statistic, seed, delta, value| Line {
            variant: self.variant.name,
            metric,
            statistic,
            seed,
            delta,
            value,
        };
        let mut lines: Vec<Line> = self
            .summary(metric)
            .map(|summary| summary.drawn(DOMAIN, metric, &self.reported()))
            .unwrap_or_default()
            .into_iter()
            .map(|drawn| line(drawn.statistic, drawn.seed, drawn.delta, drawn.value))
            .collect();
        match self.published(metric) {
            Some((low, high)) if low == high => lines.push(line("published", None, None, low)),
            Some((low, high)) => {
                lines.push(line("published_low", None, None, low));
                lines.push(line("published_high", None, None, high));
            }
            None => {}
        }
        lines
    }
}

impl<'a> Compared<'a> {
    /// Adds those of `variants` that are measured; of the others nothing is said.
    pub(super) fn add_measured(
        &mut self,
        context: &'a Context,
        variants: &'static [Variant],
        metrics: &'static [&'static str],
    ) {
        let all = variants.iter().map(|variant| Found::of(context, variant, metrics));
        self.found.extend(all.filter(|found| !found.reported().is_empty()));
    }

    /// The theoretical minimum density, if the rows give it.
    pub(super) fn min_density(&self) -> Option<f64> {
        self.found.iter().find_map(|found| found.runs.min_density)
    }

    /// Where the numbers come from, which runs failed, which variants are not measured.
    pub(super) fn provenance(&self, context: &Context) -> Origin {
        let own = |found: &Found<'a>| -> Vec<Measured<'a>> {
            found.reported().iter().map(|m| m.only(|name| found.metrics.contains(&name))).collect()
        };
        let shown: Vec<_> = self.found.iter().flat_map(own).collect();
        // A run that failed has no number to be judged by, but its row says why.
        let paths = self.found.iter().map(|found| &found.runs).chain(&self.unmeasured);
        let failed = paths.flat_map(|runs| &runs.path).filter(|at| at.rows().next().is_none());
        provenance(context, shown.iter().chain(failed), &self.absent)
    }
}
