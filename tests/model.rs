//! Promise: networks start as PyTorch would start them, have the shapes and sizes of the
//! paper, and ĝ sees only its receptive field.

use std::path::Path;

use sparling::config::{Config, ProposerConfig, load};
use sparling::domain::Split;
use sparling::model::{Head, Precision, Proposer, SequenceHead, sinusoidal};
use sparling::sparsity::Bottleneck;
use sparling::train::{Adam, Batch, Checkpoint, RunDir, Session, tensors};
use tch::nn::VarStore;
use tch::{Device, Kind, Tensor};

fn config(scale: &str) -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    load(&file, scale, &[]).expect("the experiment")
}

/// Every weight lies within PyTorch's bound, fills it, and has its standard deviation.
#[test]
fn weights_start_as_in_pytorch() {
    tch::set_num_threads(1);
    let session = Session::new(&config("paper"), 1, Device::Cpu).expect("a network");
    let d = 512.0_f64;
    let mut checked = 0;
    for (name, v) in session.vs.variables() {
        assert!(!name.contains("__"), "{name}: a path was used twice");
        if !v.requires_grad() {
            continue;
        }
        let size = v.size();
        let last = name.rsplit('.').next().unwrap_or_default();
        let fan_in: i64 = size.iter().skip(1).product();
        let is = |part: &str| name.contains(part);
        let constant = |value: f64| (&v - value).abs().max().double_value(&[]) == 0.0;
        if is("norm") {
            assert!(constant(if last == "weight" { 1.0 } else { 0.0 }), "{name}: scale 1 and shift 0");
        } else if is("tokens") {
            let deviation = v.std(true).double_value(&[]);
            // Standard normal: relative error 1/√(2n), five of them.
            let tolerance = 5.0 / (2.0 * v.numel() as f64).sqrt();
            assert!((deviation - 1.0).abs() < tolerance, "{name}: deviation {deviation}");
        } else if is("attention") && last == "bias" {
            assert!(constant(0.0), "{name}: attention starts without bias");
        } else {
            let bound = if is("row_lstm") {
                1.0 / (d / 2.0).sqrt()
            } else if is("query") || is("key_value") {
                (6.0 / (d + 3.0 * d)).sqrt()
            } else if last == "bias" {
                // The fan-in is that of the weight beside it.
                let weight = &session.vs.variables()[&name.replace(".bias", ".weight")];
                1.0 / (weight.size().iter().skip(1).product::<i64>() as f64).sqrt()
            } else {
                1.0 / (fan_in as f64).sqrt()
            };
            let largest = v.abs().max().double_value(&[]);
            assert!(largest <= bound * (1.0 + 1e-6), "{name}: |w| reaches {largest}, bound {bound}");
            if v.numel() >= 1000 {
                assert!(largest > 0.98 * bound, "{name}: |w| reaches only {largest} of {bound}");
                let deviation = v.std(true).double_value(&[]) * 3.0_f64.sqrt() / bound;
                // Uniform: the variance estimate has relative deviation √(0.8/n); half of it
                // for the deviation, five of them.
                let tolerance = 2.5 * (0.8 / v.numel() as f64).sqrt();
                assert!((deviation - 1.0).abs() < tolerance, "{name}: deviation {deviation} of uniform");
            }
        }
        checked += 1;
    }
    assert!(checked > 200, "only {checked} variables");
}

