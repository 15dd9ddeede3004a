//! Promise: every file in experiments/ loads at every scale, and a variant differs from its
//! domain's sparling.toml in what it is about, at every scale, and in nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sparling::config::{Config, load};
use toml::{Table, Value};

/// Scales that every domain has.
const SCALES: [&str; 3] = ["smoke", "laptop", "paper"];

/// Every scale that a domain has: its own besides [`SCALES`].
fn scales(domain: &str) -> Vec<String> {
    let files = std::fs::read_dir(root().join(domain).join("scales")).unwrap();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let found: Vec<String> = files.map(|entry| stem(entry.unwrap().path())).collect();
    assert!(SCALES.iter().all(|scale| found.iter().any(|there| there == scale)), "{domain}: {found:?}");
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments")
}

/// (domain, variant, path) of every experiment.
fn experiments() -> Vec<(String, String, PathBuf)> {
    let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let entries = |folder: &Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for domain in entries(&root()).filter(|path| path.is_dir()) {
        for path in entries(&domain).filter(|path| path.extension().is_some_and(|e| e == "toml")) {
            found.push((name(&domain), name(&path), path));
        }
    }
    found.sort();
    found
}

fn get(path: &Path, scale: &str, overrides: &[&str]) -> Config {
    let overrides: Vec<String> = overrides.iter().map(|o| (*o).to_owned()).collect();
    load(path, scale, &overrides).unwrap_or_else(|e| panic!("{} at {scale}: {e:#}", path.display()))
}

