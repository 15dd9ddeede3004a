//! The files that a folder of one's own begins with.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! let folder = tempfile::tempdir()?;
//! let written = sparling::domain::dataset::skeleton::write(&folder.path().join("mine"))?;
//! assert!(written.iter().any(|path| path.ends_with("dataset.toml")));
//! # Ok(())
//! # }
//! ```

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::description::{FILE, typed};
use crate::files::write_atomically;

const DESCRIPTION: &str = include_str!("skeleton/dataset.toml");
const EXPERIMENT: &str = include_str!("skeleton/experiment.toml");
const SCALES: [(&str, &str); 3] = [
    ("laptop", include_str!("skeleton/laptop.toml")),
    ("paper", include_str!("skeleton/paper.toml")),
    ("smoke", include_str!("skeleton/smoke.toml")),
];

/// Writes a commented `dataset.toml` into `folder`, an experiment of the folder's name (`experiment.toml` where that
/// is `dataset`), and its scales; a table of samples is the user's. What is there already stays. Returns what was
/// written.
///
/// # Errors
/// When all of the files are there already, or one cannot be written.
pub fn write(folder: &Path) -> Result<Vec<PathBuf>> {
    let whole = std::path::absolute(folder).with_context(|| format!("cannot find {}", folder.display()))?;
    let name = whole.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} names no folder", folder.display()))?;
    let shown = folder.to_str().context("the folder's path is not Unicode")?;
    // A string of TOML, its quotes and backslashes escaped.
    let quoted = toml::Value::String(shown.to_owned()).to_string();
    let own = format!("{name}.toml");
    let path = folder.join(if own == FILE { "experiment.toml" } else { &own });
    let experiment = EXPERIMENT
        .replace("@FOLDER@", &typed(folder))
        .replace("@EXPERIMENT@", &typed(&path))
        .replace("@QUOTED@", &quoted);
    let mut files = vec![(folder.join(FILE), DESCRIPTION.to_owned()), (path, experiment)];
    let scale = |(scale, text): (&str, &str)| (folder.join(format!("scales/{scale}.toml")), text.to_owned());
    files.extend(SCALES.map(scale));
    // A link that leads nowhere is there too.
    files.retain(|(path, _)| !path.exists() && !path.is_symlink());
    ensure!(
        !files.is_empty(),
        "{}: every file of a skeleton is there already; nothing was written",
        folder.display()
    );
    for (path, text) in &files {
        write_atomically(path, text.as_bytes())?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}
