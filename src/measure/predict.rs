//! What a trained network makes of inputs that are in no split: files, or cells of a table.

use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use rayon::prelude::*;

use super::look::{Examined, examined, look_at};
use crate::domain::{Domain, NamedInput, Sample};
use crate::interrupt;
use crate::train::Session;
use crate::train::lanes::in_lanes;

/// Where an input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file, of one input or of several records.
    File(PathBuf),
    /// A cell of a table in `folder`.
    Cell {
        /// What the cell's paths are relative to.
        folder: PathBuf,
        /// What the cell says.
        input: String,
    },
}

impl Source {
    /// The inputs of this source by name, each with its own error.
    fn read(&self, domain: &dyn Domain) -> Vec<NamedInput> {
        match self {
            Self::File(path) => domain.read(path).unwrap_or_else(|error| {
                vec![NamedInput { name: path.display().to_string(), values: Err(error) }]
            }),
            Self::Cell { folder, input } => {
                let values = domain.read_cell(folder, input);
                vec![NamedInput { name: input.clone(), values }]
            }
        }
    }
}

/// An input and what became of it.
#[derive(Debug)]
pub struct Prediction {
    /// File, record or cell.
    pub name: String,
    /// The motif map and the answer; an error where the input cannot be read. Of its sample the target and the true
    /// motifs are empty, and its index counts the inputs from 0.
    pub outcome: Result<Examined>,
}

/// Runs the network on `sources` and hands each outcome to `each`, in their order. Inputs are read and looked at in
/// batches of `evaluation.batch`, on all threads of the session.
///
/// # Errors
/// When libtorch fails, someone asks to stop, or `each` fails. An input that cannot be read is an outcome.
pub fn predict(
    session: &mut Session,
    sources: impl IntoIterator<Item = Result<Source>>,
    mut each: impl FnMut(&Session, Prediction) -> Result<()>,
) -> Result<()> {
    let batch = session.config.evaluation.batch as usize;
    let together = batch.saturating_mul(session.threads.max(1));
    let mut sources = sources.into_iter();
    let mut next = 0;
    loop {
        let chunk = sources.by_ref().take(together).collect::<Result<Vec<_>>>()?;
        if chunk.is_empty() {
            return Ok(());
        }
        let domain = session.domain.clone();
        // A file may be a pipe, whose writer takes its time.
        let read: Vec<Vec<NamedInput>> = interrupt::unless_asked(move || {
            chunk.par_iter().map(|source| source.read(domain.as_ref())).collect()
        })?;
        let mut names = Vec::new();
        let mut samples = Vec::new();
        for NamedInput { name, values } in read.into_iter().flatten() {
            let failed = values.map(|input| samples.push((next, bare(input)))).err();
            names.push((name, failed));
            next += 1;
        }
        let mut examined = look_in_lanes(session, &samples, batch)?.into_iter();
        for (name, failed) in names {
            let outcome = match failed {
                Some(error) => Err(error),
                None => Ok(examined.next().context("a sample without an outcome")?),
            };
            each(session, Prediction { name, outcome })?;
        }
    }
}

/// A sample of which nothing but its input is known.
fn bare(input: Vec<f32>) -> Sample {
    Sample { input, target: Vec::new(), motifs: Vec::new() }
}

fn look_in_lanes(session: &mut Session, samples: &[(u64, Sample)], batch: usize) -> Result<Vec<Examined>> {
    session.admit_measuring(samples.len() as u64)?;
    let stretches: Vec<Range<usize>> = (0..samples.len())
        .step_by(batch.max(1))
        .map(|start| start..start.saturating_add(batch).min(samples.len()))
        .collect();
    let (domain, device) = (session.domain.clone(), session.vs.device());
    let looked = in_lanes(session, &stretches, |network, range| {
        Ok(examined(look_at(network, domain.as_ref(), samples[range.clone()].to_vec(), device)?))
    })?;
    Ok(looked.into_iter().flatten().collect())
}

/// The sources in a CSV or JSON-lines file with a column `input`, relative to its folder.
///
/// # Errors
/// When it cannot be read or has no such column, or someone asks to stop.
pub fn sources_in(table: &Path) -> Result<Vec<Source>> {
    let folder = table.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A table may be a pipe, whose writer takes its time.
    let own = table.to_owned();
    let cells = interrupt::unless_asked(move || crate::domain::dataset::inputs_in(&own))??;
    interrupt::check()?;
    Ok(cells.into_iter().map(|input| Source::Cell { folder: folder.to_owned(), input }).collect())
}
