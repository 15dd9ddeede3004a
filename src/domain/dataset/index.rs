//! All samples of a folder, understood: tokens by number, motifs by box, the sides they are on.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::Result;

use super::boxes;
use super::description::{Description, FILE};
use super::flaw::{Flaw, Flaws};
use super::input::InputReader;
use super::rows::{Row, Target};
use super::tables::Tables;
use crate::domain::{Motif, TargetKind};

/// The splits, in the order of [`Index::splits`].
pub(super) const SPLITS: [&str; 3] = ["train", "validation", "test"];

/// One sample.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Which of [`Index::tables`] says it.
    pub(super) table: usize,
    pub(super) row: usize,
    pub(super) input: String,
    pub(super) target: Vec<u32>,
    pub(super) motifs: Vec<Motif>,
}

/// A folder's samples.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) description: Description,
    pub(super) reader: InputReader,
    pub(super) tables: Vec<PathBuf>,
    pub(super) splits: [Vec<Entry>; 3],
    /// Which splits were drawn from the training file.
    pub(super) drawn: [bool; 3],
    pub(super) vocabulary: Vec<String>,
    pub(super) kinds: Vec<String>,
    pub(super) max_target_len: usize,
    pub(super) knows_motifs: bool,
    /// Mean number of motifs of a training sample.
    pub(super) mean_motifs: f64,
    /// Whether motifs of some sample share positions.
    pub(super) motifs_overlap: bool,
    /// Columns that mean nothing here, with their file.
    pub(super) unused: Vec<(PathBuf, String)>,
}

/// Path, size and time of each file that an index was made of.
type Stamp = Vec<(PathBuf, u64, Option<SystemTime>)>;

/// Indices by folder, with the files that they were made of.
type Kept = HashMap<PathBuf, (Stamp, Arc<Index>)>;

/// Indices that were read: a configuration asks for the same one many times while it is checked.
static READ: LazyLock<Mutex<Kept>> = LazyLock::new(Mutex::default);

fn stamp(files: &[PathBuf]) -> Stamp {
    let one = |path: &PathBuf| {
        let data = std::fs::metadata(path).ok();
        (path.clone(), data.as_ref().map_or(0, std::fs::Metadata::len), data.and_then(|d| d.modified().ok()))
    };
    files.iter().map(one).collect()
}

impl Index {
    /// The samples of `folder`. Inputs are not opened but for the first.
    ///
    /// # Errors
    /// With all [`Flaws`] of its rows, or when a file cannot be read.
    pub(super) fn read(folder: &Path) -> Result<Arc<Self>> {
        let lock = || READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made_of, index)) = lock().get(folder)
            && stamp(&made_of.iter().map(|(path, ..)| path.clone()).collect::<Vec<_>>()) == *made_of
        {
            return Ok(Arc::clone(index));
        }
        let (index, flaws) = Self::gather(folder)?;
        ensure_none(folder, flaws)?;
        let index = Arc::new(index);
        let mut files = vec![folder.join(FILE), folder.join(&index.description.input.fasta)];
        files.extend(index.tables.iter().cloned());
        lock().insert(folder.to_owned(), (stamp(&files), Arc::clone(&index)));
        Ok(index)
    }

    /// The samples that can be understood, and what is wrong with the others.
    ///
    /// # Errors
    /// When a file cannot be read at all.
    pub(super) fn gather(folder: &Path) -> Result<(Self, Vec<Flaw>)> {
        let description = Description::read(folder)?;
        let tables = Tables::read(folder, &description)?;
        let mut flaws = tables.flaws;
        let mut names = Names::of(&description, &tables.sides);
        let known = tables.sides.iter().flatten();
        let mut reader = InputReader::new(folder, &description.input)?;
        let longest = known.clone().map(|(_, row)| reader.length_of(&row.input)).max().unwrap_or(0);
        let shape_from = |(_, row): &(usize, Row)| reader.take_shape(&row.input, longest).is_ok();
        if known.clone().next().is_some() && !tables.sides.iter().flatten().any(shape_from) {
            // No input at all can be read: why, the first one says.
            if let Some((table, row)) = known.clone().next()
                && let Err(error) = reader.take_shape(&row.input, longest)
            {
                flaws.push(flaw(&tables.paths[*table], row, "input", format!("{error:#}")));
            }
        }
        let read = Understanding { description: &description, reader: &reader, names: &mut names };
        let splits = read.splits(&tables.sides, &tables.paths, &mut flaws);
        for (name, (side, table)) in SPLITS.iter().zip(splits.iter().zip(&tables.paths)) {
            if side.is_empty() && flaws.is_empty() {
                let what = format!("no samples for {name}; expected some, see splits in {FILE}");
                let file = if table.as_os_str().is_empty() { folder.join(FILE) } else { table.clone() };
                flaws.push(Flaw { file, row: None, column: None, what });
            }
        }
        if !description.splits.shared_inputs {
            flaws.extend(shared(&splits, &tables.paths, |entry| Some(entry.input.clone())));
        }
        let index = Self {
            max_target_len: splits.iter().flatten().map(|entry| entry.target.len()).max().unwrap_or(0),
            vocabulary: names.vocabulary,
            kinds: names.kinds,
            knows_motifs: tables.knows_motifs,
            mean_motifs: mean(splits[0].iter().map(|entry| entry.motifs.len())),
            motifs_overlap: splits.iter().flatten().any(|entry| overlap(&entry.motifs)),
            unused: tables.unused,
            drawn: tables.drawn,
            tables: tables.paths,
            description,
            reader,
            splits,
        };
        Ok((index, flaws))
    }
}

