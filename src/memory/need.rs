//! What work needs at least.

use std::fmt;

use super::activations::{first_half, in_measuring, proposer_in_passing, proposer_in_training, second_half};
use super::parameters::{Parameters, parameters, proposer};
use super::{VALUE, amount};
use crate::config::{Config, ProposerConfig};
use crate::domain::{Domain, Split};

/// Sizes of a domain's samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// `[channels, height, width]` of an input.
    pub input: [usize; 3],
    /// Kinds of output token.
    pub tokens: usize,
    /// Samples of each split; `None` where they never end.
    pub available: [Option<u64>; 3],
}

impl Sizes {
    /// Those of `domain`.
    #[must_use]
    pub fn of(domain: &dyn Domain) -> Self {
        Self {
            input: domain.input_shape(),
            tokens: domain.vocabulary().len(),
            available: [Split::Train, Split::Validation, Split::Test].map(|split| domain.available(split)),
        }
    }

    fn input_values(&self) -> f64 {
        self.input.iter().map(|&n| n as f64).product()
    }
}

/// What is to be done with a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// It is held.
    Hold,
    /// It is trained and validated.
    Train {
        /// Threads that work at once.
        threads: usize,
        /// Whether tensors are in this process's memory, not an accelerator's.
        on_cpu: bool,
    },
    /// It looks at samples.
    Measure {
        /// How many.
        samples: u64,
        /// As in training.
        threads: usize,
        /// As in training.
        on_cpu: bool,
    },
    /// Its ĝ is trained anew on labelled windows.
    Supervise {
        /// `[channels, height, width]` of a window.
        window: [usize; 3],
        /// Kinds of motif.
        kinds: usize,
    },
}

impl Work {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Hold => "a network",
            Self::Train { .. } => "training",
            Self::Measure { .. } => "measuring",
            Self::Supervise { .. } => "direct supervision",
        }
    }
}

/// Bytes that work needs at least: what is held throughout, and the largest of what comes and goes.
#[derive(Clone, Debug, PartialEq)]
pub struct Need {
    /// What it is and its bytes.
    held: Vec<(String, f64)>,
    /// As `held`, one at a time.
    passing: Vec<(String, f64)>,
}

impl Need {
    /// Bytes in all.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.held.iter().map(|(_, bytes)| bytes).sum::<f64>()
            + self.largest().map_or(0.0, |(_, bytes)| *bytes)
    }

    fn largest(&self) -> Option<&(String, f64)> {
        self.passing.iter().max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

/// The largest parts: `447 GiB are activations of a step, and 1.2 GiB weights`.
impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<_> = self.held.iter().chain(self.largest()).collect();
        parts.sort_by(|a, b| b.1.total_cmp(&a.1));
        let told = parts.iter().take(2).filter(|(_, bytes)| *bytes > 0.0);
        let told: Vec<String> =
            told.map(|(what, bytes)| format!("{} are for {what}", amount(*bytes))).collect();
        f.write_str(&told.join(" and "))
    }
}

/// What `work` needs with the networks of `config` on samples of these sizes.
#[must_use]
pub fn need(config: &Config, sizes: Sizes, work: Work) -> Need {
    let own = parameters(config, sizes);
    let network = ("the network".to_owned(), VALUE * (own.all + own.tables));
    match work {
        Work::Hold => Need { held: vec![network], passing: Vec::new() },
        Work::Train { threads, on_cpu } => training(config, sizes, own, threads, on_cpu),
        Work::Measure { samples, threads, on_cpu } => {
            let held = if on_cpu { vec![network] } else { Vec::new() };
            Need { held, passing: vec![measuring(config, sizes, samples, threads, on_cpu)] }
        }
        Work::Supervise { window, kinds } => supervision(config, sizes, network, window, kinds),
    }
}

fn training(config: &Config, sizes: Sizes, own: Parameters, threads: usize, on_cpu: bool) -> Need {
    let train = &config.train;
    let batch = train.batch as f64;
    let input = VALUE * batch * sizes.input_values();
    // One is being made, one is worked on: as a buffer and as a tensor.
    let batches = (format!("batches of {} samples", train.batch), 3.0 * input);
    let saved = VALUE * (own.all + 2.0 * own.trained);
    let writing = ("a checkpoint that is written".to_owned(), 2.0 * saved);
    let validation = measuring(config, sizes, in_validation(config, sizes), threads, on_cpu);
    if !on_cpu {
        return Need { held: vec![batches], passing: vec![writing, validation] };
    }
    let shards = train.shards as f64;
    let at_once = shards.min(threads.max(1) as f64);
    let step = batch * first_half(config, sizes) + batch * at_once / shards * second_half(config, sizes);
    let gradients = (shards + 1.0) * own.trained;
    Need {
        held: vec![
            ("the network and Adam's moments".into(), VALUE * (own.all + own.tables + 2.0 * own.trained)),
            batches,
        ],
        passing: vec![
            (format!("a step over {} samples", train.batch), VALUE * step),
            ("gradients".into(), VALUE * gradients),
            writing,
            validation,
        ],
    }
}

/// Samples of a validation.
fn in_validation(config: &Config, sizes: Sizes) -> u64 {
    let wanted = config.annealing.validation_samples;
    sizes.available[Split::Validation as usize].map_or(wanted, |all| wanted.min(all))
}

/// What samples that are looked at take, `evaluation.batch` of them a thread.
fn measuring(config: &Config, sizes: Sizes, samples: u64, threads: usize, on_cpu: bool) -> (String, f64) {
    let batch = config.evaluation.batch.min(samples);
    let (lanes, values) = if on_cpu {
        let batches = samples.div_ceil(batch.max(1)).max(1);
        (batches.min(threads.max(1) as u64) as f64, in_measuring(config, sizes))
    } else {
        (1.0, 0.0)
    };
    // The sample, the batch, and the batch as a tensor.
    let bytes = VALUE * lanes * batch as f64 * (values + 3.0 * sizes.input_values());
    let what = if lanes > 1.0 {
        format!("{lanes} batches of {batch} samples that are measured at once")
    } else {
        format!("a batch of {batch} samples that is measured")
    };
    (what, bytes)
}

fn supervision(
    config: &Config,
    sizes: Sizes,
    network: (String, f64),
    window: [usize; 3],
    kinds: usize,
) -> Need {
    let g = ProposerConfig { motifs: kinds as i64, ..config.model.g.clone() };
    let values: f64 = window.iter().map(|&n| n as f64).product();
    let settings = &config.supervision;
    let batch = settings.batch.min(settings.samples);
    let step = batch as f64 * (proposer_in_training(&g, config.train.precision, window) + 2.0 * values);
    let weights = proposer(&g, Sizes { input: window, ..sizes });
    let wanted = config.evaluation.batch.min(config.evaluation.samples);
    let judged = sizes.available[Split::Test as usize].map_or(wanted, |all| wanted.min(all));
    Need {
        held: vec![network, ("ĝ and Adam's moments".into(), VALUE * 3.0 * weights)],
        passing: vec![
            (format!("a step over {batch} windows"), VALUE * step),
            ("gradients".into(), VALUE * 2.0 * weights),
            (
                format!("a batch of {judged} windows that is judged"),
                VALUE
                    * judged as f64
                    * (proposer_in_passing(&g, config.train.precision, window) + 2.0 * values),
            ),
        ],
    }
}
