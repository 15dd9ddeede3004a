//! Adam with a state that can be saved (tch's cannot be read).

use std::collections::HashMap;

use anyhow::{Context, Result, ensure};
use rayon::ThreadPool;
use rayon::prelude::*;
use tch::nn::VarStore;
use tch::{Kind, Tensor, no_grad};

use super::fit::{fits, same_names};
use super::lanes;
use crate::config::TrainConfig;

/// Adam (Kingma and Ba 2015, without weight decay) over all trainable variables.
///
/// Variables and moments are worked on in pieces that stay in a core's cache from the gradient to the update, so that a
/// step reads and writes each of them once. Threads take pieces as they come; what comes out does not depend on their
/// number.
#[derive(Debug)]
pub struct Adam {
    parameters: Vec<Tensor>,
    first: Tensor,
    second: Tensor,
    pieces: Vec<Piece>,
    steps: i64,
    pool: ThreadPool,
}

/// Gradients of the trainable variables, in the order of their names; one list for each shard of a batch.
pub type Gradients = Vec<Vec<Tensor>>;

/// Neighbouring values, of one variable or of several small ones.
#[derive(Debug)]
struct Piece {
    parts: Vec<Part>,
    /// `[n]`, views of the moments of all variables.
    first: Tensor,
    second: Tensor,
}

/// Values of one variable that lie side by side.
#[derive(Debug)]
struct Part {
    variable: usize,
    start: i64,
    /// `[length]`, a view of the variable.
    values: Tensor,
    length: i64,
}

/// Values of a piece: six times as many floats, which a step holds at a time, fit a core's second-level cache.
const PIECE: i64 = 16_384;

/// The trainable variables of `vs`, in the order of their names.
pub(super) fn parameters(vs: &VarStore) -> Vec<Tensor> {
    let mut named: Vec<_> = vs.variables().into_iter().filter(|(_, v)| v.requires_grad()).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named.into_iter().map(|(_, v)| v).collect()
}

/// The gradients of `loss` with respect to `parameters`, each laid end to end; 0 where it does not depend on one.
///
/// # Errors
/// When libtorch cannot take the loss back.
pub(super) fn gradients_of(loss: &Tensor, parameters: &[Tensor]) -> Result<Vec<Tensor>> {
    let gradients = Tensor::f_run_backward(&[loss], parameters, false, false)
        .context("cannot take the gradient of the loss")?;
    let laid = |(gradient, parameter): (Tensor, &Tensor)| {
        let gradient = if gradient.defined() { gradient } else { parameter.detach().zeros_like() };
        gradient.reshape([-1])
    };
    Ok(gradients.into_iter().zip(parameters).map(laid).collect())
}

/// Cuts `parameters` into pieces of at most `size` values.
fn pieces(parameters: &[Tensor], first: &Tensor, second: &Tensor, size: i64) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let (mut room, mut offset) = (0, 0);
    for (variable, parameter) in parameters.iter().enumerate() {
        let (flat, all) = (parameter.detach().view([-1]), parameter.numel() as i64);
        let mut start = 0;
        while start < all {
            // A variable that fits a piece is not cut.
            if room == 0 || (start == 0 && all > room) {
                let none = || first.narrow(0, offset, 0);
                pieces.push(Piece { parts: Vec::new(), first: none(), second: none() });
                room = size;
            }
            let length = room.min(all - start);
            if let Some(piece) = pieces.last_mut() {
                let values = flat.narrow(0, start, length);
                piece.parts.push(Part { variable, start, values, length });
                let held: i64 = piece.parts.iter().map(|part| part.length).sum();
                let from = offset + length - held;
                (piece.first, piece.second) = (first.narrow(0, from, held), second.narrow(0, from, held));
            }
            (room, offset, start) = (room - length, offset + length, start + length);
        }
    }
    pieces
}

/// The sum over shards of a piece's gradients, `[n]`, shard by shard. They may be one another's storage, and stay as
/// they are.
fn sum(shards: &[Vec<Tensor>]) -> Tensor {
    let mut sum = Tensor::cat(&shards[0], 0);
    for shard in &shards[1..] {
        sum += Tensor::cat(shard, 0);
    }
    sum
}

/// What all pieces of a step share.
#[derive(Clone, Copy)]
struct Rates {
    /// What the gradient is multiplied by.
    clip: f64,
    /// lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ)
    step: f64,
    /// ε · √(1 − β₂ᵗ)
    epsilon: f64,
}

