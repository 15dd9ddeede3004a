//! Tells at which density a run's accuracy broke.

use anyhow::Result;

use super::tell::answer;
use crate::measure::{accuracies, density_break};
use crate::train::{MetricsLog, RunDir};

/// The best validation accuracy at each density, and between which two it broke: what `annealing.expected-motifs`
/// can be chosen by.
///
/// # Errors
/// When the run's log or configuration cannot be read.
pub(super) fn tell_break(dir: &RunDir) -> Result<()> {
    let path = accuracies(&MetricsLog::read(&dir.metrics_path())?);
    let config = dir.config()?;
    let cells = config.map_cells()?;
    answer!("\nbest validation accuracy A by density δ, and how many values a sample that density leaves:")?;
    for at in &path {
        let checks = if at.checks == 1 { "check" } else { "checks" };
        answer!(
            "  δ {:.2e}  {:8.1} values  A {:5.1} %  ({} {checks})",
            at.delta,
            at.delta * cells,
            at.accuracy * 100.0,
            at.checks
        )?;
    }
    match density_break(&path) {
        Some([before, after]) => {
            // Between the two, so that a run ends at the density before.
            let between = (before.delta * after.delta).sqrt() * cells;
            answer!(
                "accuracy broke between δ = {:.2e} and {:.2e}: the output needs more than {:.1} values a sample.\n\
                 A run that ends before: --set annealing.expected-motifs={between:.2}",
                before.delta,
                after.delta,
                after.delta * cells
            )
        }
        None => answer!(
            "accuracy has not broken at these densities; whether it would at a lower one, only a run that goes there says"
        ),
    }
}
