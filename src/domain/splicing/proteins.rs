//! The kinds of motif: what acceptors, donors and binding sites of eight proteins look like.
//!
//! Patterns are published consensus sequences in IUPAC letters (R = A or G, Y = C or U, K = G or U, W = A or U, N = any).
//! What a site does to a splice site near it ([`Kind::effects`]) is **ours**, so that the rule is known: the signs form a
//! code in which any two proteins differ in two of four places, so that none can stand for another. They are loosely
//! after what is known (SRSF1 enhances from exons, hnRNP A1 silences from there, RBFOX and MBNL1 act by the side they are
//! on, PTBP1 silences), and no claim about biology.

/// A splice site that may be used, or a protein.
#[derive(Debug)]
pub struct Kind {
    /// Name on paper.
    pub name: &'static str,
    /// Consensus sequences, 5′ to 3′.
    pub patterns: &'static [&'static str],
    /// Where the consensus is published.
    pub source: &'static str,
    /// +1 enhances, −1 silences: an acceptor from upstream and downstream of it, then a donor likewise. All 0 for splice
    /// sites.
    pub effects: [[i32; 2]; 2],
}

/// Kind of the acceptor, 3′ splice site.
pub const ACCEPTOR: usize = 0;
/// Kind of the donor, 5′ splice site.
pub const DONOR: usize = 1;
/// The first kind that is a protein.
pub const FIRST_PROTEIN: usize = 2;

/// Position of the G of AG in an acceptor's site.
pub(super) const ACCEPTOR_G: usize = 5;
/// Position of the G of GU in a donor's site.
pub(super) const DONOR_G: usize = 0;

/// All kinds, splice sites first.
pub static KINDS: [Kind; 10] = [
    Kind {
        name: "acceptor",
        patterns: &["YYNCAGG"],
        source: "Shapiro and Senapathy, Nucleic Acids Res. 15 (1987) 7155: pyrimidines, N, C, AG|G",
        effects: [[0, 0], [0, 0]],
    },
    Kind {
        name: "donor",
        patterns: &["GURAGU"],
        source: "Shapiro and Senapathy, Nucleic Acids Res. 15 (1987) 7155: |GURAGU",
        effects: [[0, 0], [0, 0]],
    },
    Kind {
        name: "SRSF1",
        patterns: &["RGAAGAAC"],
        source: "Tacke and Manley, EMBO J. 14 (1995) 3540: RGAAGAAC (SELEX)",
        effects: [[-1, 1], [1, -1]],
    },
    Kind {
        name: "HNRNPA1",
        patterns: &["UAGGGW"],
        source: "Burd and Dreyfuss, EMBO J. 13 (1994) 1197: UAGGGA/U (SELEX)",
        effects: [[1, -1], [-1, 1]],
    },
    Kind {
        name: "RBFOX",
        patterns: &["UGCAUG"],
        source: "Jin et al., EMBO J. 22 (2003) 905: GCAUG, UGCAUG",
        effects: [[-1, -1], [1, 1]],
    },
    Kind {
        name: "MBNL1",
        patterns: &["YGCUKY"],
        source: "Ho et al., EMBO J. 23 (2004) 3103: YGCU(U/G)Y",
        effects: [[-1, 1], [-1, 1]],
    },
    Kind {
        name: "PTBP1",
        patterns: &["UCUUC", "CUCUCU"],
        source: "Perez et al., RNA 3 (1997) 764: UCUU among pyrimidines; Oberstrass et al., Science 309 (2005) 2054: CUCUCU",
        effects: [[-1, -1], [-1, -1]],
    },
    Kind {
        name: "NOVA",
        patterns: &["YCAYYCAY"],
        source: "Ule et al., Science 302 (2003) 1212: clusters of YCAY; here two side by side",
        effects: [[1, -1], [1, -1]],
    },
    Kind {
        name: "QKI",
        patterns: &["ACUAAY"],
        source: "Galarneau and Richard, Nat. Struct. Mol. Biol. 12 (2005) 691: ACUAAY",
        effects: [[1, 1], [-1, -1]],
    },
    Kind {
        name: "CELF1",
        patterns: &["UGUUUGU"],
        source: "Marquis et al., Biochem. J. 400 (2006) 291: rich in UGU; here a part of UGUUUGUUUGU",
        effects: [[1, 1], [1, 1]],
    },
];

/// Letters, in the order of the channels of an input.
pub const LETTERS: [u8; 4] = *b"ACGU";

/// A pattern as sets of letters: bit i for `LETTERS[i]`.
pub(super) fn sets(pattern: &str) -> Vec<u8> {
    let set = |letter: u8| match letter {
        b'A' => 0b0001,
        b'C' => 0b0010,
        b'G' => 0b0100,
        b'U' => 0b1000,
        b'R' => 0b0101,
        b'Y' => 0b1010,
        b'K' => 0b1100,
        b'W' => 0b1001,
        _ => 0b1111,
    };
    pattern.bytes().map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_protein_can_stand_for_another() {
        let flat = |kind: &Kind| kind.effects.concat();
        for (i, one) in KINDS.iter().enumerate().skip(FIRST_PROTEIN) {
            assert!(flat(one).iter().all(|sign| sign.abs() == 1), "{}", one.name);
            for other in &KINDS[FIRST_PROTEIN..i] {
                let differing = flat(one).iter().zip(flat(other)).filter(|(a, b)| **a != *b).count();
                assert!(differing >= 2, "{} and {}", one.name, other.name);
            }
        }
    }

    #[test]
    fn splice_sites_have_their_dinucleotide_where_it_is_said_to_be() {
        let at = |kind: usize, from: usize| &KINDS[kind].patterns[0][from..from + 2];
        assert_eq!((at(ACCEPTOR, ACCEPTOR_G - 1), at(DONOR, DONOR_G)), ("AG", "GU"));
        for kind in &KINDS {
            assert!(
                kind.patterns.iter().all(|p| p.bytes().all(|b| b"ACGURYKWN".contains(&b))),
                "{}",
                kind.name
            );
        }
    }
}