/// Whether two of these boxes share a position.
fn overlap(motifs: &[Motif]) -> bool {
    motifs.iter().enumerate().any(|(i, one)| motifs[..i].iter().any(|other| one.overlaps(other)))
}

fn mean(counts: impl ExactSizeIterator<Item = usize>) -> f64 {
    let all = counts.len().max(1) as f64;
    counts.sum::<usize>() as f64 / all
}

/// Fails with `flaws` if there are any.
pub(super) fn ensure_none(folder: &Path, flaws: Vec<Flaw>) -> Result<()> {
    if flaws.is_empty() { Ok(()) } else { Err(Flaws { folder: folder.to_owned(), flaws }.into()) }
}

/// Samples whose input, by `key`, is in another split too.
pub(super) fn shared<K: std::hash::Hash + Eq>(
    splits: &[Vec<Entry>; 3],
    tables: &[PathBuf],
    key: impl Fn(&Entry) -> Option<K>,
) -> Vec<Flaw> {
    let mut first: HashMap<K, (usize, &Entry)> = HashMap::new();
    let mut flaws = Vec::new();
    for (side, entry) in splits.iter().enumerate().flat_map(|(i, side)| side.iter().map(move |e| (i, e))) {
        let Some(key) = key(entry) else { continue };
        let (of, other) = *first.entry(key).or_insert((side, entry));
        if of != side {
            let what = format!(
                "`{}` is among the samples for {} and, as `{}` in {}, row {}, among those for {}: what is trained on would be tested; take one out, or accept it with splits.shared-inputs = true",
                shortened(&entry.input),
                SPLITS[side],
                shortened(&other.input),
                tables[other.table].display(),
                other.row,
                SPLITS[of]
            );
            let (file, row) = (tables[entry.table].clone(), Some(entry.row));
            flaws.push(Flaw { file, row, column: Some("input"), what });
        }
    }
    flaws
}

/// The beginning of a long text.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 60;
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).collect::<String>() + "…"
    }
}

/// A flaw of one cell.
fn flaw(table: &Path, row: &Row, column: &'static str, what: String) -> Flaw {
    Flaw { file: table.to_owned(), row: Some(row.row), column: Some(column), what }
}

/// Tokens and kinds by number.
struct Names {
    vocabulary: Vec<String>,
    kinds: Vec<String>,
}

impl Names {
    /// Those of `dataset.toml`, or those that occur in the training file, sorted (as numbers where all are). Samples
    /// that are drawn from it count too: a rare class may be among them alone.
    fn of(description: &Description, sides: &[Vec<(usize, Row)>; 3]) -> Self {
        let rows = || sides.iter().flatten().filter(|(table, _)| *table == 0).map(|(_, row)| row);
        let tokens = || rows().flat_map(|row| tokens(description, &row.target));
        let labels = description.target.kind == TargetKind::Labels;
        let kinds = || rows().filter_map(|row| row.motifs.as_ref()).flat_map(boxes::kinds);
        let stated = &description.target.vocabulary;
        Self {
            vocabulary: if labels { common_first(stated, tokens) } else { known(stated, tokens) },
            kinds: known(&description.motifs.kinds, kinds),
        }
    }
}

fn known<I: Iterator<Item = String>>(stated: &[String], found: impl Fn() -> I) -> Vec<String> {
    if !stated.is_empty() {
        return stated.to_vec();
    }
    let mut names: Vec<String> = found().collect::<BTreeSet<_>>().into_iter().collect();
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    if let Some(mut numbers) = numbers.filter(|n| n.iter().zip(&names).all(|(n, s)| n.to_string() == **s)) {
        numbers.sort_unstable();
        names = numbers.iter().map(ToString::to_string).collect();
    }
    names
}

