//! The runs of one variant on one domain, as the report reads them.

use crate::figures::inputs::Inputs;
use crate::figures::{Context, DOMAINS, DomainRuns, Measured, SHOWN, WIDEST};
use crate::results::Row;

use super::number::Number;
use super::paper;

/// All seeds of a variant on a domain.
pub(super) struct Group<'a> {
    pub(super) domain: &'static str,
    pub(super) title: &'static str,
    pub(super) variant: &'static str,
    /// How its inputs differ from the paper's.
    inputs: Inputs,
    runs: DomainRuns<'a>,
    /// What the section is about; a name that ends in `/` is a family.
    metrics: &'static [&'static str],
}

impl<'a> Group<'a> {
    pub(super) fn new(
        context: &'a Context,
        domain: &'static str,
        variant: &'static str,
        metrics: &'static [&'static str],
    ) -> Self {
        let title = SHOWN.iter().find(|d| d.0 == domain).map_or(domain, |d| d.1);
        let (inputs, runs) =
            (Inputs::of(context, domain, variant), DomainRuns::new(context, domain, title, variant));
        Self { domain, title, variant, inputs, runs, metrics }
    }

    /// `name` at the head of a line of this group's numbers: says where its inputs are not the paper's.
    pub(super) fn label(&self, name: &str) -> String {
        self.inputs.label(name)
    }

    /// Sparling on each domain.
    pub(super) fn everywhere(context: &'a Context, metrics: &'static [&'static str]) -> Vec<Self> {
        DOMAINS.iter().map(|(domain, ..)| Self::new(context, domain, "sparling", metrics)).collect()
    }

    /// What each seed is judged by: the last δ at or above the theoretical minimum that has been measured.
    pub(super) fn reported(&self) -> Vec<&Measured<'a>> {
        self.runs.reported(self.metrics)
    }

    /// Something of each seed's reported model, over the seeds that have it.
    pub(super) fn number_by(&self, value: impl Fn(&Measured<'a>) -> Option<f64>) -> Option<Number> {
        Number::of(&self.reported().into_iter().filter_map(value).collect::<Vec<_>>())
    }

    /// A metric of each seed's reported model.
    pub(super) fn number(&self, metric: &str) -> Option<Number> {
        self.number_by(|at| at.value(metric))
    }

    /// The mean of a metric over seeds.
    pub(super) fn mean(&self, metric: &str) -> Option<f64> {
        self.number(metric).map(|n| n.mean)
    }

    /// The paper's number.
    pub(super) fn published(&self, metric: &str) -> Option<(f64, f64)> {
        paper::number(self.domain, self.variant, metric)
    }

    /// δ of the reported models.
    pub(super) fn delta(&self) -> Option<Number> {
        self.number_by(|at| at.delta)
    }

    /// How many times the theoretical minimum that is.
    pub(super) fn times_minimum(&self) -> Option<Number> {
        let minimum = self.runs.min_density?;
        self.number_by(|at| Some(at.delta? / minimum))
    }

    /// What each seed measured over the last ten annealing steps, δ falling, by seed.
    pub(super) fn paths(&self) -> Vec<Vec<&Measured<'a>>> {
        let window = |end: &Measured<'a>| {
            let shown = |delta: f64| {
                end.delta.is_some_and(|last| {
                    let widest = last * WIDEST * (1.0 + 1e-6);
                    (last..=widest).contains(&delta)
                })
            };
            self.runs.path.iter().filter(|m| m.seed == end.seed && m.delta.is_some_and(shown)).collect()
        };
        self.reported().into_iter().map(window).collect()
    }

    /// The rows behind the reported models.
    pub(super) fn rows(&self) -> Vec<&'a Row> {
        self.own(self.reported().into_iter())
    }

    /// The rows behind [`paths`](Self::paths).
    pub(super) fn path_rows(&self) -> Vec<&'a Row> {
        self.own(self.paths().into_iter().flatten())
    }

    fn own<'b>(&self, models: impl Iterator<Item = &'b Measured<'a>>) -> Vec<&'a Row>
    where
        'a: 'b,
    {
        let wanted = |row: &&Row| {
            self.metrics.iter().any(|m| row.metric == *m || (m.ends_with('/') && row.metric.starts_with(m)))
        };
        models.flat_map(|m| m.rows().filter(wanted).collect::<Vec<_>>()).collect()
    }
}
