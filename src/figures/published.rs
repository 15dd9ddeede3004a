//! The paper's own numbers (section 7), drawn beside ours.

/// Mean over nine seeds of a metric of the paper's main model, as a fraction.
pub(super) fn mean(domain: &str, metric: &str) -> Option<f64> {
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
