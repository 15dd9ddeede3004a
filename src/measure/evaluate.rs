//! Everything that is measured of a run on test samples: from a run's folder to rows and examples.

use std::path::PathBuf;

use anyhow::{Result, ensure};
use tch::Device;

use super::model::density_stems;
use super::{
    Model, PerturbationReport, QuantisationReport, Report, UnseenReport, add_density, capped, keep,
    keep_along, keep_examples, measure, measure_perturbation, measure_quantisation, measure_unseen, rows_of,
    spread,
};
use crate::config::SparsityKind;
use crate::domain::Split;
use crate::eval::MotifErrors;
use crate::results::{ERRORS, PERTURBATION, QUANTISATION, Store, UNSEEN};
use crate::train::RunDir;

/// What is to be measured of a run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Models at the last so many densities; 0 is the last alone.
    pub densities: usize,
    /// Test samples at the last; `None` is `evaluation.samples` of the run's configuration.
    pub samples: Option<u64>,
    /// Test samples at those before; `None` is as many.
    pub path_samples: Option<u64>,
    /// Whether motifs are swapped, at the last density; not where true motifs are not known.
    pub perturbation: bool,
    /// Whether motif values are quantised, at every density.
    pub quantisation: bool,
    /// Whether answers are told apart by whether training has had the output, at the last density.
    pub unseen: bool,
    /// Whether samples of the last density are kept for pictures.
    pub examples: bool,
    /// At how many densities from the first to the last a few samples are kept, with the errors there; those that
    /// `densities` leaves out get no rows. None where true motifs are not known.
    pub examples_along: usize,
    /// Leave out what the store has with these settings on as many samples.
    pub missing_only: bool,
}

