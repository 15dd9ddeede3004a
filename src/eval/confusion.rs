//! Counts of (predicted channel, true kind) pairs over a data set.

use std::collections::BTreeMap;

use super::matching::{Fired, MotifMap};
use super::motif::Motif;
use super::motif_errors::{MotifErrors, Relabelling};
use super::sharing::Group;

/// How often each motif channel met each true kind, `none` included on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confusion {
    channels: usize,
    kinds: usize,
    /// (channels + 1) × (kinds + 1), row-major; the last row and column are `none`.
    counts: Vec<u64>,
    /// Motifs that share positions, which are matched once it is known what channels stand for.
    groups: BTreeMap<Group, u64>,
}

impl Confusion {
    /// An empty table for `channels` motif channels and `kinds` true kinds.
    #[must_use]
    pub fn new(channels: usize, kinds: usize) -> Self {
        Self { channels, kinds, counts: vec![0; (channels + 1) * (kinds + 1)], groups: BTreeMap::new() }
    }

    /// Number of motif channels C.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Number of true kinds K.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.kinds
    }

    /// Adds the pairs of one sample, matched by [`MotifMap::pairs`].
    ///
    /// # Panics
    /// When the map has another number of channels than this table, its values are not of
    /// the stated shape, or a motif's kind is not below [`Confusion::kinds`].
    pub fn add(&mut self, map: MotifMap<'_>, motifs: &[Motif]) {
        assert_eq!(
            map.channels, self.channels,
            "the map and the confusion table must have the same channels"
        );
        self.add_fired(map.fired(), motifs);
    }

    /// As [`Confusion::add`], of a map without its zeros.
    pub(crate) fn add_fired(&mut self, fired: Fired, motifs: &[Motif]) {
        fired.pairs(motifs, |channel, kind| self.add_count(channel, kind, 1));
    }

    /// As [`Confusion::add`], of motifs that may share positions ([`sharing`](super::sharing)): those that do are counted by
    /// [`Confusion::settled`].
    ///
    /// # Panics
    /// As [`Confusion::add`].
    pub fn add_sharing(&mut self, map: MotifMap<'_>, motifs: &[Motif]) {
        assert_eq!(
            map.channels, self.channels,
            "the map and the confusion table must have the same channels"
        );
        self.add_fired_sharing(map.fired(), motifs);
    }

    /// As [`Confusion::add_sharing`], of a map without its zeros.
    pub(crate) fn add_fired_sharing(&mut self, fired: Fired, motifs: &[Motif]) {
        let mut groups = Vec::new();
        let pair = |channel, kind| self.add_count(channel, kind, 1);
        fired.pairs_and_groups(motifs, pair, |group| groups.push(group));
        for group in groups {
            *self.groups.entry(group).or_default() += 1;
        }
    }

    /// All pairs, with motifs that share positions matched by what channels stand for among those that do not, and the
    /// pairs of those motifs alone.
    #[must_use]
    pub fn settled(mut self, relabelling: Relabelling) -> (Self, Self) {
        let mut sharing = Self::new(self.channels, self.kinds);
        let groups = std::mem::take(&mut self.groups);
        let mapping = if groups.is_empty() { Vec::new() } else { self.errors(relabelling).mapping };
        for (group, count) in groups {
            for (prediction, &kind) in group.matched(&mapping).into_iter().zip(&group.kinds) {
                let channel = prediction.map(|at| group.predictions[at].0);
                sharing.add_count(channel, Some(kind), count);
            }
        }
        self.merge(&sharing);
        (self, sharing)
    }

    /// Adds `count` pairs of `channel` and `kind`; `None` is the paper's `none`.
    ///
    /// # Panics
    /// When the channel or the kind is out of range.
    pub fn add_count(&mut self, channel: Option<usize>, kind: Option<usize>, count: u64) {
        let index = self.index(channel, kind);
        self.counts[index] += count;
    }

    /// The kind to call each channel by: that of `mapping`, where the channel is what marks at least one in twenty of
    /// the marked motifs of that kind. A channel that stands for none meets a motif now and then.
    #[must_use]
    pub fn names(&self, mapping: &[Option<usize>]) -> Vec<Option<usize>> {
        let marked = |kind| (0..self.channels).map(|c| self.count(Some(c), Some(kind))).sum::<u64>();
        let stands =
            |channel: usize, kind: &usize| 20 * self.count(Some(channel), Some(*kind)) >= marked(*kind);
        mapping.iter().enumerate().map(|(channel, kind)| kind.filter(|kind| stands(channel, kind))).collect()
    }

    /// Adds everything that `other` counted, as when workers share the samples out.
    ///
    /// # Panics
    /// When the two tables have different shapes.
    pub fn merge(&mut self, other: &Self) {
        assert_eq!(
            (self.channels, self.kinds),
            (other.channels, other.kinds),
            "only confusion tables of one shape can be merged"
        );
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        for (group, count) in &other.groups {
            *self.groups.entry(group.clone()).or_default() += count;
        }
    }

    /// Number of pairs of `channel` and `kind`; `None` is the paper's `none`.
    ///
    /// # Panics
    /// When the channel or the kind is out of range.
    #[must_use]
    pub fn count(&self, channel: Option<usize>, kind: Option<usize>) -> u64 {
        self.counts[self.index(channel, kind)]
    }

    /// Number of true motifs.
    #[must_use]
    pub fn motifs(&self) -> u64 {
        let of = |channel| (0..self.kinds).map(move |kind| self.count(channel, Some(kind))).sum::<u64>();
        (0..self.channels).map(Some).chain([None]).map(of).sum()
    }

    /// Number of all pairs.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// FPE, FNE and CE (paper section 6) under the given way to name channels.
    #[must_use]
    pub fn errors(&self, relabelling: Relabelling) -> MotifErrors {
        MotifErrors::of(self, relabelling)
    }

    /// FNE over the motifs of some kinds alone: the share of them at which nothing was predicted;
    /// `None` if there are none.
    ///
    /// # Panics
    /// When a kind is out of range.
    #[must_use]
    pub fn fne_among(&self, kinds: impl IntoIterator<Item = usize>) -> Option<f64> {
        let (mut missed, mut all) = (0, 0);
        for kind in kinds {
            missed += self.count(None, Some(kind));
            all += (0..self.channels).map(Some).chain([None]).map(|c| self.count(c, Some(kind))).sum::<u64>();
        }
        (all > 0).then(|| missed as f64 / all as f64)
    }

    /// Share of the motifs that met a prediction whose kind is another than `mapping` gives the channel; `None` if none
    /// met one.
    #[must_use]
    pub fn ce_by(&self, mapping: &[Option<usize>]) -> Option<f64> {
        let (mut matched, mut agreeing) = (0, 0);
        for (channel, kind_of) in (0..self.channels).zip(mapping) {
            for kind in 0..self.kinds {
                let count = self.count(Some(channel), Some(kind));
                matched += count;
                agreeing += if *kind_of == Some(kind) { count } else { 0 };
            }
        }
        (matched > 0).then(|| (matched - agreeing) as f64 / matched as f64)
    }

    /// Every cell that was met at least once, as (channel, kind, share of all pairs), in
    /// row order; empty if there are no pairs. These are the `confusion/…` result rows.
    #[must_use]
    pub fn shares(&self) -> Vec<(Option<usize>, Option<usize>, f64)> {
        let total = self.total() as f64;
        let names = |n: usize| (0..n).map(Some).chain([None]);
        names(self.channels)
            .flat_map(|channel| names(self.kinds).map(move |kind| (channel, kind)))
            .map(|(channel, kind)| (channel, kind, self.count(channel, kind)))
            .filter(|&(_, _, count)| count > 0)
            .map(|(channel, kind, count)| (channel, kind, count as f64 / total))
            .collect()
    }

    fn index(&self, channel: Option<usize>, kind: Option<usize>) -> usize {
        let row = channel.unwrap_or(self.channels);
        let column = kind.unwrap_or(self.kinds);
        assert!(
            channel.is_none_or(|c| c < self.channels) && kind.is_none_or(|k| k < self.kinds),
            "channel {channel:?} or kind {kind:?} is outside a {}×{} confusion table",
            self.channels,
            self.kinds
        );
        row * (self.kinds + 1) + column
    }
}