impl Piece {
    /// Its values' gradients in each shard, as views.
    fn views(&self, shards: &[Vec<Tensor>]) -> Vec<Vec<Tensor>> {
        let view = |shard: &Vec<Tensor>, part: &Part| shard[part.variable].narrow(0, part.start, part.length);
        shards.iter().map(|shard| self.parts.iter().map(|part| view(shard, part)).collect()).collect()
    }

    /// Moves moments and variables by `gradient`.
    fn step(&mut self, mut gradient: Tensor, rates: Rates) -> Result<()> {
        if rates.clip < 1.0 {
            gradient *= rates.clip;
        }
        let _ = self.first.lerp_(&gradient, 1.0 - BETA1);
        let _ = self.second.lerp_(&gradient.square_(), 1.0 - BETA2);
        // p −= lr/(1 − β₁ᵗ) · m / (√(v/(1 − β₂ᵗ)) + ε), both sides of the fraction times √(1 − β₂ᵗ).
        let mut update = self.second.sqrt();
        update += rates.epsilon;
        let mut update = update.reciprocal_() * &self.first;
        update *= rates.step;
        let mut offset = 0;
        for part in &mut self.parts {
            let own = update.narrow(0, offset, part.length);
            let _ = part.values.f_sub_(&own).context("cannot change a parameter")?;
            offset += part.length;
        }
        Ok(())
    }
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// Over the trainable variables of `vs`, in the order of their names, on at most `threads` threads.
    ///
    /// # Errors
    /// When threads cannot be started.
    pub fn new(vs: &VarStore, threads: usize) -> Result<Self> {
        let parameters = parameters(vs);
        let total: i64 = parameters.iter().map(|p| p.numel() as i64).sum();
        let zeros = || Tensor::zeros([total], (Kind::Float, vs.device()));
        let (first, second) = (zeros(), zeros());
        // An accelerator has one queue, and is quickest over large pieces.
        let (size, threads) = if vs.device().is_cuda() { (i64::MAX, 1) } else { (PIECE, threads) };
        let pieces = pieces(&parameters, &first, &second, size);
        let pool = lanes::pool(threads.min(pieces.len()))?;
        Ok(Self { parameters, first, second, pieces, steps: 0, pool })
    }

    /// The gradients of `loss`; a step takes them once.
    ///
    /// # Errors
    /// When libtorch cannot take the loss back.
    pub fn gradients(&self, loss: &Tensor) -> Result<Gradients> {
        Ok(vec![gradients_of(loss, &self.parameters)?])
    }

    /// One step by the sum of the shards' gradients; returns the norm it had. When `clip_norm` > 0 and the norm is larger,
    /// the gradient is scaled to it. A norm that is not finite leaves parameters and state untouched.
    ///
    /// # Errors
    /// When there are no gradients, or libtorch cannot change a parameter in place.
    pub fn step(&mut self, shards: &Gradients, learning_rate: f64, clip_norm: f64) -> Result<f64> {
        ensure!(!shards.is_empty(), "a step needs the gradients of at least one shard");
        let views: Vec<_> = self.pieces.iter().map(|piece| piece.views(shards)).collect();
        let squared = |views: Vec<Vec<Tensor>>| {
            no_grad(|| {
                let gradient = sum(&views);
                let squares = gradient.dot(&gradient).double_value(&[]);
                (gradient, squares)
            })
        };
        let summed: Vec<(Tensor, f64)> = self.pool.install(|| views.into_par_iter().map(squared).collect());
        let norm = summed.iter().map(|(_, squares)| squares).sum::<f64>().sqrt();
        if !norm.is_finite() {
            return Ok(norm);
        }
        self.steps += 1;
        let correction = |beta: f64| 1.0 - beta.powf(self.steps as f64);
        let root = correction(BETA2).sqrt();
        let clip = if clip_norm > 0.0 && norm > clip_norm { clip_norm / (norm + 1e-6) } else { 1.0 };
        let rates = Rates { clip, step: learning_rate * root / correction(BETA1), epsilon: EPSILON * root };
        self.pool.install(|| {
            let pieces = self.pieces.par_iter_mut().zip(summed);
            pieces
                .map(|(piece, (gradient, _))| no_grad(|| piece.step(gradient, rates)))
                .collect::<Result<()>>()
        })?;
        Ok(norm)
    }

