//! h*: which splice sites are used.
//!
//! A candidate's score is the sum over the protein sites around it of
//!
//! ```text
//! effect(protein, acceptor or donor, upstream or downstream) · (2 within `near` nucleotides, 1 within `reach`, else 0)
//! ```
//!
//! and the candidate is used where its score is above 0. The distance is from the middle of the site to the G of the
//! candidate's AG or GU. A used candidate labels that G; every other position is labelled as nothing.

use super::proteins::{ACCEPTOR, ACCEPTOR_G, DONOR, DONOR_G, FIRST_PROTEIN, KINDS};
use crate::domain::Motif;

/// The label of positions without a used splice site.
pub const NONE: u32 = 0;

/// Names of the labels.
pub const LABELS: [&str; 3] = ["none", "acceptor", "donor"];

/// Distances at which sites act, in nucleotides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Up to here a site counts twice …
    pub near: usize,
    /// … and up to here once.
    pub far: usize,
}

/// Score of the candidate `motif`, and the position that it labels; `None` for a protein's site.
#[must_use]
pub fn score(motif: &Motif, motifs: &[Motif], reach: Reach) -> Option<(usize, i32)> {
    let at = match motif.kind {
        ACCEPTOR => motif.left + ACCEPTOR_G,
        DONOR => motif.left + DONOR_G,
        _ => return None,
    };
    let effect = |site: &Motif| {
        let middle = usize::midpoint(site.left, site.right);
        let weight = match middle.abs_diff(at) {
            d if d <= reach.near => 2,
            d if d <= reach.far => 1,
            _ => 0,
        };
        weight * KINDS[site.kind].effects[motif.kind][usize::from(middle >= at)]
    };
    Some((at, motifs.iter().filter(|site| site.kind >= FIRST_PROTEIN).map(effect).sum()))
}

/// The label of each of `length` positions.
#[must_use]
pub fn labels(length: usize, motifs: &[Motif], reach: Reach) -> Vec<u32> {
    let mut labels = vec![NONE; length];
    for motif in motifs {
        if let Some((at, score)) = score(motif, motifs, reach)
            && score > 0
            && let Some(label) = labels.get_mut(at)
        {
            *label = motif.kind as u32 + 1;
        }
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(kind: usize, left: usize, length: usize) -> Motif {
        Motif { kind, top: 0, left, bottom: 1, right: left + length }
    }

    fn kind(name: &str) -> usize {
        KINDS.iter().position(|kind| kind.name == name).unwrap()
    }

    const REACH: Reach = Reach { near: 10, far: 40 };

    #[test]
    fn sites_act_by_kind_side_and_distance() {
        let donor = site(DONOR, 50, 6);
        let of = |others: &[Motif]| {
            let all: Vec<Motif> = [donor].iter().chain(others).copied().collect();
            score(&donor, &all, REACH).unwrap()
        };
        assert_eq!(of(&[]), (50, 0), "at the G of GU");
        // An exonic enhancer upstream of a donor: its middle is 8, 20 and 41 before.
        for (left, expected) in [(38, 2), (26, 1), (5, 0)] {
            assert_eq!(of(&[site(kind("SRSF1"), left, 8)]).1, expected, "{left}");
        }
        assert_eq!(of(&[site(kind("SRSF1"), 60, 8)]).1, -1, "downstream it silences");
        assert_eq!(of(&[site(kind("SRSF1"), 38, 8), site(kind("PTBP1"), 70, 5)]).1, 1);
        assert_eq!(of(&[site(ACCEPTOR, 40, 7)]).1, 0, "candidates do not act on each other");
    }

    #[test]
    fn used_candidates_label_their_g() {
        let motifs = [site(kind("CELF1"), 2, 7), site(ACCEPTOR, 12, 7), site(DONOR, 80, 6)];
        let labels = labels(100, &motifs, REACH);
        assert_eq!(labels[17], 1, "the acceptor is enhanced");
        assert_eq!(labels.iter().filter(|&&label| label != NONE).count(), 1, "the donor is out of reach");
    }
}
