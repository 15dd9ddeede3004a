//! From a batch to the gradient of its loss: at once, or in shards.

use anyhow::Result;

use super::adam::Gradients;
use super::lanes::Alone;
use super::{Adam, Batch, Session, Shards, tensors};

/// How a step is taken, by `train.shards`: by all of libtorch's threads on the whole batch (the paper's), or by a thread
/// on each shard.
#[derive(Debug)]
pub struct Step {
    shards: Option<InShards>,
}

#[derive(Debug)]
struct InShards {
    shards: Shards,
    /// Each shard has one thread, and so has what is left.
    _alone: Alone,
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
            return Ok(Self { shards: None });
        }
        let alone = Alone::new();
        let shards = Shards::new(session, count, session.threads)?;
        Ok(Self { shards: Some(InShards { shards, _alone: alone }) })
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
        match &mut self.shards {
            None => {
                let (x, previous, next) = tensors(batch, shape, device);
                let (loss, _) = session.network.loss(&x, &previous, &next);
                let gradients = adam.gradients(&loss)?;
                Ok((loss.double_value(&[]), gradients))
            }
            Some(InShards { shards, .. }) => shards.gradients(&mut session.network, batch, shape, device),
        }
    }
}
