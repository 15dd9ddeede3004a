//! Sparling's motifs against direct supervision (paper section 7): from a run to rows of both.

use std::time::Instant;

use anyhow::{Result, ensure};
use tch::Device;

use super::{Direct, Model, capped, channel_kinds, judge, row};
use crate::config::{Config, SupervisionConfig};
use crate::domain::Split;
use crate::eval::Misclassified;
use crate::results::{DIRECT_SUPERVISION, MISCLASSIFIED, Measurement, Row, RunName, SUPERVISION, Store};
use crate::train::RunDir;

/// Validation windows by which the run's channels are given their kinds.
const NAMING: u64 = 2000;

/// Shares of the windows of one set that were named wrongly, over some kinds of motif.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Which windows, in words.
    pub title: &'static str,
    /// Sparling's share; `None` if no window shows such a motif.
    pub own: Option<f64>,
    /// Direct supervision's.
    pub supervised: Option<f64>,
    /// Windows.
    pub windows: u64,
}

/// Trains ĝ on labels (`train` is told of it as [`Direct::train`] says), judges it and the run's reported model on
/// `samples` test windows, and keeps rows of both.
///
/// # Errors
/// When there are no samples, the run has no trained model, training diverges, the store would not keep the rows
/// (asked before anything is trained), or a file is damaged or cannot be written.
pub fn supervise(
    dir: &RunDir,
    settings: &SupervisionConfig,
    samples: Option<u64>,
    device: Device,
    store: Option<&Store>,
    train: impl FnMut(u64, f64),
) -> Result<Vec<Compared>> {
    let mut model = Model::reported(dir, device)?;
    let config = Config { supervision: settings.clone(), ..model.session.config.clone() };
    let domain = model.session.domain.clone();
    ensure!(
        domain.knows_motifs(),
        "{} has samples whose true motifs are not known; direct supervision is trained on these",
        domain.corpus()
    );
    let samples = samples.unwrap_or(config.evaluation.samples);
    let samples = capped(domain.as_ref(), Split::Test, 0, samples);
    ensure!(samples > 0 && settings.samples > 0, "found 0 windows, expected at least one");
    model.is_due(SUPERVISION, samples, store, false)?;
    if let Some(store) = store {
        store.admit(&of_direct(&model), &config.hash(), samples)?;
    }
    let begun = Instant::now();
    let direct = Direct::train(&config, &*model.session.domain, dir.identity.seed, device, train)?;
    let wall_seconds = begun.elapsed().as_secs_f64();
    let kind_of = channel_kinds(&mut model.session, NAMING)?;

    let (mut rows, mut all) = (Vec::new(), Vec::new());
    for set in sets(&model) {
        let indices = set.first..set.first + samples;
        let found = judge(&mut model.session, &kind_of, &direct, set.split, indices)?;
        for (suffix, title, kinds) in &set.metrics {
            let share = |of: &Misclassified| of.share(kinds.iter().copied());
            let [own, supervised] = &found;
            let windows = own.total(kinds.iter().copied());
            let line = |of| {
                let metric = format!("{MISCLASSIFIED}{suffix}");
                row(&model, metric, share(of), windows, "undefined: no window shows such a motif")
            };
            rows.push(line(own));
            rows.push(Row {
                variant: DIRECT_SUPERVISION.into(),
                delta: None,
                config_hash: config.hash(),
                wall_seconds,
                ..line(supervised)
            });
            all.push(Compared { title, own: share(own), supervised: share(supervised), windows });
        }
    }
    if let Some(store) = store {
        let (own, supervised): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.variant != DIRECT_SUPERVISION);
        store.keep(&own, Some(&model.session.config))?;
        store.keep(&supervised, Some(&config))?;
    }
    Ok(all)
}

/// What the rows of ĝ trained on labels are kept as.
fn of_direct(model: &Model) -> Measurement {
    let own = model.measurement(SUPERVISION);
    let run = RunName { variant: DIRECT_SUPERVISION.into(), ..own.run };
    Measurement { run, delta: None, family: own.family }
}

/// Windows that both methods are asked about.
struct Set {
    split: Split,
    /// Index of the first.
    first: u64,
    /// What the metric has behind its name, what it is called, and the kinds of motif that count.
    metrics: Vec<(&'static str, &'static str, Vec<usize>)>,
}

fn sets(model: &Model) -> Vec<Set> {
    let domain = &model.session.domain;
    let all: Vec<usize> = (0..domain.motif_kinds().len()).collect();
    let necessary: Vec<usize> =
        all.iter().copied().filter(|kind| !domain.inferable_kinds().contains(kind)).collect();
    let mut test = Set { split: Split::Test, first: 0, metrics: vec![("", "test", all.clone())] };
    if necessary.len() < all.len() {
        test.metrics.push(("_necessary", "test, without the inferable", necessary));
    }
    let mut sets = vec![test];
    if !domain.corpus().is_empty() {
        // What is spoken by known voices, at indices that no decision of the training saw.
        let first = model.session.config.annealing.validation_samples.max(NAMING);
        let metrics = vec![("_known", "known speakers", all)];
        sets.push(Set { split: Split::Validation, first, metrics });
    }
    sets
}
