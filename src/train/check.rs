//! One check of Algorithm 1: what was measured on validation data, as a record, as a line
//! and as curves.

use std::fmt;

use anyhow::Result;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind};

use super::{Board, Session, tags};
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
    /// The accuracy A that anneals (of sequences and classes: exact match; see [`Score`](crate::eval::Score)).
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
    /// Channels that marked nothing; `None` in logs from before they were counted, as the next.
    #[serde(default)]
    pub silent_channels: Option<u64>,
    /// Channels that share more than half of the positions they mark with another.
    #[serde(default)]
    pub channels_together: Option<u64>,
    /// Running thresholds t; empty for a bottleneck without.
    pub thresholds: Vec<f64>,
    /// Whether δ was lowered.
    pub lowered: bool,
    /// Whether Algorithm 1 ends here, since the next density would be below the minimum. Not in the log.
    #[serde(skip)]
    pub is_last: bool,
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
            accuracy: report.e2ee.accuracy().unwrap_or(0.0),
            e2ee: report.e2ee.error().unwrap_or(1.0),
            fpe: errors.as_ref().map(|errors| errors.fpe),
            fne: errors.as_ref().map(|errors| errors.fne),
            ce: errors.and_then(|errors| errors.ce),
            density: report.density(),
            channel_density: report.channel_density.clone(),
            silent_channels: Some(report.silent_channels()),
            channels_together: Some(report.channels_together()),
            thresholds: thresholds
                .and_then(|t| Vec::try_from(t.to_device(Device::Cpu).to_kind(Kind::Double)).ok())
                .unwrap_or_default(),
            lowered,
            is_last: false,
            wall_seconds,
        }
    }

    /// An error by the name that rows have for it; `None` where it is not known.
    #[must_use]
    pub fn value(&self, metric: &str) -> Option<f64> {
        match metric {
            "fpe" => self.fpe,
            "fne" => self.fne,
            "ce" => self.ce,
            "e2ee" => Some(self.e2ee),
            "exact" => Some(self.accuracy),
            _ => None,
        }
    }

    /// Draws the check as curves.
    pub(super) fn show(&self, board: &mut dyn Board, report: &Report) -> Result<()> {
        let percent = |share: f64| 100.0 * share;
        let count = |number: Option<u64>| number.map(|number| number as f64);
        let curves = [
            (tags::ACCURACY, Some(percent(self.accuracy))),
            (tags::E2EE, Some(percent(self.e2ee))),
            (tags::THRESHOLD, Some(percent(self.threshold))),
            (tags::DELTA, Some(self.delta)),
            (tags::LOG_DELTA, Some(self.delta.log10())),
            (tags::DENSITY, Some(self.density)),
            (tags::FPE, self.fpe.map(percent)),
            (tags::FNE, self.fne.map(percent)),
            (tags::CE, self.ce.map(percent)),
            (tags::SILENT, count(self.silent_channels)),
            (tags::TOGETHER, count(self.channels_together)),
        ];
        for (tag, value) in curves.into_iter().filter_map(|(tag, value)| Some((tag, value?))) {
            board.scalar(tag, value, self.samples)?;
        }
        for (name, values) in [("density", &self.channel_density), ("threshold", &self.thresholds)] {
            for (channel, value) in values.iter().enumerate() {
                board.scalar(&tags::of_channel(name, channel, values.len()), *value, self.samples)?;
            }
        }
        board.histogram(tags::VALUES, &report.values, self.samples)
    }
}

impl Check {
    /// What becomes of δ. The last step would lead below the minimum, and the cool-down keeps δ.
    fn outcome(&self) -> &'static str {
        match (self.lowered, self.is_last) {
            (false, _) => "",
            (true, false) => "  δ lowered",
            (true, true) => "  the last δ",
        }
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
            self.outcome()
        )
    }
}
