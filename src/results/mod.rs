//! What was measured and kept: one CSV of result rows a scale, and the samples that the
//! pictures show. Evaluation writes them; figures read them and nothing else.

mod examples;
mod rows;

pub use examples::{Example, Examples, Marked, TrueMotif, examples_path};
pub use rows::{Row, confusion_metric, read, rows_path, upsert};

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};

/// Puts `bytes` at `path` so that a kill or a full disk leaves either the old file or the
/// new one, never a part: written beside it, synced, renamed.
///
/// # Errors
/// When the folder cannot be made or the file cannot be written; the old file then stays.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let name =
        path.file_name().with_context(|| format!("{}: expected a file name at the end", path.display()))?;
    fs::create_dir_all(folder).with_context(|| format!("cannot make folder {}", folder.display()))?;
    let mut temporary = name.to_os_string();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = folder.join(temporary);
    let written = File::create(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&temporary, path))
        // The rename itself is only safe once the folder is on the disk.
        .and_then(|()| File::open(folder)?.sync_all());
    if written.is_err() {
        // Best effort: the part file is of no use, and the error below is what matters.
        let _ = fs::remove_file(&temporary);
    }
    written.with_context(|| {
        format!("cannot write {} (is the disk full, or the folder read-only?)", path.display())
    })
}
