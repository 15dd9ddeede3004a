//! What was measured and kept: one CSV of result rows a scale, and the samples that the
//! pictures show. Evaluation writes them; figures read them and nothing else.

mod along;
mod checked;
mod examples;
mod perturbed;
mod rows;

pub use along::{Along, AtDensity, Input, MOST_MARKS, MarkedAt, View, along_path};
pub(crate) use examples::encode_grey;
pub use examples::{Example, Examples, Marked, TrueMotif, examples_path};
pub(crate) use perturbed::PERTURBED;
pub use perturbed::{PerturbedExample, perturbed_path};
pub use rows::{
    DIRECT_SUPERVISION, MISCLASSIFIED, Row, UNQUANTISED, confusion_metric, quantised_metric, read, rows_path,
    upsert, withdraw,
};
