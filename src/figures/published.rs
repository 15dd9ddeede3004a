//! The paper's own numbers (section 7), drawn beside ours.

use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;

/// The corpus of AudioMNISTSequence, as a row names it when it was imported under its own name.
pub(crate) const CORPUS: &str = "audiomnist";

/// The same on paper.
pub(crate) const CORPUS_NAME: &str = "AudioMNIST";

/// Seeds that the paper's means are over.
pub(crate) const SEEDS: usize = 9;

/// Mean over [`SEEDS`] seeds of a metric of the paper's main model, as a fraction.
pub(crate) fn mean(domain: &str, metric: &str) -> Option<f64> {
    if metric == "perturbation" {
        return match domain {
            DIGIT_CIRCLE => Some(0.993),
            LATEX_OCR => Some(0.861),
            AUDIO_SEQUENCE => Some(0.934),
            _ => None,
        };
    }
    // In percent, as printed: FPE, FNE, CE, E2EE.
    let row = match domain {
        DIGIT_CIRCLE => [1.48, 0.42, 1.16, 0.74],
        LATEX_OCR => [0.53, 14.2, 2.50, 0.98],
        AUDIO_SEQUENCE => [0.00, 4.46, 5.47, 8.65],
        _ => return None,
    };
    let column = ["fpe", "fne", "ce", "e2ee"].iter().position(|m| *m == metric)?;
    Some(row[column] / 100.0)
}

/// E2EE of a variant of figure 5, as a fraction; those without the bottleneck are read off the paper's figure.
pub(crate) fn end_to_end(domain: &str, variant: &str) -> Option<f64> {
    let percent = match (domain, variant) {
        (_, "sparling") => return mean(domain, "e2ee"),
        (DIGIT_CIRCLE, "non-sparse") => 0.2,
        (DIGIT_CIRCLE, "retrained") => 0.15,
        (LATEX_OCR, "non-sparse") => 0.4,
        (LATEX_OCR, "retrained") => 0.35,
        (AUDIO_SEQUENCE, "non-sparse") => 2.3,
        (AUDIO_SEQUENCE, "retrained") => 3.2,
        _ => return None,
    };
    Some(percent / 100.0)
}

/// Share of single motifs misclassified, as a fraction, by direct supervision or by Sparling. Metrics as in the rows.
pub(crate) fn single_motifs(domain: &str, metric: &str, direct: bool) -> Option<f64> {
    // In percent, as printed: Sparling, direct supervision.
    let (sparling, supervised) = match (domain, metric) {
        (DIGIT_CIRCLE, "motif_misclassified") => (1.24, 0.01),
        (LATEX_OCR, "motif_misclassified") => (6.55, 0.12),
        // Without + ( ).
        (LATEX_OCR, "motif_misclassified_necessary") => (2.96, 0.10),
        (AUDIO_SEQUENCE, "motif_misclassified_known") => (5.41, 0.61),
        (AUDIO_SEQUENCE, "motif_misclassified") => (8.01, 4.28),
        _ => return None,
    };
    Some(if direct { supervised } else { sparling } / 100.0)
}

/// Density δ at which the paper reports a domain (section 3).
pub(crate) fn density(domain: &str) -> Option<f64> {
    match domain {
        DIGIT_CIRCLE => Some(5.0226e-5),
        LATEX_OCR => Some(9e-6),
        AUDIO_SEQUENCE => Some(1.189e-3),
        _ => None,
    }
}

/// By how much quantising motif values changes E2EE at most, roughly, as a fraction (section 7).
pub(crate) const QUANTISATION_CHANGE: f64 = 0.02;

/// A number of the paper for a variant on DigitCircle, as a range of fractions (twice the same
/// where one number is printed); `exact` is the exact-match accuracy. `None` where the paper has
/// no number.
pub(crate) fn variant(name: &str, metric: &str) -> Option<(f64, f64)> {
    if name == "sparling" && metric != "density" {
        return mean(DIGIT_CIRCLE, metric).map(|v| (v, v));
    }
    // In percent, as printed.
    let percent: (f64, f64) = match (name, metric) {
        ("sparling", "density") => (0.005, 0.005),
        ("single-threshold", "fpe") => (0.0, 0.0),
        ("single-threshold", "fne") => (0.98, 0.98),
        ("single-threshold", "ce") => (22.2, 22.2),
        ("single-threshold", "e2ee") => (2.11, 2.11),
        ("no-batch-norm", "e2ee") => (70.0, 75.0),
        ("single-threshold-no-batch-norm", "e2ee") => (52.0, 66.0),
        // About 90 % up to λ = 10, and "near 0" from 10,000 on.
        ("kl-0.01" | "kl-0.1" | "kl-1" | "kl-10", "exact") => (90.0, 90.0),
        ("kl-0.01" | "kl-0.1" | "kl-1" | "kl-10", "density") => (4.0, 30.0),
        ("kl-100", "exact") => (85.0, 85.0),
        ("kl-1000", "exact") => (24.0, 24.0),
        ("kl-10000" | "kl-100000", "exact") => (0.0, 0.0),
        _ => {
            let column = ["fpe", "fne", "ce", "e2ee", "density"].iter().position(|m| *m == metric)?;
            let row = match name {
                "l1-0.1" => [99.99, 0.0, 50.3, 0.68, 37.0],
                "l1-1" => [99.90, 0.0, 47.8, 2.85, 4.6],
                "l1-2" => [91.3, 58.1, 45.7, 70.3, 0.021],
                "l1-5" => [96.0, 73.1, 50.9, 75.0, 0.031],
                "l1-10" => [97.6, 84.5, 33.8, 73.2, 0.028],
                _ => return None,
            };
            (row[column], row[column])
        }
    };
    Some((percent.0 / 100.0, percent.1 / 100.0))
}
