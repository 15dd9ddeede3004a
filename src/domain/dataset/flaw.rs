//! What is wrong with a folder of samples, place by place.

use std::fmt;
use std::path::PathBuf;

use crate::hint::Hint;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// The file that says it.
    pub file: PathBuf,
    /// Line of the file, counted from 1; the header of a CSV file is row 1.
    pub row: Option<usize>,
    /// `input`, `target` or `motifs`.
    pub column: Option<&'static str>,
    /// What was found and what was expected.
    pub what: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(row) = self.row {
            write!(f, ", row {row}")?;
        }
        if let Some(column) = self.column {
            write!(f, ", column {column}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// All that is wrong with a folder; an error of one message.
#[derive(Clone, Debug)]
pub struct Flaws {
    /// The folder.
    pub folder: PathBuf,
    /// In the order of files and rows.
    pub flaws: Vec<Flaw>,
}

/// Flaws that an error lists; `sparling data check` lists all.
const LISTED: usize = 5;

impl fmt::Display for Flaws {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed: Vec<String> = self.flaws.iter().take(LISTED).map(ToString::to_string).collect();
        write!(f, "{}", listed.join("\n"))?;
        let more = self.flaws.len().saturating_sub(LISTED);
        if more > 0 {
            write!(
                f,
                "\nand {more} more; see all of them with\n  {}",
                Hint::CheckData { folder: &self.folder }
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Flaws {}
