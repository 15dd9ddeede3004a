//! Names of metrics, and the families that are measured together.

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

/// Family of the errors and densities of one pass over test samples, the confusion among them.
pub const ERRORS: &str = "errors";
/// Family of the swaps of paper section 7.
pub const PERTURBATION: &str = "perturbation";
/// Family of E2EE with quantised motif values.
pub const QUANTISATION: &str = "quantisation";
/// Family of the comparison with direct supervision.
pub const SUPERVISION: &str = "supervision";

/// Family of answers to test outputs that training has not had, and the share of these among all.
pub const UNSEEN: &str = "unseen";
/// E2EE of the answers to test outputs that training has not had.
pub const E2EE_UNSEEN: &str = "e2ee_unseen";
/// E2EE of the answers to the other test outputs, weighted so that their lengths are those of the unseen ones.
pub const E2EE_SEEN_AS_LONG: &str = "e2ee_seen_as_long";
/// Share of the unseen outputs that are answered without error.
pub const EXACT_UNSEEN: &str = "exact_unseen";

/// Stages of a sweep whose failure is kept as a row: metrics, and families, of their own.
pub(super) const FAILURES: [&str; 2] = ["train", "evaluate"];

/// The family of a metric: what one pass measures, and what is replaced together. A metric that this program
/// does not measure is in the family that its name has up to the first `/`.
#[must_use]
pub fn family(metric: &str) -> &str {
    let first = metric.split('/').next().unwrap_or(metric);
    match first {
        "fpe" | "fne" | "fne_necessary" | "ce" | "e2ee" | "exact" | "density" | "min_density"
        | "confusion" | "sharing" | "fne_sharing" | "ce_sharing" | "top_k" | "average_precision" => ERRORS,
        "perturbation" | "perturbation_possible" => PERTURBATION,
        "e2ee_quantised" | UNQUANTISED => QUANTISATION,
        UNSEEN | E2EE_UNSEEN | E2EE_SEEN_AS_LONG | EXACT_UNSEEN => UNSEEN,
        _ if first.starts_with(MISCLASSIFIED) => SUPERVISION,
        own => own,
    }
}
