//! One check of Algorithm 1: what was measured on validation data, as a record, as a line
//! and as curves.

use std::fmt;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

use super::{Board, Session};
use crate::measure::{Report, errors};
use crate::sparsity::{Annealing, Bottleneck};

/// A fraction as the console tells every one but a density: in percent, a dash where it is not known.
pub(super) fn percent(fraction: impl Into<Option<f64>>) -> String {
    fraction.into().map_or("–".into(), |fraction| format!("{:.1} %", fraction * 100.0))
}

/// What one check found; shares and errors lie in [0, 1].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// Training samples seen.
    pub samples: u64,
    /// δ in force while measuring.
    pub delta: f64,
    /// T after the check.
    pub threshold: f64,
    /// Exact-match accuracy A.
    pub accuracy: f64,
    /// Mean normalised edit distance (E2EE).
    pub e2ee: f64,
    /// False positive error (FPE); `None`, as FNE is, where true motifs are not known.
    pub fpe: Option<f64>,
    /// False negative error (FNE).
    pub fne: Option<f64>,
    /// Confusion error (CE); undefined while no prediction meets a true motif.
    pub ce: Option<f64>,
    /// Measured density.
    pub density: f64,
    /// The same by channel.
    pub channel_density: Vec<f64>,
    /// Running thresholds t; empty for a bottleneck without.
    pub thresholds: Vec<f64>,
    /// Whether δ was lowered.
    pub lowered: bool,
    /// Seconds of training in all.
    pub wall_seconds: f64,
}

impl Check {
    /// The record of `report`, measured at density `delta` and then judged by `annealing`.
    pub(super) fn new(
        session: &Session,
        report: &Report,
        annealing: &Annealing,
        samples: u64,
        delta: f64,
        lowered: bool,
        wall_seconds: f64,
    ) -> Self {
        let errors = errors(session, report);
        let thresholds = session.network.sparsity.thresholds();
        Self {
            samples,
            delta,
            threshold: annealing.threshold(),
            accuracy: report.e2ee.exact_match().unwrap_or(0.0),
            e2ee: report.e2ee.error().unwrap_or(1.0),
            fpe: errors.as_ref().map(|errors| errors.fpe),
            fne: errors.as_ref().map(|errors| errors.fne),
            ce: errors.and_then(|errors| errors.ce),
            density: report.density(),
            channel_density: report.channel_density.clone(),
            thresholds: thresholds
                .and_then(|t| Vec::try_from(t.to_device(Device::Cpu).to_kind(Kind::Double)).ok())
                .unwrap_or_default(),
            lowered,
            wall_seconds,
        }
    }

    /// Draws the check as curves.
    pub(super) fn show(&self, board: &mut dyn Board, report: &Report) -> Result<()> {
        let curves = [
            ("validation/accuracy", self.accuracy),
            ("validation/e2ee", self.e2ee),
            ("annealing/threshold_T", self.threshold),
            ("annealing/delta", self.delta),
            ("annealing/log10_delta", self.delta.log10()),
            ("motifs/density", self.density),
        ];
        let errors = [("motifs/fpe", self.fpe), ("motifs/fne", self.fne), ("motifs/ce", self.ce)];
        let errors = errors.into_iter().filter_map(|(tag, value)| Some((tag, value?)));
        for (tag, value) in curves.into_iter().chain(errors) {
            board.scalar(tag, value, self.samples)?;
        }
        for (name, values) in [("density", &self.channel_density), ("threshold", &self.thresholds)] {
            for (channel, value) in values.iter().enumerate() {
                board.scalar(&format!("{name}/channel_{channel}"), *value, self.samples)?;
            }
        }
        board.histogram("motifs/nonzero_values", &report.values, self.samples)
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>7} samples {:>6.1} min  δ {:.2e}  A {}  T {}  E2EE {}  FPE {}  FNE {}  CE {}{}",
            self.samples,
            self.wall_seconds / 60.0,
            self.delta,
            percent(self.accuracy),
            percent(self.threshold),
            percent(self.e2ee),
            percent(self.fpe),
            percent(self.fne),
            percent(self.ce),
            if self.lowered { "  δ lowered" } else { "" }
        )
    }
}
