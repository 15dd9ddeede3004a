//! The classic ways to sparsity that Sparling is compared with: L1 and KL penalties
//! (paper section 2, variants). Neither controls its density; both report what comes out.

use tch::{Kind, Tensor};

use super::{Bottleneck, Motifs};

/// L1: m̂ = ReLU(z), penalty λ·mean|m̂|, or with a [changing weight](Self::changing) (λ/δ)·mean|m̂|.
#[derive(Debug)]
pub struct L1 {
    penalty: f64,
    density: f64,
    changing: bool,
}

impl L1 {
    /// `penalty` is λ; `density` is nominal.
    pub fn new(penalty: f64, density: f64) -> Self {
        Self { penalty, density, changing: false }
    }

    /// The weight of the penalty is λ/δ: an annealing that lowers δ makes it heavier by 1/factor, so that the
    /// penalty is annealed as a threshold would be. Published with the layer; in no figure of the paper.
    ///
    /// ```
    /// use sparling::sparsity::{Bottleneck, L1};
    /// let z = tch::Tensor::from_slice(&[-1.0_f32, 3.0]).view([1, 1, 2]);
    /// let mut layer = L1::new(0.1, 0.5).changing();
    /// let penalty = |layer: &mut L1| layer.forward_t(&z, true).penalty.unwrap().double_value(&[]);
    /// assert!((penalty(&mut layer) - 0.1 / 0.5 * 1.5).abs() < 1e-6);
    /// layer.set_density(0.25);
    /// assert!((penalty(&mut layer) - 0.1 / 0.25 * 1.5).abs() < 1e-6);
    /// ```
    #[must_use]
    pub fn changing(mut self) -> Self {
        self.changing = true;
        self
    }
}

impl Bottleneck for L1 {
    fn apply(&mut self, z: &Tensor, train: bool) -> Motifs {
        let map = z.relu();
        let weight = if self.changing { self.penalty / self.density } else { self.penalty };
        // m̂ ≥ 0, so its mean is the mean of its absolute value.
        let penalty = train.then(|| map.mean(Kind::Float) * weight);
        Motifs { map, penalty }
    }

    fn density(&self) -> f64 {
        self.density
    }

    fn set_density(&mut self, density: f64) {
        self.density = density;
    }
}

/// KL: a = sigmoid(z), penalty λ·KL(p ‖ mean a) between Bernoulli distributions; ĥ sees
/// m̂ = ReLU(a − ½), so the density is the share of a > ½. Departs from paper where `train.shards` > 1: the mean is that
/// of a shard.
#[derive(Debug)]
pub struct Kl {
    penalty: f64,
    target: f64,
    density: f64,
}

impl Kl {
    /// `penalty` is λ, `target` is p, in (0, 1); `density` is nominal.
    pub fn new(penalty: f64, target: f64, density: f64) -> Self {
        Self { penalty, target, density }
    }
}

impl Bottleneck for Kl {
    fn apply(&mut self, z: &Tensor, train: bool) -> Motifs {
        let a = z.sigmoid();
        let penalty = train.then(|| {
            let (p, epsilon) = (self.target, 1e-7);
            let mean = a.mean(Kind::Float).clamp(epsilon, 1.0 - epsilon);
            // KL(p ‖ ā) = p·ln(p/ā) + (1−p)·ln((1−p)/(1−ā))
            let constant = p * p.ln() + (1.0 - p) * (1.0 - p).ln();
            let complement: Tensor = 1.0 - &mean;
            let rest = mean.log() * -p - complement.log() * (1.0 - p);
            (rest + constant) * self.penalty
        });
        Motifs { map: (a - 0.5).relu(), penalty }
    }

    fn density(&self) -> f64 {
        self.density
    }

    fn set_density(&mut self, density: f64) {
        self.density = density;
    }
}
