//! The generator that a sample is drawn with: one stream per (domain, seed, split, index).
//!
//! ```
//! use rand::RngExt as _;
//! use sparling::domain::{Split, sample_rng::sample_rng};
//!
//! let draw = |index| sample_rng("mine", 0, Split::Train, index).random_range(0..1000);
//! assert_eq!(draw(5), draw(5));
//! assert_ne!((draw(5), draw(6), draw(7)), (draw(8), draw(9), draw(10)));
//! ```

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

use super::Split;

/// A fresh generator for one sample, cheap to construct at any index.
///
/// ChaCha is counter based: its output is a function of a 256-bit key, a 64-bit
/// stream number and a 64-bit block counter. The key here is the domain's name
/// (16 bytes, zero padded), the data seed (8) and the split (8); the stream number
/// is the index; the counter starts at 0. Two different (domain, seed, split, index)
/// therefore never feed the same (key, stream, counter) block to the cipher: equal
/// keys mean equal splits, and then the indices, hence the streams, differ. A stream
/// would run into itself only after 2^64 blocks of 64 bytes.
///
/// Eight rounds are plenty for simulation and cost less than half of the usual twenty.
///
/// # Panics
/// If `domain` is longer than 16 bytes, which is a mistake in this crate and not a user's.
#[must_use]
pub fn sample_rng(domain: &str, seed: u64, split: Split, index: u64) -> ChaCha8Rng {
    let mut key = [0u8; 32];
    key[..16][..domain.len()].copy_from_slice(domain.as_bytes());
    key[16..24].copy_from_slice(&seed.to_le_bytes());
    // Numbered by hand: reordering the enum must not change anyone's data.
    let split: u64 = match split {
        Split::Train => 0,
        Split::Validation => 1,
        Split::Test => 2,
    };
    key[24..].copy_from_slice(&split.to_le_bytes());
    let mut rng = ChaCha8Rng::from_seed(key);
    rng.set_stream(index);
    rng
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng as _;
    use std::collections::HashSet;

    #[test]
    fn every_part_of_the_address_changes_the_stream() {
        let mut seen = HashSet::new();
        for domain in ["digit-circle", "digit-circle2"] {
            for seed in [0, 1, 1 << 40] {
                for split in [Split::Train, Split::Validation, Split::Test] {
                    for index in [0, 1, 2, u64::MAX] {
                        let mut rng = sample_rng(domain, seed, split, index);
                        assert!(seen.insert((rng.next_u64(), rng.next_u64())));
                    }
                }
            }
        }
        assert_eq!(seen.len(), 2 * 3 * 3 * 4);
    }
}
