//! Matching where true motifs share positions.
//!
//! The paper's matching (section 6) takes the true motifs in order; each takes the strongest channel in its box, and all
//! that fired in the box is spent. Where boxes share positions that would let a motif take its neighbour's prediction. So:
//!
//! - A motif whose box shares no position with another's is matched as in the paper. Where no boxes overlap, nothing
//!   changes.
//! - Motifs that share positions, directly or through others, are a [`Group`]. What fired in its boxes are predictions: a
//!   channel's positions that touch are one, with their largest value. Motifs and predictions are matched one to one, each
//!   motif with a prediction that has a position in its box: so that as many motifs as possible are matched; among those
//!   matchings, so that as many predictions as possible meet the kind that their channel stands for (by the motifs that
//!   share nothing); among those, the stronger predictions first.
//! - What fired in a group's boxes and was matched with nothing is spent, as in the paper. What fired in no box is a false
//!   positive.
//!
//! The second preference only decides what boxes leave open: which of two predictions in shared positions belongs to which
//! motif. It cannot change how many motifs are missed. Motifs that share positions are also reported apart.

use super::assignment::best_assignment;
use super::matching::{Active, Fired, MotifMap, positions, strongest};
use super::motif::Motif;

/// Motifs that share positions, and what fired in their boxes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// The motifs' kinds.
    pub kinds: Vec<usize>,
    /// Predictions, the strongest first: channel, and the motifs in whose boxes it has a position.
    pub predictions: Vec<(usize, Vec<usize>)>,
}

impl Group {
    /// Which of the predictions each motif is matched with, given the kind that each channel stands for.
    #[must_use]
    pub fn matched(&self, kind_of: &[Option<usize>]) -> Vec<Option<usize>> {
        let (motifs, predictions) = (self.kinds.len(), self.predictions.len());
        let side = motifs.max(predictions);
        // Each outweighs all that comes after it: a match, a kind that agrees, the rank of the prediction.
        let rank = side as i64 + 1;
        let agrees = rank * rank;
        let matches = agrees * rank;
        let weight = |motif: usize, prediction: usize| {
            let Some((channel, boxes)) = self.predictions.get(prediction) else { return 0 };
            if motif >= motifs || !boxes.contains(&motif) {
                return 0;
            }
            let agreeing = kind_of.get(*channel).copied().flatten() == Some(self.kinds[motif]);
            matches + if agreeing { agrees } else { 0 } + (side - prediction) as i64
        };
        let of = best_assignment(side, weight);
        (0..motifs).map(|m| (weight(m, of[m]) > 0).then_some(of[m])).collect()
    }
}

impl MotifMap<'_> {
    /// As [`MotifMap::pairs`] for motifs that share no position with another; the others are handed over as groups.
    ///
    /// # Panics
    /// When `values` is not of the stated shape or a stride is 0.
    pub fn pairs_and_groups(
        &self,
        motifs: &[Motif],
        pair: impl FnMut(Option<usize>, Option<usize>),
        group: impl FnMut(Group),
    ) {
        self.fired().pairs_and_groups(motifs, pair, group);
    }
}

impl Fired {
    /// As [`MotifMap::pairs_and_groups`].
    pub(super) fn pairs_and_groups(
        self,
        motifs: &[Motif],
        mut pair: impl FnMut(Option<usize>, Option<usize>),
        mut group: impl FnMut(Group),
    ) {
        let Self { mut active, stride } = self;
        for members in components(motifs, stride) {
            let holds = |motif: &Motif, a: &Active| {
                let [top, bottom, left, right] = positions(motif, stride);
                (top..bottom).contains(&a.y) && (left..right).contains(&a.x)
            };
            let inside: Vec<Active> =
                active.extract_if(.., |a| members.iter().any(|&m| holds(&motifs[m], a))).collect();
            if let [alone] = members[..] {
                pair(strongest(&inside).map(|a| a.channel), Some(motifs[alone].kind));
                continue;
            }
            let mut found: Vec<Vec<Active>> = runs(inside);
            let peak = |run: &[Active]| strongest(run).map_or(0.0, |a| a.value);
            // A stable sort: of equals the lowest channel comes first.
            found.sort_by(|a, b| peak(b).total_cmp(&peak(a)));
            let boxes = |run: &[Active]| {
                let held = |&m: &usize| run.iter().any(|a| holds(&motifs[members[m]], a));
                (0..members.len()).filter(held).collect()
            };
            group(Group {
                kinds: members.iter().map(|&m| motifs[m].kind).collect(),
                predictions: found.iter().map(|run| (run[0].channel, boxes(run))).collect(),
            });
        }
        for left_over in &active {
            pair(Some(left_over.channel), None);
        }
    }
}

