//! The paper's own numbers (section 7), drawn beside ours.

/// Mean over nine seeds of a metric of the paper's main model, as a fraction.
pub(super) fn mean(domain: &str, metric: &str) -> Option<f64> {
    if metric == "perturbation" {
        return match domain {
            "digit-circle" => Some(0.993),
            "latex-ocr" => Some(0.861),
            "audio-sequence" => Some(0.934),
            _ => None,
        };
    }
    // In percent, as printed: FPE, FNE, CE, E2EE.
    let row = match domain {
        "digit-circle" => [1.48, 0.42, 1.16, 0.74],
        "latex-ocr" => [0.53, 14.2, 2.50, 0.98],
        "audio-sequence" => [0.00, 4.46, 5.47, 8.65],
        _ => return None,
    };
    let column = ["fpe", "fne", "ce", "e2ee"].iter().position(|m| *m == metric)?;
    Some(row[column] / 100.0)
}

/// Density δ at which the paper reports a domain (section 3).
pub(super) fn density(domain: &str) -> Option<f64> {
    match domain {
        "digit-circle" => Some(5.0226e-5),
        "latex-ocr" => Some(9e-6),
        "audio-sequence" => Some(1.189e-3),
        _ => None,
    }
}

/// By how much quantising motif values changes E2EE at most, roughly, as a fraction (section 7).
pub(super) const QUANTISATION_CHANGE: f64 = 0.02;
