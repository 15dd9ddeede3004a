//! Promise: the layer and the schedule are those of the authors' package `sparling` 0.3
//! (constants and their generator: `tests/reference/`).

use serde_json::Value;
use sparling::sparsity::{
    Accumulation, Annealing, AnnealingSettings, Bottleneck, L1, Motifs, Noise, PassThrough, PerChannel,
    SideBySide, SparsityLayer, Universal,
};
use tch::nn::{Path, VarStore};
use tch::{Device, Kind, Tensor, no_grad};

fn reference(name: &str) -> Value {
    let path = format!("{}/tests/reference/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).expect("a reference file")).expect("JSON")
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("an array").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// The integer hash that the reference script draws its inputs from.
fn hashed(i: u64, step: u64, salt: u64) -> f64 {
    let h = (i * 2_654_435_761 + step * 1_013_904_223 + salt) % (1 << 32);
    2.0 * (h >> 8) as f64 / f64::from(1 << 24) - 1.0
}

/// Input of a step, values in the order of `shape`; channels on `axis`.
fn input(shape: &[i64], axis: usize, step: u64) -> Tensor {
    let after: i64 = shape[axis + 1..].iter().product();
    let values: Vec<f32> = (0..shape.iter().product::<i64>())
        .map(|i| {
            let c = ((i / after) % shape[axis]) as f64;
            let v = hashed(i as u64 + 1, step, 12345);
            ((v + 3.0 * v * v * v) * (1.0 + c / 2.0) + c / 4.0) as f32
        })
        .collect();
    Tensor::from_slice(&values).view(shape)
}

fn readout(shape: &[i64]) -> Tensor {
    let n: i64 = shape.iter().product();
    let values: Vec<f32> = (0..n).map(|i| hashed(i as u64 + 1, 0, 987_654_321) as f32).collect();
    Tensor::from_slice(&values).view(shape)
}

/// Largest absolute difference; `expected` was written with the digits that f32 needs.
fn apart(tensor: &Tensor, expected: &[f64]) -> f64 {
    let found: Vec<f64> = tensor.to_kind(Kind::Double).contiguous().view(-1).try_into().expect("values");
    assert_eq!(found.len(), expected.len(), "sizes differ");
    found.iter().zip(expected).map(|(a, b)| (a - f64::from(*b as f32)).abs()).fold(0.0, f64::max)
}

/// Both sides compute in f32 with sums of at most 168 terms of size about 5 in another
/// order: 168·5·2⁻²⁴ ≈ 5e-5 bounds the rounding of a mean; outputs are of the same size.
const CLOSE: f64 = 5e-5;

/// The bottleneck that a case was made with.
fn bottleneck(name: &str, path: &Path, channels: i64) -> Box<dyn Bottleneck> {
    let per_channel = |path: &Path, channels| PerChannel::new(path, channels, 0.5);
    // A group with a batch norm of its own.
    let normed = |name: &str, channels, layer| {
        Box::new(SparsityLayer::new(&(path / name), channels, 1, false, layer)) as Box<dyn Bottleneck>
    };
    match name {
        "per_channel_accumulated" => Box::new(per_channel(path, channels).accumulate(10.0)),
        "per_channel_elements" => {
            Box::new(per_channel(path, channels).accumulation(Accumulation::Elements(500)))
        }
        "single_threshold" => Box::new(Universal::new(path, 0.5)),
        "no_sparsity" => Box::new(PassThrough::new(0.5)),
        "l1" => Box::new(L1::new(1.0, 0.5)),
        "changing_l1" => Box::new(L1::new(1.0, 0.5).changing()),
        "side_by_side" => Box::new(SideBySide::new(vec![
            (2, normed("norm0", 2, Box::new(per_channel(&(path / 0), 2)))),
            (1, normed("norm1", 1, Box::new(per_channel(&(path / 1), 1).accumulate(10.0)))),
            (1, normed("norm2", 1, Box::new(PassThrough::new(0.5)))),
        ])),
        _ => Box::new(per_channel(path, channels)),
    }
}

fn check_case(case: &Value) {
    let name = case["name"].as_str().expect("a name");
    let shape: Vec<i64> = floats(&case["shape"]).iter().map(|&n| n as i64).collect();
    let axis = case["channel_axis"].as_u64().expect("an axis") as usize;
    let dims = shape.len() - 2;
    let channels = shape[axis];
    let vs = VarStore::new(Device::Cpu);
    let bottleneck = bottleneck(name, &(vs.root() / "bottleneck"), channels);
    let affine = case["affine"].as_bool().expect("affine");
    let norm_path = vs.root() / "norm";
    let mut layer = if case["batch_norm"].as_bool().expect("batch_norm") {
        SparsityLayer::new(&norm_path, channels, dims, affine, bottleneck)
    } else {
        SparsityLayer::without_norm(bottleneck)
    };
    let variables = vs.variables();
    if affine {
        for (variable, key) in [("norm.weight", "bn_weight"), ("norm.bias", "bn_bias")] {
            let values = Tensor::from_slice(&floats(&case[key])).to_kind(Kind::Float);
            no_grad(|| variables[variable].shallow_clone().copy_(&values));
        }
    }
    // The package takes channels last in one dimension; this crate takes them second.
    let turn = |t: &Tensor| if axis == 1 { t.shallow_clone() } else { t.transpose(1, 2) };
    let w = readout(&shape);
    let steps = case["steps"].as_u64().expect("steps");
    for step in 1..=steps {
        for change in case["schedule"].as_array().expect("a schedule") {
            if change["from_step"].as_u64() == Some(step) {
                layer.set_density(change["density"].as_f64().expect("a density"));
            }
        }
        let x = input(&shape, axis, step).set_requires_grad(true);
        if step == 1 {
            let head = x.detach().view(-1).narrow(0, 0, 8);
            assert_eq!(apart(&head, &floats(&case["input_head"])), 0.0, "{name}: inputs differ");
        }
        for variable in variables.values() {
            variable.shallow_clone().zero_grad();
        }
        let Motifs { map, penalty } = layer.forward_t(&turn(&x), true);
        let out = turn(&map);
        if let Some(kept) = case.get(format!("step_{step}")) {
            let difference = apart(&out, &floats(&kept["output"]));
            assert!(difference < CLOSE, "{name}, step {step}: output off by {difference}");
            if let Some(expected) = kept.get("penalty") {
                let (penalty, expected) = (penalty.expect("a penalty"), expected.as_f64().expect("a number"));
                let found = penalty.double_value(&[]);
                assert!(
                    (found - expected).abs() < CLOSE,
                    "{name}, step {step}: penalty {found}, not {expected}"
                );
                let gradient = Tensor::run_backward(&[penalty], &[&x], true, false);
                let difference = apart(&gradient[0], &floats(&kept["grad_penalty"]));
                assert!(
                    difference < CLOSE,
                    "{name}, step {step}: the penalty's gradient is off by {difference}"
                );
            }
            (&out * &w).sum(Kind::Float).backward();
            let difference = apart(&x.grad(), &floats(&kept["grad_input"]));
            assert!(difference < CLOSE, "{name}, step {step}: input gradient off by {difference}");
            if affine {
                for (variable, key) in [("norm.weight", "grad_weight"), ("norm.bias", "grad_bias")] {
                    // A sum of up to 168 products: the bound above, without the division.
                    let difference = apart(&variables[variable].grad(), &floats(&kept[key]));
                    assert!(difference < 1e-3, "{name}, step {step}: {key} off by {difference}");
                }
            }
        }
        if let Some(thresholds) = case.get("thresholds") {
            let own = layer.thresholds().expect("thresholds");
            let difference = apart(&own, &floats(&thresholds[step as usize - 1]));
            assert!(difference < CLOSE, "{name}, step {step}: thresholds off by {difference}");
        }
    }
    let eval = &case["eval"];
    let x = input(&shape, axis, eval["input_step"].as_u64().expect("a step"));
    let out = turn(&layer.forward_t(&turn(&x), false).map);
    let difference = apart(&out, &floats(&eval["output"]));
    assert!(difference < CLOSE, "{name}: evaluation output off by {difference}");
}

#[test]
fn layers_agree_with_the_package_over_50_steps() {
    let file = reference("sparsity_layer.json");
    let w = readout(&[8]);
    assert_eq!(apart(&w, &floats(&file["readout_head"])), 0.0, "readout differs");
    let mut checked = 0;
    for case in file["cases"].as_array().expect("cases") {
        // The package's KL layer is a bare sigmoid; the paper's ReLU(a − ½) is tested in
        // tests/sparsity_layer.rs by its closed form.
        if case["name"] != "kl" {
            check_case(case);
            checked += 1;
        }
    }
    assert_eq!(checked, 11, "cases were lost");
}

#[test]
fn noise_level_agrees_with_the_package() {
    for entry in reference("sparsity_layer.json")["noise_sigma"].as_array().expect("a list") {
        let density = entry["density"].as_f64().expect("a density");
        let vs = VarStore::new(Device::Cpu);
        let sigma = Noise::new(&vs.root(), density).sigma();
        let expected = entry["sigma"].as_f64().expect("a sigma");
        // exp(2H) − 1 loses digits to cancellation as H → 0: 2⁻⁵²/H, and H(1e-5) ≈ 1e-4.
        assert!((sigma / expected - 1.0).abs() < 1e-10, "σ({density}) = {sigma}, not {expected}");
    }
}

#[test]
fn annealing_agrees_with_the_package() {
    let file = reference("annealing.json");
    let mut checked = 0;
    for sequence in file["sequences"].as_array().expect("sequences") {
        let p = |key: &str| sequence["parameters"][key].as_f64().expect("a parameter");
        let settings = AnnealingSettings {
            initial_threshold: p("initial_threshold"),
            factor: p("density_factor"),
            threshold_decay: p("threshold_decrease_per_sample"),
            interval_samples: p("minimal_update_frequency") as u64,
            least_threshold: p("minimal_threshold"),
            greatest_threshold: p("maximal_threshold"),
        };
        let mut annealing = Annealing::new(settings, p("initial_density"));
        let correct = floats(&sequence["correct"]);
        let total = sequence["validation_samples"].as_f64().expect("a count");
        let densities = floats(&sequence["density_after_reductions"]);
        let (seen, thresholds) = (floats(&sequence["samples_seen"]), floats(&sequence["threshold"]));
        let reductions = floats(&sequence["reductions"]);
        let mut lowered = 0;
        for i in 0..correct.len() {
            lowered += usize::from(annealing.observe(seen[i] as u64, correct[i] / total));
            assert_eq!(lowered, reductions[i] as usize, "call {i}: number of reductions");
            assert_eq!(annealing.threshold(), thresholds[i], "call {i}: T");
            // The package stores 1 − δ: exact to a few units of 2⁻⁵³ absolute.
            let difference = (annealing.density() - densities[lowered]).abs();
            assert!(difference < 1e-14, "call {i}: δ off by {difference}");
        }
        checked += 1;
    }
    assert_eq!(checked, 20, "sequences were lost");
}
