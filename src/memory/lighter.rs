//! Which settings to make smaller where memory does not suffice.

use super::need::{Sizes, Work, need};
use crate::config::Config;

/// Shares of the need that a setting must save, halved, to be named.
const WORTH_IT: f64 = 0.15;

/// Settings named at most.
const NAMED: usize = 3;

/// A number among the settings.
type Setting = (&'static str, fn(&mut Config) -> Number<'_>);

/// A setting's place.
enum Number<'a> {
    Signed(&'a mut i64),
    Unsigned(&'a mut u64),
}

impl Number<'_> {
    fn halve(&mut self) {
        match self {
            Self::Signed(n) => **n = (**n / 2).max(1),
            Self::Unsigned(n) => **n = (**n / 2).max(1),
        }
    }

    fn value(&self) -> i128 {
        match self {
            Self::Signed(n) => i128::from(**n),
            Self::Unsigned(n) => i128::from(**n),
        }
    }
}

/// What training is made lighter by.
const OF_TRAINING: [Setting; 10] = [
    ("train.batch", |config| Number::Unsigned(&mut config.train.batch)),
    ("model.g.width", |config| Number::Signed(&mut config.model.g.width)),
    ("model.g.motifs", |config| Number::Signed(&mut config.model.g.motifs)),
    ("model.g.units", |config| Number::Signed(&mut config.model.g.units)),
    ("model.h.width", |config| Number::Signed(&mut config.model.h.width)),
    ("model.h.feed-forward", |config| Number::Signed(&mut config.model.h.feed_forward)),
    ("model.h.encoder-layers", |config| Number::Signed(&mut config.model.h.encoder_layers)),
    ("model.h.decoder-layers", |config| Number::Signed(&mut config.model.h.decoder_layers)),
    ("train.shards", |config| Number::Unsigned(&mut config.train.shards)),
    ("evaluation.batch", |config| Number::Unsigned(&mut config.evaluation.batch)),
];

/// What direct supervision is made lighter by, beside ĝ.
const OF_SUPERVISION: [Setting; 1] =
    [("supervision.batch", |config| Number::Unsigned(&mut config.supervision.batch))];

/// The settings to make smaller, those that save most first, with their values: `train.batch (100000000)`.
pub(super) fn settings(config: &Config, sizes: Sizes, work: Work) -> String {
    let before = need(config, sizes, work).total();
    let saved = |after: f64| 1.0 - after / before;
    let mut found: Vec<(f64, String)> = Vec::new();
    let numbers: &[Setting] = match work {
        // A run that is there keeps its settings.
        Work::Measure { .. } => &[],
        Work::Supervise { .. } => &OF_SUPERVISION,
        Work::Train { .. } | Work::Hold => &OF_TRAINING,
    };
    for (key, place) in numbers {
        let mut lighter = config.clone();
        let mut number = place(&mut lighter);
        let value = number.value();
        number.halve();
        found.push((saved(need(&lighter, sizes, work).total()), format!("{key} ({value})")));
    }
    if let Work::Measure { samples, threads, on_cpu } = work {
        let fewer = Work::Measure { samples: samples / 2, threads, on_cpu };
        found.push((saved(need(config, sizes, fewer).total()), format!("--samples ({samples})")));
        let alone = Work::Measure { samples, threads: threads / 2, on_cpu };
        found.push((saved(need(config, sizes, alone).total()), format!("--threads ({threads})")));
    }
    let [channels, height, width] = sizes.input;
    let smaller = Sizes { input: [channels, height.div_ceil(2), width.div_ceil(2)], ..sizes };
    let input = format!("the inputs ({channels} × {height} × {width})");
    found.push((saved(need(config, smaller, work).total()), input));
    // Of equals the first.
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    let most = found.first().map_or(0.0, |(saved, _)| *saved);
    let worth = found.into_iter().filter(|(saved, _)| *saved >= WORTH_IT.min(most)).take(NAMED);
    worth.map(|(_, told)| told).collect::<Vec<_>>().join(" or ")
}
