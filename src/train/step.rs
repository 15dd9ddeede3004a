//! From a batch to the gradient of its loss: at once, or in shards.

use anyhow::Result;

use super::adam::Gradients;
use super::lanes::Alone;
use super::{Adam, Batch, Session, Shards, tensors};

/// How a step is taken, by `train.shards`.
#[derive(Debug)]
pub enum Step {
    /// All of libtorch's threads work on the whole batch (the paper's).
    Whole,
    /// A thread works on each shard.
    InShards {
        /// The shards.
        shards: Box<Shards>,
        #[doc(hidden)]
        _alone: Alone,
    },
}

impl Step {
    /// The way the configuration asks for. In shards, libtorch computes with one thread from now on, and as many
    /// shards are worked on at once as the session has threads.
    ///
    /// # Errors
    /// When threads cannot be started or weights cannot be shared.
    pub fn new(session: &Session) -> Result<Self> {
        let count = session.config.train.shards as usize;
        if count == 1 {
            return Ok(Self::Whole);
        }
        let alone = Alone::new();
        let shards = Shards::new(session, count, session.threads)?;
        Ok(Self::InShards { shards: Box::new(shards), _alone: alone })
    }

    /// The loss of `batch` and its gradients for `adam`; moves running statistics and thresholds.
    ///
    /// # Errors
    /// When libtorch fails.
    pub fn gradients(
        &mut self,
        session: &mut Session,
        adam: &Adam,
        batch: &Batch,
    ) -> Result<(f64, Gradients)> {
        let (shape, device) = (session.domain.input_shape(), session.vs.device());
        match self {
            Self::Whole => {
                let (x, previous, next) = tensors(batch, shape, device);
                let (loss, _) = session.network.loss(&x, &previous, &next);
                let gradients = adam.gradients(&loss)?;
                Ok((loss.double_value(&[]), gradients))
            }
            Self::InShards { shards, .. } => shards.gradients(&mut session.network, batch, shape, device),
        }
    }
}
