//! From a run to result rows and examples: what `evaluate` prints and `figure` draws from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use tch::Device;

use crate::device::libtorch_version;
use crate::domain::Split;
use crate::eval::{MotifErrors, MotifMap, Relabelling, predicted_motifs};
use crate::results::{
    Example, Examples, Marked, Row, TrueMotif, confusion_metric, examples_path, rows_path, upsert,
};
use crate::train::{Checkpoint, Event, Examined, MetricsLog, Report, RunDir, Session, examine, validate};

/// A trained network at one of its densities.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) session: Session,
    pub(super) delta: f64,
    pub(super) config_hash: String,
    /// Training time up to this density, in seconds (0 where the log is not there).
    wall_seconds: f64,
}

impl Model {
    /// Loads the checkpoint `stem` of a run.
    pub(super) fn load(dir: &RunDir, stem: &Path, device: Device) -> Result<Self> {
        let checkpoint = Checkpoint::load(stem)?;
        let mut session = Session::new(&dir.config()?, dir.identity.seed, device)?;
        session.restore(&checkpoint, None)?;
        let samples = checkpoint.state.samples;
        let wall_seconds = MetricsLog::read(&dir.metrics_path())?
            .iter()
            .filter(|e| e.samples() <= samples)
            .filter_map(Event::wall_seconds)
            .fold(0.0, f64::max);
        let delta = checkpoint.state.annealing.density;
        Ok(Self { session, delta, config_hash: checkpoint.config_hash, wall_seconds })
    }

    /// δ, where the layer is steered by one.
    pub(super) fn reported_delta(&self) -> Option<f64> {
        self.session.config.sparsity.kind.has_delta().then_some(self.delta)
    }

    /// Loads the model that is reported: the one at the last density above the minimum, or the
    /// newest checkpoint of a run that has none yet.
    pub(super) fn reported(dir: &RunDir, device: Device) -> Result<Self> {
        match density_stems(dir, 1)?.pop() {
            Some(stem) => Self::load(dir, &stem, device),
            None => bail!(
                "{} has no trained model yet (nothing in {}/checkpoints); train it first",
                dir.root().display(),
                dir.root().display()
            ),
        }
    }
}

/// Stems of the models at the last `count` densities, densest first.
pub(super) fn density_stems(dir: &RunDir, count: usize) -> Result<Vec<PathBuf>> {
    let stems = dir.density_stems();
    Ok(stems[stems.len().saturating_sub(count)..].to_vec())
}

/// Motif errors of a report, by the domain's relabelling.
pub(super) fn errors(session: &Session, report: &Report) -> MotifErrors {
    report.confusion.errors(Relabelling::of_domain(session.domain.name()))
}

/// FNE over the kinds that an output cannot be told without, in a domain that has others too.
pub(super) fn necessary_fne(session: &Session, report: &Report) -> Option<f64> {
    let inferable = session.domain.inferable_kinds();
    let kinds = 0..session.domain.motif_kinds().len();
    let necessary = kinds.filter(|kind| !inferable.contains(kind));
    if inferable.is_empty() { None } else { report.confusion.fne_among(necessary) }
}

/// Puts rows into the file of their scale; nothing without a folder of results.
pub(super) fn keep(results: Option<&Path>, dir: &RunDir, rows: &[Row]) -> Result<()> {
    let Some(results) = results else { return Ok(()) };
    let path = rows_path(results, &dir.identity.scale);
    upsert(&path, rows).with_context(|| format!("cannot keep the rows in {}", path.display()))
}

/// Measures a model on the first `samples` of the test split and keeps the rows.
pub(super) fn measure(
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
pub(super) fn row(
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

/// Map positions around a local maximum that count as the same place: half of a digit's box.
fn peak_radius(stride: usize) -> usize {
    (6 / stride).max(1)
}

/// The local maxima of one sample's motif map.
pub(super) fn marks(session: &Session, examined: &Examined) -> Vec<Marked> {
    let stride = session.config.model.g.stem_stride as usize;
    let [channels, height, width] = examined.map_shape;
    let map = MotifMap { values: &examined.map, channels, height, width, stride: [stride, stride] };
    let middle = |i: usize| (i * stride) as f64 + stride as f64 / 2.0;
    predicted_motifs(map, peak_radius(stride))
        .into_iter()
        .map(|p| Marked {
            channel: p.channel,
            y: middle(p.y),
            x: middle(p.x),
            value: p.value,
            crowded: p.crowded,
        })
        .collect()
}

/// Writes the first `count` test samples with what the model made of them.
pub(super) fn keep_examples(
    model: &mut Model,
    dir: &RunDir,
    mapping: &[Option<usize>],
    count: u64,
    results: &Path,
) -> Result<PathBuf> {
    let examined = examine(&mut model.session, Split::Test, 0, count)?;
    let examples = examples_of(model, dir, mapping, &examined)?;
    let identity = &dir.identity;
    let path = examples_path(results, &identity.scale, &identity.domain, &identity.variant, identity.seed);
    examples.write(&path)?;
    Ok(path)
}

/// Names of output tokens.
pub(super) fn tokens(session: &Session, ids: &[u32]) -> Vec<String> {
    ids.iter().map(|&t| session.domain.vocabulary()[t as usize].clone()).collect()
}

/// Test samples as they are kept for figures.
pub(super) fn examples_of(
    model: &Model,
    dir: &RunDir,
    mapping: &[Option<usize>],
    examined: &[Examined],
) -> Result<Examples> {
    let domain = &model.session.domain;
    let shape = domain.input_shape();
    let items = examined
        .iter()
        .map(|e| {
            Ok(Example {
                index: e.index,
                split: "test".into(),
                channels: shape[0],
                height: shape[1],
                width: shape[2],
                input_png: Example::encode_input(&e.sample.input, shape)?,
                true_motifs: e
                    .sample
                    .motifs
                    .iter()
                    .map(|m| TrueMotif {
                        kind: m.kind,
                        top: m.top,
                        left: m.left,
                        bottom: m.bottom,
                        right: m.right,
                    })
                    .collect(),
                predicted: marks(&model.session, e),
                target: tokens(&model.session, &e.sample.target),
                output: tokens(&model.session, &e.answer),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Examples {
        domain: dir.identity.domain.clone(),
        variant: dir.identity.variant.clone(),
        seed: dir.identity.seed,
        delta: model.delta,
        mapping: mapping.to_vec(),
        kinds: domain.motif_kinds().to_vec(),
        items,
    })
}
