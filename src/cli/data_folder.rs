//! `sparling data new | check`: a folder of samples of one's own.

use std::path::Path;

use anyhow::{Result, bail};

use super::tell::answer;
use crate::domain::dataset::{self, skeleton};
use crate::hint::Hint;

/// Writes the files that a folder begins with.
pub(super) fn new(folder: &Path) -> Result<()> {
    for path in skeleton::write(folder)? {
        answer!("wrote {}", path.display())?;
    }
    if dataset::usual_tables(folder, "train").iter().any(|table| table.is_file()) {
        return answer!(
            "next: see whether {0}/dataset.toml says what the samples are, then\n  {1}",
            folder.display(),
            Hint::CheckData { folder }
        );
    }
    answer!(
        "next: put train.csv with the columns input and target into {0}, say in {0}/dataset.toml what they are, then\n  {1}",
        folder.display(),
        Hint::CheckData { folder }
    )
}

/// Says what a folder holds, and all that is wrong with it.
pub(super) fn check(folder: &Path) -> Result<()> {
    let checked = dataset::check(folder)?;
    for fact in &checked.facts {
        answer!("{fact}")?;
    }
    for flaw in &checked.flaws {
        answer!("{flaw}")?;
    }
    match checked.flaws.len() {
        0 => answer!("nothing is wrong"),
        1 => bail!("1 thing is wrong with {}; see above", folder.display()),
        many => bail!("{many} things are wrong with {}; see above", folder.display()),
    }
}
