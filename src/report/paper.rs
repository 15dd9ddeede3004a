//! The numbers that the paper prints, as the report asks for them.

use crate::domain::audio_sequence::NAME as AUDIO_SEQUENCE;
use crate::domain::digit_circle::NAME as DIGIT_CIRCLE;
use crate::domain::latex_ocr::NAME as LATEX_OCR;
use crate::figures::published;
use crate::results::DIRECT_SUPERVISION;

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