/// Sides of the rectangle of input pixels that one map position depends on, by the gradient;
/// `positions` map positions a side.
fn seen(g: &ProposerConfig, positions: i64) -> (i64, i64) {
    tch::manual_seed(2);
    let vs = VarStore::new(Device::Cpu);
    let size = positions * g.stem_stride;
    let x = Tensor::randn([1, 1, size, size], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    // Evaluation: batch norm with fixed statistics is local.
    let z =
        Proposer::new(&vs.root(), g, Precision::Fp32, [1, size as usize, size as usize]).forward_t(&x, false);
    assert_eq!(z.size(), [1, 10, positions, positions]);
    z.narrow(2, positions / 2, 1).narrow(3, positions / 2, 1).sum(Kind::Float).backward();
    let touched = x.grad().abs().gt(0.0);
    let side = |dim: i64| touched.any_dim(dim, false).to_kind(Kind::Int64).sum(Kind::Int64).int64_value(&[]);
    let sides = (side(2), side(3));
    let touched = touched.to_kind(Kind::Int64).sum(Kind::Int64).int64_value(&[]);
    assert_eq!(touched, sides.0 * sides.1, "no pixel outside, none left out");
    sides
}

#[test]
fn shapes_and_receptive_field_are_the_papers() {
    tch::set_num_threads(1);
    let g = config("paper").model.g;
    assert_eq!(seen(&g, 41), (17, 17), "section 4: 17×17 pixels");
    assert_eq!(g.receptive_field(), 17);
}

#[test]
fn the_receptive_field_follows_from_the_kernels() {
    tch::set_num_threads(1);
    let laptop = config("laptop").model.g;
    for (stem_kernel, units, unit_kernels) in [(4, 3, [3, 1]), (2, 2, [3, 3]), (8, 1, [1, 5])] {
        let g = ProposerConfig { stem_kernel, units, unit_kernels, ..laptop.clone() };
        let side = g.receptive_field();
        assert_eq!(seen(&g, 21), (side, side), "{g:?}");
    }
}

fn audio(scale: &str) -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/audio-sequence/sparling.toml");
    load(&file, scale, &[]).expect("the experiment")
}

