//! What people wrote about the outcome: `remarks.toml` beside the rows, which writing the report again
//! leaves as it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use toml::{Table, Value};

use crate::config::hint;

/// The key for a text at the head of the report; the others are names of figures and tables.
const PREFACE: &str = "preface";

/// A text for the head of the report and one for each figure or table, where there are such.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    texts: BTreeMap<String, String>,
}

impl Remarks {
    /// Reads the file; `names` are the figures and tables there are. No file is no remarks.
    ///
    /// # Errors
    /// When the file cannot be read, is not TOML, or has a key that is not known or not a text.
    pub(super) fn load(path: &Path, names: &[&str]) -> Result<Self> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        let table: Table = text.parse().map_err(|error: toml::de::Error| {
            anyhow!(
                "{}: {}\nexpected lines such as fig3 = \"why it did not hold\"; mend the file and run the \
                 same command again",
                path.display(),
                error.to_string().trim()
            )
        })?;
        let known = || names.iter().copied().chain([PREFACE]);
        let mut texts = BTreeMap::new();
        for (key, value) in table {
            if known().all(|k| k != key) {
                bail!("{}: unknown key `{key}`{}", path.display(), hint(&key, known()));
            }
            let Value::String(text) = value else {
                bail!("{}: `{key}` is {value}; expected a text in quotes", path.display());
            };
            texts.insert(key, text.trim().to_owned());
        }
        Ok(Self { texts })
    }

    /// What is said of a figure or table; an empty text says nothing.
    pub(super) fn of(&self, name: &str) -> Option<&str> {
        self.texts.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// What stands at the head.
    pub(super) fn preface(&self) -> Option<&str> {
        self.of(PREFACE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Remarks> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("remarks.toml");
        fs::write(&path, text).unwrap();
        Remarks::load(&path, &["fig3", "fig12", "table1"])
    }

    #[test]
    fn texts_are_found_by_name() {
        let remarks = load("preface = \"First.\"\nfig3 = \"\"\"\nWhy.\n\"\"\"\ntable1 = \"\"\n").unwrap();
        assert_eq!(remarks.preface(), Some("First."));
        assert_eq!(remarks.of("fig3"), Some("Why."));
        assert_eq!(remarks.of("table1"), None, "an empty text");
        assert_eq!(remarks.of("fig12"), None, "no text");
    }

    #[test]
    fn no_file_is_no_remarks() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Remarks::load(&folder.path().join("remarks.toml"), &[]).unwrap().texts.is_empty());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, expected) in [
            ("figg3 = \"x\"", "unknown key `figg3`; did you mean `fig3`?"),
            ("prefaec = \"x\"", "unknown key `prefaec`; did you mean `preface`?"),
            ("fig3 = 3", "`fig3` is 3; expected a text"),
            ("fig3 = \"x", "expected lines such as"),
        ] {
            let error = format!("{:#}", load(text).unwrap_err());
            assert!(error.contains(expected) && error.contains("remarks.toml"), "{text}: {error}");
        }
    }
}
