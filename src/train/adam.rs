//! Adam with a state that can be saved (tch's cannot be read).

use anyhow::{Context, Result, ensure};
use tch::nn::VarStore;
use tch::{Kind, Tensor, no_grad};

use crate::config::TrainConfig;

/// Adam (Kingma and Ba 2015, without weight decay), over all trainable variables laid end
/// to end: a handful of operations on one large tensor.
#[derive(Debug)]
pub struct Adam {
    parameters: Vec<Tensor>,
    first: Tensor,
    second: Tensor,
    steps: i64,
}

/// The trainable variables of `vs`, in the order of their names.
pub(super) fn parameters(vs: &VarStore) -> Vec<Tensor> {
    let mut named: Vec<_> = vs.variables().into_iter().filter(|(_, v)| v.requires_grad()).collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named.into_iter().map(|(_, v)| v).collect()
}

/// Their gradients laid end to end; 0 where there is none.
pub(super) fn flat_gradient(parameters: &[Tensor]) -> Tensor {
    let flat: Vec<Tensor> = parameters
        .iter()
        .map(|p| {
            let gradient = p.grad();
            if gradient.defined() { gradient.flatten(0, -1) } else { p.detach().zeros_like().flatten(0, -1) }
        })
        .collect();
    Tensor::cat(&flat, 0)
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// Over the trainable variables of `vs`, in the order of their names.
    pub fn new(vs: &VarStore) -> Self {
        let parameters = parameters(vs);
        let total: i64 = parameters.iter().map(|p| p.numel() as i64).sum();
        let zeros = || Tensor::zeros([total], (Kind::Float, vs.device()));
        Self { first: zeros(), second: zeros(), steps: 0, parameters }
    }

    /// Clears the gradients.
    pub fn zero_grad(&mut self) {
        for p in &mut self.parameters {
            p.zero_grad();
        }
    }

    /// The gradients at hand, laid end to end.
    pub fn gradient(&self) -> Tensor {
        no_grad(|| flat_gradient(&self.parameters))
    }

    /// One step with the gradients at hand, see [`step_by`](Self::step_by).
    ///
    /// # Errors
    /// As there.
    pub fn step(&mut self, learning_rate: f64, clip_norm: f64) -> Result<f64> {
        self.step_by(self.gradient(), learning_rate, clip_norm)
    }

    /// One step by a gradient laid end to end like the parameters, by name; returns the norm it had. When `clip_norm` > 0
    /// and the norm is larger, the gradient is scaled to it. A norm that is not finite leaves
    /// parameters and state untouched.
    ///
    /// # Errors
    /// When libtorch cannot change a parameter in place.
    pub fn step_by(&mut self, mut gradient: Tensor, learning_rate: f64, clip_norm: f64) -> Result<f64> {
        no_grad(|| {
            let norm = gradient.norm().double_value(&[]);
            if !norm.is_finite() {
                return Ok(norm);
            }
            if clip_norm > 0.0 && norm > clip_norm {
                gradient *= clip_norm / (norm + 1e-6);
            }
            self.steps += 1;
            self.first *= BETA1;
            self.first += &gradient * (1.0 - BETA1);
            self.second *= BETA2;
            self.second += gradient.square() * (1.0 - BETA2);
            let (t, correction1) = (self.steps as f64, 1.0 - BETA1.powf(self.steps as f64));
            let correction2 = (1.0 - BETA2.powf(t)).sqrt();
            let denominator = self.second.sqrt() / correction2 + EPSILON;
            let update = &self.first / denominator * (learning_rate / correction1);
            let mut offset = 0;
            for p in &mut self.parameters {
                let n = p.numel() as i64;
                let part = update.narrow(0, offset, n).view_as(p);
                let _ = p.f_sub_(&part).context("cannot change a parameter")?;
                offset += n;
            }
            Ok(norm)
        })
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
    /// When the number of parameters differs.
    pub fn restore(&mut self, state: &[(String, Tensor)]) -> Result<()> {
        for (name, tensor) in state {
            match name.as_str() {
                "adam.first" | "adam.second" => {
                    ensure!(
                        tensor.size() == self.first.size(),
                        "{name} has {} values, the model has {} parameters",
                        tensor.numel(),
                        self.first.numel()
                    );
                    let own = if name == "adam.first" { &mut self.first } else { &mut self.second };
                    no_grad(|| own.copy_(tensor));
                }
                "adam.steps" => self.steps = tensor.int64_value(&[]),
                _ => {}
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
