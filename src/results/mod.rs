//! What was measured and kept: one CSV of result rows a scale, and the samples that the
//! pictures show. Evaluation writes them; figures read them and nothing else.

mod examples;
mod rows;

pub use examples::{Example, Examples, Marked, TrueMotif, examples_path};
pub use rows::{Row, confusion_metric, read, rows_path, upsert, withdraw};
