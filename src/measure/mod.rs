//! From a trained network, or a run, to what is known about it: reports, result rows and examples.
//!
//! | part | from → to |
//! |---|---|
//! | [`validate`], [`examine`] | network and samples → errors and densities, or everything about a few samples |
//! | [`perturb`], [`quantised`] | network and samples → answers to changed motif maps (paper section 7) |
//! | [`unseen`] | network and samples → answers by whether training has had the output |
//! | [`predict`] | network and files → answers and motifs |
//! | [`export`] | run and samples → inputs, maps and answers in one file, for notebooks |
//! | [`accuracies`], [`density_break`] | a run's log → the density at which its accuracy breaks |
//! | [`Direct`], [`judge`] | labelled windows → direct supervision, and the same question to Sparling (section 7) |
//! | [`evaluate`], [`supervise`] | run → rows and examples, kept in a [`Store`](crate::results::Store) |
//! | [`add_density`], [`keep_along`] | run → a few samples at several densities, for the explorer of the HTML report |
//! | [`Model`], [`measure`], [`rows_of`], [`marks`], [`examples_of`] | their parts: one model → report, rows, samples |
//!
//! Training asks [`validate`] at each of its checks; commands and other programs ask all of it.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::path::Path;
//!
//! use sparling::domain::Split;
//! use sparling::measure::{Model, errors, validate};
//! use sparling::train::RunDir;
//!
//! let dir = RunDir::open(Path::new("results/laptop/models/digit-circle-sparling-seed2"))?;
//! let mut model = Model::reported(&dir, tch::Device::Cpu)?;
//! let report = validate(&mut model.session, Split::Test, 0, 1000)?;
//! println!("{:?} right, {:?}", report.e2ee.exact_match(), errors(&model.session, &report));
//! # Ok(())
//! # }
//! ```

mod along;
mod breaking;
mod comparison;
mod evaluate;
mod examples;
mod export;
mod intervene;
mod interventions;
mod look;
mod model;
mod predict;
mod rows;
mod supervise;
mod unseen;
mod validate;

pub use along::{add_density, keep_along, spread};
pub use breaking::{AtBest, accuracies, density_break};
pub use comparison::{Compared, supervise};
pub use evaluate::{Finding, Wanted, evaluate};
pub use examples::{examples_of, keep_examples, marks, tokens};
pub use export::{Export, export};
pub use intervene::{PerturbationReport, Perturbed, QuantisationReport, perturb, quantised};
pub use interventions::{measure_perturbation, measure_quantisation};
pub use look::{Examined, capped, examine};
pub use model::Model;
pub use predict::{Prediction, Source, predict, sources_in};
pub use rows::{errors, keep, mapping_of, measure, necessary_fne, row, rows_of};
pub use supervise::{Direct, WindowBatch, channel_kinds, channels, judge, windows};
pub use unseen::{UnseenReport, measure_unseen, unseen};
pub(crate) use validate::validate_admitted;
pub use validate::{Report, score_of, validate};
