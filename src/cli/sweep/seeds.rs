//! Seeds on the command line: `1..9`, `1,3,5`, `4`.

use std::collections::BTreeSet;
use std::str::FromStr;

use anyhow::{Result, bail};

/// More seeds than this are a slip of the finger.
const MOST: u64 = 10_000;

/// A set of seeds, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seeds(Vec<u64>);

impl Seeds {
    /// The seeds, rising, each once.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().copied()
    }
}

impl FromStr for Seeds {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut seeds = BTreeSet::new();
        for part in text.split(',') {
            let ends = part.split_once("..").unwrap_or((part, part));
            match (ends.0.trim().parse::<u64>(), ends.1.trim().parse::<u64>()) {
                (Ok(first), Ok(last)) if first <= last && last - first < MOST => seeds.extend(first..=last),
                _ => bail!(
                    "found `{text}`, expected seeds such as 1..9 (both included, at most {MOST}), 1,3,5 or 4"
                ),
            }
        }
        Ok(Self(seeds.into_iter().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lists_and_numbers() {
        for (text, seeds) in [
            ("4", vec![4]),
            ("1..3", vec![1, 2, 3]),
            ("5,1,3", vec![1, 3, 5]),
            ("1..2, 2..4,9", vec![1, 2, 3, 4, 9]),
        ] {
            assert_eq!(text.parse::<Seeds>().unwrap(), Seeds(seeds), "{text}");
        }
    }

    #[test]
    fn what_is_no_seed_is_explained() {
        for text in ["", "x", "9..1", "1..", "..3", "1,,2", "-1", "1.5", "1..=3", "0..99999999"] {
            let error = text.parse::<Seeds>().unwrap_err().to_string();
            assert!(error.contains(&format!("found `{text}`")) && error.contains("1..9"), "{text}: {error}");
        }
    }
}