/// One result, as soon as it is there and kept.
#[derive(Debug)]
pub enum Finding<'a> {
    /// Errors and densities of the model; no motif errors where true motifs are not known.
    Errors(&'a Report, Option<&'a MotifErrors>),
    /// E2EE with quantised motif values.
    Quantisation(&'a QuantisationReport),
    /// Answers by whether training has had the output.
    Unseen(&'a UnseenReport),
    /// What came of swapping motifs.
    Perturbation(&'a PerturbationReport),
    /// Where samples were kept.
    Examples(PathBuf),
    /// At how many densities on the way a few samples were kept, and where.
    Along(usize, PathBuf),
}

/// Samples kept for figures 1 and 2.
const EXAMPLES: u64 = 6;

/// Samples kept at each density for the explorer.
const EXAMPLES_ALONG: u64 = 4;

/// Samples that the errors at a density are measured on which has no rows.
const SAMPLES_ALONG: u64 = 1000;

/// Measures the models of a run at its last densities, keeps rows and examples in the store if there is one, and
/// hands each result to `tell`.
///
/// # Errors
/// When the run has no trained model, there are no samples, the store would not keep the rows (see
/// [`Store::admit`]; asked before each model is measured), a file is damaged or cannot be written, or `tell` fails.
pub fn evaluate(
    dir: &RunDir,
    wanted: &Wanted,
    device: Device,
    store: Option<&Store>,
    tell: &mut dyn FnMut(&Model, Finding<'_>) -> Result<()>,
) -> Result<()> {
    let samples = match wanted.samples {
        Some(samples) => samples,
        None => dir.config()?.evaluation.samples,
    };
    ensure!(
        samples > 0 && wanted.path_samples != Some(0),
        "found 0 samples to measure on, expected at least one"
    );
    let stems = density_stems(dir)?;
    ensure!(
        !stems.is_empty(),
        "{0} has no trained model yet (nothing in {0}/checkpoints); train it first",
        dir.root().display()
    );
    let with_rows = stems.len().saturating_sub(wanted.densities.max(1));
    let places = if store.is_some() { spread(stems.len(), wanted.examples_along) } else { Vec::new() };
    let mut along = None;
    for (k, stem) in stems.iter().enumerate() {
        let (last, rows, shown) = (k + 1 == stems.len(), k >= with_rows, places.contains(&k));
        if !rows && !shown {
            continue;
        }
        let mut model = Model::load(dir, stem, device)?;
        let samples = capped(model.session.domain.as_ref(), Split::Test, 0, samples);
        ensure!(samples > 0, "{} has no test samples to measure on", model.session.domain.corpus());
        let knows_motifs = model.session.domain.knows_motifs();
        // A map without a bottleneck is all marks: nothing to be seen, and a large file.
        let bare = model.session.config.sparsity.kind == SparsityKind::PassThrough;
        let of_path = wanted.path_samples.unwrap_or(if rows { samples } else { SAMPLES_ALONG.min(samples) });
        let step = Step {
            samples: if last { samples } else { of_path },
            store: store.filter(|_| rows),
            quantisation: wanted.quantisation && rows,
            perturbation: wanted.perturbation && last && knows_motifs,
            unseen: wanted.unseen && last,
            examples: wanted.examples && last && !bare,
            along: shown && !bare && knows_motifs,
            missing_only: wanted.missing_only,
        };
        if let Some((report, errors)) = step.measure(&mut model, tell)?.filter(|_| step.along) {
            let count = EXAMPLES_ALONG.min(samples);
            if let Some(errors) = errors {
                along = Some(add_density(along, &mut model, (&report, &errors), count)?);
            }
        }
        if let (Some(along), Some(store), true) = (&along, store, last) {
            let path = keep_along(along, &dir.identity, store.results())?;
            tell(&model, Finding::Along(along.densities.len(), path))?;
        }
    }
    Ok(())
}

/// What is to be done with one model.
struct Step<'a> {
    samples: u64,
    /// Where rows go.
    store: Option<&'a Store>,
    quantisation: bool,
    perturbation: bool,
    unseen: bool,
    examples: bool,
    /// Whether samples are kept of it among those of other densities.
    along: bool,
    missing_only: bool,
}

impl Step<'_> {
    /// Returns what was measured where test samples were gone through.
    fn measure(
        &self,
        model: &mut Model,
        tell: &mut dyn FnMut(&Model, Finding<'_>) -> Result<()>,
    ) -> Result<Option<(Report, Option<MotifErrors>)>> {
        let due = |family| model.is_due(family, self.samples, self.store, self.missing_only);
        let errors_due = due(ERRORS)?;
        let quantisation = self.quantisation && due(QUANTISATION)?;
        let perturbation = self.perturbation && due(PERTURBATION)?;
        let unseen = self.unseen && due(UNSEEN)?;
        let mut measured = None;
        if errors_due || perturbation || self.examples || self.along {
            let (report, errors) = measure(model, self.samples)?;
            if errors_due {
                keep(self.store, model, &rows_of(model, &report, errors.as_ref())?)?;
            }
            tell(model, Finding::Errors(&report, errors.as_ref()))?;
            if perturbation {
                let found = measure_perturbation(model, &report, self.samples, self.store)?;
                tell(model, Finding::Perturbation(&found))?;
            }
            if let Some(store) = self.store.filter(|_| self.examples) {
                let count = EXAMPLES.min(self.samples);
                let unknown = || vec![None; model.session.config.model.g.motifs as usize];
                let mapping =
                    errors.as_ref().map_or_else(unknown, |errors| report.confusion.names(&errors.mapping));
                let path = keep_examples(model, &mapping, count, store.results())?;
                tell(model, Finding::Examples(path))?;
            }
            measured = Some((report, errors));
        }
        if unseen {
            let found = measure_unseen(model, self.samples, self.store)?;
            tell(model, Finding::Unseen(&found))?;
        }
        if quantisation {
            let found = measure_quantisation(model, self.samples, self.store)?;
            tell(model, Finding::Quantisation(&found))?;
        }
        Ok(measured)
    }
}
