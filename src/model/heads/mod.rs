//! ĥ: answers from the motif map alone (paper section 4), one file a sort of answer.
//!
//! | `model.h.kind` | answer | network |
//! |---|---|---|
//! | `sequence` | a sequence of tokens, or one class as a sequence of one | [`SequenceHead`]: transformer, greedy decoding (the paper's) |
//! | `class` | one class | [`ClassHead`]: transformer encoder, pooled over cells |
//! | `labels` | a label a position | [`LabelsHead`]: dilated residual convolutions (after SpliceAI) |
//!
//! Each has a loss and an answer, and nothing else of the program knows how they are made. All are trained on the same
//! batches: `next` holds a sample's target followed by an end marker (number `tokens`) and padded with
//! [`IGNORE`](super::IGNORE). A class is a target of one token, labels are as many as positions.

mod class;
mod encoder;
mod labels;
mod sequence;

pub use class::ClassHead;
pub use labels::LabelsHead;
pub use sequence::{Memory, SequenceHead};

use anyhow::Result;
use tch::nn::Path;
use tch::{Kind, Reduction, Tensor};

use super::{IGNORE, Precision};
use crate::config::{HeadConfig, HeadKind};

/// What ĥ answers to a batch of motif maps.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// A sample's tokens, class (one token) or labels, without begin and end markers.
    pub tokens: Vec<Vec<u32>>,
    /// How sure each label but the first is at each position: log-odds, `[labels − 1, L]` row-major a sample. Nothing
    /// for answers of another sort.
    pub certainty: Vec<Vec<f32>>,
}

/// ĥ, of one of three sorts.
#[derive(Debug)]
pub enum Head {
    /// Writes a sequence.
    Sequence(Box<SequenceHead>),
    /// Names a class.
    Class(Box<ClassHead>),
    /// Labels positions.
    Labels(Box<LabelsHead>),
}

impl Head {
    /// The ĥ that `config` asks for, over `motifs` channels with `tokens` kinds of token and at most `max_len` of them in
    /// a sequence; products are taken in `precision`.
    pub fn new(
        path: &Path,
        config: &HeadConfig,
        precision: Precision,
        motifs: i64,
        tokens: i64,
        max_len: usize,
    ) -> Self {
        match config.kind {
            HeadKind::Sequence => {
                Self::Sequence(Box::new(SequenceHead::new(path, config, precision, motifs, tokens, max_len)))
            }
            HeadKind::Class => Self::Class(Box::new(ClassHead::new(path, config, precision, motifs, tokens))),
            HeadKind::Labels => {
                Self::Labels(Box::new(LabelsHead::new(path, config, precision, motifs, tokens)))
            }
        }
    }

    /// Mean cross-entropy per token, class or label, in nats.
    ///
    /// # Shapes
    /// `map`: `[B, C, H, W]`; `previous`: `[B, L]` tokens shifted right behind the begin marker; `next`: `[B, L]` tokens
    /// with the end marker, padded with [`IGNORE`]. Only a sequence looks at `previous` and at the end marker.
    pub fn loss(&self, map: &Tensor, previous: &Tensor, next: &Tensor, train: bool) -> Tensor {
        match self {
            Self::Sequence(head) => {
                let logits = head.logits(&head.encode(map, train), previous, train);
                cross_entropy(&logits.flatten(0, 1), &next.flatten(0, 1))
            }
            Self::Class(head) => cross_entropy(&head.logits(map, train), &next.select(1, 0)),
            Self::Labels(head) => {
                let logits = head.logits(map, train);
                let positions = logits.size()[2];
                cross_entropy(&logits, &next.narrow(1, 0, positions))
            }
        }
    }

    /// The answers to a batch of motif maps: greedy decoding, or the likeliest class or labels.
    ///
    /// # Errors
    /// When libtorch cannot hand them over.
    pub fn answer(&self, map: &Tensor) -> Result<Answers> {
        match self {
            Self::Sequence(head) => {
                let tokens = head.decode_greedy(head.encode(map, false))?;
                Ok(Answers { tokens, certainty: Vec::new() })
            }
            Self::Class(head) => head.answer(map),
            Self::Labels(head) => head.answer(map),
        }
    }
}

/// Mean cross-entropy over what is not padding.
fn cross_entropy(logits: &Tensor, wanted: &Tensor) -> Tensor {
    logits.to_kind(Kind::Float).cross_entropy_loss::<Tensor>(wanted, None, Reduction::Mean, IGNORE, 0.0)
}

/// Rows of token numbers, `[B, L]`.
fn rows(tokens: &Tensor) -> Result<Vec<Vec<u32>>> {
    let rows: Vec<Vec<i64>> = Vec::try_from(tokens)?;
    Ok(rows.into_iter().map(|row| row.into_iter().map(|token| token as u32).collect()).collect())
}
