//! End-to-end error of the output sequence (paper section 6).

/// Edit distance of the two token sequences over the length of the longer one, in
/// `[0, 1]`; 0 if both are empty.
#[must_use]
pub fn edit_error<T: PartialEq>(predicted: &[T], truth: &[T]) -> f64 {
    let longer = predicted.len().max(truth.len());
    if longer == 0 {
        return 0.0;
    }
    edit_distance(predicted, truth) as f64 / longer as f64
}

/// Least number of insertions, deletions and replacements that make one sequence of the other (Levenshtein's distance).
///
/// d(i, j), the distance of the first i tokens to the first j, is the least of d(i−1, j) + 1, d(i, j−1) + 1 and
/// d(i−1, j−1) + (0 if token i equals token j, else 1); one row of it is kept.
#[must_use]
pub fn edit_distance<T: PartialEq>(from: &[T], to: &[T]) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, token) in from.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, other) in to.iter().enumerate() {
            let replaced = diagonal + usize::from(token != other);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[to.len()]
}

/// Gathers E2EE and exact matches over samples.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct E2ee {
    error_sum: f64,
    exact: u64,
    samples: u64,
}

impl E2ee {
    /// Adds one sample's output tokens, both without begin and end markers.
    pub fn add<T: PartialEq>(&mut self, predicted: &[T], truth: &[T]) {
        self.error_sum += edit_error(predicted, truth);
        self.exact += u64::from(predicted == truth);
        self.samples += 1;
    }

    /// Adds everything that `other` gathered.
    pub fn merge(&mut self, other: &Self) {
        self.error_sum += other.error_sum;
        self.exact += other.exact;
        self.samples += other.samples;
    }

    /// E2EE = 1 − mean(1 − [`edit_error`]), in `[0, 1]`; `None` before the first sample.
    #[must_use]
    pub fn error(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.error_sum / self.samples as f64)
    }

    /// Share of samples whose output is right to the last token, in `[0, 1]`: the accuracy
    /// that drives Algorithm 1. `None` before the first sample.
    #[must_use]
    pub fn exact_match(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.exact as f64 / self.samples as f64)
    }

    /// Number of samples added.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }
}
