//! FASTA files: named sequences of letters.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Records in the order of the file: the first word behind `>`, and the letters of all lines that follow.
///
/// # Errors
/// When the file cannot be read, or does not begin with a record.
pub(in crate::domain) fn read(path: &Path) -> Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut records: Vec<(String, String)> = Vec::new();
    for (i, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())) {
        if let Some(title) = line.strip_prefix('>') {
            let name = title.split_whitespace().next();
            let name =
                name.with_context(|| format!("{}, row {i}: a record without a name", path.display()))?;
            records.push((name.to_owned(), String::new()));
        } else if !line.is_empty() {
            let last = records.last_mut();
            let (_, letters) = last.with_context(|| {
                format!("{}, row {i}: found letters, expected a line that begins with >", path.display())
            })?;
            letters.push_str(line);
        }
    }
    ensure!(!records.is_empty(), "{} has no records, expected lines that begin with >", path.display());
    Ok(records)
}
