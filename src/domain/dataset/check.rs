//! Looks at every input of a folder before anything is trained.

use std::path::Path;

use anyhow::Result;
use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::description::FILE;
use super::flaw::Flaw;
use super::index::{Entry, Index, SPLITS, ensure_none, shared};
use super::tables::Tables;
use crate::domain::TargetKind;

/// What a folder holds, and all that is wrong with it.
#[derive(Debug)]
pub struct Checked {
    /// In the order of files and rows; empty where all is well.
    pub flaws: Vec<Flaw>,
    /// What it holds, a line a fact.
    pub facts: Vec<String>,
}

/// Reads every row and every input of `folder`.
///
/// # Errors
/// When `dataset.toml` or a table cannot be read at all.
pub fn check(folder: &Path) -> Result<Checked> {
    let (index, mut flaws) = Index::gather(folder)?;
    flaws.extend(of_inputs(&index));
    // An input that was tried for its shape has been told of already.
    flaws.sort_by_key(|flaw| (index.tables.iter().position(|table| *table == flaw.file), flaw.row));
    flaws.dedup();
    Ok(Checked { flaws, facts: facts(&index) })
}

/// Inputs that cannot be read or are not like the others, and those whose contents are on two sides.
fn of_inputs(index: &Index) -> Vec<Flaw> {
    let entries: Vec<&Entry> = index.splits.iter().flatten().collect();
    let judged: Vec<Result<[u8; 32]>> = entries.par_iter().map(|entry| judge(index, entry)).collect();
    let mut flaws = Vec::new();
    let mut contents = std::collections::HashMap::new();
    for (entry, judged) in entries.iter().zip(judged) {
        match judged {
            Ok(hash) => drop(contents.insert((entry.table, entry.row), hash)),
            Err(error) => flaws.push(Flaw {
                file: index.tables[entry.table].clone(),
                row: Some(entry.row),
                column: Some("input"),
                what: format!("{error:#}"),
            }),
        }
    }
    if !index.description.splits.shared_inputs {
        let content = |entry: &Entry| contents.get(&(entry.table, entry.row)).copied();
        let by_name = shared(&index.splits, &index.tables, |entry| Some(entry.input.clone()));
        let told =
            |flaw: &Flaw| by_name.iter().any(|known| (&known.file, known.row) == (&flaw.file, flaw.row));
        flaws.extend(shared(&index.splits, &index.tables, content).into_iter().filter(|flaw| !told(flaw)));
    }
    flaws
}

fn judge(index: &Index, entry: &Entry) -> Result<[u8; 32]> {
    index.reader.read(&entry.input)?;
    Ok(Sha256::digest(index.reader.bytes(&entry.input)?).into())
}

/// Checksum over the description, the tables and every input of an index.
///
/// # Errors
/// When a file cannot be read.
pub(super) fn checksum(folder: &Path, index: &Index) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(&std::fs::read(folder.join(FILE))?);
    for bytes in Tables::bytes(&index.tables)? {
        add(&bytes);
    }
    let entries: Vec<&Entry> = index.splits.iter().flatten().collect();
    let contents = entries.par_iter().map(|entry| Ok(Sha256::digest(index.reader.bytes(&entry.input)?)));
    for content in contents.collect::<Result<Vec<_>>>()? {
        add(&content);
    }
    Ok(hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

/// Fails if anything is wrong with an input of `index`.
pub(super) fn ensure_inputs(folder: &Path, index: &Index) -> Result<()> {
    ensure_none(folder, of_inputs(index))
}

fn facts(index: &Index) -> Vec<String> {
    let [channels, height, width] = index.reader.shape();
    let mut facts = Vec::new();
    for (i, (name, side)) in SPLITS.iter().zip(&index.splits).enumerate() {
        let from = if index.drawn[i] {
            format!("drawn from {} with seed {}", index.tables[0].display(), index.description.splits.seed)
        } else {
            index.tables[i].display().to_string()
        };
        facts.push(format!("{name}: {} samples, {from}", side.len()));
    }
    facts.push(format!("inputs: {channels} channels × {height} rows × {width} columns"));
    let lengths: Vec<usize> = index.splits.iter().flatten().map(|entry| entry.target.len()).collect();
    let (count, names) = (index.vocabulary.len(), listed(&index.vocabulary));
    facts.push(match index.description.target.kind {
        TargetKind::Tokens => format!(
            "targets: {count} kinds of token ({names}), {} to {} of them",
            lengths.iter().min().unwrap_or(&0),
            index.max_target_len
        ),
        TargetKind::Class => format!("targets: one of {count} classes ({names})"),
        TargetKind::Labels => format!(
            "targets: a label at each of {width} positions, {count} kinds ({names}); `{}` is the common one that scores leave out",
            index.vocabulary.first().map_or("", String::as_str)
        ),
    });
    facts.push(match index.knows_motifs {
        true => format!(
            "motifs: {} kinds ({}), {:.2} a training sample",
            index.kinds.len(),
            listed(&index.kinds),
            index.mean_motifs
        ),
        false => "motifs: none are known; motif errors will be left out, and annealing.expected-motifs or \
                  annealing.minimum-density says where training ends"
            .into(),
    });
    let entries: Vec<&Entry> = index.splits.iter().flatten().collect();
    let coloured = entries.par_iter().filter(|entry| index.reader.loses_colours(&entry.input)).count();
    if coloured > 0 {
        facts.push(format!(
            "{coloured} pictures are coloured and read in grey; input.colour = true keeps colours"
        ));
    }
    let cut = entries.par_iter().filter(|entry| index.reader.is_cut(&entry.input)).count();
    if cut > 0 {
        facts.push(format!("{cut} sounds are louder than full scale, and their peaks are cut"));
    }
    for (file, column) in &index.unused {
        facts.push(format!("{}: the column {column} is not used", file.display()));
    }
    facts
}

fn listed(names: &[String]) -> String {
    const SHOWN: usize = 24;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ") + more
}
