//! Transcripts: motifs that are placed, and a background in which none occurs by accident.

use anyhow::{Result, bail};
use rand::{Rng, RngExt as _};

use super::config::SplicingConfig;
use super::proteins::{KINDS, sets};
use crate::domain::Motif;

/// A transcript's letters (numbers into `LETTERS`) and its motifs from left to right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Letters, 5′ to 3′.
    pub letters: Vec<u8>,
    /// Motifs by first column, then kind.
    pub motifs: Vec<Motif>,
}

/// Patterns by kind, as sets of letters.
#[derive(Debug)]
pub struct Patterns(Vec<(usize, Vec<u8>)>);

/// Tries before settings count as impossible. The default settings take one or two.
const TRIES: usize = 1000;

impl Default for Patterns {
    fn default() -> Self {
        let all = KINDS.iter().enumerate();
        Self(all.flat_map(|(kind, k)| k.patterns.iter().map(move |p| (kind, sets(p)))).collect())
    }
}

impl Patterns {
    /// Every occurrence of every pattern in `letters`, where `None` fits nothing.
    fn occurrences(&self, letters: &[Option<u8>]) -> Vec<Motif> {
        let mut found = Vec::new();
        for left in 0..letters.len() {
            for (kind, pattern) in &self.0 {
                let here = letters.get(left..left + pattern.len());
                let fits = |(letter, set): (&Option<u8>, &u8)| letter.is_some_and(|l| set >> l & 1 == 1);
                if here.is_some_and(|here| here.iter().zip(pattern).all(fits)) {
                    found.push(motif(*kind, left, pattern.len()));
                }
            }
        }
        found
    }

    /// The motifs of `letters`: g*, a function of the letters alone.
    #[must_use]
    pub fn motifs(&self, letters: &[u8]) -> Vec<Motif> {
        let known: Vec<Option<u8>> = letters.iter().copied().map(Some).collect();
        self.occurrences(&known)
    }

    /// Draws a transcript.
    ///
    /// # Errors
    /// When the motifs do not fit in a thousand tries.
    pub fn draw(&self, config: &SplicingConfig, rng: &mut impl Rng) -> Result<Transcript> {
        let count = rng.random_range(config.min_motifs..=config.max_motifs);
        for _ in 0..TRIES {
            let Some((fixed, motifs)) = self.place(config, count, rng) else { continue };
            if let Some(letters) = self.fill(&fixed, &motifs, rng) {
                return Ok(Transcript { letters, motifs });
            }
        }
        bail!(
            "found no room for {count} motifs in {} nucleotides in {TRIES} tries; make domain.length larger or domain.max-motifs smaller",
            config.length
        )
    }

    /// Places motifs one by one; `None` where one finds no place, or letters of several make one that was not placed.
    fn place(
        &self,
        config: &SplicingConfig,
        count: usize,
        rng: &mut impl Rng,
    ) -> Option<(Vec<Option<u8>>, Vec<Motif>)> {
        let mut fixed = vec![None; config.length];
        let mut motifs: Vec<Motif> = Vec::new();
        for _ in 0..count {
            // Kinds are equally frequent, whatever the number of their patterns.
            let kind = rng.random_range(0..KINDS.len());
            let own: Vec<&Vec<u8>> = self.0.iter().filter(|(k, _)| *k == kind).map(|(_, p)| p).collect();
            let pattern = own[rng.random_range(0..own.len())];
            let shares = rng.random_bool(config.overlap);
            let of = |shares| places(&fixed, &motifs, kind, pattern, shares);
            let mut places = of(shares);
            if places.is_empty() {
                places = of(false);
            }
            if places.is_empty() {
                return None;
            }
            let left = places[rng.random_range(0..places.len())];
            for (letter, &set) in fixed[left..].iter_mut().zip(pattern) {
                if letter.is_none() {
                    let choices: Vec<u8> = (0..4).filter(|l| set >> l & 1 == 1).collect();
                    *letter = Some(choices[rng.random_range(0..choices.len())]);
                }
            }
            motifs.push(motif(kind, left, pattern.len()));
        }
        motifs.sort_by_key(|m| (m.left, m.kind));
        let mut found = self.occurrences(&fixed);
        found.sort_by_key(|m| (m.left, m.kind));
        (found == motifs).then_some((fixed, motifs))
    }

    /// Fills the background with letters that complete no motif.
    fn fill(&self, fixed: &[Option<u8>], motifs: &[Motif], rng: &mut impl Rng) -> Option<Vec<u8>> {
        let mut letters: Vec<Option<u8>> =
            fixed.iter().map(|letter| Some(letter.unwrap_or_else(|| rng.random_range(0..4)))).collect();
        for _ in 0..TRIES {
            let mut accidents = self.occurrences(&letters);
            accidents.retain(|found| !motifs.contains(found));
            if accidents.is_empty() {
                return letters.into_iter().collect();
            }
            for accident in accidents {
                // One that was not placed has a letter that is not fixed.
                let free: Vec<usize> =
                    (accident.left..accident.right).filter(|&i| fixed[i].is_none()).collect();
                letters[free[rng.random_range(0..free.len())]] = Some(rng.random_range(0..4));
            }
        }
        None
    }
}

/// Where `pattern` can stand: beside all others, or (`shares`) with a letter of another kind's motif.
fn places(fixed: &[Option<u8>], motifs: &[Motif], kind: usize, pattern: &[u8], shares: bool) -> Vec<usize> {
    let allowed = |left: &usize| {
        let here = &fixed[*left..*left + pattern.len()];
        let shared = here.iter().filter(|letter| letter.is_some()).count();
        if !shares {
            return shared == 0;
        }
        let fits = here.iter().zip(pattern).all(|(letter, set)| letter.is_none_or(|l| set >> l & 1 == 1));
        let own = motif(kind, *left, pattern.len());
        (1..pattern.len()).contains(&shared)
            && fits
            && !motifs.iter().any(|other| other.kind == kind && other.overlaps(&own))
    };
    (0..=fixed.len() - pattern.len()).filter(allowed).collect()
}

fn motif(kind: usize, left: usize, length: usize) -> Motif {
    Motif { kind, top: 0, left, bottom: 1, right: left + length }
}
