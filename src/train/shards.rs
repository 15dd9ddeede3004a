//! A training step in shards: parts of a batch, each of which one thread takes forward and back.
//!
//! ```text
//! every shard: x → ĝ → batch norm → z, and of z what the thresholds need       (no shard waits for another)
//! once:        thresholds move by the quantile of all shards together
//! every shard: m̂ → ĥ → loss → gradients
//! once:        gradients and running statistics are added, shard by shard
//! ```
//!
//! Departs from paper where `train.shards` > 1: batch norm normalises a shard by its own statistics (ghost batch norm;
//! Hoffer et al., 2017), as it would on as many devices. The thresholds are those of the whole batch. The result
//! does not depend on the number of threads.

use std::ops::Range;

use anyhow::{Context, Result};
use rayon::ThreadPool;
use rayon::prelude::*;
use tch::nn::VarStore;
use tch::{Device, Tensor, no_grad};

use super::adam::{Gradients, gradients_of, parameters};
use super::batch::part_tensors;
use super::{Batch, Session, lanes};
use crate::model::{Judged, Sparling};
use crate::sparsity::{Bottleneck, Wanted};

/// The shards of a training step and the threads that work on them.
#[derive(Debug)]
pub struct Shards {
    pool: ThreadPool,
    shards: Vec<Shard>,
}

/// A network over the trained one's weights, with gradients and running statistics of its own.
#[derive(Debug)]
struct Shard {
    network: Sparling,
    parameters: Vec<Tensor>,
    /// Running statistics of batch norms: the trained network's and its own.
    statistics: Vec<(Tensor, Tensor)>,
    _vs: VarStore,
}

/// What one shard made of its samples in the first half of a step.
struct Half {
    z: Tensor,
    part: Vec<Tensor>,
    previous: Tensor,
    next: Tensor,
}

/// Where a shard's samples lie in the batch, and their share of tokens and of samples.
#[derive(Clone)]
struct Place {
    samples: Range<usize>,
    of_tokens: f64,
    of_samples: f64,
}

impl Shards {
    /// `count` shards over the network of `session`, on at most `threads` threads.
    ///
    /// # Errors
    /// When threads cannot be started or weights cannot be shared.
    pub fn new(session: &Session, count: usize, threads: usize) -> Result<Self> {
        let shards = (0..count).map(|_| Shard::new(session)).collect::<Result<_>>()?;
        Ok(Self { pool: lanes::pool(threads.min(count))?, shards })
    }

    /// Takes `batch` forward and back: the loss and each shard's gradients, whose sum is the batch's. Moves running
    /// statistics and thresholds of `network`, the trained one.
    ///
    /// # Errors
    /// When libtorch fails in a shard.
    pub fn gradients(
        &mut self,
        network: &mut Sparling,
        batch: &Batch,
        shape: [usize; 3],
        device: Device,
    ) -> Result<(f64, Gradients)> {
        let places = places(batch, self.shards.len());
        let whole = network.map_shape(batch.size as i64);
        let frozen = network.is_frozen();
        let wanted = if frozen { Vec::new() } else { network.sparsity.wanted(&whole) };
        let halves: Vec<Half> = self.pool.install(|| {
            let shards = self.shards.par_iter_mut().zip(&places);
            shards
                .map(|(shard, place)| shard.first_half(batch, place.samples.clone(), &wanted, shape, device))
                .collect()
        });
        let (rest, parts): (Vec<_>, Vec<_>) =
            halves.into_iter().map(|half| ((half.z, half.previous, half.next), half.part)).unzip();
        if !frozen {
            network.sparsity.observe(parts, &whole);
        }
        let made = self.pool.install(|| {
            let shards = self.shards.par_iter_mut().zip(&places).zip(rest);
            shards
                .map(|((shard, place), half)| shard.second_half(place, half))
                .collect::<Result<Vec<(f64, Vec<Tensor>)>>>()
        })?;
        if !frozen {
            self.merge_statistics()?;
        }
        let loss = made.iter().map(|(loss, _)| loss).sum();
        Ok((loss, made.into_iter().map(|(_, gradients)| gradients).collect()))
    }

    /// The trained network's running statistics become the mean of the shards'.
    fn merge_statistics(&mut self) -> Result<()> {
        let count = self.shards.len() as f64;
        let statistics = self.shards.first().map_or(0, |shard| shard.statistics.len());
        no_grad(|| {
            for i in 0..statistics {
                let mut sum = self.shards[0].statistics[i].1.copy();
                for shard in &self.shards[1..] {
                    sum += &shard.statistics[i].1;
                }
                let mean = sum / count;
                self.shards[0].statistics[i].0.f_copy_(&mean).context("cannot move running statistics")?;
            }
            Ok(())
        })
    }
}

impl Shard {
    fn new(session: &Session) -> Result<Self> {
        let (vs, network) = session.replica(is_statistic)?;
        let trained = session.vs.variables();
        let own = vs.variables();
        let mut names: Vec<&String> = own.keys().filter(|name| is_statistic(name)).collect();
        names.sort();
        let pair = |name: &String| (trained[name].shallow_clone(), own[name].shallow_clone());
        let statistics = names.into_iter().map(pair).collect();
        Ok(Self { parameters: parameters(&vs), statistics, network, _vs: vs })
    }

    fn first_half(
        &mut self,
        batch: &Batch,
        samples: Range<usize>,
        wanted: &[Wanted],
        shape: [usize; 3],
        device: Device,
    ) -> Half {
        no_grad(|| {
            for (trained, own) in &mut self.statistics {
                own.copy_(trained);
            }
        });
        let (x, previous, next) = part_tensors(batch, samples, shape, device);
        let z = self.network.propose(&x);
        Half { part: self.network.sparsity.part(&z, wanted), z, previous, next }
    }

    fn second_half(
        &mut self,
        place: &Place,
        (z, previous, next): (Tensor, Tensor, Tensor),
    ) -> Result<(f64, Vec<Tensor>)> {
        let Judged { entropy, penalty, .. } = self.network.judge(&z, &previous, &next);
        let entropy = entropy * place.of_tokens;
        let loss = match penalty {
            Some(penalty) => entropy + penalty * place.of_samples,
            None => entropy,
        };
        let gradients = gradients_of(&loss, &self.parameters)?;
        Ok((loss.double_value(&[]), gradients))
    }
}

/// Cuts a batch into `count` parts whose sizes differ by one at most, the larger ones first.
fn places(batch: &Batch, count: usize) -> Vec<Place> {
    let (size, tokens) = (batch.size, batch.tokens(0..batch.size).max(1));
    let start = |i: usize| i * (size / count) + i.min(size % count);
    (0..count)
        .map(|i| {
            let samples = start(i)..start(i + 1);
            Place {
                of_tokens: batch.tokens(samples.clone()) as f64 / tokens as f64,
                of_samples: samples.len() as f64 / size as f64,
                samples,
            }
        })
        .collect()
}

/// Whether a variable is a batch norm's running statistic.
fn is_statistic(name: &str) -> bool {
    name.ends_with("running_mean") || name.ends_with("running_var")
}
