//! No bottleneck at all: what retraining ĥ puts in the sparsity layer's place.

use tch::Tensor;

use super::{Bottleneck, Motifs};

/// The identity. It remembers δ so that schedules can be run unchanged, and ignores it.
#[derive(Debug)]
pub struct PassThrough {
    density: f64,
}

impl PassThrough {
    /// The identity with a nominal density.
    pub fn new(density: f64) -> Self {
        Self { density }
    }
}

impl Bottleneck for PassThrough {
    fn apply(&mut self, z: &Tensor, _train: bool) -> Motifs {
        Motifs::from(z.shallow_clone())
    }

    fn density(&self) -> f64 {
        self.density
    }

    fn set_density(&mut self, density: f64) {
        self.density = density;
    }
}
