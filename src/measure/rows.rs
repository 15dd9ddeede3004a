//! From a report to result rows.

use anyhow::{Result, ensure};
use tch::Device;

use super::{Model, Report, validate};
use crate::device::libtorch_version;
use crate::domain::Split;
use crate::eval::{Confusion, MotifErrors, Relabelling, Score};
use crate::results::{Row, Store, confusion_metric};
use crate::train::Session;

/// How the channels of this network are given kinds.
pub(super) fn relabelling(session: &Session) -> Relabelling {
    let (channels, kinds) = (session.config.model.g.motifs as usize, session.domain.motif_kinds().len());
    session.domain.relabelling().among(channels, kinds)
}

/// Motif errors of a report, by the domain's relabelling; `None` where true motifs are not known.
pub fn errors(session: &Session, report: &Report) -> Option<MotifErrors> {
    session.domain.knows_motifs().then(|| report.confusion.errors(relabelling(session)))
}

/// Validation samples that the kinds of channels are found on.
const LABELLING: u64 = 200;

/// The kind that each channel is best read as, by validation samples; none where true motifs are not known.
///
/// # Errors
/// When a sample cannot be made.
pub fn mapping_of(session: &mut Session) -> Result<Vec<Option<usize>>> {
    let unknown = vec![None; session.config.model.g.motifs as usize];
    if !session.domain.knows_motifs() {
        return Ok(unknown);
    }
    let report = validate(session, Split::Validation, 0, LABELLING)?;
    Ok(errors(session, &report).map_or(unknown, |errors| report.confusion.names(&errors.mapping)))
}

/// FNE over the kinds that an output cannot be told without, in a domain that has others too.
pub fn necessary_fne(session: &Session, report: &Report) -> Option<f64> {
    let inferable = session.domain.inferable_kinds();
    let kinds = 0..session.domain.motif_kinds().len();
    let necessary = kinds.filter(|kind| !inferable.contains(kind));
    if inferable.is_empty() { None } else { report.confusion.fne_among(necessary) }
}

/// Keeps rows of a model with its settings; nothing without a store.
///
/// # Errors
/// When they cannot be kept, see [`Store::keep`].
pub fn keep(store: Option<&Store>, model: &Model, rows: &[Row]) -> Result<()> {
    store.map_or(Ok(()), |store| store.keep(rows, Some(&model.session.config)))
}

/// Measures a model on the first `samples` of the test split.
///
/// # Errors
/// When there are no samples, or one cannot be made.
pub fn measure(model: &mut Model, samples: u64) -> Result<(Report, Option<MotifErrors>)> {
    ensure!(samples > 0, "found 0 samples to measure on, expected at least one");
    let report = validate(&mut model.session, Split::Test, 0, samples)?;
    let errors = errors(&model.session, &report);
    Ok((report, errors))
}

/// The rows of what [`measure`] found.
///
/// # Errors
/// When the domain's settings are out of range.
pub fn rows_of(model: &Model, report: &Report, errors: Option<&MotifErrors>) -> Result<Vec<Row>> {
    let kinds = model.session.domain.motif_kinds();
    // What true motifs would have to be known for is left out, not 0.
    let mut metrics: Vec<(String, Option<f64>)> = errors.map_or_else(Vec::new, |errors| {
        vec![("fpe".into(), Some(errors.fpe)), ("fne".into(), Some(errors.fne)), ("ce".into(), errors.ce)]
    });
    metrics.extend([
        ("e2ee".into(), report.e2ee.error()),
        ("exact".into(), report.e2ee.exact_match()),
        ("density".into(), Some(report.density())),
        ("min_density".into(), Some(model.session.config.minimum_density()?)),
    ]);
    if let Some(fne) = necessary_fne(&model.session, report) {
        metrics.push(("fne_necessary".into(), Some(fne)));
    }
    if let (Some(sharing), Some(errors)) = (&report.sharing, errors) {
        let of = |confusion: &Confusion| confusion.motifs() as f64;
        metrics.push(("sharing".into(), Some(of(sharing) / of(&report.confusion).max(1.0))));
        metrics.push(("fne_sharing".into(), sharing.fne_among(0..kinds.len())));
        metrics.push(("ce_sharing".into(), sharing.ce_by(&errors.mapping)));
    }
    if let Score::Labels(score) = &report.e2ee {
        for (label, name) in model.session.domain.vocabulary().iter().enumerate().skip(1) {
            metrics.push((format!("top_k/{name}"), score.top_k(label)));
            metrics.push((format!("average_precision/{name}"), score.average_precision(label)));
        }
    }
    for (c, density) in report.channel_density.iter().enumerate() {
        metrics.push((format!("density/{c}"), Some(*density)));
    }
    let shares = errors.map_or_else(Vec::new, |_| report.confusion.shares());
    for (channel, kind, share) in shares {
        let kind = kind.map(|k| kinds[k].as_str());
        metrics.push((confusion_metric(channel, kind), Some(share)));
    }
    let reason = "undefined: no motif was matched";
    Ok(metrics.into_iter().map(|(metric, value)| row(model, metric, value, report.samples, reason)).collect())
}

/// A row of a model; `reason` says why there is no value, where there is none.
pub fn row(model: &Model, metric: String, value: Option<f64>, samples: u64, reason: &str) -> Row {
    Row {
        domain: model.identity.domain.clone(),
        variant: model.identity.variant.clone(),
        seed: model.identity.seed,
        delta: model.reported_delta(),
        error: if value.is_none() { reason.into() } else { String::new() },
        metric,
        value,
        samples,
        corpus: model.session.domain.corpus().to_owned(),
        revision: crate::REVISION.into(),
        libtorch: libtorch_version(),
        device: device_name(model.session.vs.device()),
        config_hash: model.config_hash.clone(),
        wall_seconds: model.wall_seconds,
    }
}

fn device_name(device: Device) -> String {
    match device {
        Device::Cpu => "cpu".into(),
        Device::Cuda(n) => format!("cuda:{n}"),
        other => format!("{other:?}").to_lowercase(),
    }
}
