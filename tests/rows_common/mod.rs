//! Made-up result rows, for the tests of what is computed and drawn from rows.

use std::path::Path;

use sparling::results::{Row, Store};

/// Keeps rows as an evaluation does.
pub(crate) fn keep(results: &Path, scale: &str, rows: &[Row]) {
    Store::open(results, scale, false).unwrap().keep(rows, None).unwrap();
}

/// One value that one run measured on 10,000 samples.
pub(crate) fn row(
    domain: &str,
    variant: &str,
    seed: u64,
    delta: impl Into<Option<f64>>,
    metric: &str,
    value: f64,
) -> Row {
    Row {
        domain: domain.into(),
        variant: variant.into(),
        seed,
        delta: delta.into(),
        metric: metric.into(),
        value: Some(value),
        samples: 10_000,
        corpus: String::new(),
        revision: "0123456789ab".into(),
        libtorch: "2.11.0".into(),
        device: "cpu".into(),
        config_hash: "cafe".into(),
        wall_seconds: 1500.0,
        error: String::new(),
    }
}
