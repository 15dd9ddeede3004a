//! JSON files that are checked when they are read and before they are written.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::domain::names;
use crate::files::write_shared;
use crate::hint::{Also, Hint, RESULTS, RUNS};

/// Reads and checks a file; an error names it and says how to get it anew.
pub(super) fn read<T: DeserializeOwned>(
    path: &Path,
    also: Also,
    check: impl Fn(&T) -> Result<()>,
) -> Result<T> {
    let advice = || advice(path, also);
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}; {}", path.display(), advice()))?;
    let damaged = || format!("{}: damaged; {}", path.display(), advice());
    let found: T = serde_json::from_str(&text).with_context(damaged)?;
    check(&found).with_context(damaged)?;
    Ok(found)
}

/// What writes the examples at `path` anew.
fn advice(path: &Path, also: Also) -> String {
    // <results>/<scale>/examples/<domain>-<variant>-seed<n>[-…].json
    let results = path.ancestors().nth(3).unwrap_or(Path::new(RESULTS));
    let run = run_of(path).unwrap_or_else(|| PathBuf::from("RUN"));
    let hint = Hint::Evaluate { run: &run, results, also };
    format!("this writes it anew, unless the run lies elsewhere: {hint}")
}

/// Where a run usually is whose examples are at `path`.
fn run_of(path: &Path) -> Option<PathBuf> {
    usual_run(path.file_stem()?.to_str()?, path.ancestors().nth(2)?.file_name()?)
}

/// Where a run usually is that `name` begins with, as `<domain>-<variant>-seed<n>`.
pub(super) fn usual_run(name: &str, scale: &OsStr) -> Option<PathBuf> {
    let (run, rest) = name.rsplit_once("-seed")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let seed: u64 = rest[..digits].parse().ok()?;
    let mut parts = names().filter_map(|domain| Some((domain, run.strip_prefix(domain)?)));
    let (domain, variant) = parts.find_map(|(domain, rest)| Some((domain, rest.strip_prefix('-')?)))?;
    Some(Path::new(RUNS).join(domain).join(variant).join(scale).join(format!("seed-{seed}")))
}

/// Checks and writes a file whole or not at all, making its folder; for people to read.
pub(super) fn write<T: Serialize>(path: &Path, value: &T, check: impl Fn(&T) -> Result<()>) -> Result<()> {
    check(value).with_context(|| format!("not written to {}", path.display()))?;
    put(path, serde_json::to_vec_pretty(value)?)
}

/// The same without white space, for what holds many numbers.
pub(super) fn write_compact<T: Serialize>(
    path: &Path,
    value: &T,
    check: impl Fn(&T) -> Result<()>,
) -> Result<()> {
    check(value).with_context(|| format!("not written to {}", path.display()))?;
    put(path, serde_json::to_vec(value)?)
}

fn put(path: &Path, mut text: Vec<u8>) -> Result<()> {
    text.push(b'\n');
    write_shared(path, &text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_run_of_a_file_is_named() {
        let of = |name: &str| advice(&Path::new("results/laptop/examples").join(name), Also::Perturbation);
        let text = of("digit-circle-l1-0.1-seed12-perturbed.json");
        assert!(
            text.ends_with("sparling evaluate runs/digit-circle/l1-0.1/laptop/seed-12 --perturbation"),
            "{text}"
        );
        let elsewhere =
            advice(Path::new("my results/smoke/examples/audio-sequence-sparling-seed3.json"), Also::Nothing);
        let end = "runs/audio-sequence/sparling/smoke/seed-3 --results 'my results'";
        assert!(elsewhere.ends_with(end), "{elsewhere}");
        assert!(of("mine.json").ends_with("sparling evaluate RUN --perturbation"), "{}", of("mine.json"));
    }
}
