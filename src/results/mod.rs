//! What was measured and kept: result rows of a scale, the settings they were measured by, and the samples that
//! the pictures show. Evaluation writes them; figures read them and nothing else.
//!
//! [`Store`] keeps rows by whole measurements, [`read`] gives them all, and [`Selected`] those that count.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use std::path::Path;
//!
//! use sparling::results::{Selected, rows_path};
//!
//! assert_eq!(rows_path(Path::new("results"), "laptop"), Path::new("results/laptop/rows.csv"));
//! let selected = Selected::load(Path::new("no-such-folder"), "laptop", None)?;
//! assert!(selected.rows.is_empty()); // nothing has been measured there
//! # Ok(())
//! # }
//! ```

mod along;
mod checked;
pub mod configs;
mod examples;
mod metrics;
mod perturbed;
mod row;
mod selection;
mod store;
mod table;

pub(crate) use along::ALONG;
pub use along::{Along, AtDensity, Input, MOST_MARKS, MarkedAt, View, along_path};
pub(crate) use examples::encode_grey;
pub use examples::{Example, Examples, Marked, TrueMotif, examples_path};
pub use metrics::{
    DIRECT_SUPERVISION, E2EE_SEEN_AS_LONG, E2EE_UNSEEN, ERRORS, EXACT_UNSEEN, MISCLASSIFIED, PERTURBATION,
    QUANTISATION, SUPERVISION, UNQUANTISED, UNSEEN, confusion_metric, family, quantised_metric,
};
pub(crate) use perturbed::PERTURBED;
pub use perturbed::{PerturbedExample, perturbed_path};
pub use row::{Measurement, Row, RunName};
pub use selection::{Experiments, LeftOut, Why};
pub use store::{Store, gather, read, rows_path};

use std::path::Path;

/// The rows of a scale that count, and those that do not.
#[derive(Clone, Debug)]
pub struct Selected {
    /// What is drawn and judged.
    pub rows: Vec<Row>,
    /// What is not, and why.
    pub left_out: Vec<LeftOut>,
}

impl Selected {
    /// Reads the rows of `<results>/<scale>/`. Those count whose configuration is that of their experiment as it
    /// stands; without `experiments`, those of every run that has one configuration.
    ///
    /// # Errors
    /// As [`read`].
    pub fn load(results: &Path, scale: &str, experiments: Option<&Experiments>) -> anyhow::Result<Self> {
        let rows = read(&rows_path(results, scale))?;
        let (rows, left_out) = selection::select(rows, results, scale, experiments);
        Ok(Self { rows, left_out })
    }
}
