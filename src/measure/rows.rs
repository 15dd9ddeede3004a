//! From a report to result rows.

use std::path::Path;

use anyhow::{Context, Result};
use tch::Device;

use super::{Model, Report, validate};
use crate::device::libtorch_version;
use crate::domain::Split;
use crate::eval::{MotifErrors, Relabelling};
use crate::results::{Row, confusion_metric, rows_path, upsert};
use crate::train::{RunDir, Session};

/// Motif errors of a report, by the domain's relabelling.
pub fn errors(session: &Session, report: &Report) -> MotifErrors {
    report.confusion.errors(Relabelling::of_domain(session.domain.name()))
}

/// FNE over the kinds that an output cannot be told without, in a domain that has others too.
pub fn necessary_fne(session: &Session, report: &Report) -> Option<f64> {
    let inferable = session.domain.inferable_kinds();
    let kinds = 0..session.domain.motif_kinds().len();
    let necessary = kinds.filter(|kind| !inferable.contains(kind));
    if inferable.is_empty() { None } else { report.confusion.fne_among(necessary) }
}

/// Puts rows into the file of their scale; nothing without a folder of results.
///
/// # Errors
/// When they cannot be kept, see [`upsert`].
pub fn keep(results: Option<&Path>, dir: &RunDir, rows: &[Row]) -> Result<()> {
    let Some(results) = results else { return Ok(()) };
    let path = rows_path(results, &dir.identity.scale);
    upsert(&path, rows).with_context(|| format!("cannot keep the rows in {}", path.display()))
}

/// Measures a model on the first `samples` of the test split and keeps the rows.
///
/// # Errors
/// When a sample cannot be made, or the rows cannot be kept.
pub fn measure(
    model: &mut Model,
    dir: &RunDir,
    samples: u64,
    results: Option<&Path>,
) -> Result<(Report, MotifErrors)> {
    let report = validate(&mut model.session, Split::Test, 0, samples)?;
    let errors = errors(&model.session, &report);
    keep(results, dir, &rows(model, dir, &report, &errors)?)?;
    Ok((report, errors))
}

fn rows(model: &Model, dir: &RunDir, report: &Report, errors: &MotifErrors) -> Result<Vec<Row>> {
    let kinds = model.session.domain.motif_kinds();
    let mut metrics: Vec<(String, Option<f64>)> = vec![
        ("fpe".into(), Some(errors.fpe)),
        ("fne".into(), Some(errors.fne)),
        ("ce".into(), errors.ce),
        ("e2ee".into(), report.e2ee.error()),
        ("exact".into(), report.e2ee.exact_match()),
        ("density".into(), Some(report.density())),
        ("min_density".into(), Some(model.session.config.minimum_density()?)),
    ];
    if let Some(fne) = necessary_fne(&model.session, report) {
        metrics.push(("fne_necessary".into(), Some(fne)));
    }
    for (c, density) in report.channel_density.iter().enumerate() {
        metrics.push((format!("density/{c}"), Some(*density)));
    }
    for (channel, kind, share) in report.confusion.shares() {
        let kind = kind.map(|k| kinds[k].as_str());
        metrics.push((confusion_metric(channel, kind), Some(share)));
    }
    let reason = "undefined: no motif was matched";
    Ok(metrics
        .into_iter()
        .map(|(metric, value)| row(model, dir, metric, value, report.samples, reason))
        .collect())
}

/// A row of a model; `reason` says why there is no value, where there is none.
pub fn row(
    model: &Model,
    dir: &RunDir,
    metric: String,
    value: Option<f64>,
    samples: u64,
    reason: &str,
) -> Row {
    Row {
        domain: dir.identity.domain.clone(),
        variant: dir.identity.variant.clone(),
        seed: dir.identity.seed,
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
