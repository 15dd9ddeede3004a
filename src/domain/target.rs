//! What an output is.

use serde::{Deserialize, Serialize};

/// Which of three sorts a domain's outputs are of. Whatever the sort, a target is a list of token numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TargetKind {
    /// A sequence of tokens, of any length.
    #[default]
    Tokens,
    /// One class: a single token.
    Class,
    /// A label at each position of a series: as many tokens as columns. Token 0 is the common label ("nothing here"),
    /// the others are rare and are what scores count.
    Labels,
}

impl TargetKind {
    /// What an output is, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Tokens => "a sequence of tokens",
            Self::Class => "one class",
            Self::Labels => "a label a position",
        }
    }
}

/// Labels as people write them: those other than `common`, with their positions from 1 (`acceptor 34, donor 71`).
pub(super) fn written_labels<'a>(labels: impl Iterator<Item = &'a str>, common: &str) -> String {
    let rare = labels.enumerate().filter(|(_, label)| *label != common);
    let written: Vec<String> = rare.map(|(at, label)| format!("{label} {}", at + 1)).collect();
    if written.is_empty() { format!("{common} anywhere") } else { written.join(", ") }
}
