//! Which settings to make smaller where memory does not suffice.

use super::need::{Sizes, Work, need};
use crate::config::Config;

/// How many times smaller a setting is tried: more than machines have threads as a rule, since a batch that is measured
/// is shared out to these.
const SMALLER: u64 = 4096;

/// Share of the need that a setting must save, that much smaller, to be named.
const WORTH_IT: f64 = 0.3;

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
    fn lessen(&mut self) {
        match self {
            Self::Signed(n) => **n = (**n / SMALLER as i64).max(1),
            Self::Unsigned(n) => **n = (**n / SMALLER).max(1),
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
        number.lessen();
        found.push((saved(need(&lighter, sizes, work).total()), format!("{key} ({value})")));
    }
    if let Work::Measure { samples, threads, on_cpu } = work {
        let fewer = Work::Measure { samples: samples / SMALLER, threads, on_cpu };
        found.push((saved(need(config, sizes, fewer).total()), format!("--samples ({samples})")));
        let alone = Work::Measure { samples, threads: 1, on_cpu };
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::load;

    #[test]
    fn what_saves_most_comes_first_whatever_the_threads() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/digit-circle/sparling.toml");
        let sizes = Sizes { input: [1, 48, 48], tokens: 10, available: [None; 3] };
        for (key, value) in [
            ("train.batch", "100000000"),
            ("evaluation.batch", "100000000"),
            ("model.g.units", "1000000000"),
            ("model.h.feed-forward", "4000000000"),
        ] {
            let set = [format!("{key}={value}"), "annealing.validation-samples=100000000".to_owned()];
            let config = load(&file, "smoke", &set).unwrap();
            for threads in [1, 2, 32] {
                let told = settings(&config, sizes, Work::Train { threads, on_cpu: true });
                assert!(told.starts_with(&format!("{key} ({value})")), "{threads} threads: {told}");
            }
        }
        let config = load(&file, "smoke", &["evaluation.batch=10000000".to_owned()]).unwrap();
        let work = Work::Measure { samples: 100_000_000, threads: 16, on_cpu: true };
        let told = settings(&config, sizes, work);
        assert!(told.contains("--samples (100000000)") && told.contains("--threads (16)"), "{told}");
        assert!(!told.contains("train."), "a run that is there keeps its settings: {told}");
    }
}
