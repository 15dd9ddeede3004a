//! How right labels are, where most positions have the common one.

use super::edit::E2ee;

/// Bins of log-odds: from −[`REACH`] to [`REACH`], so that a bin is 1/64 wide.
const BINS: usize = 2048;
const REACH: f32 = 16.0;

/// Gathers how well rare labels are found, over samples. Label 0 is the common one.
///
/// - **Agreement** of a sample: of the positions at which target or answer has a rare label, the share at which both have
///   the same; 1 where there are none. Its mean is the accuracy that drives Algorithm 1: it is defined for series of any
///   length, is 1 exactly where all labels are right, and does not count the many positions at which nothing is.
/// - **Exact match**: the share of samples whose labels are all right.
/// - **Top-k accuracy** of a rare label (as SpliceAI has it): with k the number of positions that have it, the share of
///   them among the k positions that are surest of it. **Average precision**: Σ (R_n − R_{n−1})·P_n over the thresholds
///   on log-odds. Both are over all positions of all samples and from a histogram with bins of 1/64 in log-odds; of
///   positions in a bin, the labelled ones are taken to be spread evenly.
#[derive(Clone, Debug, PartialEq)]
pub struct LabelScore {
    agreement: f64,
    exact: u64,
    samples: u64,
    /// Of each rare label, positions by bin of log-odds: those that have it, and the others.
    odds: Vec<[Vec<u64>; 2]>,
}

impl LabelScore {
    /// Nothing yet, for `labels` kinds of label.
    #[must_use]
    pub fn new(labels: usize) -> Self {
        let none = || [vec![0; BINS], vec![0; BINS]];
        Self { agreement: 0.0, exact: 0, samples: 0, odds: (1..labels).map(|_| none()).collect() }
    }

    /// Adds a sample. `certainty` has the log-odds of each rare label at each position, `[labels − 1, L]` row-major;
    /// empty where they are not known.
    ///
    /// # Panics
    /// When it is of another shape.
    pub fn add(&mut self, answer: &[u32], target: &[u32], certainty: &[f32]) {
        self.agreement += agreement(answer, target);
        self.exact += u64::from(answer == target);
        self.samples += 1;
        if certainty.is_empty() {
            return;
        }
        assert_eq!(
            certainty.len(),
            self.odds.len() * target.len(),
            "log-odds of each rare label at each position"
        );
        for (label, ([has, others], odds)) in
            (1_u32..).zip(self.odds.iter_mut().zip(certainty.chunks(target.len())))
        {
            for (&truth, &odds) in target.iter().zip(odds) {
                (if truth == label { &mut *has } else { &mut *others })[bin(odds)] += 1;
            }
        }
    }

    /// Adds everything that `other` gathered.
    pub fn merge(&mut self, other: &Self) {
        self.agreement += other.agreement;
        self.exact += other.exact;
        self.samples += other.samples;
        for (mine, theirs) in self.odds.iter_mut().flatten().zip(other.odds.iter().flatten()) {
            mine.iter_mut().zip(theirs).for_each(|(mine, theirs)| *mine += theirs);
        }
    }

    /// Mean agreement, in `[0, 1]`; `None` before the first sample.
    #[must_use]
    pub fn agreement(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.agreement / self.samples as f64)
    }

    /// Share of samples whose labels are all right; `None` before the first sample.
    #[must_use]
    pub fn exact_match(&self) -> Option<f64> {
        (self.samples > 0).then(|| self.exact as f64 / self.samples as f64)
    }

    /// Number of samples added.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Number of rare labels.
    #[must_use]
    pub fn rare(&self) -> usize {
        self.odds.len()
    }

    /// Top-k accuracy of label `label`, from 1 on; `None` where no position has it.
    #[must_use]
    pub fn top_k(&self, label: usize) -> Option<f64> {
        let [has, others] = self.odds.get(label.checked_sub(1)?)?;
        let k: u64 = has.iter().sum();
        let (mut left, mut found) = (k as f64, 0.0);
        for (&has, &others) in has.iter().zip(others).rev().filter(|(a, b)| **a + **b > 0) {
            let all = (has + others) as f64;
            let taken = left.min(all);
            found += has as f64 * taken / all;
            left -= taken;
        }
        (k > 0).then(|| found / k as f64)
    }

    /// Average precision of label `label`, from 1 on; `None` where no position has it.
    #[must_use]
    pub fn average_precision(&self, label: usize) -> Option<f64> {
        let [has, others] = self.odds.get(label.checked_sub(1)?)?;
        let k: u64 = has.iter().sum();
        let (mut hits, mut all, mut sum) = (0, 0, 0.0);
        for (&has, &others) in has.iter().zip(others).rev() {
            hits += has;
            all += has + others;
            if has > 0 {
                sum += has as f64 * hits as f64 / all as f64;
            }
        }
        (k > 0).then(|| sum / k as f64)
    }
}

/// Where log-odds lie; those beyond the bins are in the first or last.
fn bin(odds: f32) -> usize {
    let place = (odds + REACH) / (2.0 * REACH) * BINS as f32;
    (place.max(0.0) as usize).min(BINS - 1)
}

/// Of the positions at which either has a rare label (not 0), the share at which both have the same; 1 of none.
#[must_use]
pub fn agreement(answer: &[u32], target: &[u32]) -> f64 {
    let length = answer.len().max(target.len());
    let at = |labels: &[u32], i: usize| labels.get(i).copied().unwrap_or(0);
    let (mut same, mut rare) = (0_u64, 0_u64);
    for (answer, target) in (0..length).map(|i| (at(answer, i), at(target, i))) {
        rare += u64::from(answer != 0 || target != 0);
        same += u64::from(answer == target && target != 0);
    }
    if rare == 0 { 1.0 } else { same as f64 / rare as f64 }
}

