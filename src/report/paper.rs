//! What the paper claims, in our words, and the numbers it prints.

use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;
use crate::figures::published;
use crate::results::DIRECT_SUPERVISION;

/// The corpus of AudioMNISTSequence, as a row names it when it was imported under its own name.
pub(super) const CORPUS: &str = "audiomnist";
/// Its name on paper.
pub(super) const CORPUS_NAME: &str = "AudioMNIST";

/// A figure or table and what it is to show.
#[derive(Debug)]
pub(super) struct Claim {
    /// As in `fig3.png`.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) claim: &'static str,
}

/// Every figure and table, in the order of the report.
pub(super) const CLAIMS: [Claim; 14] = [
    Claim {
        name: "fig1",
        title: "A DigitCircle input and its output",
        claim: "A network that is told nothing but the order of the digits on a noisy ring learns to read it.",
    },
    Claim {
        name: "fig2",
        title: "Motifs on test samples",
        claim: "What the middle layer marks are the true motifs: in their places, each kind by a channel of its own.",
    },
    Claim {
        name: "fig3",
        title: "Motif errors",
        claim: "Trained on labels alone, the layer invents, misses and confuses few motifs in all three domains; only LaTeX-OCR misses one in seven, those that follow from their neighbours.",
    },
    Claim {
        name: "fig4",
        title: "Errors against density",
        claim: "As δ falls over the last ten annealing steps, confusion falls from tens of percent to a few, while the end-to-end error stays low.",
    },
    Claim {
        name: "fig5",
        title: "What sparsity costs end to end",
        claim: "Sparsity costs little end to end, and a head trained anew on the motifs without the bottleneck wins most of it back.",
    },
    Claim {
        name: "fig6",
        title: "Motifs swapped",
        claim: "When one motif is swapped for another kind's, the answer changes exactly as if the input had changed.",
    },
    Claim {
        name: "fig7",
        title: "Confusion of motifs and truth",
        claim: "Channels and kinds match nearly one to one: each kind has its channel, and a channel rarely marks another kind.",
    },
    Claim {
        name: "fig8",
        title: "One threshold against one a channel, DigitCircle",
        claim: "With one threshold for all channels (ST) motifs are confused where a threshold a channel (MT) keeps them apart.",
    },
    Claim {
        name: "fig9",
        title: "End-to-end error against motif errors, seed by seed",
        claim: "That motifs are found from labels alone is no luck of one seed: most seeds have low errors of every sort.",
    },
    Claim {
        name: "fig10",
        title: "Motif values quantised",
        claim: "Little is told by how strongly a motif is marked: quantising the values of a channel to 2, 4, 8 or 16 bins changes the end-to-end error by under about 2 points.",
    },
    Claim {
        name: "fig11",
        title: "L1 and KL penalties, DigitCircle",
        claim: "No L1 or KL penalty comes near Sparling's density and still answers.",
    },
    Claim {
        name: "fig12",
        title: "Ablations, DigitCircle",
        claim: "Without its batch norm, or with δ fixed from the start, training fails.",
    },
    Claim {
        name: "table1",
        title: "Motifs of L1, DigitCircle",
        claim: "At no λ does an L1 penalty find the motifs that Sparling finds.",
    },
    Claim {
        name: "table2",
        title: "Motifs against direct supervision",
        claim: "Motifs that were never shown are named almost as well as by a classifier that was trained on them.",
    },
];

/// A number of the paper as a range of fractions (twice the same where one number is printed).
pub(super) fn number(domain: &str, variant: &str, metric: &str) -> Option<(f64, f64)> {
    let printed = match metric {
        "e2ee" => published::end_to_end(domain, variant),
        _ if variant == DIRECT_SUPERVISION => published::single_motifs(domain, metric, true),
        _ if variant == "sparling" => published::single_motifs(domain, metric, false),
        _ => None,
    };
    match printed {
        Some(number) => Some((number, number)),
        None if domain == DIGIT_CIRCLE => published::variant(variant, metric),
        None if variant == "sparling" => published::mean(domain, metric).map(|v| (v, v)),
        None => None,
    }
}

/// Confusion at the first and the last of the ten annealing steps of figure 4, roughly.
pub(super) fn confusion_path(domain: &str) -> Option<(f64, f64)> {
    match domain {
        DIGIT_CIRCLE => Some((0.43, 0.01)),
        LATEX_OCR => Some((0.30, 0.025)),
        AUDIO_SEQUENCE => Some((0.55, 0.05)),
        _ => None,
    }
}

/// Kinds of motif that may go without a channel. In LaTeX-OCR the networks of the paper leave out what follows
/// from its neighbours: `+`, `(` and `)`; a fraction bar does too.
pub(super) fn kinds_inferable(domain: &str) -> usize {
    if domain == LATEX_OCR { 4 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_and_table_has_a_claim_and_every_claim_one() {
        let figures = crate::figures::FIGURES.iter().map(|spec| format!("fig{}", spec.number));
        let tables = crate::figures::TABLES.iter().map(|spec| format!("table{}", spec.number));
        let drawn: Vec<String> = figures.chain(tables).collect();
        assert_eq!(CLAIMS.map(|claim| claim.name.to_owned()).to_vec(), drawn);
    }

    #[test]
    fn numbers_are_those_of_the_domain_and_the_variant() {
        assert_eq!(number("latex-ocr", "sparling", "fne"), Some((0.142, 0.142)));
        assert_eq!(number("digit-circle", "no-batch-norm", "e2ee"), Some((0.70, 0.75)));
        assert_eq!(number("digit-circle", "non-sparse", "e2ee"), Some((0.002, 0.002)));
        let misclassified = |variant| number("audio-sequence", variant, "motif_misclassified");
        assert_eq!(misclassified("sparling").map(|v| v.0), Some(8.01 / 100.0));
        assert_eq!(misclassified("direct-supervision").map(|v| v.0), Some(4.28 / 100.0));
        assert_eq!(misclassified("non-sparse"), None, "no one trained it on labels");
        assert_eq!(number("latex-ocr", "single-threshold", "ce"), None, "DigitCircle's is not LaTeX-OCR's");
    }
}
