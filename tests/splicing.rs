//! Promise: a transcript's true motifs are all occurrences of the stated patterns and no others, also where they share
//! letters; its labels follow from them by the written rule; and every motif can matter.

use sparling::domain::splicing::proteins::{ACCEPTOR, DONOR, FIRST_PROTEIN, KINDS, LETTERS};
use sparling::domain::splicing::{Splicing, SplicingConfig};
use sparling::domain::{DOMAINS, Domain, DomainConfig, Motif, Sample, Split, TargetKind};

/// The laptop scale.
fn domain() -> Splicing {
    let config = SplicingConfig { length: 100, min_motifs: 6, max_motifs: 10, ..SplicingConfig::default() };
    Splicing::new(config).unwrap()
}

fn samples(count: u64) -> Vec<Sample> {
    let domain = domain();
    (0..count).map(|i| domain.sample(Split::Train, i).unwrap()).collect()
}

fn letters(sample: &Sample) -> String {
    let length = sample.input.len() / 4;
    let at = |i: usize| (0..4).find(|row| sample.input[row * length + i] == 1.0).unwrap();
    (0..length).map(|i| char::from(LETTERS[at(i)])).collect()
}

/// Whether letters are what IUPAC's stand for; once more, and otherwise than the domain does it.
fn fits(letters: &str, pattern: &str) -> bool {
    let stands = |pattern: char| match pattern {
        'R' => "AG",
        'Y' => "CU",
        'K' => "GU",
        'W' => "AU",
        'N' => "ACGU",
        'A' => "A",
        'C' => "C",
        'G' => "G",
        _ => "U",
    };
    letters.len() == pattern.len() && letters.chars().zip(pattern.chars()).all(|(l, p)| stands(p).contains(l))
}

#[test]
fn motifs_are_all_occurrences_of_all_patterns() {
    for sample in samples(200) {
        let letters = letters(&sample);
        let mut found = Vec::new();
        for (kind, k) in KINDS.iter().enumerate() {
            for pattern in k.patterns {
                let ends = (0..letters.len()).map(|left| (left, left + pattern.len()));
                let here =
                    ends.filter(|&(left, right)| letters.get(left..right).is_some_and(|l| fits(l, pattern)));
                found.extend(here.map(|(left, right)| Motif { kind, top: 0, left, bottom: 1, right }));
            }
        }
        found.sort_by_key(|m| (m.left, m.kind));
        assert_eq!(sample.motifs, found, "{letters}");
        assert!((6..=10).contains(&found.len()), "{} motifs", found.len());
    }
}

#[test]
fn a_sample_is_a_function_of_its_address() {
    let (one, other) = (domain(), domain());
    assert_eq!(one.sample(Split::Test, 7).unwrap(), other.sample(Split::Test, 7).unwrap());
    assert_ne!(one.sample(Split::Test, 7).unwrap(), one.sample(Split::Test, 8).unwrap());
    assert_ne!(one.sample(Split::Test, 7).unwrap(), one.sample(Split::Train, 7).unwrap());
    assert_eq!((one.target_kind(), one.motifs_overlap()), (TargetKind::Labels, true));
}

/// Counts over 1,000 transcripts; bounds are wide of what was found (in the messages).
#[test]
fn kinds_labels_and_shared_letters_are_as_frequent_as_said() {
    let samples = samples(1000);
    let motifs: Vec<&Motif> = samples.iter().flat_map(|sample| &sample.motifs).collect();
    let share = |of: usize, all: usize| of as f64 / all as f64;
    for (kind, k) in KINDS.iter().enumerate() {
        let found = share(motifs.iter().filter(|m| m.kind == kind).count(), motifs.len());
        assert!((0.07..0.13).contains(&found), "{}: {found:.3} of the motifs", k.name);
    }
    let candidates = motifs.iter().filter(|m| m.kind < FIRST_PROTEIN).count();
    let used = samples.iter().flat_map(|sample| &sample.target).filter(|&&label| label != 0).count();
    let found = share(used, candidates);
    assert!((0.25..0.5).contains(&found), "{found:.3} of the candidates are used");
    let sharing: usize = samples
        .iter()
        .map(|s| s.motifs.iter().filter(|m| s.motifs.iter().any(|o| o != *m && o.overlaps(m))).count())
        .sum();
    let found = share(sharing, motifs.len());
    assert!((0.15..0.6).contains(&found), "{found:.3} of the motifs share letters with another");
}

