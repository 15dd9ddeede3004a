//! The hash that result rows name their settings by.

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    AnnealingConfig, Config, DomainConfig, EvaluationConfig, ModelConfig, RetrainConfig, SparsityConfig,
    SupervisionConfig, TrainConfig,
};

/// What is hashed: the settings in the order in which they always were, and those that came later where they
/// matter (direct supervision's where they are not the defaults, retraining's where it is on, the budget of runs
/// that do not anneal where it is theirs; see [`LATE`] and [`LATER`]), so that rows from before there were such settings keep their hash.
#[derive(Serialize)]
struct Hashed<'a> {
    domain: &'a DomainConfig,
    model: &'a ModelConfig,
    sparsity: &'a SparsityConfig,
    annealing: &'a AnnealingConfig,
    train: TrainConfig,
    evaluation: &'a EvaluationConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    supervision: Option<&'a SupervisionConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retrain: Option<&'a RetrainConfig>,
}

/// Settings that came after rows had been measured: table and key, and the value that was in force before, as JSON.
/// At that value they are not hashed.
const LATE: &[(&str, &str, &str)] = &[
    ("/train", "max-samples-unannealed", "0"),
    ("/train", "cooldown-samples", "0"),
    ("/train", "shards", "1"),
    ("/model/h", "motif-knee", "0.0"),
    ("/model/h", "rotary", "false"),
    ("/model/h", "weigh-by-strength", "false"),
    ("/model/h", "max-cells", "0"),
    ("/annealing", "expected-motifs", "0.0"),
    ("/annealing", "minimum-density", "0.0"),
];

/// Settings that were never hashed at their default: no row has a hash with it.
const LATER: &[(&str, &str, &str)] = &[
    ("/train", "precision", "\"fp32\""),
    ("/domain", "target", "\"tokens\""),
    ("/domain", "kinds", "10"),
    ("/model/h", "kind", "\"sequence\""),
    ("/model/h", "kernel", "11"),
    ("/model/h", "dilations", "[1,1,1,1,4,4,4,4]"),
];

impl Config {
    /// Short hash of the resolved settings, kept in every result row.
    pub fn hash(&self) -> String {
        self.hash_with(0)
    }

    /// Whether `hash` is of these settings: as [`Config::hash`] gives it, or as an earlier version of the program
    /// did, which hashed a late setting at the value before too. Each is a hash of the very same settings, so
    /// that rows stay those of their experiment as long as it asks for the same.
    #[must_use]
    pub fn has_hash(&self, hash: &str) -> bool {
        (0..1_u32 << LATE.len()).any(|hashed| self.hash_with(hashed) == hash)
    }

    /// The hash with those of the late settings in it whose bit is set, even at the value before.
    fn hash_with(&self, hashed: u32) -> String {
        let Self { domain, model, sparsity, annealing, train, evaluation, supervision, retrain } = self;
        let supervision = (*supervision != SupervisionConfig::default()).then_some(supervision);
        let mut train = train.clone();
        if annealing.enabled || retrain.is_on() {
            train.max_samples_unannealed = 0;
        }
        let retrain = retrain.is_on().then_some(retrain);
        let settings = Hashed { domain, model, sparsity, annealing, train, evaluation, supervision, retrain };
        let mut value = serde_json::to_value(&settings).unwrap_or_default();
        let late = LATE.iter().enumerate().filter(|(bit, _)| hashed & (1 << bit) == 0).map(|(_, late)| late);
        for (table, key, before) in late.chain(LATER) {
            let settings = value.pointer_mut(table).and_then(Value::as_object_mut);
            if let Some(settings) = settings
                && settings.get(*key).map(ToString::to_string).as_deref() == Some(*before)
            {
                settings.shift_remove(*key);
            }
        }
        let text = value.to_string();
        Sha256::digest(text.as_bytes()).iter().take(6).map(|b| format!("{b:02x}")).collect()
    }
}
