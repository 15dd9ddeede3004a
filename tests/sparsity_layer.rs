//! Promise: the sparsity layer does what its formulas say: exact quantiles, the density asked
//! for, true gradients, closed forms, and the same state after a save and a load.

use sparling::sparsity::{
    Accumulation, Bottleneck, Kl, L1, Motifs, Noise, PassThrough, PerChannel, SideBySide, SparsityLayer,
    Universal, kth_smallest, rank,
};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

fn randn(shape: &[i64]) -> Tensor {
    Tensor::randn(shape, (Kind::Float, Device::Cpu))
}

fn values(t: &Tensor) -> Vec<f64> {
    t.to_kind(Kind::Double).contiguous().view(-1).try_into().expect("values")
}

#[test]
fn kth_smallest_equals_sorting() {
    tch::manual_seed(1);
    let x = randn(&[3, 1000]);
    let sorted = x.sort(1, false).0;
    // Both ways of selecting, at both ends and where they meet.
    for k in [1, 2, 500, 936, 937, 938, 939, 990, 999, 1000] {
        assert_eq!(values(&kth_smallest(&x, k)), values(&sorted.select(1, k - 1)), "k = {k}");
    }
}

#[test]
fn kth_smallest_with_ties() {
    let x = Tensor::from_slice(&[1.0_f32, 2.0, 2.0, 2.0, 3.0]).view([1, 5]);
    for (k, expected) in [(1, 1.0), (2, 2.0), (4, 2.0), (5, 3.0)] {
        assert_eq!(values(&kth_smallest(&x, k)), [expected], "k = {k}");
    }
}

#[test]
fn rank_leaves_the_wanted_number_above() {
    assert_eq!(rank(160_000, 5e-5), 159_992, "160,000 positions at 5e-5 leave 8 above");
    assert_eq!(rank(10, 1.0), 1, "never below the first");
    assert_eq!(rank(10, 1e-12), 9, "⌊10·(1−1e-12)⌋, as the paper has it");
}

/// With momentum 1 the threshold is the batch's own quantile, so exactly n − k of n pass.
#[test]
fn density_is_exact_with_momentum_one() {
    tch::manual_seed(2);
    for density in [0.5, 0.1, 1e-2, 1e-3] {
        let vs = VarStore::new(Device::Cpu);
        let mut layer = PerChannel::new(&vs.root(), 4, density).momentum(1.0);
        let map = layer.forward_t(&randn(&[8, 4, 20, 25]), true).map;
        let n = 8 * 20 * 25;
        for (c, open) in values(&map.gt(0.0).sum_dim_intlist([0_i64, 2, 3].as_slice(), false, Kind::Float))
            .into_iter()
            .enumerate()
        {
            assert_eq!(open as i64, n - rank(n, density), "channel {c} at δ = {density}");
        }
    }
}

