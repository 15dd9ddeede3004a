//! Promise: on Splicing at smoke scale, ĥ learns to label splice sites through the sparse map, and what is measured of it
//! has the rows of labels and of motifs that share positions.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use sparling::config::load;
use sparling::domain::Split;
use sparling::eval::Score;
use sparling::measure::{Model, Wanted, evaluate, validate};
use sparling::results::Store;
use sparling::train::{Identity, NoBoard, RunDir, train};
use tch::Device;

#[test]
fn labels_are_learned_through_the_map_and_measured() {
    tch::set_num_threads(1);
    let root = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/splicing/sparling.toml");
    let config = load(&file, "smoke", &[]).unwrap();
    let identity =
        Identity { domain: "splicing".into(), variant: "sparling".into(), scale: "smoke".into(), seed: 1 };
    let dir = RunDir::create(root.path(), identity, &config).unwrap();
    let go = AtomicBool::new(false);
    train(&dir, &config, Device::Cpu, &mut NoBoard, true, &go, &mut |_, _, _, _| Ok(())).unwrap();

    let mut model = Model::reported(&dir, Device::Cpu).unwrap();
    let report = validate(&mut model.session, Split::Test, 0, 500).unwrap();
    let Score::Labels(score) = &report.e2ee else { panic!("{:?}", report.e2ee) };
    // Chance: 0.36 of the candidates are used.
    assert!(score.average_precision(1).unwrap() > 0.6, "acceptors");
    assert!(score.average_precision(2).unwrap() > 0.6, "donors");
    assert!(score.top_k(1).unwrap() > 0.5 && score.top_k(2).unwrap() > 0.5);
    let sharing = report.sharing.as_ref().expect("motifs share positions");
    assert!(sharing.motifs() > 0 && sharing.motifs() < report.confusion.motifs());

    let store = Store::open(&root.path().join("results"), "smoke", false).unwrap();
    let wanted =
        Wanted { densities: 1, samples: Some(500), perturbation: true, examples: true, ..Wanted::default() };
    evaluate(&dir, &wanted, Device::Cpu, Some(&store), &mut |_, _| Ok(())).unwrap();
    let rows = std::fs::read_to_string(root.path().join("results/smoke/rows.csv")).unwrap();
    for metric in [
        "fne",
        "ce",
        "sharing",
        "fne_sharing",
        "ce_sharing",
        "top_k/acceptor",
        "average_precision/donor",
        "exact",
    ] {
        assert!(rows.contains(&format!(",{metric},")), "{metric} in\n{rows}");
    }
}
