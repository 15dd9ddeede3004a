//! Perturbation (paper section 7): a motif is moved to the channel of another kind; does the answer follow?
//!
//! The paper gives the idea and three accuracies. What it leaves open is settled here so:
//!
//! - **One swap a sample**: a motif uniform among those that can be swapped, then a kind uniform among those
//!   that it can become. The draw is a function of the sample's address.
//! - **Which motifs**: a true motif at which the model predicted something (section 6's matching), on samples
//!   that the model answers rightly before the swap: which token of a wrong answer belongs to
//!   which motif would be a guess.
//! - **Which kinds**: those other than the motif's own for which the domain says how the output
//!   changes ([`Domain::target_if_swapped`]) and that some channel stands for; not that of the motif's channel.
//! - **Which channel stands for a kind**: by the relabelling that CE uses; of several the one that met the
//!   kind most often ([`ChannelNames`]).
//! - **What is moved**: all active positions of the predicted channel in the motif's box, and those that
//!   touch them from outside (also diagonally) without lying in another motif's box. Left behind, a part of
//!   a star would go on saying the old kind. Values are kept as they are; other channels that
//!   fire in the place stay, and where the new channel fires already the larger value stands.
//! - **Success**: the new answer is, token by token, the target of the changed sample.
//!
//! ```
//! use sparling::eval::{Motif, MotifMap};
//!
//! // One channel, 1 × 5 positions; what touches the box of the motif belongs to it.
//! let map = MotifMap { values: &[0.0, 0.2, 0.9, 0.0, 0.1], channels: 1, height: 1, width: 5, stride: [1, 1] };
//! let motif = Motif { kind: 0, top: 0, left: 2, bottom: 1, right: 4 };
//! assert_eq!(map.found(&[motif])[0].positions, [1, 2]);
//! ```

use rand::{Rng, RngExt as _};

use crate::domain::{Domain, Motif, Sample};

use super::confusion::Confusion;
use super::matching::{Active, MotifMap, strongest};
use super::motif_errors::Relabelling;

/// A predicted motif: its channel, and where in that channel's plane it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundMotif {
    /// Number of the true motif that it was matched with.
    pub motif: usize,
    /// The predicted channel.
    pub channel: usize,
    /// Its positions, as row·width + column, growing.
    pub positions: Vec<usize>,
}

/// A swap, and what should come of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swap {
    /// What is moved, and from which channel.
    pub found: FoundMotif,
    /// The channel it is moved to.
    pub to: usize,
    /// The kind that this channel stands for.
    pub kind: usize,
    /// The output of the sample with that motif of that kind.
    pub expected: Vec<u32>,
}

impl MotifMap<'_> {
    /// The motifs at which something was predicted, in the order of `motifs`, with all positions
    /// that belong to the prediction (see the module's text).
    ///
    /// # Panics
    /// When `values` is not of the stated shape or a stride is 0.
    #[must_use]
    pub fn found(&self, motifs: &[Motif]) -> Vec<FoundMotif> {
        let (inside, left_over) = self.fired().inside(motifs);
        let predictions = inside.iter().enumerate();
        predictions
            .filter_map(|(motif, own)| {
                let channel = strongest(own)?.channel;
                let of_channel = |all: &[Active]| -> Vec<Active> {
                    all.iter().copied().filter(|a| a.channel == channel).collect()
                };
                let mut positions: Vec<usize> = grow(of_channel(own), of_channel(&left_over))
                    .iter()
                    .map(|a| a.y * self.width + a.x)
                    .collect();
                positions.sort_unstable();
                Some(FoundMotif { motif, channel, positions })
            })
            .collect()
    }
}

/// `own` with all of `free` that touches it, directly or through others.
fn grow(mut own: Vec<Active>, mut free: Vec<Active>) -> Vec<Active> {
    let mut next = 0;
    while let Some(here) = own.get(next).copied() {
        let touches = |a: &mut Active| a.y.abs_diff(here.y) <= 1 && a.x.abs_diff(here.x) <= 1;
        own.extend(free.extract_if(.., touches));
        next += 1;
    }
    own
}

/// Which channel stands for which kind, both ways round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChannelNames {
    /// Channel → kind, the relabelling that CE uses.
    pub kind_of: Vec<Option<usize>>,
    /// Kind → channel: of several that stand for it the one that met it most often, the lowest on ties.
    pub channel_of: Vec<Option<usize>>,
}

impl ChannelNames {
    /// Names by what the channels met in `confusion`.
    #[must_use]
    pub fn new(confusion: &Confusion, relabelling: Relabelling) -> Self {
        let kind_of = confusion.errors(relabelling).mapping;
        let best = |kind| {
            // `max_by_key` keeps the last of equals; reversed, that is the lowest channel.
            let own = (0..kind_of.len()).rev().filter(|&c| kind_of[c] == Some(kind));
            own.max_by_key(|&c| confusion.count(Some(c), Some(kind)))
        };
        let channel_of = (0..confusion.kinds()).map(best).collect();
        Self { kind_of, channel_of }
    }
}

impl Swap {
    /// Draws a swap for a sample that was answered rightly; `None` if none is possible.
    ///
    /// `map` is the sample's motif map and `names` says which channel stands for which kind.
    ///
    /// # Panics
    /// When the map's values are not of the stated shape, a stride is 0, or the map has more channels than
    /// `names` knows.
    pub fn draw(
        domain: &dyn Domain,
        sample: &Sample,
        map: MotifMap<'_>,
        names: &ChannelNames,
        rng: &mut impl Rng,
    ) -> Option<Self> {
        let choices = |found: FoundMotif| -> Vec<Self> {
            let known = [Some(sample.motifs[found.motif].kind), names.kind_of[found.channel]];
            let kinds = names.channel_of.iter().enumerate().filter(|(kind, _)| !known.contains(&Some(*kind)));
            kinds
                .filter_map(|(kind, to)| {
                    let expected = domain.target_if_swapped(sample, found.motif, kind)?;
                    Some(Self { found: found.clone(), to: (*to)?, kind, expected })
                })
                .collect()
        };
        let mut motifs: Vec<Vec<Self>> = map.found(&sample.motifs).into_iter().map(choices).collect();
        motifs.retain(|swaps| !swaps.is_empty());
        if motifs.is_empty() {
            return None;
        }
        let motif = rng.random_range(0..motifs.len());
        let mut swaps = motifs.swap_remove(motif);
        let kind = rng.random_range(0..swaps.len());
        Some(swaps.swap_remove(kind))
    }

    /// Makes the swap in a map's `values`, `channels × positions` row-major, `plane` positions a channel.
    ///
    /// # Panics
    /// When a channel or position lies outside of the map.
    pub fn apply(&self, values: &mut [f32], plane: usize) {
        for &position in &self.found.positions {
            let moved = std::mem::take(&mut values[self.found.channel * plane + position]);
            let place = &mut values[self.to * plane + position];
            *place = place.max(moved);
        }
    }
}