/// Labels: as stated, or those that are found with the one that is found most often first.
fn common_first<I: Iterator<Item = String>>(stated: &[String], found: impl Fn() -> I) -> Vec<String> {
    let mut names = known(stated, &found);
    if stated.is_empty() {
        let mut counts: HashMap<String, u64> = HashMap::new();
        found().for_each(|label| *counts.entry(label).or_default() += 1);
        let most = (0..names.len()).rev().max_by_key(|&i| counts.get(&names[i]));
        if let Some(most) = most {
            names[..=most].rotate_right(1);
        }
    }
    names
}

/// The tokens of a target as written.
fn tokens(description: &Description, target: &Target) -> Vec<String> {
    let separator = description.target.separator.as_str();
    match target {
        Target::Tokens(tokens) => tokens.clone(),
        Target::Text(text) if description.target.kind == TargetKind::Class => {
            Some(text.trim()).filter(|class| !class.is_empty()).map(str::to_owned).into_iter().collect()
        }
        Target::Text(text) if separator.is_empty() => {
            text.chars().filter(|c| !c.is_whitespace()).map(String::from).collect()
        }
        Target::Text(text) => {
            let parts = text.split(separator).map(str::trim).filter(|token| !token.is_empty());
            parts.map(str::to_owned).collect()
        }
    }
}

struct Understanding<'a> {
    description: &'a Description,
    reader: &'a InputReader,
    names: &'a mut Names,
}

impl Understanding<'_> {
    fn splits(
        &self,
        sides: &[Vec<(usize, Row)>; 3],
        paths: &[PathBuf],
        flaws: &mut Vec<Flaw>,
    ) -> [Vec<Entry>; 3] {
        let mut splits: [Vec<Entry>; 3] = Default::default();
        for (split, side) in splits.iter_mut().zip(sides) {
            for (table, row) in side {
                match self.entry(*table, row) {
                    Ok(entry) => split.push(entry),
                    Err((column, what)) => flaws.push(flaw(&paths[*table], row, column, what)),
                }
            }
        }
        splits
    }

    fn entry(&self, table: usize, row: &Row) -> Result<Entry, (&'static str, String)> {
        if row.input.is_empty() {
            return Err(("input", "found nothing, expected an input".into()));
        }
        let tokens = tokens(self.description, &row.target);
        let class = self.description.target.kind == TargetKind::Class;
        if tokens.is_empty() && (class || !self.description.target.may_be_empty) {
            let allowed =
                if class { "" } else { " (target.may-be-empty = true in dataset.toml allows none)" };
            return Err((
                "target",
                format!("found nothing, expected {}{allowed}", if class { "a class" } else { "tokens" }),
            ));
        }
        if class && tokens.len() != 1 {
            return Err(("target", format!("found {} tokens, expected one class", tokens.len())));
        }
        let target = tokens.iter().map(|token| self.number(&self.names.vocabulary, token, "target"));
        let mut target = target.collect::<Result<Vec<u32>, _>>()?;
        if self.description.target.kind == TargetKind::Labels {
            self.fill_labels(row, &mut target)?;
        }
        let motifs = row.motifs.as_ref().map(|motifs| {
            let known = |kind: &str| self.number(&self.names.kinds, kind, "motifs").map(|kind| kind as usize);
            boxes::read(motifs, self.reader.shape(), self.reader.seconds_per_column(), known)
        });
        Ok(Entry {
            table,
            row: row.row,
            input: row.input.clone(),
            target,
            motifs: motifs.transpose()?.unwrap_or_default(),
        })
    }

    /// Labels must be as many as the columns of their own input; what the input is filled up with has the common label.
    fn fill_labels(&self, row: &Row, labels: &mut Vec<u32>) -> Result<(), (&'static str, String)> {
        let columns = self.reader.shape()[2];
        let own = self.reader.length_of(&row.input);
        let expected = if own > 0 && self.description.input.pad { own.min(columns) } else { columns };
        if labels.len() != expected {
            let what = format!(
                "found {} labels, expected {expected}: one at each position of the input",
                labels.len()
            );
            return Err(("target", what));
        }
        labels.resize(columns, 0);
        Ok(())
    }

    fn number(
        &self,
        names: &[String],
        name: &str,
        column: &'static str,
    ) -> Result<u32, (&'static str, String)> {
        let stated = match column {
            "target" => !self.description.target.vocabulary.is_empty(),
            _ => !self.description.motifs.kinds.is_empty(),
        };
        let (what, key) =
            if column == "target" { ("token", "target.vocabulary") } else { ("kind", "motifs.kinds") };
        names.iter().position(|known| known == name).map(|at| at as u32).ok_or_else(|| {
            let among =
                if stated { "is not in" } else { "is in no sample of the training file; state all in" };
            (column, format!("the {what} `{name}` {among} {key} of {FILE}"))
        })
    }
}
