//! What every domain promises of its samples, for the tests of each.

use sha2::{Digest as _, Sha256};
use sparling::domain::{Domain, Sample, Split};

/// All splits.
pub(crate) const SPLITS: [Split; 3] = [Split::Train, Split::Validation, Split::Test];

/// First digits of a SHA-256 over a binary input, its target and its motifs.
pub(crate) fn hash(sample: &Sample) -> String {
    let mut hasher = Sha256::new();
    hasher.update(sample.input.iter().map(|&v| v as u8).collect::<Vec<_>>());
    for token in &sample.target {
        hasher.update(token.to_le_bytes());
    }
    for motif in &sample.motifs {
        for side in [motif.kind, motif.top, motif.left, motif.bottom, motif.right] {
            hasher.update((side as u64).to_le_bytes());
        }
    }
    hasher.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Asserts that the first 40 samples of every split come out alike in order and, on three
/// threads at once, in reverse.
pub(crate) fn assert_a_sample_depends_on_its_address_only(domain: &dyn Domain) {
    let addresses: Vec<_> =
        SPLITS.iter().flat_map(|&split| (0..40).map(move |index| (split, index))).collect();
    let forward: Vec<_> = addresses.iter().map(|&(s, i)| domain.sample(s, i).expect("a sample")).collect();
    let threads: Vec<Vec<Sample>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let addresses = &addresses;
                scope.spawn(move || {
                    // Backwards: nothing may be carried over from one sample to the next.
                    let backward =
                        addresses.iter().rev().map(|&(s, i)| domain.sample(s, i).expect("a sample"));
                    backward.collect()
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a thread")).collect()
    });
    for backward in threads {
        assert!(backward.iter().rev().eq(&forward));
    }
}
