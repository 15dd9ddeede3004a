//! The settings behind a `config_hash`: `configs/<hash>.toml` beside `rows.csv`, so that a row can be told by
//! what it was measured, and how that differs from what is asked for now.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::config::{Source, parse};
//! use sparling::results::configs::{keep, kept};
//!
//! let folder = tempfile::tempdir()?;
//! let rows = folder.path().join("rows.csv");
//! let config = parse(&[Source::assignment("domain.name=digit-circle")?])?;
//! keep(&rows, &config)?;
//! assert_eq!(kept(&rows, &config.hash()), Some(config));
//! # Ok(())
//! # }
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::config::{Config, Source, differences, parse};
use crate::files::write_shared;

fn path_of(rows: &Path, hash: &str) -> PathBuf {
    rows.with_file_name("configs").join(format!("{hash}.toml"))
}

/// Keeps settings beside the `rows.csv` at `rows`, under their hash.
///
/// # Errors
/// When the file cannot be written.
pub fn keep(rows: &Path, config: &Config) -> Result<()> {
    let path = path_of(rows, &config.hash());
    if path.is_file() {
        return Ok(());
    }
    let text = toml::to_string(config).context("cannot write the configuration as TOML")?;
    write_shared(&path, text.as_bytes())
}

/// The settings of this hash, if they were kept and this program still reads them as the same.
#[must_use]
pub fn kept(rows: &Path, hash: &str) -> Option<Config> {
    let source = Source::file(&path_of(rows, hash)).ok()?;
    parse(&[source]).ok().filter(|config| config.has_hash(hash))
}

/// In brackets, what differs between the settings of two hashes; nothing where either was not kept.
pub(super) fn changes(rows: &Path, found: &str, asked: &str) -> String {
    match (kept(rows, found), kept(rows, asked)) {
        (Some(found), Some(asked)) => format!(" ({})", list(&found, &asked)),
        _ => String::new(),
    }
}

/// The first settings that differ: `train.batch 32, now 64`.
pub(super) fn list(found: &Config, asked: &Config) -> String {
    const NAMED: usize = 3;
    let all = differences(found, asked);
    let more = all.len().saturating_sub(NAMED);
    let mut parts: Vec<String> =
        all.into_iter().take(NAMED).map(|d| format!("{} {}, now {}", d.key, d.found, d.asked)).collect();
    if more > 0 {
        parts.push(format!("{more} more"));
    }
    parts.join("; ")
}
