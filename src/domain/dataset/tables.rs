//! Which rows are for training, validation and test: from files, or drawn by a seed.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use super::description::{Description, FILE};
use super::flaw::Flaw;
use super::index::SPLITS;
use super::rows::{self, Row};

/// The rows of a folder's files by split.
#[derive(Debug)]
pub(super) struct Tables {
    /// The file of each split; empty where it was drawn from the first.
    pub(super) paths: Vec<PathBuf>,
    /// Rows of each split with the number of their file.
    pub(super) sides: [Vec<(usize, Row)>; 3],
    pub(super) drawn: [bool; 3],
    pub(super) knows_motifs: bool,
    pub(super) unused: Vec<(PathBuf, String)>,
    pub(super) flaws: Vec<Flaw>,
}

impl Tables {
    /// Reads the files that `description` means.
    ///
    /// # Errors
    /// When one is not there or cannot be read, or some have motifs and others have none.
    pub(super) fn read(folder: &Path, description: &Description) -> Result<Self> {
        let splits = &description.splits;
        let named = [&splits.train, &splits.validation, &splits.test];
        let mut tables = Self {
            paths: vec![PathBuf::new(); 3],
            sides: Default::default(),
            drawn: [false; 3],
            knows_motifs: false,
            unused: Vec::new(),
            flaws: Vec::new(),
        };
        for (i, (name, named)) in SPLITS.into_iter().zip(named).enumerate() {
            match splits.file(folder, name, named)? {
                Some(path) => tables.take(i, path)?,
                None => tables.drawn[i] = true,
            }
        }
        ensure!(
            !tables.drawn[0],
            "{} has no train.csv nor train.jsonl; write one with the columns input and target, or name it as splits.train in {FILE}",
            folder.display()
        );
        let share = |i: usize, share: f64| if tables.drawn[i] { share } else { 0.0 };
        let shares = [share(1, splits.validation_share), share(2, splits.test_share)];
        let [train, validation, test] = draw(std::mem::take(&mut tables.sides[0]), shares, splits.seed);
        tables.sides[0] = train;
        tables.sides[1].extend(validation);
        tables.sides[2].extend(test);
        Ok(tables)
    }

    fn take(&mut self, i: usize, path: PathBuf) -> Result<()> {
        let read = rows::read(&path)?;
        if i == 0 {
            self.knows_motifs = read.has_motifs;
        }
        ensure!(
            read.has_motifs == self.knows_motifs || read.rows.is_empty(),
            "{} {}, unlike {}; expected a column motifs in all files or in none",
            path.display(),
            if read.has_motifs { "has motifs" } else { "has no motifs" },
            self.paths[0].display()
        );
        self.flaws.extend(read.flaws);
        self.unused.extend(read.unused.into_iter().map(|column| (path.clone(), column)));
        self.sides[i] = read.rows.into_iter().map(|row| (i, row)).collect();
        self.paths[i] = path;
        Ok(())
    }

    /// The bytes of all files, for a checksum.
    ///
    /// # Errors
    /// When one cannot be read.
    pub(super) fn bytes(paths: &[PathBuf]) -> Result<Vec<Vec<u8>>> {
        let there = paths.iter().filter(|path| !path.as_os_str().is_empty());
        there
            .map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())))
            .collect()
    }
}

/// Draws shares of `rows` for validation and test and keeps the order of the rows. Rows of one input stay together.
/// Where an input goes depends on its text and the seed, and little on which others there are.
fn draw(rows: Vec<(usize, Row)>, shares: [f64; 2], seed: u64) -> [Vec<(usize, Row)>; 3] {
    if shares == [0.0; 2] {
        return [rows, Vec::new(), Vec::new()];
    }
    let key = |input: &str| {
        let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(input.as_bytes()).finalize();
        u64::from_le_bytes(std::array::from_fn(|i| digest[i]))
    };
    let mut keys: Vec<u64> = rows.iter().map(|(_, row)| key(&row.input)).collect();
    keys.sort_unstable();
    keys.dedup();
    // At least one of each, so that a handful of rows can be tried out.
    let count =
        |share: f64| if share > 0.0 { ((keys.len() as f64 * share).round() as usize).max(1) } else { 0 };
    let [validation, test] = shares.map(count);
    let place = |at: usize| keys.get(at).copied().unwrap_or(u64::MAX);
    let bounds = [place(validation), place(validation + test)];
    let mut sides: [Vec<(usize, Row)>; 3] = Default::default();
    for row in rows {
        let key = key(&row.1.input);
        sides[if key < bounds[0] {
            1
        } else if key < bounds[1] {
            2
        } else {
            0
        }]
        .push(row);
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dataset::rows::Target;

    fn rows(n: usize) -> Vec<(usize, Row)> {
        let row = |i: usize| Row {
            row: i,
            // Every input twice.
            input: format!("{}.png", i / 2),
            target: Target::Text(String::new()),
            motifs: None,
        };
        (0..n).map(|i| (0, row(i))).collect()
    }

    #[test]
    fn a_draw_keeps_inputs_together_and_depends_on_its_seed() {
        let sides = draw(rows(200), [0.1, 0.2], 3);
        assert_eq!(sides.each_ref().map(Vec::len), [140, 20, 40]);
        for pair in sides.iter().flat_map(|side| side.chunks(2)) {
            assert_eq!(pair[0].1.input, pair[1].1.input);
        }
        assert_eq!(draw(rows(200), [0.1, 0.2], 3), sides, "again");
        assert_ne!(draw(rows(200), [0.1, 0.2], 4), sides, "another seed");
        assert_eq!(draw(rows(6), [0.1, 0.1], 0).each_ref().map(Vec::len), [2, 2, 2], "a handful");
        assert_eq!(draw(rows(10), [0.0, 0.0], 0)[0].len(), 10, "nothing to draw");
    }
}
