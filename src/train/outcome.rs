//! What a training came to, and who looks on.

use std::fmt;

use anyhow::Result;

use super::{Board, Session};
use crate::measure::Report;

/// Why training stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// δ would have fallen below the theoretical minimum: the end of Algorithm 1.
    Minimum,
    /// `train.max-samples` were seen.
    MaxSamples,
    /// The run had ended before.
    AlreadyFinished,
    /// Ctrl-C; everything is saved.
    Interrupted,
}

impl fmt::Display for Stop {
    /// Why training ended, as a clause.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Minimum => {
                "the next density would be below the theoretical minimum, where Algorithm 1 ends"
            }
            Self::MaxSamples => "all training samples were seen (train.max-samples)",
            Self::AlreadyFinished => "training had ended before",
            Self::Interrupted => "someone asked it to stop",
        })
    }
}

/// What a call of [`super::train`] came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Why it stopped.
    pub stop: Stop,
    /// Training samples seen.
    pub samples: u64,
    /// δ in force at the end.
    pub delta: f64,
    /// Messages about damaged checkpoints that were passed over, or written again.
    pub warnings: Vec<String>,
}

/// Called after every validation, with the session and what was measured (for pictures).
pub type Observer<'a> = &'a mut dyn FnMut(&mut Session, &Report, u64, &mut dyn Board) -> Result<()>;
