//! Exact selection among the values of each channel. libtorch's `kthvalue` and `topk` keep an index beside each value,
//! which no threshold needs.

use tch::{Device, Kind, Tensor};

use super::quantile::few_from_top;

/// Whether `z` is one that this module reads: 32-bit floats in the processor's own memory.
pub(super) fn reads(z: &Tensor) -> bool {
    z.device() == Device::Cpu && z.kind() == Kind::Float && z.is_contiguous()
}

/// The `k`-th smallest (1-based) value of each row.
///
/// # Shapes
/// `z`: `[B, rows, …]` with B·… values a row → `[rows]`.
pub(super) fn kth_smallest_of(z: &Tensor, rows: i64, k: i64) -> Tensor {
    let found = each_row(z, rows, |values| {
        let from_top = values.len() + 1 - k as usize;
        if few_from_top(values.len() as i64, k).is_some() {
            return vec![least(&largest(values, from_top))];
        }
        let mut keys: Vec<i32> = values.iter().map(|&v| key(v)).collect();
        vec![value(*keys.select_nth_unstable(k as usize - 1).1)]
    });
    Tensor::from_slice(&found)
}

/// The `keep` largest values of each row (all of them when there are fewer), in no order.
///
/// # Shapes
/// `z`: `[B, rows, …]` → `[rows, keep]`.
pub(super) fn largest_of(z: &Tensor, rows: i64, keep: i64) -> Tensor {
    let found = each_row(z, rows, |values| largest(values, keep as usize));
    Tensor::from_slice(&found).view([rows, -1])
}

