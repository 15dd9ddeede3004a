//! JSON files that are checked when they are read and before they are written.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::files::write_shared;

/// Reads and checks a file; an error names it and says how to get it anew.
pub(super) fn read<T: DeserializeOwned>(
    path: &Path,
    advice: &str,
    check: impl Fn(&T) -> Result<()>,
) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}; {advice}", path.display()))?;
    let damaged = || format!("{}: damaged; {advice}", path.display());
    let found: T = serde_json::from_str(&text).with_context(damaged)?;
    check(&found).with_context(damaged)?;
    Ok(found)
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