    /// Moments and step count, by name, for a checkpoint.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        vec![
            ("adam.first".into(), self.first.shallow_clone()),
            ("adam.second".into(), self.second.shallow_clone()),
            ("adam.steps".into(), Tensor::from(self.steps)),
        ]
    }

    /// Takes back what [`state`](Self::state) gave.
    ///
    /// # Errors
    /// When a name is missing or unknown, a kind or a size differs, or a value is infinite or no number; the state is
    /// then as before.
    pub fn restore(&mut self, state: &[(String, Tensor)]) -> Result<()> {
        let own: HashMap<String, Tensor> = self.state().into_iter().collect();
        same_names(state.iter().map(|(name, _)| name), own.keys())?;
        for (name, tensor) in state {
            fits(name, tensor, &own[name])?;
        }
        for (name, tensor) in state {
            match name.as_str() {
                "adam.steps" => self.steps = tensor.int64_value(&[]),
                _ => no_grad(|| own[name].shallow_clone().f_copy_(tensor).map(drop))?,
            }
        }
        Ok(())
    }
}

/// The learning rate at step `step` (from 0) and density `density`: a linear warm-up, then
/// constant, then falling with log δ towards the theoretical minimum density, and at last linearly to
/// the final rate with the share `cooldown` of the cool-down that is over.
pub fn learning_rate(
    config: &TrainConfig,
    step: u64,
    density: f64,
    minimum_density: f64,
    cooldown: f64,
) -> f64 {
    let warm = if config.warmup_steps == 0 {
        1.0
    } else {
        ((step + 1) as f64 / config.warmup_steps as f64).min(1.0)
    };
    let start = config.decay_below_density;
    let rate = if start <= minimum_density || density >= start {
        config.learning_rate
    } else {
        let left = ((density / minimum_density).ln() / (start / minimum_density).ln()).max(0.0);
        config.final_learning_rate + (config.learning_rate - config.final_learning_rate) * left
    };
    warm * (rate + (config.final_learning_rate - rate) * cooldown)
}

#[cfg(test)]
mod tests {
    use tch::Device;
    use tch::nn::Init;

    use super::*;

    type State = Vec<(String, Tensor)>;

    #[test]
    fn an_update_that_fails_is_told() {
        let vs = VarStore::new(Device::Cpu);
        let weight = vs.root().var("weight", &[3], Init::Const(1.0));
        let mut adam = Adam::new(&vs, 1).unwrap();
        let gradients = adam.gradients(&weight.square().sum(Kind::Float)).unwrap();
        adam.step(&gradients, 0.1, 0.0).unwrap();
        assert!(adam.step(&Vec::new(), 0.1, 0.0).is_err(), "no gradients");
        // Values that the update does not fit.
        adam.pieces[0].parts[0].values = Tensor::zeros([2], (Kind::Float, Device::Cpu));
        let error = format!("{:#}", adam.step(&gradients, 0.1, 0.0).unwrap_err());
        assert!(error.contains("cannot change a parameter"), "{error}");
    }

    #[test]
    fn a_state_that_is_not_this_optimisers_is_refused_by_name_and_changes_nothing() {
        let vs = VarStore::new(Device::Cpu);
        let _weight = vs.root().var("weight", &[3], Init::Const(1.0));
        let mut adam = Adam::new(&vs, 1).unwrap();
        let float = |values: &[f32]| Tensor::from_slice(values);
        let good = || -> State {
            let (first, second) = (float(&[1.0, 2.0, 3.0]), float(&[4.0, 5.0, 6.0]));
            let steps = Tensor::from(7_i64);
            [("adam.first", first), ("adam.second", second), ("adam.steps", steps)]
                .map(|(n, t)| (n.to_owned(), t))
                .into()
        };
        let mut refused = |words: &[&str], change: &dyn Fn(&mut State)| {
            let mut state = good();
            change(&mut state);
            let error = format!("{:#}", adam.restore(&state).unwrap_err());
            assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not all in: {error}");
            assert_eq!((adam.steps, adam.first.abs().max().double_value(&[])), (0, 0.0), "{error}");
        };
        refused(&["missing [adam.second], unknown []"], &|state| drop(state.remove(1)));
        refused(&["missing [], unknown [adam.third]"], &|state| {
            state.push(("adam.third".into(), float(&[0.0])));
        });
        refused(&["missing [adam.steps], unknown [adam.step]"], &|state| state[2].0 = "adam.step".into());
        refused(&["second is Float [2]", "Float [3]"], &|state| state[1].1 = float(&[0.0, 0.0]));
        refused(&["first is Int64 [3]"], &|state| state[0].1 = Tensor::from_slice(&[1_i64, 2, 3]));
        refused(&["steps is Int64 [1]"], &|state| state[2].1 = Tensor::from_slice(&[1_i64]));
        refused(&["first has values", "no numbers"], &|state| state[0].1 = float(&[f32::NAN, 0.0, 0.0]));
        adam.restore(&good()).unwrap();
        assert_eq!((adam.steps, adam.second.sum(Kind::Float).double_value(&[])), (7, 15.0));
    }
}
