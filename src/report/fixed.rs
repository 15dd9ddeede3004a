//! When the criteria were fixed: a criterion that moves after its numbers are seen judges nothing.

use crate::figures::FigureSpec;

/// Of the criteria of the paper's figures and tables. Laptop results had been kept since the day before.
pub(crate) const FIRST: &str =
    "fixed on 2026-11-25 (revision 16bce5a), after first results at laptop scale had been seen";
/// Of criteria that compare with a baseline.
pub(crate) const BASELINE: &str =
    "since 2026-11-26 (revision 6c5119f) nothing is asked where the baseline is broken";
/// Of figure 12.
pub(crate) const PAPERS_OWN: &str =
    "since later that day (revision 09d69ea) asked of the paper's ablations, not of ours";

/// Of figure 1b, whose domain came later.
pub(crate) const BEFORE_RESULTS: &str = "fixed on 2026-11-26, before anything was trained on the domain";

/// When the criterion of a figure or table was fixed, and what has changed in it since.
pub(super) fn fixed(spec: &FigureSpec) -> String {
    let since =
        if spec.changes.is_empty() { "not changed since".to_owned() } else { spec.changes.join("; ") };
    format!("It was {}; {since}.", spec.fixed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::FIGURES;

    #[test]
    fn every_criterion_that_has_a_baseline_says_since_when() {
        // Those sections whose checks are asked only `.given` a baseline; see `variants` and `paths`.
        let given = ["fig4", "fig5", "fig8", "fig10", "fig11", "fig12", "table1", "table2"];
        for spec in FIGURES {
            let said = fixed(spec);
            let expected = if given.contains(&spec.name) { "6c5119f" } else { "; not changed since." };
            assert!(said.contains(expected), "{}: {said}", spec.name);
        }
    }
}
