//! Perturbation and quantisation (paper section 7) of a model, as rows and an example.

use anyhow::Result;

use super::rows::relabelling;
use super::{
    Examined, Model, PerturbationReport, Perturbed, QuantisationReport, Report, examples_of, keep, marks,
    perturb, quantised, row, tokens,
};
use crate::domain::Split;
use crate::eval::{BINS, ChannelNames, Score};
use crate::results::{PerturbedExample, Store, UNQUANTISED, perturbed_path, quantised_metric};
use crate::train::Identity;

/// Validation samples that bin edges are found on, at most.
const CALIBRATION: u64 = 1000;

/// Swaps a motif in each of the first `samples` test samples where that is possible, with channels named by
/// what they met in `report`; keeps two rows, and the first swap as an example.
///
/// # Errors
/// When a sample cannot be made, or a file cannot be written.
pub fn measure_perturbation(
    model: &mut Model,
    report: &Report,
    samples: u64,
    store: Option<&Store>,
) -> Result<PerturbationReport> {
    let names = ChannelNames::new(&report.confusion, relabelling(&model.session));
    let found = perturb(&mut model.session, &names, Split::Test, 0, samples)?;
    let possible = (samples > 0).then(|| found.swapped as f64 / samples as f64);
    let none = "undefined: no sample that is answered rightly has a motif to swap";
    let rows = [
        row(model, "perturbation".into(), found.accuracy(), found.swapped, none),
        row(model, "perturbation_possible".into(), possible, samples, "undefined: no samples"),
    ];
    keep(store, model, &rows)?;
    if let (Some(store), Some(first)) = (store, &found.first) {
        let Identity { domain, variant, scale, seed } = &model.identity;
        let path = perturbed_path(store.results(), scale, domain, variant, *seed);
        example(model, &names, first)?.write(&path)?;
    }
    Ok(found)
}

fn example(model: &Model, names: &ChannelNames, swapped: &Perturbed) -> Result<PerturbedExample> {
    let before = examples_of(model, &names.kind_of, std::slice::from_ref(&swapped.before))?;
    let after = Examined { map: swapped.map.clone(), ..swapped.before.clone() };
    Ok(PerturbedExample {
        before,
        motif: swapped.swap.found.motif,
        from: swapped.swap.found.channel,
        to: swapped.swap.to,
        after: marks(&model.session, &after),
        expected: tokens(&model.session, &swapped.swap.expected),
        output: tokens(&model.session, &swapped.answer),
    })
}

/// E2EE of the first `samples` test samples with motif values quantised to each of [`BINS`], calibrated on
/// validation samples; keeps a row each.
///
/// # Errors
/// When a sample cannot be made, or the rows cannot be kept.
pub fn measure_quantisation(
    model: &mut Model,
    samples: u64,
    store: Option<&Store>,
) -> Result<QuantisationReport> {
    let calibration = (Split::Validation, samples.min(CALIBRATION));
    let found = quantised(&mut model.session, &BINS, calibration, Split::Test, samples)?;
    let of =
        |metric: String, e2ee: &Score| row(model, metric, e2ee.error(), samples, "undefined: no samples");
    let mut rows = vec![of(UNQUANTISED.into(), &found.unquantised)];
    rows.extend(found.quantised.iter().map(|(bins, e2ee)| of(quantised_metric(*bins), e2ee)));
    keep(store, model, &rows)?;
    Ok(found)
}