/// Does `work` on the values of every row, on as many threads as libtorch has; the outcomes one after the other.
fn each_row(z: &Tensor, rows: i64, work: impl Fn(&[f32]) -> Vec<f32> + Sync) -> Vec<f32> {
    let rows = rows as usize;
    let values = read(z, rows);
    let length = (values.len() / rows).max(1);
    let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1).clamp(1, rows);
    if threads == 1 {
        return values.chunks(length).flat_map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let parts = values.chunks(length * rows.div_ceil(threads));
        let started: Vec<_> = parts
            .map(|part| scope.spawn(move || part.chunks(length).flat_map(work).collect::<Vec<f32>>()))
            .collect();
        started
            .into_iter()
            .flat_map(|one| one.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

/// The values of `[B, rows, …]`, of one row after the other.
fn read(z: &Tensor, rows: usize) -> Vec<f32> {
    let z = z.detach();
    let samples = z.size()[0] as usize;
    let piece = z.numel() / (samples * rows).max(1);
    let pieces = z.view([(samples * rows) as i64, piece as i64]);
    let mut values = vec![0.0; z.numel()];
    for (at, into) in values.chunks_mut(piece.max(1)).enumerate() {
        let (row, sample) = (at / samples, at % samples);
        pieces.get((sample * rows + row) as i64).copy_data(into, piece);
    }
    values
}

/// The `keep` largest of `values`: those above the `keep`-th largest of what was seen so far are collected, and the
/// collection is cut back whenever it has grown to four times that.
fn largest(values: &[f32], keep: usize) -> Vec<f32> {
    if keep >= values.len() {
        return values.to_vec();
    }
    let room = 4 * keep + 64;
    let (mut kept, mut bound) = (Vec::with_capacity(room + BLOCK), f32::NEG_INFINITY);
    for block in values.chunks(BLOCK) {
        // The usual case once the bound stands high, and a loop without branches.
        if !block.iter().fold(false, |any, &v| any | is_open(v, bound)) {
            continue;
        }
        kept.extend(block.iter().copied().filter(|v| is_open(*v, bound)));
        if kept.len() >= room {
            bound = cut(&mut kept, keep);
        }
    }
    cut(&mut kept, keep);
    kept
}

/// The least of some values.
fn least(values: &[f32]) -> f32 {
    values.iter().map(|&v| key(v)).min().map_or(f32::NAN, value)
}

/// Values looked at together.
const BLOCK: usize = 64;

/// Whether a value may be among the largest: above the bound, or not a number, which counts as largest.
#[allow(clippy::neg_cmp_op_on_partial_ord, reason = "what is no number counts as largest, by one comparison")]
fn is_open(value: f32, bound: f32) -> bool {
    !(value <= bound) || bound == f32::NEG_INFINITY
}

/// Leaves the `keep` largest; the least of them.
fn cut(kept: &mut Vec<f32>, keep: usize) -> f32 {
    let below = kept.len().saturating_sub(keep);
    if below > 0 {
        kept.select_nth_unstable_by(below, |a, b| key(*a).cmp(&key(*b)));
        kept.drain(..below);
    }
    kept.first().copied().unwrap_or(f32::NEG_INFINITY)
}

/// An integer that is ordered as the number is; what is not a number comes last, as in libtorch.
fn key(value: f32) -> i32 {
    if value.is_nan() {
        return i32::MAX;
    }
    let bits = value.to_bits() as i32;
    bits ^ (((bits >> 31) as u32) >> 1) as i32
}

/// The number of a [`key`].
fn value(key: i32) -> f32 {
    if key == i32::MAX {
        return f32::NAN;
    }
    f32::from_bits((key ^ (((key >> 31) as u32) >> 1) as i32) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values with ties, both zeros, infinities and, in row 2, something that is not a number.
    fn awkward() -> Tensor {
        tch::manual_seed(3);
        let z = (Tensor::randn([4, 3, 20, 25], (Kind::Float, Device::Cpu)) * 8.0).round() / 4.0;
        let put = |at: [i64; 4], v: f64| {
            let mut place = z.shallow_clone();
            for i in at {
                place = place.get(i);
            }
            let _ = place.fill_(v);
        };
        put([0, 0, 0, 0], f64::INFINITY);
        put([1, 0, 3, 3], f64::NEG_INFINITY);
        put([2, 1, 0, 7], -0.0);
        put([3, 2, 9, 9], f64::NAN);
        z
    }

    fn sorted(values: &Tensor) -> Vec<Vec<i32>> {
        let rows: Vec<Vec<f32>> = Vec::try_from(values).expect("two axes");
        rows.into_iter()
            .map(|row| {
                let mut keys: Vec<i32> = row.into_iter().map(|v| key(v + 0.0)).collect();
                keys.sort_unstable();
                keys
            })
            .collect()
    }

    #[test]
    fn selection_is_libtorchs_at_every_rank_and_number_of_threads() {
        let z = awkward();
        let rows = z.transpose(0, 1).reshape([3, -1]);
        let before = tch::get_num_threads();
        for threads in [1, 2, 3, 7] {
            tch::set_num_threads(threads);
            for k in [1, 2, 500, 1000, 1700, 1950, 1999, 2000] {
                let (ours, theirs) = (kth_smallest_of(&z, 3, k), rows.kthvalue(k, 1, false).0);
                assert_eq!(sorted(&ours.view([1, -1])), sorted(&theirs.view([1, -1])), "rank {k}");
            }
            for keep in [1, 2, 3, 16, 100, 1999, 2000, 5000] {
                let theirs = rows.topk(keep.min(2000), 1, true, true).0;
                assert_eq!(sorted(&largest_of(&z, 3, keep)), sorted(&theirs), "the {keep} largest");
            }
            let theirs = z.view([1, -1]).topk(9, 1, true, true).0;
            assert_eq!(sorted(&largest_of(&z, 1, 9)), sorted(&theirs), "one row of all");
        }
        tch::set_num_threads(before);
    }

    #[test]
    fn keys_are_ordered_as_numbers_and_give_them_back() {
        let numbers = [f32::NEG_INFINITY, -1e30, -1.5, -f32::MIN_POSITIVE, 0.0, 1e-40, 2.0, f32::INFINITY];
        assert!(numbers.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert!(numbers.iter().all(|&v| value(key(v)).to_bits() == v.to_bits()));
        assert!(value(key(f32::NAN)).is_nan() && key(f32::NAN) > key(f32::INFINITY));
    }
}
