//! Promise: without default features the crate needs tch alone, and the program's dependencies stay away.

use std::collections::BTreeSet;
use std::process::Command;

/// Names of the packages that `cargo tree` lists for this crate.
fn tree(arguments: &[&str]) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"])
        .args(arguments)
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).expect("names");
    names.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn the_layer_needs_tch_alone() {
    let direct = tree(&["--no-default-features", "--depth", "1"]);
    assert_eq!(direct, ["sparling", "tch", "torch-sys"].map(str::to_owned).into());

    // Whatever tch itself needs, nothing of it sets type, draws, reads sounds or a command line.
    let all = tree(&["--no-default-features"]);
    let with_serde = tree(&["--no-default-features", "--features", "serde", "--depth", "1"]);
    for heavy in
        ["clap", "plotters", "image", "hound", "symphonia", "ratex-layout", "toml", "rayon", "anyhow"]
    {
        assert!(!all.contains(heavy), "{heavy} comes along");
    }
    assert_eq!(with_serde, ["serde", "sparling", "tch", "torch-sys"].map(str::to_owned).into());
    assert!(tree(&["--depth", "1"]).len() > 40, "the program's dependencies are behind its feature");
}

#[test]
fn the_example_takes_the_layer_alone() {
    let example = tree(&["--package", "sparling-layer-example"]);
    assert!(example.contains("sparling") && !example.contains("clap"), "{example:?}");
}
