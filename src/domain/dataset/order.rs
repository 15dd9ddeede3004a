//! The order in which training goes through its samples: another in every epoch, and the same whenever it is asked.

use std::sync::{Arc, Mutex, PoisonError};

use rand::seq::SliceRandom as _;

use crate::domain::Split;
use crate::domain::sample_rng::sample_rng;

/// Permutations of `0..count`, keyed by seed and epoch: a sample's place is a function of its index alone, so that a
/// resumed run sees what an unbroken one would have.
#[derive(Debug)]
pub(super) struct Order {
    count: usize,
    seed: u64,
    /// The permutations that were used last; loader threads stand in two epochs at most.
    kept: Mutex<Vec<(u64, Arc<Vec<u32>>)>>,
}

/// Permutations that are kept.
const KEPT: usize = 3;

impl Order {
    pub(super) fn new(count: usize, seed: u64) -> Self {
        Self { count, seed, kept: Mutex::default() }
    }

    /// Which sample stands at `index` of the endless stream; each epoch has every sample once.
    ///
    /// # Panics
    /// When there are no samples.
    pub(super) fn at(&self, index: u64) -> usize {
        let count = self.count as u64;
        self.permutation(index / count)[(index % count) as usize] as usize
    }

    fn permutation(&self, epoch: u64) -> Arc<Vec<u32>> {
        // A thread that panicked while it held the lock left a whole list behind.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = kept.iter().find(|(of, _)| *of == epoch) {
            return Arc::clone(found);
        }
        let mut permutation: Vec<u32> = (0..self.count as u32).collect();
        permutation.shuffle(&mut sample_rng(super::NAME, self.seed, Split::Train, epoch));
        let permutation = Arc::new(permutation);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((epoch, Arc::clone(&permutation)));
        permutation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_epoch_has_every_sample_once_in_an_order_of_its_own() {
        let order = Order::new(50, 7);
        let epoch = |e: u64| (e * 50..(e + 1) * 50).map(|i| order.at(i)).collect::<Vec<_>>();
        let (first, second) = (epoch(0), epoch(1));
        assert_ne!(first, second);
        for mut epoch in [first.clone(), second] {
            epoch.sort_unstable();
            assert_eq!(epoch, (0..50).collect::<Vec<_>>());
        }
        // Asked out of order, by another instance, after others pushed it out: the same.
        let again = Order::new(50, 7);
        let mut backwards: Vec<_> = (0..50).rev().map(|i| again.at(i)).collect();
        backwards.reverse();
        assert_eq!(backwards, first);
        (1..9).for_each(|e| drop(epoch(e)));
        assert_eq!(epoch(0), first);
        assert_ne!((0..50).map(|i| Order::new(50, 8).at(i)).collect::<Vec<_>>(), first, "another seed");
    }
}
