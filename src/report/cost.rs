//! What it took: training time by domain and variant.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::results::Row;

use super::number::duration;

/// The last section. A run's time is the longest that one of its rows names.
pub(super) fn markdown(rows: &[Row]) -> String {
    let mut runs: BTreeMap<(&str, &str), BTreeMap<u64, f64>> = BTreeMap::new();
    for row in rows {
        let seeds = runs.entry((&row.domain, &row.variant)).or_default();
        let longest = seeds.entry(row.seed).or_default();
        *longest = longest.max(row.wall_seconds);
    }
    let mut text = "## What it took\n\nTraining time up to the last density that was measured, by the clock; what a run \
                    trained beyond it, and runs without rows, are not in it.\n\n\
                    | domain | variant | runs | seconds | |\n|---|---|---|---|---|\n"
        .to_owned();
    let (mut count, mut total) = (0, 0.0);
    for ((domain, variant), seeds) in &runs {
        let seconds: f64 = seeds.values().sum();
        count += seeds.len();
        total += seconds;
        let _ = writeln!(
            text,
            "| {domain} | {variant} | {} | {seconds:.0} | {} |",
            seeds.len(),
            duration(seconds)
        );
    }
    let _ = writeln!(text, "| **all** | | {count} | {total:.0} | {} |", duration(total));
    text
}