/// What outputs are scored by: [`E2ee`] for sequences and classes, [`LabelScore`] for labels.
///
/// | target | accuracy A (Algorithm 1) | error (E2EE) | exact match |
/// |---|---|---|---|
/// | tokens | share of samples right to the last token | mean normalised edit distance | A |
/// | class | share of samples right | 1 − A (the edit distance of one token) | A |
/// | labels | mean agreement over rare labels | 1 − A | share of samples with every label right |
#[derive(Clone, Debug, PartialEq)]
pub enum Score {
    /// Sequences, and classes as sequences of one.
    Tokens(E2ee),
    /// A label a position.
    Labels(LabelScore),
}

impl Score {
    /// Adds a sample's answer and target; `certainty` as [`LabelScore::add`] takes it, nothing for other sorts.
    pub fn add(&mut self, answer: &[u32], target: &[u32], certainty: &[f32]) {
        match self {
            Self::Tokens(score) => score.add(answer, target),
            Self::Labels(score) => score.add(answer, target, certainty),
        }
    }

    /// Adds everything that `other` gathered.
    ///
    /// # Panics
    /// When it is of another sort.
    pub fn merge(&mut self, other: &Self) {
        match (self, other) {
            (Self::Tokens(mine), Self::Tokens(theirs)) => mine.merge(theirs),
            (Self::Labels(mine), Self::Labels(theirs)) => mine.merge(theirs),
            _ => panic!("only scores of one sort can be merged"),
        }
    }

    /// The accuracy that drives Algorithm 1, in `[0, 1]`; `None` before the first sample, as the next.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        match self {
            Self::Tokens(score) => score.exact_match(),
            Self::Labels(score) => score.agreement(),
        }
    }

    /// The graded error E2EE, in `[0, 1]`.
    #[must_use]
    pub fn error(&self) -> Option<f64> {
        match self {
            Self::Tokens(score) => score.error(),
            Self::Labels(score) => score.agreement().map(|agreement| 1.0 - agreement),
        }
    }

    /// Share of samples whose output is right to the last token or label.
    #[must_use]
    pub fn exact_match(&self) -> Option<f64> {
        match self {
            Self::Tokens(score) => score.exact_match(),
            Self::Labels(score) => score.exact_match(),
        }
    }

    /// Number of samples added.
    #[must_use]
    pub fn samples(&self) -> u64 {
        match self {
            Self::Tokens(score) => score.samples(),
            Self::Labels(score) => score.samples(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_counts_rare_labels_alone() {
        assert_eq!(agreement(&[0, 0, 1, 2], &[0, 0, 1, 2]), 1.0);
        assert_eq!(agreement(&[0; 4], &[0; 4]), 1.0, "nothing to find, nothing found");
        // One right, one of the other label, one missed, one too many.
        assert_eq!(agreement(&[1, 2, 0, 1, 0], &[1, 1, 1, 0, 0]), 0.25);
        assert_eq!(agreement(&[1], &[1, 2]), 0.5, "a label that is not there is missed");
    }

    #[test]
    fn top_k_and_average_precision_are_those_worked_out_by_hand() {
        let mut score = LabelScore::new(3);
        // Label 1 at positions 0 and 2; by certainty the positions are 0, 1, 2, 3.
        score.add(&[0; 4], &[1, 0, 1, 0], &[4.0, 3.0, 2.0, 1.0, -9.0, -9.0, -9.0, -9.0]);
        assert_eq!(score.top_k(1), Some(0.5), "of the two surest one has it");
        assert_eq!(score.average_precision(1), Some(f64::midpoint(1.0, 2.0 / 3.0)));
        assert_eq!((score.top_k(2), score.average_precision(2), score.top_k(0)), (None, None, None));
        let mut perfect = LabelScore::new(2);
        perfect.add(&[1, 0], &[1, 0], &[99.0, -99.0]);
        assert_eq!((perfect.top_k(1), perfect.average_precision(1)), (Some(1.0), Some(1.0)));
        // Positions that are as sure: the label is taken to be anywhere among them.
        let mut even = LabelScore::new(2);
        even.add(&[0; 4], &[1, 0, 0, 0], &[0.0; 4]);
        assert_eq!((even.top_k(1), even.average_precision(1)), (Some(0.25), Some(0.25)));
    }

    #[test]
    fn parts_that_are_merged_are_the_whole() {
        let samples: Vec<(Vec<u32>, Vec<u32>, Vec<f32>)> = (0..7_u32)
            .map(|i| (vec![i % 3, 0, 1], vec![i % 2, 0, 1], (0..6).map(|j| (i + j) as f32 - 4.0).collect()))
            .collect();
        let of = |part: &[(Vec<u32>, Vec<u32>, Vec<f32>)]| {
            let mut score = Score::Labels(LabelScore::new(3));
            part.iter().for_each(|(a, t, c)| score.add(a, t, c));
            score
        };
        let mut merged = of(&samples[..3]);
        merged.merge(&of(&samples[3..]));
        let whole = of(&samples);
        assert_eq!((merged.samples(), merged.exact_match()), (7, whole.exact_match()));
        assert!((merged.accuracy().unwrap() - whole.accuracy().unwrap()).abs() < 1e-12);
        assert!((whole.accuracy().unwrap() + whole.error().unwrap() - 1.0).abs() < 1e-12);
    }
}
