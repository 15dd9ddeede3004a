//! Rotary position codes: attention that sees how far apart two cells are.

use tch::{Device, Kind, Tensor};

/// Turns queries and keys by angles that grow with their position (Su et al., 2021, "RoFormer"). The product of a
/// query at p with a key at p′ then depends on p − p′, so that an order in the plane, which is a product of
/// coordinates, need not be learned from sums of codes. Not in the paper, see `model.h.rotary`.
#[derive(Debug)]
pub struct Rotation {
    cos: Tensor,
    sin: Tensor,
}

impl Rotation {
    /// From angles `[B, K, e/2]` (B may be 1), for heads of width e.
    pub fn new(angles: &Tensor) -> Self {
        let angles = angles.unsqueeze(1);
        Self { cos: angles.cos(), sin: angles.sin() }
    }

    /// Halves (a, b) of the last axis become (a·cos − b·sin, a·sin + b·cos).
    ///
    /// # Shapes
    /// `[B, heads, K, e]` → the same.
    pub fn apply(&self, x: &Tensor) -> Tensor {
        let half = x.size()[3] / 2;
        let (a, b) = (x.narrow(3, 0, half), x.narrow(3, half, half));
        Tensor::cat(&[&a * &self.cos - &b * &self.sin, &a * &self.sin + &b * &self.cos], 3)
    }
}

/// Angles `[h·w, e/2]` of the cells of a grid, row by row: the first half of the pairs turns with the row, the second
/// with the column; in a series (`h` = 1) all of them turn with the time.
///
/// Pair i of q turns by position · base^(−i/q).
pub fn angles(h: i64, w: i64, head_width: i64, base: f64, device: Device) -> Tensor {
    let pairs = head_width / 2;
    let axis = |length: i64, pairs: i64| {
        let position = Tensor::arange(length, (Kind::Float, device)).unsqueeze(1);
        let i = Tensor::arange(pairs, (Kind::Float, device));
        position * (i * (-base.ln() / pairs as f64)).exp()
    };
    if h == 1 {
        return axis(w, pairs);
    }
    let rows = axis(h, pairs / 2).unsqueeze(1).expand([h, w, pairs / 2], false);
    let columns = axis(w, pairs / 2).unsqueeze(0).expand([h, w, pairs / 2], false);
    Tensor::cat(&[rows, columns], 2).view([h * w, pairs])
}