/// Which motifs share map positions, directly or through others, in the order of their first.
pub(crate) fn components(motifs: &[Motif], stride: [usize; 2]) -> Vec<Vec<usize>> {
    let boxes: Vec<[usize; 4]> = motifs.iter().map(|motif| positions(motif, stride)).collect();
    let share = |&a: &usize, b: usize| {
        let ([top, bottom, left, right], [t, b, l, r]) = (boxes[a], boxes[b]);
        top.max(t) < bottom.min(b) && left.max(l) < right.min(r)
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for motif in 0..motifs.len() {
        let mut own = vec![motif];
        for joined in groups.extract_if(.., |group| group.iter().any(|other| share(other, motif))) {
            own.extend(joined);
        }
        own.sort_unstable();
        groups.push(own);
    }
    groups.sort_by_key(|group| group[0]);
    groups
}

/// A channel's positions that touch (also diagonally) are one run.
fn runs(mut active: Vec<Active>) -> Vec<Vec<Active>> {
    let mut runs = Vec::new();
    while !active.is_empty() {
        let mut run = vec![active.remove(0)];
        let mut next = 0;
        while let Some(here) = run.get(next).copied() {
            let touches = |a: &mut Active| {
                a.channel == here.channel && a.y.abs_diff(here.y) <= 1 && a.x.abs_diff(here.x) <= 1
            };
            run.extend(active.extract_if(.., touches));
            next += 1;
        }
        runs.push(run);
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::{Confusion, Relabelling};

    fn site(kind: usize, left: usize, right: usize) -> Motif {
        Motif { kind, top: 0, left, bottom: 1, right }
    }

    /// A map of a series of `width`, 1 where (channel, column) says so, a little less from entry to entry.
    fn map(channels: usize, width: usize, marks: &[(usize, usize)]) -> Vec<f32> {
        let mut values = vec![0.0; channels * width];
        for (i, (channel, column)) in marks.iter().enumerate() {
            values[channel * width + column] = 1.0 - 0.01 * i as f32;
        }
        values
    }

    /// Marks (channel, column) and true motifs.
    type Seen = (Vec<(usize, usize)>, Vec<Motif>);

    fn confusion(channels: usize, kinds: usize, samples: &[Seen]) -> Confusion {
        let mut confusion = Confusion::new(channels, kinds);
        for (marks, motifs) in samples {
            let values = map(channels, 20, marks);
            let map = MotifMap { values: &values, channels, height: 1, width: 20, stride: [1, 1] };
            confusion.add_sharing(map, motifs);
        }
        confusion
    }

    /// Channels 0 and 1 stand for kinds 0 and 1 wherever motifs are alone.
    fn alone() -> Seen {
        (vec![(0, 1), (1, 11)], vec![site(0, 0, 5), site(1, 10, 15)])
    }

    #[test]
    fn each_of_two_motifs_takes_the_prediction_of_its_own_kind_from_shared_positions() {
        // Both fire where the boxes share positions, in either order of strength.
        for marks in [vec![(0, 4), (1, 4)], vec![(1, 4), (0, 4)], vec![(1, 3), (0, 4)]] {
            let shared = (marks, vec![site(0, 0, 5), site(1, 3, 8)]);
            let (all, sharing) = confusion(2, 2, &[alone(), shared]).settled(Relabelling::OneToOne);
            assert_eq!(all.errors(Relabelling::OneToOne).ce, Some(0.0));
            assert_eq!((sharing.count(Some(0), Some(0)), sharing.count(Some(1), Some(1))), (1, 1));
            assert_eq!(sharing.total(), 2);
        }
    }

    #[test]
    fn a_match_is_never_given_up_for_a_kind_that_agrees() {
        // Channel 0 fires in both boxes, channel 1 in the first alone: only crosswise are both matched.
        let shared = (vec![(0, 4), (1, 0)], vec![site(0, 0, 5), site(1, 3, 8)]);
        let (_, sharing) = confusion(2, 2, &[alone(), shared]).settled(Relabelling::OneToOne);
        assert_eq!((sharing.count(Some(0), Some(1)), sharing.count(Some(1), Some(0))), (1, 1));
    }

    #[test]
    fn one_prediction_serves_one_motif_and_the_rest_is_spent() {
        let shared = (vec![(1, 3), (1, 4), (0, 18)], vec![site(0, 0, 5), site(1, 3, 8)]);
        let (all, sharing) = confusion(2, 2, &[alone(), shared]).settled(Relabelling::OneToOne);
        assert_eq!(sharing.count(None, Some(0)), 1, "two positions that touch are one prediction");
        assert_eq!(sharing.count(Some(1), Some(1)), 1);
        assert_eq!(all.count(Some(0), None), 1, "what is in no box is a false positive");
        let spent = (vec![(0, 1), (1, 6), (1, 4)], vec![site(0, 0, 5), site(1, 3, 8)]);
        let (all, _) = confusion(2, 2, &[alone(), spent]).settled(Relabelling::OneToOne);
        assert_eq!((all.count(Some(0), None), all.count(Some(1), None)), (0, 0));
    }

    #[test]
    fn motifs_that_share_through_others_are_one_group() {
        let motifs = [site(0, 0, 4), site(1, 6, 9), site(2, 3, 7), site(3, 12, 15)];
        assert_eq!(components(&motifs, [1, 1]), [vec![0, 1, 2], vec![3]]);
        // With a stride, boxes that touch may share a position of the map.
        assert_eq!(components(&[site(0, 0, 3), site(1, 3, 6)], [2, 2]), [[0, 1]]);
    }

    #[test]
    fn without_shared_positions_nothing_changes() {
        let marks = [(0, 1), (1, 2), (1, 11), (2, 12), (0, 17), (2, 19)];
        let motifs = [site(0, 0, 5), site(1, 10, 13), site(2, 13, 16)];
        let values = map(3, 20, &marks);
        let map = MotifMap { values: &values, channels: 3, height: 1, width: 20, stride: [1, 1] };
        let [mut plain, mut sharing] = [Confusion::new(3, 3), Confusion::new(3, 3)];
        plain.add(map, &motifs);
        sharing.add_sharing(map, &motifs);
        assert_eq!(plain, sharing);
        let (settled, none) = sharing.settled(Relabelling::OneToOne);
        assert_eq!((settled, none.total()), (plain, 0));
    }
}
