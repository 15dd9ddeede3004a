//! FPE, FNE and CE, and the naming of channels that CE needs (paper section 6).

use super::assignment::best_assignment;
use super::confusion::Confusion;

/// How channels are given kinds before they are compared: the theorem identifies motifs
/// only up to the order of the channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relabelling {
    /// The one-to-one assignment that agrees most often (Hungarian algorithm); DigitCircle.
    OneToOne,
    /// Each channel takes the kind it meets most often, the lowest on ties, so several
    /// channels may share a kind; LaTeX-OCR and AudioMNISTSequence.
    ManyToOne,
}

impl Relabelling {
    /// The rule for so many channels and kinds. One-to-one is for as many channels as kinds, the paper's DigitCircle:
    /// of more channels some would have no kind, and all that they rightly mark would count as confused. They follow
    /// the paper's rule for domains with more channels than kinds.
    #[must_use]
    pub fn among(self, channels: usize, kinds: usize) -> Self {
        if channels > kinds { Self::ManyToOne } else { self }
    }
}

/// The three motif error rates, as fractions in `[0, 1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct MotifErrors {
    /// False positive error: the share of predictions made where there is no motif;
    /// 0 if nothing at all was predicted (FNE is then 1).
    pub fpe: f64,
    /// False negative error: the share of true motifs at which nothing was predicted;
    /// 0 if there are no true motifs.
    pub fne: f64,
    /// Classification error: among motifs that met a prediction, the share whose kind
    /// disagrees with the channel's. `None` if no motif met a prediction: a silent model
    /// has no confusion error to report, and 0 would make it look perfect.
    pub ce: Option<f64>,
    /// Channel → kind. `None` for a channel that never met the kind it would be given.
    pub mapping: Vec<Option<usize>>,
}

impl MotifErrors {
    pub(super) fn of(confusion: &Confusion, relabelling: Relabelling) -> Self {
        let (channels, kinds) = (confusion.channels(), confusion.kinds());
        let predicted_kind = |c: usize, k: usize| confusion.count(Some(c), Some(k));
        let mapping = match relabelling {
            Relabelling::OneToOne => one_to_one(channels, kinds, predicted_kind),
            Relabelling::ManyToOne => many_to_one(channels, kinds, predicted_kind),
        };

        let false_positives: u64 = (0..channels).map(|c| confusion.count(Some(c), None)).sum();
        let missed: u64 = (0..kinds).map(|k| confusion.count(None, Some(k))).sum();
        let matched: u64 = (0..channels)
            .flat_map(|c| (0..kinds).map(move |k| (c, k)))
            .map(|(c, k)| predicted_kind(c, k))
            .sum();
        let agreeing: u64 =
            mapping.iter().enumerate().filter_map(|(c, kind)| kind.map(|k| predicted_kind(c, k))).sum();
        Self {
            fpe: share(false_positives, false_positives + matched).unwrap_or(0.0),
            fne: share(missed, missed + matched).unwrap_or(0.0),
            ce: share(matched - agreeing, matched),
            mapping,
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn one_to_one(channels: usize, kinds: usize, count: impl Fn(usize, usize) -> u64) -> Vec<Option<usize>> {
    let side = channels.max(kinds);
    if side == 0 {
        return Vec::new();
    }
    // Padding to a square with zeros leaves the surplus channels or kinds unassigned.
    let kind_of = best_assignment(side, |c, k| {
        let most = i64::MAX / (2 * side as i64);
        if c < channels && k < kinds { i64::try_from(count(c, k)).unwrap_or(most).min(most) } else { 0 }
    });
    (0..channels).map(|c| Some(kind_of[c]).filter(|&k| k < kinds && count(c, k) > 0)).collect()
}

fn many_to_one(channels: usize, kinds: usize, count: impl Fn(usize, usize) -> u64) -> Vec<Option<usize>> {
    (0..channels)
        .map(|c| {
            // `max_by_key` keeps the last of equals; reversed, that is the lowest kind.
            let best = (0..kinds).rev().max_by_key(|&k| count(c, k));
            best.filter(|&k| count(c, k) > 0)
        })
        .collect()
}
