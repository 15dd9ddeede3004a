//! Single motifs named wrongly (paper section 7, Sparling's motifs against direct supervision).

/// How many motifs of each kind were named, and how many of them wrongly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misclassified {
    /// (named wrongly, all) by true kind.
    counts: Vec<(u64, u64)>,
}

impl Misclassified {
    /// Nothing counted yet, for so many kinds.
    #[must_use]
    pub fn new(kinds: usize) -> Self {
        Self { counts: vec![(0, 0); kinds] }
    }

    /// Counts a motif of kind `truth` that was taken for `predicted`; `None`, no answer, is wrong.
    ///
    /// # Panics
    /// When `truth` is not below the number of kinds.
    pub fn add(&mut self, predicted: Option<usize>, truth: usize) {
        let (wrong, all) = &mut self.counts[truth];
        *wrong += u64::from(predicted != Some(truth));
        *all += 1;
    }

    /// Motifs of some kinds that were counted.
    ///
    /// # Panics
    /// When a kind is out of range.
    #[must_use]
    pub fn total(&self, kinds: impl IntoIterator<Item = usize>) -> u64 {
        kinds.into_iter().map(|kind| self.counts[kind].1).sum()
    }

    /// Share of the motifs of some kinds that were named wrongly, in `[0, 1]`; `None` if there are none.
    ///
    /// # Panics
    /// When a kind is out of range.
    #[must_use]
    pub fn share(&self, kinds: impl IntoIterator<Item = usize>) -> Option<f64> {
        let (wrong, all) =
            kinds.into_iter().map(|kind| self.counts[kind]).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        (all > 0).then(|| wrong as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_answer_is_wrong_and_kinds_can_be_left_out() {
        let mut found = Misclassified::new(3);
        for (predicted, truth) in [(Some(0), 0), (None, 0), (Some(0), 1), (Some(1), 1)] {
            found.add(predicted, truth);
        }
        found.add(Some(0), 1);
        assert_eq!((found.share(0..3), found.total(0..3)), (Some(0.6), 5));
        assert_eq!((found.share([0]), found.total([0])), (Some(0.5), 2));
        assert_eq!((found.share([2]), found.total([2])), (None, 0));
    }
}
