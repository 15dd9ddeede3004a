//! The cool-down: training that goes on at the last δ with a falling learning rate, and what was measured before it.

use std::collections::BTreeSet;

use crate::results::{configs, rows_path};
use crate::train::{Check, Event, MetricsLog, RunDir};

use super::Context;
use super::select::DomainRuns;

/// Whether runs of a domain had a cool-down, by the settings that were kept.
pub(super) fn is_there(context: &Context, domain: &DomainRuns<'_>) -> bool {
    let kept_in = rows_path(&context.results, &context.scale);
    let hashes: BTreeSet<&str> =
        domain.path.iter().flat_map(|at| at.rows()).map(|row| row.config_hash.as_str()).collect();
    let mut kept = hashes.into_iter().filter_map(|hash| configs::kept(&kept_in, hash));
    kept.any(|config| config.annealing.enabled && config.train.cooldown_samples > 0)
}

/// The last check before the cool-down of each run whose model and log are kept among the results and whose rows
/// count. It was made on validation samples, at the δ that the run is reported at.
pub(super) fn checks_before(context: &Context, domain: &DomainRuns<'_>, variant: &str) -> Vec<Check> {
    let of_seed = |seed: u64, delta: f64, hash: &str| -> Option<Check> {
        let folder = context.folder().join("models").join(format!("{}-{variant}-seed{seed}", domain.name));
        let dir = RunDir::open(&folder).ok()?;
        let own = dir.config().ok().is_some_and(|config| config.hash() == hash);
        let events = if own { MetricsLog::read(&dir.metrics_path()).ok()? } else { Vec::new() };
        let mut checks = events.into_iter().filter_map(|event| match event {
            Event::Validation(check) => Some(check),
            _ => None,
        });
        // In the cool-down δ is never lowered.
        let last = checks.rfind(|check| check.lowered)?;
        ((last.delta / delta - 1.0).abs() < 1e-6).then_some(last)
    };
    let reported = domain.reported(&["e2ee"]);
    let found = reported.iter().filter_map(|at| of_seed(at.seed, at.delta?, &at.rows().next()?.config_hash));
    found.collect()
}
