//! Test outputs that training has not had, by domain.

use std::fmt::Write as _;

use crate::figures::Context;
use crate::results::{E2EE_SEEN_AS_LONG, E2EE_UNSEEN, EXACT_UNSEEN, UNSEEN};

use super::group::Group;
use super::number::cell;

/// Head of the section.
pub(super) const HEAD: &str = "Outputs that training has not had";

/// What the numbers are.
pub(super) const NOTE: &str = "Splits are drawn from one distribution, so that an output of the test split can be one of the \
                               training split too, of another input. These are the answers of Sparling to outputs that \
                               were not among those of its training samples, beside the answers to all. Such outputs are \
                               longer than others, so the others are given at equal lengths too: the error at each \
                               length, weighted by how many of the outputs not had are as long. Percent, the mean over \
                               seeds, with the least and the greatest in brackets.";

/// Columns of the table.
pub(super) const COLUMNS: [&str; 8] = [
    "domain",
    "seeds",
    "outputs not had",
    "E2EE of these",
    "of the others at equal lengths",
    "E2EE of all",
    "exact of these",
    "exact of all",
];

/// A line for each domain that was measured so.
pub(super) fn lines(context: &Context) -> Vec<Vec<String>> {
    let all = Group::everywhere(context, &[UNSEEN, E2EE_UNSEEN, E2EE_SEEN_AS_LONG, EXACT_UNSEEN]);
    let measured = all.into_iter().filter(|group| group.number(UNSEEN).is_some());
    measured
        .map(|group| {
            let number = |metric| cell(group.number(metric), None);
            let metrics = [UNSEEN, E2EE_UNSEEN, E2EE_SEEN_AS_LONG, "e2ee", EXACT_UNSEEN, "exact"];
            let seeds = group.reported().len().to_string();
            [group.title.to_owned(), seeds].into_iter().chain(metrics.map(number)).collect()
        })
        .collect()
}

/// The section; nothing where nothing was measured so.
pub(super) fn markdown(context: &Context) -> String {
    let lines = lines(context);
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("## {HEAD}\n\n{NOTE}\n\n| {} |\n", COLUMNS.join(" | "));
    let _ = writeln!(text, "|{}", "---|".repeat(COLUMNS.len()));
    for line in lines {
        let _ = writeln!(text, "| {} |", line.join(" | "));
    }
    text + "\n"
}
