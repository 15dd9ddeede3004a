//! What a caption and a figure's CSV say about the runs behind the numbers.

use std::collections::BTreeSet;

use crate::results::Row;

use super::Context;
use super::inputs::easier;
use super::select::Measured;
use super::words::{ranges, scientific};

/// Where the numbers of a figure come from.
#[derive(Clone, Debug, Default)]
pub(super) struct Origin {
    /// For the caption: scale, seeds, what is missing.
    pub(super) brief: String,
    /// For the CSV: samples, revisions, what failed, what was not measured.
    pub(super) notes: Vec<String>,
}

/// Where the drawn rows come from; `absent` was not measured.
pub(super) fn provenance<'a>(
    context: &Context,
    runs: impl Iterator<Item = &'a Measured<'a>>,
    absent: &[&str],
) -> Origin {
    let runs: Vec<_> = runs.collect();
    let rows: Vec<&Row> = runs.iter().flat_map(|m| m.rows.iter().copied()).collect();
    // What failed has no samples, and its seed no number in the figure.
    let measured = || rows.iter().filter(|r| r.measured().is_some());
    let listed = |values: BTreeSet<String>| values.into_iter().collect::<Vec<_>>().join(", ");
    let mut seeds: Vec<u64> = measured().map(|r| r.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    let mut brief = format!("Scale {}, {word} {}.", context.scale, ranges(&seeds));
    let mut samples: Vec<u64> = measured().map(|r| r.samples).collect();
    samples.sort_unstable();
    samples.dedup();
    let samples = samples.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    let corpora = listed(measured().map(|r| r.corpus.clone()).filter(|c| !c.is_empty()).collect());
    let mut notes = vec![format!(
        "Scale {}; {word} {}; samples {samples}; revision {}{}.",
        context.scale,
        seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
        listed(measured().map(|r| r.revision.clone()).collect()),
        if corpora.is_empty() { String::new() } else { format!("; corpus {corpora}") }
    )];
    let easier = easier(context, &runs);
    if !easier.is_empty() {
        let titles: Vec<&str> = easier.iter().map(|(title, _)| *title).collect();
        brief += &format!(" Easier inputs than the paper's: {}.", titles.join(", "));
        let differ = easier.iter().map(|(title, how)| format!("{title}: {how}"));
        notes.push(format!("Easier inputs than the paper's: {}", differ.collect::<Vec<_>>().join(" ")));
    }
    let failed: BTreeSet<String> = rows
        .iter()
        .filter(|r| !r.error.is_empty())
        .map(|r| format!("{}/{} seed {} {}: {}", r.domain, r.variant, r.seed, r.metric, r.error))
        .collect();
    if !failed.is_empty() {
        brief += " Some numbers could not be measured; the CSV says why.";
        notes.push(format!("Not drawn: {}.", listed(failed)));
    }
    if !absent.is_empty() {
        // A reader of the figure has to know of a domain; the many variants of a method are in the CSV.
        const NAMED: usize = 4;
        brief += &match absent.len() {
            0..=NAMED => format!(" Not measured: {}.", absent.join("; ")),
            many => format!(" Not measured: {many} variants, named in the CSV."),
        };
        notes.push(format!("Not measured: {}.", absent.join("; ")));
    }
    Origin { brief, notes }
}

/// δ of the reported models in words: one value, or the range over seeds.
pub(super) fn densities(runs: &[&Measured<'_>]) -> Option<String> {
    let deltas: Vec<f64> = runs.iter().filter_map(|m| m.delta).collect();
    let least = deltas.iter().copied().reduce(f64::min)?;
    let greatest = deltas.iter().copied().reduce(f64::max)?;
    Some(if least == greatest {
        format!("δ = {}", scientific(least, 2))
    } else {
        format!("δ = {} to {}", scientific(least, 2), scientific(greatest, 2))
    })
}
