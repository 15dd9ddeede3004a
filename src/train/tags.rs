//! What TensorBoard shows of a run: every tag with its unit, and the page that has the annealing together.
//!
//! Shares that the console gives in percent are in percent here too; δ is a fraction in both.

/// Exact-match accuracy on validation samples, percent.
pub(super) const ACCURACY: &str = "validation/accuracy_percent";
/// End-to-end error on validation samples, percent.
pub(super) const E2EE: &str = "validation/e2ee_percent";
/// Accuracy threshold of Algorithm 1, percent.
pub(super) const THRESHOLD: &str = "annealing/threshold_T_percent";
/// Density in force.
pub(super) const DELTA: &str = "annealing/delta";
/// Its logarithm, which falls in equal steps.
pub(super) const LOG_DELTA: &str = "annealing/log10_delta";
/// Motif errors on validation samples, percent.
pub(super) const FPE: &str = "motifs/fpe_percent";
/// See [`FPE`].
pub(super) const FNE: &str = "motifs/fne_percent";
/// See [`FPE`].
pub(super) const CE: &str = "motifs/ce_percent";
/// Measured density, a fraction.
pub(super) const DENSITY: &str = "motifs/density";
/// Channels that mark nothing.
pub(super) const SILENT: &str = "motifs/channels_without_motif";
/// Channels that mark mostly where another does.
pub(super) const TOGETHER: &str = "motifs/channels_that_fire_together";
/// The non-zero values.
pub(super) const VALUES: &str = "motifs/nonzero_values";
/// Training loss, nats a token.
pub(super) const LOSS: &str = "train/loss";
/// Learning rate.
pub(super) const LEARNING_RATE: &str = "train/learning_rate";
/// Gradient norm.
pub(super) const GRADIENT: &str = "train/gradient_norm";
/// Speed.
pub(super) const SPEED: &str = "train/samples_per_second";
/// Begins the tags of single channels: a group of their own, which TensorBoard lists behind the others.
pub(super) const SINGLE: &str = "zoom";

/// The tag of a number of one channel of `channels`, with zeros so that they sort.
pub(super) fn of_channel(name: &str, channel: usize, channels: usize) -> String {
    let digits = channels.saturating_sub(1).max(1).ilog10() as usize + 1;
    format!("{SINGLE}/{name}_channel_{channel:0digits$}")
}

/// The name of the configuration's text.
pub(super) const CONFIGURATION: &str = "configuration";

/// What a tag shows, in Markdown; empty for a tag that nobody described.
pub(super) fn description(tag: &str) -> &'static str {
    let known = DESCRIPTIONS.iter().find(|(known, _)| *known == tag || tag.starts_with(&format!("{known}_")));
    known.map_or("", |(_, words)| words)
}

const DESCRIPTIONS: &[(&str, &str)] = &[
    (
        ACCURACY,
        "**A**: share of validation samples whose output is exactly right, in percent. δ falls when A passes T.",
    ),
    (
        E2EE,
        "**E2EE**, end-to-end error on validation samples: mean normalised edit distance to the true output, in percent.",
    ),
    (
        THRESHOLD,
        "**T**, the accuracy that has to be passed for δ to fall, in percent. It falls slowly and rises to the best A.",
    ),
    (
        DELTA,
        "**δ**, the density that the sparsity layer lets through, a fraction. It is multiplied by `annealing.factor` each time A passes T.",
    ),
    (LOG_DELTA, "**log₁₀ δ**: each annealing step is one step of equal height."),
    (FPE, "**FPE**, false positive error: share of marks where no motif is, in percent."),
    (FNE, "**FNE**, false negative error: share of true motifs that nothing marks, in percent."),
    (
        CE,
        "**CE**, confusion error: share of marked motifs whose channel stands for another kind, in percent. Undefined, and so not shown, while no mark meets a motif.",
    ),
    (DENSITY, "Share of the motif map that is not zero on validation samples, a fraction. It follows δ."),
    (
        SILENT,
        "Number of channels that marked nothing in all validation samples. Such a channel is lost to every kind.",
    ),
    (
        TOGETHER,
        "Number of channels that share more than half of their marked positions with another channel: two channels for one kind, or one kind by a pair.",
    ),
    (VALUES, "The non-zero values of the motif map on validation samples, 20,000 at most."),
    (LOSS, "Mean training loss since the last point, in nats a token, penalties included."),
    (LEARNING_RATE, "Learning rate of the last step."),
    (GRADIENT, "Gradient norm of the last step before clipping."),
    (SPEED, "Training samples a second, validations not counted."),
    (
        "validation/motifs",
        "Validation samples at the δ that stands above each: the true motifs, which the network never sees, and those it marks.",
    ),
    ("validation/sound", "A validation sample to listen to."),
    (
        "zoom/density_channel",
        "Share of one channel's positions that are not zero, a fraction. 0 is a channel without a motif.",
    ),
    ("zoom/threshold_channel", "Running threshold t of one channel."),
];

/// A chart of several curves: its title, and the tags it shows, which are regular expressions.
pub(super) type Curves = (&'static str, &'static [&'static str]);

/// The pages of TensorBoard's custom scalars: the title of each, and its charts.
pub(super) const PAGES: &[(&str, &[Curves])] = &[
    (
        "Annealing: δ falls each time A passes T",
        &[
            ("Accuracy A and threshold T (percent)", &[ACCURACY, THRESHOLD]),
            ("log10 of δ", &[LOG_DELTA]),
            ("Errors (percent)", &[E2EE, FPE, FNE, CE]),
            ("Training loss", &[LOSS]),
        ],
    ),
    (
        "Channels",
        &[
            ("Channels without any motif, and channels that fire together", &[SILENT, TOGETHER]),
            ("Density of each channel", &["zoom/density_channel_.*"]),
            ("Threshold t of each channel", &["zoom/threshold_channel_.*"]),
        ],
    ),
];

/// The numbers that the table of settings sets beside them: tag, name, what it is.
pub(super) const FINAL: &[(&str, &str)] = &[
    (ACCURACY, "accuracy (percent)"),
    (E2EE, "E2EE (percent)"),
    (FPE, "FPE (percent)"),
    (FNE, "FNE (percent)"),
    (CE, "CE (percent)"),
    (DELTA, "δ"),
    (SILENT, "channels without motif"),
    (TOGETHER, "channels that fire together"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_is_described() {
        let tags = [
            ACCURACY,
            E2EE,
            THRESHOLD,
            DELTA,
            LOG_DELTA,
            FPE,
            FNE,
            CE,
            DENSITY,
            SILENT,
            TOGETHER,
            VALUES,
            LOSS,
            LEARNING_RATE,
            GRADIENT,
            SPEED,
            "validation/motifs",
            "validation/sound_0",
        ];
        for tag in tags.into_iter().chain(FINAL.iter().map(|metric| metric.0)) {
            assert!(!description(tag).is_empty(), "{tag}");
        }
        for name in ["density", "threshold"] {
            assert!(!description(&of_channel(name, 3, 32)).is_empty(), "{name}");
        }
        assert_eq!(description("something/else"), "");
    }

    #[test]
    fn channels_sort_by_number() {
        assert_eq!(of_channel("density", 3, 32), "zoom/density_channel_03");
        assert_eq!(of_channel("density", 3, 10), "zoom/density_channel_3");
        assert_eq!(of_channel("density", 0, 1), "zoom/density_channel_0");
    }
}
