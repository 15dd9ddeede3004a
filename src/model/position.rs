//! Sinusoidal position codes.

use tch::{Device, Kind, Tensor};

/// code[p, 2i] = sin(p / base^(2i/d)), code[p, 2i+1] = cos(…), shape `[positions, width]`.
///
/// The paper's base is 10000; over the dozen pooled positions of a small image most of
/// those wavelengths are constant, and a base near 100 lets the order be learned sooner.
pub fn sinusoidal(positions: i64, width: i64, base: f64, device: Device) -> Tensor {
    let p = Tensor::arange(positions, (Kind::Float, device)).unsqueeze(1);
    let i = Tensor::arange_start_step(0, width, 2, (Kind::Float, device));
    let angle = p * (i * (-base.ln() / width as f64)).exp();
    Tensor::stack(&[angle.sin(), angle.cos()], 2).flatten(1, 2)
}
