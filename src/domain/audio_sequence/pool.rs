//! Which recordings a split may use.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::HoldOut;
use super::corpus::Corpus;

/// Share of speakers (or takes) that is held out: 9 of AudioMNIST's 60 speakers, as in the paper.
const TEST_SHARE: f64 = 0.15;

/// Seed of who is held out. A constant, so that no setting moves a voice from test to training.
const SEED: u64 = 20_260;

/// The recordings of a split, by speaker. Training and validation share one pool (they draw
/// from it at other indices): what drives the annealing must not hear the test's speakers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Indices into [`Corpus::recordings`], a list a speaker.
    speakers: Vec<Vec<usize>>,
}

impl Pool {
    /// The pools of (training and validation, test).
    ///
    /// With [`HoldOut::Speakers`] the sorted speakers are shuffled and the last 15 % of them
    /// (rounded, at least one) are the test's. With [`HoldOut::Takes`] the same is done with the takes
    /// of each speaker's each digit.
    ///
    /// # Errors
    /// When the corpus is too small for both to hold something.
    pub fn split(corpus: &Corpus, hold_out: HoldOut) -> Result<(Self, Self)> {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED);
        let mut by_speaker: BTreeMap<&str, BTreeMap<u8, Vec<usize>>> = BTreeMap::new();
        for (index, r) in corpus.recordings.iter().enumerate() {
            by_speaker.entry(&r.speaker).or_default().entry(r.digit).or_default().push(index);
        }
        let (mut known, mut held) = (Vec::new(), Vec::new());
        match hold_out {
            HoldOut::Speakers => {
                let mut speakers: Vec<Vec<usize>> =
                    by_speaker.into_values().map(|digits| digits.into_values().flatten().collect()).collect();
                speakers.shuffle(&mut rng);
                held = speakers.split_off(speakers.len() - held_out(speakers.len()));
                known = speakers;
            }
            HoldOut::Takes => {
                for digits in by_speaker.into_values() {
                    let (mut mine, mut tested) = (Vec::new(), Vec::new());
                    for mut takes in digits.into_values() {
                        takes.shuffle(&mut rng);
                        tested.extend(takes.split_off(takes.len() - held_out(takes.len())));
                        mine.extend(takes);
                    }
                    known.push(mine);
                    held.push(tested);
                }
            }
        }
        let pool = |mut speakers: Vec<Vec<usize>>| {
            speakers.retain(|s| !s.is_empty());
            Self { speakers }
        };
        let (known, held) = (pool(known), pool(held));
        ensure!(
            !known.speakers.is_empty() && !held.speakers.is_empty(),
            "the audio corpus {} is too small: found {} speakers and {} recordings, expected at least two \
             speakers (or, with domain.hold-out = \"takes\", two takes of a digit)",
            corpus.name,
            corpus.speakers().len(),
            corpus.recordings.len()
        );
        Ok((known, held))
    }

    /// A random recording of a random speaker: each speaker is as likely as any other.
    pub(super) fn draw(&self, rng: &mut impl Rng) -> usize {
        let speaker = self.speakers.choose(rng).and_then(|recordings| recordings.choose(rng));
        // Neither is empty: `split` sees to that.
        speaker.copied().unwrap_or_default()
    }

    /// Indices of all recordings in the pool.
    pub fn recordings(&self) -> impl Iterator<Item = usize> + '_ {
        self.speakers.iter().flatten().copied()
    }
}

/// How many of `n` are held out; all but one at most.
fn held_out(n: usize) -> usize {
    ((n as f64 * TEST_SHARE).round() as usize).max(1).min(n.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::held_out;

    #[test]
    fn the_share_is_the_papers() {
        assert_eq!([60, 6, 3, 2, 1].map(held_out), [9, 1, 1, 1, 0]);
    }
}
