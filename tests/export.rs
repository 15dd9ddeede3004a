//! Promise: `sparling export` writes what a model makes of samples so that another program can use it, and says what is
//! wrong where it cannot.

mod random_run;

use std::path::Path;
use std::process::{Command, Output};

use random_run::random_run;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use sparling::config::load;
use sparling::domain::Split;

fn sparling(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sparling")).args(arguments).output().unwrap()
}

fn floats(view: &TensorView<'_>) -> Vec<f32> {
    view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
}

fn integers(view: &TensorView<'_>) -> Vec<i64> {
    view.data().as_chunks().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect()
}

#[test]
fn inputs_maps_boxes_and_answers_are_in_one_file() {
    let root = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    let overrides = ["evaluation.batch=4".to_owned()];
    let config = load(&file, "smoke", &overrides).unwrap();
    let run = root.path().join("run");
    random_run(&run, &config, 0.05);
    let (run, out) =
        (run.display().to_string(), root.path().join("new/maps.safetensors").display().to_string());
    let done =
        sparling(&["export", &run, "--maps", "9", "--index", "5", "--split", "validation", "-o", &out]);
    assert!(done.status.success(), "{done:?}");
    assert!(String::from_utf8_lossy(&done.stdout).contains("9 samples"));

    let bytes = std::fs::read(&out).unwrap();
    let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
    let text = &metadata.metadata().as_ref().unwrap()["sparling"];
    let about: serde_json::Value = serde_json::from_str(text).unwrap();
    assert_eq!((&about["split"], &about["checkpoint"]), (&"validation".into(), &"density-07".into()));
    assert_eq!((&about["stride"], &about["density"]), (&2.into(), &0.05.into()));
    assert_eq!(about["vocabulary"][9], "9");
    assert_eq!(about["channel_kinds"].as_array().unwrap().len(), 10);

    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |name: &str| file.tensor(name).unwrap();
    let names = ["input", "z", "motifs", "index", "answer_length", "target_length"];
    let shapes = names.map(|name| tensor(name).shape().to_vec());
    assert_eq!(shapes[..3], [vec![9, 1, 48, 48], vec![9, 10, 24, 24], vec![9, 10, 24, 24]]);
    assert!(shapes[3..].iter().all(|shape| *shape == [9]));
    assert_eq!(integers(&tensor("index")), (5..14).collect::<Vec<_>>());

    let domain = config.domain.build().unwrap();
    let (input, boxes) = (floats(&tensor("input")), integers(&tensor("boxes")));
    let (target, lengths) = (tensor("target"), integers(&tensor("target_length")));
    let longest = target.shape()[1];
    let mut expected = Vec::new();
    for row in 0..9_usize {
        let sample = domain.sample(Split::Validation, 5 + row as u64).unwrap();
        assert_eq!(input[row * 48 * 48..][..48 * 48], sample.input, "sample {row}");
        let own: Vec<i64> = sample.target.iter().map(|&token| i64::from(token)).collect();
        assert_eq!(lengths[row] as usize, own.len());
        let padded = &integers(&target)[row * longest..][..longest];
        assert_eq!(padded[..own.len()], own);
        assert!(padded[own.len()..].iter().all(|&token| token == -1));
        let values =
            |m: &sparling::domain::Motif| [row, m.kind, m.top, m.left, m.bottom, m.right].map(|n| n as i64);
        expected.extend(sample.motifs.iter().flat_map(values));
    }
    assert_eq!(boxes, expected);
    assert!(floats(&tensor("motifs")).iter().any(|&value| value > 0.0));
    assert!(floats(&tensor("z")).iter().any(|&value| value < 0.0), "z is what stands before the layer");
}

#[test]
fn what_is_not_there_is_named() {
    let root = tempfile::tempdir().unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
    random_run(&root.path().join("run"), &load(&file, "smoke", &[]).unwrap(), 0.05);
    let run = root.path().join("run").display().to_string();
    let error = |arguments: &[&str]| {
        let done = sparling(&[&["export"], arguments].concat());
        assert_eq!(done.status.code(), Some(1), "{done:?}");
        String::from_utf8_lossy(&done.stderr).into_owned()
    };
    let unknown = error(&[&run, "--checkpoint", "density-03"]);
    assert!(unknown.contains("no checkpoint density-03") && unknown.contains("density-07"), "{unknown}");
    let none = error(&[&root.path().display().to_string()]);
    assert!(none.contains("not a run folder"), "{none}");
    assert_eq!(sparling(&["export", &run, "--maps", "0"]).status.code(), Some(2));
    let too_many = error(&[&run, "--maps", "1000000000000"]);
    assert!(
        too_many.contains("an export of 1000000000000 samples needs") && too_many.contains("--maps smaller"),
        "{too_many}"
    );
    let done = sparling(&["export", &run, "--maps", "2", "--index", &u64::MAX.to_string()]);
    let error = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{error}");
    assert!(error.contains("found no sample from 18446744073709551615 on"), "{error}");
}