/// Over a series every kernel of ĝ has height 1, and a position sees 4 frames a unit and one.
#[test]
fn a_series_is_convolved_along_time_alone() {
    tch::set_num_threads(1);
    tch::manual_seed(2);
    let vs = VarStore::new(Device::Cpu);
    let mut g = audio("paper").model.g;
    let proposer = Proposer::new(&vs.root(), &g, Precision::Fp32, [64, 1, 99]);
    for (name, v) in vs.variables().into_iter().filter(|(n, v)| n.ends_with("weight") && v.dim() == 4) {
        let expected: &[i64] = if name.contains("conv") { &[1, 3] } else { &[1, 1] };
        assert_eq!(&v.size()[2..], expected, "{name}");
    }
    let x = Tensor::randn([1, 64, 1, 99], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let z = proposer.forward_t(&x, false);
    assert_eq!(z.size(), [1, 10, 1, 99]);
    z.narrow(3, 49, 1).sum(Kind::Float).backward();
    let touched = x.grad().abs().gt(0.0).any_dim(1, false).flatten(0, 2);
    let frames: Vec<bool> = touched.try_into().expect("one a frame");
    let seen: Vec<usize> = (0..99).filter(|&f| frames[f]).collect();
    assert_eq!(seen, (49 - 16..=49 + 16).collect::<Vec<_>>(), "8 units: 33 frames");
    // A stride runs along time alone.
    (g.stem_kernel, g.stem_stride) = (3, 2);
    let vs = VarStore::new(Device::Cpu);
    let strided = Proposer::new(&vs.root(), &g, Precision::Fp32, [64, 1, 99]);
    assert_eq!(strided.forward_t(&x, false).size(), [1, 10, 1, 50]);
}

/// ĥ of the paper over 642 frames: no LSTM, pooled to 81 positions, told apart by their time.
#[test]
fn a_series_is_pooled_and_coded_along_time() {
    tch::set_num_threads(1);
    tch::manual_seed(3);
    let vs = VarStore::new(Device::Cpu);
    let config = audio("smoke");
    let head = SequenceHead::new(&vs.root(), &config.model.h, Precision::Fp32, 10, 10, 2);
    assert!(vs.variables().keys().all(|name| !name.contains("lstm")));
    let at = |frame: i64| {
        let map = Tensor::zeros([1, 10, 1, 64], (Kind::Float, Device::Cpu));
        let _ = map.narrow(3, frame, 1).narrow(1, 4, 1).fill_(2.0);
        let memory = head.encode(&map, false);
        let begin = Tensor::full([1, 1], head.end_token() + 1, (Kind::Int64, Device::Cpu));
        head.logits(&memory, &begin, false)
    };
    let differ = |a: i64, b: i64| (at(a) - at(b)).abs().max().double_value(&[]);
    // Pooled by 4: frames 8 to 11 are one position, 12 is the next.
    assert_eq!(differ(8, 11), 0.0);
    assert!(
        differ(8, 12) > 1e-4 && differ(8, 40) > 1e-4,
        "time is told: {} {}",
        differ(8, 12),
        differ(8, 40)
    );
}

/// A knee k is the same as a map of ln(1 + m̂/k), whether pooled before or after the embedding.
#[test]
fn a_knee_takes_the_logarithm_of_motif_values() {
    tch::set_num_threads(1);
    for pool_first in [true, false] {
        let mut h = config("smoke").model.h;
        h.pool_first = pool_first;
        let (plain_vs, mut knee_vs) = (VarStore::new(Device::Cpu), VarStore::new(Device::Cpu));
        let plain = SequenceHead::new(&plain_vs.root(), &h, Precision::Fp32, 10, 10, 2);
        h.motif_knee = 4.0;
        let knee = SequenceHead::new(&knee_vs.root(), &h, Precision::Fp32, 10, 10, 2);
        knee_vs.copy(&plain_vs).expect("the same variables");
        let logits = |head: &SequenceHead, map: &Tensor| {
            let begin = Tensor::full([1, 1], head.end_token() + 1, (Kind::Int64, Device::Cpu));
            head.logits(&head.encode(map, false), &begin, false)
        };
        let map = Tensor::rand([1, 10, 24, 24], (Kind::Float, Device::Cpu)) * 50.0;
        let compressed = logits(&knee, &map);
        let differ = |other: &Tensor| (&compressed - other).abs().max().double_value(&[]);
        let expected = logits(&plain, &(&map / 4.0).log1p());
        assert!(differ(&expected) < 1e-5, "{}", differ(&expected));
        assert!(differ(&logits(&plain, &map)) > 1e-2, "it does something");
    }
}

#[test]
fn laptop_maps_cover_every_pixel() {
    tch::set_num_threads(1);
    let mut config = config("laptop");
    for (size, positions) in [(100, 50), (101, 51)] {
        let vs = VarStore::new(Device::Cpu);
        config.model.g.stem_stride = 2;
        let g =
            Proposer::new(&vs.root(), &config.model.g, Precision::Fp32, [1, size as usize, size as usize]);
        let x = Tensor::zeros([2, 1, size, size], (Kind::Float, Device::Cpu));
        assert_eq!(g.forward_t(&x, false).size(), [2, 10, positions, positions], "{size} pixels");
    }
}

/// What a later token is must not change earlier logits.
#[test]
fn the_decoder_is_causal_and_answers_are_consistent() {
    tch::set_num_threads(1);
    let mut session = Session::new(&config("smoke"), 3, Device::Cpu).expect("a network");
    let batch = Batch::of(session.domain.as_ref(), Split::Train, 0, 4).expect("samples");
    let (x, previous, _) = tensors(&batch, session.domain.input_shape(), Device::Cpu);
    let map = session.network.motifs(&x, false).map;
    let Head::Sequence(head) = &session.network.head else { panic!("the paper's ĥ") };
    let memory = head.encode(&map, false);
    let logits = head.logits(&memory, &previous, false);
    let length = previous.size()[1];
    let changed = previous.copy();
    let _ = changed.narrow(1, length - 1, 1).fill_(3);
    let other = head.logits(&memory, &changed, false);
    let difference = (logits.narrow(1, 0, length - 1) - other.narrow(1, 0, length - 1)).abs().max();
    assert!(difference.double_value(&[]) < 1e-6, "a later token changed earlier logits");
    for answer in session.network.answer(&map).expect("answers") {
        assert!(answer.len() <= session.domain.max_target_len(), "{answer:?} is too long");
        assert!(answer.iter().all(|&t| t <= 11), "{answer:?} holds unknown tokens");
    }
}

/// Adam against its definition, by hand for two steps of one parameter, and its clipping.
#[test]
fn adam_is_adam() {
    let vs = VarStore::new(Device::Cpu);
    let mut p = vs.root().zeros("p", &[2]);
    let mut adam = Adam::new(&vs, 1).expect("threads");
    let gradient = Tensor::from_slice(&[3.0_f32, -4.0]);
    let mut step = |clip: f64| {
        let gradients = adam.gradients(&(&p * &gradient).sum(Kind::Float)).expect("a gradient");
        adam.step(&gradients, 0.1, clip).expect("a step")
    };
    // Step 1: m̂/√v̂ = sign(g), so p = −0.1·sign(g) (up to ε/|g| ≈ 3e-9).
    assert!((step(0.0) - 5.0).abs() < 1e-6, "the norm of (3, −4) is 5");
    let first: Vec<f32> = p.detach().copy().try_into().expect("values");
    assert!((first[0] + 0.1).abs() < 1e-6 && (first[1] - 0.1).abs() < 1e-6, "{first:?}");
    // Step 2 with the same gradient: again sign(g), whatever the moments.
    step(0.0);
    let second: Vec<f32> = p.detach().copy().try_into().expect("values");
    assert!((second[0] + 0.2).abs() < 1e-6 && (second[1] - 0.2).abs() < 1e-6, "{second:?}");
    // Step 3, clipped to norm 1: g = (0.6, −0.8).
    // m = 0.9·0.19·3 + 0.1·0.6 = 0.573; v = 0.999·0.001999·9 + 0.001·0.36 = 0.018333009
    // m̂ = 0.573/0.271 = 2.114391; v̂ = 0.018333009/0.002997001 = 6.117118; step 0.1·0.854892
    step(1.0);
    let third: Vec<f32> = p.detach().copy().try_into().expect("values");
    assert!((third[0] + 0.2 + 0.085_489).abs() < 2e-6, "{third:?}");
    let _ = p.requires_grad_(false);
}

/// Variables smaller and larger than a piece, two shards, clipping: as in the paper of Adam, and the same bits on any
/// number of threads.
#[test]
fn pieces_of_adam_are_adam() {
    tch::manual_seed(5);
    let sizes = [3, 20_000, 1, 50_000, 16_384, 7];
    let start: Vec<Tensor> = sizes.iter().map(|&n| Tensor::randn([n], (Kind::Float, Device::Cpu))).collect();
    let gradients = |step: usize| -> Vec<Vec<Tensor>> {
        let of = |shard: usize| start.iter().map(move |p| p.roll([(step * 2 + shard) as i64 + 1], [0]));
        (0..2).map(|shard| of(shard).collect()).collect()
    };
    let run = |threads: usize| {
        let vs = VarStore::new(Device::Cpu);
        let mut variables: Vec<Tensor> =
            (0..sizes.len()).map(|i| vs.root().zeros(&format!("p{i}"), &[sizes[i]])).collect();
        tch::no_grad(|| variables.iter_mut().zip(&start).for_each(|(p, s)| p.copy_(s)));
        let mut adam = Adam::new(&vs, threads).expect("threads");
        let norms = (0..3).map(|step| adam.step(&gradients(step), 0.01, 1.0).expect("a step")).collect();
        (variables, norms)
    };
    let (found, norms): (_, Vec<f64>) = run(1);
    let (again, _): (_, Vec<f64>) = run(3);
    let mut p = Tensor::cat(&start, 0).to_kind(Kind::Double);
    let (mut m, mut v) = (p.zeros_like(), p.zeros_like());
    for (step, found) in norms.iter().enumerate() {
        let both: Vec<Tensor> = gradients(step).iter().map(|shard| Tensor::cat(shard, 0)).collect();
        let g = (&both[0] + &both[1]).to_kind(Kind::Double);
        let norm = g.norm().double_value(&[]);
        assert!((found / norm - 1.0).abs() < 1e-5, "step {step}: the norm is {norm}, found {found}");
        let g = g / norm;
        m = m * 0.9 + &g * 0.1;
        v = v * 0.999 + g.square() * 0.001;
        let t = step as f64 + 1.0;
        p -= &m / (1.0 - 0.9_f64.powf(t)) / ((&v / (1.0 - 0.999_f64.powf(t))).sqrt() + 1e-8) * 0.01;
    }
    let far = (Tensor::cat(&found, 0) - p).abs().max().double_value(&[]);
    assert!(far < 1e-5, "{far} from Adam in doubles");
    for (one, three) in found.iter().zip(&again) {
        assert!(one.equal(three), "threads change the bits");
    }
}

#[test]
fn a_gradient_that_is_not_finite_changes_nothing() {
    let vs = VarStore::new(Device::Cpu);
    let p = vs.root().ones("p", &[1]);
    let mut adam = Adam::new(&vs, 1).expect("threads");
    let gradients = adam.gradients(&(&p * f64::NAN).sum(Kind::Float)).expect("a gradient");
    assert!(adam.step(&gradients, 0.1, 1.0).expect("no step").is_nan(), "the norm tells");
    assert_eq!(p.double_value(&[0]), 1.0, "the parameter is untouched");
}

#[test]
fn position_codes_have_their_closed_form() {
    let code = sinusoidal(4, 6, 100.0, Device::Cpu);
    for p in 0..4 {
        for i in 0..3 {
            let angle = p as f64 / 100.0_f64.powf(2.0 * i as f64 / 6.0);
            let found = (code.double_value(&[p, 2 * i]), code.double_value(&[p, 2 * i + 1]));
            assert!(
                (found.0 - angle.sin()).abs() < 1e-6 && (found.1 - angle.cos()).abs() < 1e-6,
                "p {p}, i {i}"
            );
        }
    }
}

#[test]
fn the_density_reaches_the_layer() {
    let mut session = Session::new(&config("smoke"), 1, Device::Cpu).expect("a network");
    assert_eq!(session.network.sparsity.density(), 0.05, "δ₀ of the smoke scale");
    session.network.sparsity.set_density(0.003);
    assert_eq!(session.network.sparsity.density(), 0.003);
}

/// Keys and values of earlier tokens are kept and ended rows dropped, and answers are those of decoding anew.
#[test]
fn cached_decoding_answers_as_decoding_anew() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("results/laptop/models/latex-ocr-sparling-seed1");
    let run = RunDir::open(&folder).expect("a model");
    let mut session = Session::new(&run.config().expect("settings"), 1, Device::Cpu).expect("a network");
    let stem = run.density_stems().pop().expect("a checkpoint");
    session.restore(&Checkpoint::load(&stem).expect("whole"), None).expect("it fits");
    let batch = Batch::of(session.domain.as_ref(), Split::Validation, 0, 40).expect("a batch");
    let (x, _, _) = tensors(&batch, session.domain.input_shape(), Device::Cpu);
    let map = session.network.motifs(&x, false).map;

    let Head::Sequence(head) = &session.network.head else { panic!("a sequence") };
    let memory = head.encode(&map, false);
    let mut previous = Tensor::full([40, 1], head.end_token() + 1, (Kind::Int64, Device::Cpu));
    for _ in 0..session.domain.max_target_len() {
        let length = previous.size()[1];
        let next = head.logits(&memory, &previous, false).select(1, length - 1).argmax(1, false);
        previous = Tensor::cat(&[previous, next.unsqueeze(1)], 1);
    }
    let mut lengths = std::collections::BTreeSet::new();
    for (row, answer) in (0..).zip(&head.decode_greedy(memory).expect("answers")) {
        let anew: Vec<i64> = Vec::try_from(previous.get(row)).expect("tokens");
        let ended = anew[1..].iter().take_while(|&&token| token != head.end_token());
        assert_eq!(*answer, ended.map(|&token| token as u32).collect::<Vec<_>>(), "row {row}");
        lengths.insert(answer.len());
    }
    assert!(lengths.len() > 3, "answers have the lengths {lengths:?} alone");
}