/// With momentum 0.1 and independent batches, t averages quantile estimates: its standard
/// error is √(δ(1−δ)/n)/f·√(μ/(2−μ)) in units of z, so the density measured on m fresh
/// positions is off by at most 5 standard deviations of both errors together, plus what the
/// start at 0 leaves after 200 steps (0.9²⁰⁰ ≈ 7e-10, nothing).
#[test]
fn density_is_met_with_running_thresholds() {
    tch::manual_seed(3);
    for density in [0.5, 0.1, 0.01] {
        let vs = VarStore::new(Device::Cpu);
        let (channels, batch, side) = (3, 16, 32);
        let thresholds = PerChannel::new(&(vs.root() / "t"), channels, density);
        let mut layer = SparsityLayer::new(&(vs.root() / "n"), channels, 2, true, Box::new(thresholds));
        for _ in 0..200 {
            layer.forward_t(&(randn(&[batch, channels, side, side]) * 3.0 + 1.0), true);
        }
        let fresh = randn(&[64, channels, side, side]) * 3.0 + 1.0;
        let open = layer.forward_t(&fresh, false).map.gt(0.0).to_kind(Kind::Float);
        let (n, m) = ((batch * side * side) as f64, (64 * side * side) as f64);
        let variance = density * (1.0 - density) * (0.1 / 1.9 / n + 1.0 / m);
        // The running mean and variance of the batch norm move z by O(1/√(19·n)) more.
        let density_at_t = (-(probit(density).powi(2)) / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let norm = density_at_t * (1.0 + probit(density).abs()) / (19.0 * n).sqrt();
        let tolerance = 5.0 * (variance + norm * norm).sqrt();
        for (c, measured) in
            values(&open.mean_dim([0_i64, 2, 3].as_slice(), false, Kind::Float)).into_iter().enumerate()
        {
            assert!(
                (measured - density).abs() < tolerance,
                "channel {c}: density {measured}, asked for {density} ± {tolerance}"
            );
        }
    }
}

/// Upper quantile of the standard normal distribution, by bisection on erfc.
fn probit(share: f64) -> f64 {
    let (mut low, mut high) = (-6.0, 6.0);
    for _ in 0..60 {
        let mid = 0.5 * (low + high);
        let above = 0.5 * Tensor::from(mid / 2.0_f64.sqrt()).special_erfc().double_value(&[]);
        if above > share { low = mid } else { high = mid }
    }
    low
}

/// Accumulating over batches gives the quantile of all of them together.
#[test]
fn accumulation_equals_one_large_batch() {
    tch::manual_seed(4);
    let (density, channels) = (0.01, 3);
    let batches: Vec<Tensor> = (0..5).map(|_| randn(&[2, channels, 10, 11])).collect();
    // 220 positions a batch: 10 motifs at δ = 0.01 need 1000 positions, the fifth batch.
    let vs = VarStore::new(Device::Cpu);
    let mut layer = PerChannel::new(&vs.root(), channels, density).accumulate(10.0).momentum(1.0);
    for (i, batch) in batches.iter().enumerate() {
        assert_eq!(values(&layer.thresholds().expect("thresholds")), [0.0; 3], "t moved before batch {i}");
        layer.forward_t(batch, true);
    }
    let together = Tensor::cat(&batches, 0).transpose(0, 1).reshape([channels, -1]);
    let expected = kth_smallest(&together, rank(1100, density));
    assert_eq!(values(&layer.thresholds().expect("thresholds")), values(&expected));
}

/// Of 220 positions a batch, 1000 elements are there with the fifth, whatever δ.
#[test]
fn accumulation_counts_elements_where_asked() {
    tch::manual_seed(8);
    for density in [0.5, 0.01, 0.001] {
        let vs = VarStore::new(Device::Cpu);
        let mut layer =
            PerChannel::new(&vs.root(), 2, density).accumulation(Accumulation::Elements(1000)).momentum(1.0);
        let batches: Vec<Tensor> = (0..10).map(|_| randn(&[2, 2, 10, 11])).collect();
        for (i, batch) in batches.iter().enumerate() {
            layer.forward_t(batch, true);
            let t = values(&layer.thresholds().expect("thresholds"));
            let whole = (i + 1) / 5 * 5;
            if whole == 0 {
                assert_eq!(t, [0.0; 2], "δ = {density}: t moved on batch {i}");
                continue;
            }
            let together = Tensor::cat(&batches[whole - 5..whole], 0).transpose(0, 1).reshape([2, -1]);
            assert_eq!(t, values(&kth_smallest(&together, rank(1100, density))), "δ = {density}, batch {i}");
        }
    }
}

/// The thresholds after all batches, which are the same where what is pending after three of them was given to another
/// layer that goes on.
fn saved_after_three(
    whole: &mut dyn Bottleneck,
    resumed: &mut dyn Bottleneck,
    batches: &[Tensor],
) -> Vec<f64> {
    for batch in &batches[..3] {
        whole.forward_t(batch, true);
    }
    resumed.restore_pending(&whole.pending());
    for batch in &batches[3..] {
        whole.forward_t(batch, true);
        resumed.forward_t(batch, true);
    }
    let t = values(&whole.thresholds().expect("thresholds"));
    assert!(t.iter().all(|&v| v > 0.0), "t never moved: {t:?}");
    assert_eq!(values(&resumed.thresholds().expect("thresholds")), t);
    t
}

#[test]
fn layers_side_by_side_share_the_density_and_keep_their_states_apart() {
    tch::manual_seed(9);
    let make = |vs: &VarStore| {
        let sparse = |name: usize| PerChannel::new(&(vs.root() / name), 2, 0.01).accumulate(10.0);
        SideBySide::new(vec![
            (2, Box::new(sparse(0)) as Box<dyn Bottleneck>),
            (1, Box::new(L1::new(2.0, 0.01))),
            (2, Box::new(sparse(1))),
            (1, Box::new(L1::new(1.0, 0.01).changing())),
        ])
    };
    let (vs1, vs2) = (VarStore::new(Device::Cpu), VarStore::new(Device::Cpu));
    let (mut whole, mut resumed) = (make(&vs1), make(&vs2));
    let batches: Vec<Tensor> = (0..7).map(|_| randn(&[2, 6, 10, 11])).collect();
    assert_eq!(saved_after_three(&mut whole, &mut resumed, &batches).len(), 4);

    whole.set_density(0.005);
    assert_eq!(whole.density(), 0.005);
    let Motifs { map, penalty } = whole.forward_t(&batches[0], true);
    let mean = |channel| map.narrow(1, channel, 1).mean(Kind::Float).double_value(&[]);
    let expected = 2.0 * mean(2) + mean(5) / 0.005;
    let found = penalty.expect("a penalty").double_value(&[]);
    // Sums of 220 values in f32.
    assert!((found - expected).abs() < 1e-4 * expected, "penalty {found}, by hand {expected}");
}

#[test]
fn pending_batches_survive_a_save() {
    tch::manual_seed(5);
    let make = |vs: &VarStore| PerChannel::new(&vs.root(), 2, 0.01).accumulate(10.0);
    let (vs1, vs2) = (VarStore::new(Device::Cpu), VarStore::new(Device::Cpu));
    let (mut whole, mut resumed) = (make(&vs1), make(&vs2));
    let batches: Vec<Tensor> = (0..7).map(|_| randn(&[2, 2, 10, 11])).collect();
    saved_after_three(&mut whole, &mut resumed, &batches);
}

/// The analytic gradient of a random readout of the layer against central differences in
/// f64, at points away from the kink. Thresholds are frozen (evaluation), as the gradient
/// treats them.
fn gradient_check(layer: &mut dyn Bottleneck, shape: &[i64]) {
    let x = Tensor::randn(shape, (Kind::Double, Device::Cpu));
    let w = Tensor::randn(shape, (Kind::Double, Device::Cpu));
    let mut f = |x: &Tensor| {
        let Motifs { map, .. } = layer.forward_t(x, false);
        (map * &w).sum(Kind::Double)
    };
    let leaf = x.copy().set_requires_grad(true);
    f(&leaf).backward();
    let (analytic, h) = (values(&leaf.grad()), 1e-6);
    let n = x.numel() as i64;
    for i in 0..n {
        let step = Tensor::zeros(n, (Kind::Double, Device::Cpu));
        let _ = step.get(i).fill_(h);
        let step = step.view(shape);
        let numeric = (f(&(&x + &step)) - f(&(&x - &step))).double_value(&[]) / (2.0 * h);
        let found = analytic[i as usize];
        // Central differences in f64: error about ε/h = 2e-10 times the size of the sum.
        assert!((numeric - found).abs() < 1e-7, "∂/∂x[{i}] is {found}, differences say {numeric}");
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    tch::manual_seed(6);
    for dims in [1, 2] {
        let shape: &[i64] = if dims == 1 { &[2, 3, 8] } else { &[2, 3, 4, 2] };
        let mut vs = VarStore::new(Device::Cpu);
        let thresholds = PerChannel::new(&(vs.root() / "t"), 3, 0.3);
        let mut per_channel = SparsityLayer::new(&(vs.root() / "n"), 3, dims, true, Box::new(thresholds));
        let mut universal = Universal::new(&(vs.root() / "u"), 0.3);
        for _ in 0..30 {
            per_channel.forward_t(&randn(shape), true);
            universal.forward_t(&randn(shape), true);
        }
        vs.double();
        // `double` replaces the tensors' contents; what the layers hold are views of them.
        gradient_check(&mut per_channel, shape);
        gradient_check(&mut universal, shape);
        gradient_check(&mut PassThrough::new(0.3), shape);
        gradient_check(&mut L1::new(1.0, 0.3), shape);
        gradient_check(&mut Kl::new(1.0, 0.1, 0.3), shape);
    }
}

#[test]
fn no_gradient_flows_into_thresholds() {
    let vs = VarStore::new(Device::Cpu);
    let mut layer = PerChannel::new(&vs.root(), 2, 0.5).momentum(1.0);
    let x = randn(&[4, 2, 5, 5]).set_requires_grad(true);
    let map = layer.forward_t(&x, true).map;
    map.sum(Kind::Float).backward();
    // Were t differentiable, the value at the quantile would get −(number open).
    let expected = map.gt(0.0).to_kind(Kind::Float);
    assert_eq!(values(&x.grad()), values(&expected), "gradient is the open mask and nothing else");
    assert!(!layer.thresholds().expect("thresholds").requires_grad(), "t must not be trained");
}

#[test]
fn penalties_have_their_closed_forms() {
    let z = Tensor::from_slice(&[-1.0_f32, 2.0, 0.5, -3.0]).view([1, 1, 2, 2]);
    let Motifs { map, penalty } = L1::new(2.0, 0.5).forward_t(&z, true);
    assert_eq!(values(&map), [0.0, 2.0, 0.5, 0.0]);
    assert_eq!(penalty.expect("a penalty").double_value(&[]), 2.0 * 2.5 / 4.0);

    // All a = ½: KL(p ‖ ½) = ln 2 − H(p), and nothing is above ½.
    let zeros = Tensor::zeros([2, 3, 4], (Kind::Float, Device::Cpu));
    let p: f64 = 0.1;
    let Motifs { map, penalty } = Kl::new(3.0, p, 0.5).forward_t(&zeros, true);
    assert_eq!(map.count_nonzero(None).int64_value(&[]), 0, "ReLU(½ − ½)");
    let expected = 3.0 * (2.0_f64.ln() + p * p.ln() + (1.0 - p) * (1.0 - p).ln());
    let found = penalty.expect("a penalty").double_value(&[]);
    assert!((found - expected).abs() < 1e-6, "KL is {found}, by hand {expected}");

    // mean a = p: no penalty. f32 rounding of a mean near 0.1: a few 1e-8, squared and
    // divided by p in the KL, so far below 1e-6.
    let z = Tensor::full([4, 2, 8], (p / (1.0 - p)).ln(), (Kind::Float, Device::Cpu));
    let found = Kl::new(1.0, p, 0.5).forward_t(&z, true).penalty.expect("a penalty");
    assert!(found.double_value(&[]).abs() < 1e-6, "KL(p ‖ p) = 0, found {found:?}");
    assert!(L1::new(2.0, 0.5).forward_t(&z, false).penalty.is_none(), "no penalty in evaluation");
}

#[test]
fn noise_has_its_standard_deviation() {
    tch::manual_seed(7);
    let vs = VarStore::new(Device::Cpu);
    let mut layer = Noise::new(&vs.root(), 0.2);
    let z = randn(&[16, 4, 32, 32]);
    let sigma = layer.sigma();
    let first = layer.forward_t(&z, true).map;
    let second = layer.forward_t(&z, true).map;
    // The difference of two draws has standard deviation σ√2; n = 65,536 values estimate it
    // to a relative 1/√(2n) = 0.28 %, five of which are 1.4 %.
    let measured = (first - second).std(true).double_value(&[]) / 2.0_f64.sqrt();
    assert!((measured / sigma - 1.0).abs() < 0.014, "σ measured {measured}, asked for {sigma}");
}

#[test]
fn state_is_saved_with_the_variables() {
    let vs = VarStore::new(Device::Cpu);
    let thresholds = PerChannel::new(&(vs.root() / "layer" / "t"), 2, 0.5);
    let mut layer = SparsityLayer::new(&(vs.root() / "layer" / "n"), 2, 1, false, Box::new(thresholds));
    layer.forward_t(&randn(&[4, 2, 50]), true);
    let names: Vec<String> = vs.variables().into_keys().collect();
    for expected in ["layer.t.thresholds", "layer.n.running_mean", "layer.n.running_var"] {
        assert!(names.iter().any(|n| n == expected), "{expected} is not among {names:?}");
    }
    assert!(vs.trainable_variables().is_empty(), "nothing here is learned without affine");
}