/// The settings by dotted key.
fn flat(config: &Config) -> BTreeMap<String, Value> {
    fn walk(table: Table, prefix: &str, out: &mut BTreeMap<String, Value>) {
        for (key, value) in table {
            match value {
                Value::Table(inner) => walk(inner, &format!("{prefix}{key}."), out),
                other => drop(out.insert(format!("{prefix}{key}"), other)),
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(Table::try_from(config).unwrap(), "", &mut out);
    out
}

/// The last densities of Algorithm 1 at or above the minimum, worked out here once more.
fn last_densities(sparling: &Config) -> (f64, f64) {
    let minimum = sparling.minimum_density().unwrap();
    let (mut before, mut last) = (f64::NAN, sparling.annealing.initial_density);
    while last * sparling.annealing.factor >= minimum {
        (before, last) = (last, last * sparling.annealing.factor);
    }
    (before, last)
}

/// What a variant is about: settings that it must have at every scale.
fn about(variant: &str, sparling: &Config, retrain_samples: u64) -> Vec<(&'static str, Value)> {
    let number =
        |prefix: &str| -> Value { variant.strip_prefix(prefix).unwrap().parse::<f64>().unwrap().into() };
    let (before, last) = last_densities(sparling);
    let fixed_density = |density: f64| {
        vec![
            ("annealing.enabled", false.into()),
            ("annealing.initial-density", density.into()),
            ("train.decay-below-density", 0.0.into()),
        ]
    };
    match variant {
        "sparling" => vec![],
        "single-threshold" => vec![("sparsity.kind", "universal".into())],
        "non-sparse" => vec![("annealing.enabled", false.into()), ("annealing.initial-density", 0.5.into())],
        "noise" => vec![
            ("sparsity.kind", "noise".into()),
            ("annealing.initial-density", 0.5.into()),
            ("train.shards", 1.into()),
        ],
        "no-batch-norm" => vec![("sparsity.batch-norm", false.into())],
        "single-threshold-no-batch-norm" => {
            vec![("sparsity.kind", "universal".into()), ("sparsity.batch-norm", false.into())]
        }
        "fixed-density-1.1" => fixed_density(last),
        "fixed-density-1.5" => fixed_density(before),
        "retrained" => vec![
            ("retrain.from", "sparling".into()),
            ("retrain.head", "continue".into()),
            ("retrain.samples", (retrain_samples as i64).into()),
            ("sparsity.kind", "pass-through".into()),
            ("annealing.enabled", false.into()),
        ],
        "retrained-scratch" => vec![
            ("retrain.from", "sparling".into()),
            ("retrain.head", "scratch".into()),
            ("retrain.samples", (retrain_samples as i64).into()),
            ("annealing.enabled", false.into()),
        ],
        v if v.starts_with("l1-") => vec![
            ("sparsity.kind", "l1".into()),
            ("sparsity.penalty", number("l1-")),
            ("annealing.enabled", false.into()),
        ],
        v if v.starts_with("kl-") => vec![
            ("sparsity.kind", "kl".into()),
            ("sparsity.penalty", number("kl-")),
            ("sparsity.target-density", last.into()),
            ("annealing.enabled", false.into()),
        ],
        v if v.starts_with("anneal-factor-") => vec![("annealing.factor", number("anneal-factor-"))],
        v if v.starts_with("momentum-") => vec![("sparsity.momentum", number("momentum-"))],
        other => panic!("{other}: say in this test what the variant is about"),
    }
}

#[test]
fn a_variant_differs_from_sparling_in_what_it_is_about() {
    for (domain, variant, path) in experiments() {
        for scale in &scales(&domain) {
            let sparling = get(&root().join(&domain).join("sparling.toml"), scale, &[]);
            let own = get(&path, scale, &[]);
            let about = about(&variant, &sparling, own.retrain.samples);
            let (base, own) = (flat(&sparling), flat(&own));
            for (key, value) in &about {
                assert_eq!(own[*key], *value, "{domain}/{variant} at {scale}: {key}");
            }
            for (key, value) in &own {
                let stated = about.iter().any(|(stated, _)| stated == key);
                assert!(stated || base[key] == *value, "{domain}/{variant} at {scale}: {key} = {value}");
            }
            assert_eq!(own.len(), base.len(), "{domain}/{variant} at {scale}: as many settings");
        }
    }
}

#[test]
fn the_variants_of_the_papers_figures_are_there() {
    let there: Vec<String> =
        experiments().into_iter().filter(|e| e.0 == "digit-circle").map(|e| e.1).collect();
    let lambdas = |kind: &str, list: &[&str]| list.iter().map(|l| format!("{kind}-{l}")).collect::<Vec<_>>();
    let mut wanted = lambdas("l1", &["0.1", "1", "2", "5", "10"]);
    wanted.extend(lambdas("kl", &["0.01", "0.1", "1", "10", "100", "1000", "10000", "100000"]));
    wanted.extend(lambdas("fixed-density", &["1.1", "1.5"]));
    wanted.extend(["no-batch-norm", "single-threshold-no-batch-norm"].map(str::to_owned));
    for variant in wanted {
        assert!(there.contains(&variant), "{variant}.toml is missing");
    }
}

#[test]
fn a_head_is_retrained_on_as_many_samples_as_in_the_paper() {
    for (domain, samples) in
        [("digit-circle", 600_000), ("latex-ocr", 60_000), ("audio-sequence", 480_000), ("splicing", 600_000)]
    {
        for variant in ["retrained", "retrained-scratch"] {
            let config = get(&root().join(domain).join(format!("{variant}.toml")), "paper", &[]);
            assert_eq!(config.max_samples(), samples, "{domain}/{variant}");
        }
    }
}

#[test]
fn a_run_that_does_not_anneal_has_a_budget_of_its_own() {
    for domain in ["digit-circle", "latex-ocr", "audio-sequence", "splicing"] {
        let get =
            |variant: &str, scale| get(&root().join(domain).join(format!("{variant}.toml")), scale, &[]);
        for scale in ["smoke", "laptop"] {
            let (own, sparling) = (get("non-sparse", scale), get("sparling", scale));
            assert_eq!(own.max_samples(), own.train.max_samples_unannealed, "{domain} at {scale}");
            assert_eq!(sparling.max_samples(), sparling.train.max_samples, "{domain} at {scale}");
            assert!(own.max_samples() < sparling.max_samples(), "{domain} at {scale}");
            // It is no setting of a run that anneals, and so not a part of its hash.
            let mut without = sparling.clone();
            without.train.max_samples_unannealed = 0;
            assert_eq!(without.hash(), sparling.hash(), "{domain} at {scale}");
            let mut without = own.clone();
            without.train.max_samples_unannealed = 0;
            assert_ne!(without.hash(), own.hash(), "{domain} at {scale}");
        }
        let paper = get("non-sparse", "paper");
        assert_eq!(paper.max_samples(), paper.train.max_samples, "{domain}: as in the paper");
    }
}

#[test]
fn fixed_densities_follow_the_map() {
    let path = |variant: &str| root().join(format!("digit-circle/{variant}.toml"));
    let start = |variant, scale, set: &[&str]| get(&path(variant), scale, set).annealing.initial_density;
    // Section 3: 5.0226e-5 = 0.5·0.75^32 is the last density at paper scale, "1.1×" the minimum.
    let paper = start("fixed-density-1.1", "paper", &[]);
    assert!((paper / (0.5 * 0.75_f64.powi(32)) - 1.0).abs() < 1e-12, "{paper}");
    let above = start("fixed-density-1.5", "paper", &[]);
    assert!((above / (0.5 * 0.75_f64.powi(31)) - 1.0).abs() < 1e-12, "{above}");
    // 4.5 digits a sample on 50×50 positions of ten channels: the minimum is 1.8e-4 there.
    let laptop = start("fixed-density-1.1", "laptop", &[]);
    assert!((laptop / (0.05 * 0.75_f64.powi(19)) - 1.0).abs() < 1e-12, "{laptop}");
    // What is changed by hand counts too: a coarser schedule ends elsewhere.
    let coarse = start("fixed-density-1.1", "paper", &["annealing.factor=0.5"]);
    assert!((coarse / (0.5 * 0.5_f64.powi(13)) - 1.0).abs() < 1e-12, "{coarse}");
    // The KL target is the density that Sparling is reported at.
    assert_eq!(get(&path("kl-1"), "paper", &[]).sparsity.target_density, paper);
}

#[test]
fn a_wrong_number_of_steps_is_explained() {
    let message = |set: &str| {
        let path = root().join("digit-circle/fixed-density-1.1.toml");
        format!("{:#}", load(&path, "laptop", &[set.to_owned()]).expect_err("a bad setting"))
    };
    let text = message("annealing.start-steps-above-minimum=-1");
    assert!(
        text.contains("start-steps-above-minimum is -1; expected") && text.contains("0 or more"),
        "{text}"
    );
    let text = message("annealing.start-steps-above-minimum=40");
    assert!(text.contains("40 steps") && text.contains("has 20 densities"), "{text}");
    let text = message("annealing.initial-density=1e-5");
    assert!(text.contains("theoretical minimum"), "{text}");
    let text = message("annealing.start-step-above-minimum=1");
    assert!(text.contains("did you mean `annealing.start-steps-above-minimum`"), "{text}");
}
