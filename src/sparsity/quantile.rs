//! Exact quantiles: the k-th smallest value of each row (paper section 2, step 2).

use tch::{Kind, Tensor};

use super::select;

/// The rank k = max(1, ⌊n·(1−δ)⌋) of the threshold among n values, counted from the
/// smallest (1-based). Exactly n − k values are larger when there are no ties.
pub fn rank(n: i64, density: f64) -> i64 {
    ((n as f64 * (1.0 - density)) as i64).clamp(1, n)
}

/// Up to one value in this many above the threshold, a partial selection from the top is used.
/// `benches/sparsity.rs` shows it ahead at one in 100 and far ahead at one in 20,000; where
/// exactly the two ways meet was not measured, and both are exact.
const FEW: i64 = 16;

/// The `k`-th smallest (1-based) of each row of `values`, exactly.
///
/// When the answer lies near the top, only the n − k + 1 largest are selected, which is the case for every density
/// that matters. On the processor both are our own, see `select`; elsewhere they are libtorch's.
///
/// # Shapes
/// `values`: `[rows, n]` → `[rows]`, on the same device and without gradient.
pub fn kth_smallest(values: &Tensor, k: i64) -> Tensor {
    let values = values.detach();
    let (rows, n) = (values.size()[0], values.size()[1]);
    if select::reads(&values) {
        return select::kth_smallest_of(&values.unsqueeze(0), rows, k);
    }
    match few_from_top(n, k) {
        Some(from_top) => values.topk(from_top, 1, true, true).0.select(1, from_top - 1),
        None => values.kthvalue(k, 1, false).0,
    }
}

/// How many of the largest of `n` values reach down to the `k`-th smallest, where they are few enough for a partial
/// selection.
pub(super) fn few_from_top(n: i64, k: i64) -> Option<i64> {
    let from_top = n - k + 1;
    (from_top * FEW <= n).then_some(from_top)
}

/// The values of several parts, row by row.
pub(super) fn union(mut parts: Vec<Tensor>) -> Tensor {
    if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(&parts, 1) }
}

/// The largest `keep` values of each of `rows` rows (all of them when there are fewer), in no order: of each channel of
/// z where there are as many rows as channels, of all values where there is one.
///
/// # Shapes
/// `z`: `[B, C, …]` → `[rows, keep]`.
pub(super) fn largest(z: &Tensor, rows: i64, keep: i64) -> Tensor {
    let z = z.detach();
    if select::reads(&z) {
        return select::largest_of(&z, rows, keep);
    }
    let values = if rows == 1 { z.reshape([1, -1]) } else { channel_rows(&z) };
    let n = values.size()[1];
    values.topk(keep.min(n), 1, true, false).0
}

/// Rearranges `[B, C, …]` to `[C, B·…]`, one row a channel.
pub(super) fn channel_rows(z: &Tensor) -> Tensor {
    let channels = z.size()[1];
    z.detach().transpose(0, 1).reshape([channels, -1])
}

/// An empty `[rows, 0]` tensor on the device of `like`.
pub(super) fn empty_rows(rows: i64, like: &Tensor) -> Tensor {
    Tensor::zeros([rows, 0], (Kind::Float, like.device()))
}