#[test]
fn labels_stand_at_the_g_of_candidates_alone() {
    for sample in samples(200) {
        let letters = letters(&sample);
        for (at, &label) in sample.target.iter().enumerate().filter(|(_, label)| **label != 0) {
            let dinucleotide = if label == 1 { &letters[at - 1..=at] } else { &letters[at..=at + 1] };
            assert_eq!(dinucleotide, if label == 1 { "AG" } else { "GU" });
            let kind = if label == 1 { ACCEPTOR } else { DONOR };
            assert!(sample.motifs.iter().any(|m| m.kind == kind && (m.left..m.right).contains(&at)));
        }
    }
}

/// The theorem's necessity, kind by kind: dropping a motif changes the output with positive probability.
#[test]
fn every_kind_is_necessary_and_can_be_swapped_for_what_it_is_not() {
    let domain = domain();
    let (mut changed, mut dropped) = (vec![0_u32; KINDS.len()], vec![0_u32; KINDS.len()]);
    let mut swapped = 0;
    for sample in samples(300) {
        for (i, motif) in sample.motifs.iter().enumerate() {
            let without = domain.target_if_dropped(&sample, i).unwrap();
            dropped[motif.kind] += 1;
            changed[motif.kind] += u32::from(without != sample.target);
            let shares = sample.motifs.iter().any(|other| other != motif && other.overlaps(motif));
            for (kind, other) in KINDS.iter().enumerate() {
                let swap = domain.target_if_swapped(&sample, i, kind);
                let possible = !shares && motif.kind >= FIRST_PROTEIN && kind >= FIRST_PROTEIN;
                assert_eq!(swap.is_some(), possible, "{} for {}", other.name, KINDS[motif.kind].name);
                swapped += u32::from(swap.is_some_and(|target| target != sample.target));
                if kind == motif.kind && possible {
                    assert_eq!(domain.target_if_swapped(&sample, i, kind), Some(sample.target.clone()));
                }
            }
        }
    }
    for (kind, k) in KINDS.iter().enumerate() {
        let share = f64::from(changed[kind]) / f64::from(dropped[kind]);
        assert!(share > 0.1, "{}: dropping one changes the output in {share:.2}", k.name);
    }
    assert!(swapped > 100, "{swapped} swaps change the output");
}

#[test]
fn transcripts_of_a_file_are_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("some.fasta");
    let sample = domain().sample(Split::Test, 3).unwrap();
    let letters = letters(&sample);
    std::fs::write(&file, format!(">rna\n{letters}\n>dna\n{}\n>short\nACGU\n", letters.replace('U', "t")))
        .unwrap();
    let inputs = domain().read(&file).unwrap();
    assert_eq!(inputs[0].values.as_ref().unwrap(), &sample.input);
    assert_eq!(inputs[1].values.as_ref().unwrap(), &sample.input, "T stands for U, in either case");
    let error = format!("{:#}", inputs[2].values.as_ref().unwrap_err());
    assert_eq!(error, "found 4 nucleotides, expected 100");
}

#[test]
fn impossible_settings_are_named() {
    let message = |config: SplicingConfig| format!("{:#}", config.validate().unwrap_err());
    let base = SplicingConfig::default;
    assert!(message(SplicingConfig { length: 5, ..base() }).contains("domain.length: found 5"));
    assert!(message(SplicingConfig { max_motifs: 101, ..base() }).contains("domain.max-motifs: found 101"));
    assert!(message(SplicingConfig { min_motifs: 90, ..base() }).contains("domain.min-motifs: found 90"));
    assert!(message(SplicingConfig { overlap: 1.5, ..base() }).contains("domain.overlap: found 1.5"));
    assert!(message(SplicingConfig { near: 50, ..base() }).contains("domain.reach: found 40"));
    // The densest and the shortest that are allowed can be drawn.
    for (length, max_motifs) in [(20, 2), (100, 10), (1000, 100)] {
        let config = SplicingConfig { length, min_motifs: max_motifs, max_motifs, ..base() };
        let domain = Splicing::new(config).unwrap();
        for i in 0..20 {
            assert_eq!(domain.sample(Split::Train, i).unwrap().motifs.len(), max_motifs);
        }
    }
}

/// The matching of the paper is kept for every other domain: none says that its motifs share positions.
#[test]
fn only_splicing_matches_motifs_that_share_positions() {
    for entry in DOMAINS.iter().filter(|entry| entry.needs.is_empty()) {
        let domain = DomainConfig::by_name(entry.name).unwrap().build().unwrap();
        assert_eq!(domain.motifs_overlap(), entry.name == "splicing", "{}", entry.name);
    }
}
