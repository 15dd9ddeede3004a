//! What it took: training time by domain and variant.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::results::Row;

use super::number::duration;

/// The runs of a variant on a domain.
pub(super) struct Cost<'a> {
    pub(super) domain: &'a str,
    pub(super) variant: &'a str,
    pub(super) runs: usize,
    pub(super) seconds: f64,
}

/// What the times are and what is not in them.
pub(super) const NOTE: &str = "Training time up to the last density that was measured, by the clock; what a run trained \
                               beyond it, and runs without rows, are not in it.";

/// By domain and variant. A run's time is the longest that one of its rows names.
pub(super) fn of_runs(rows: &[Row]) -> Vec<Cost<'_>> {
    let mut runs: BTreeMap<(&str, &str), BTreeMap<u64, f64>> = BTreeMap::new();
    for row in rows {
        let seeds = runs.entry((&row.domain, &row.variant)).or_default();
        let longest = seeds.entry(row.seed).or_default();
        *longest = longest.max(row.wall_seconds);
    }
    let cost = |((domain, variant), seeds): ((_, _), BTreeMap<u64, f64>)| Cost {
        domain,
        variant,
        runs: seeds.len(),
        seconds: seeds.values().sum(),
    };
    runs.into_iter().map(cost).collect()
}

/// The last section.
pub(super) fn markdown(rows: &[Row]) -> String {
    let mut text = format!(
        "## What it took\n\n{NOTE}\n\n| domain | variant | runs | seconds | |\n|---|---|---|---|---|\n"
    );
    let (mut count, mut total) = (0, 0.0);
    for Cost { domain, variant, runs, seconds } in of_runs(rows) {
        count += runs;
        total += seconds;
        let _ = writeln!(text, "| {domain} | {variant} | {runs} | {seconds:.0} | {} |", duration(seconds));
    }
    let _ = writeln!(text, "| **all** | | {count} | {total:.0} | {} |", duration(total));
    text
}
