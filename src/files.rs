//! Files that are whole or not there.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;

/// Writes `bytes` under a temporary name, syncs, and renames to `path`, whose folder is made if
/// it is not there: a kill or a full disk leaves the old file or the new one, never a part.
///
/// # Errors
/// When a step fails; the temporary file is removed and `path` is as before.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    let write = || -> std::io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        // The rename itself is durable once the folder is synced.
        if let Some(folder) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&temporary);
        anyhow::Error::new(e).context(format!(
            "cannot write {}; what was saved before is untouched. Make room or choose another folder, then run the same command again",
            path.display()
        ))
    })
}
