//! How good a model is: motif errors, output errors and their uncertainty (paper section 6).
//!
//! [`Confusion`] gathers (predicted channel, true kind) pairs over samples, and
//! [`Confusion::errors`] turns them into [`MotifErrors`]: FPE, FNE and CE. [`E2ee`]
//! gathers the end-to-end edit error and exact matches. [`mean_interval`] says how sure
//! a mean over seeds is, and [`predicted_motifs`] lists what a map marks, for drawing. Two
//! changes to a map show what its motifs mean to the head (section 7): [`Swap`] exchanges one motif for
//! another kind, [`Quantiser`] coarsens the values. [`assumptions()`] estimates what the theorem rests on.
//! Nothing here knows of tensors: maps are plain row-major slices.

mod assumptions;
mod bootstrap;
mod confusion;
mod edit;
mod local_maxima;
mod matching;
mod misclassified;
mod motif_errors;
pub mod perturbation;
pub mod quantisation;
mod wilson;

pub use assumptions::{Assumptions, Estimate, Geometry, Method, assumptions};
pub use bootstrap::{Interval, mean, mean_interval};
pub use confusion::Confusion;
pub use edit::{E2ee, edit_error};
pub use local_maxima::{PredictedMotif, predicted_motifs};
pub use matching::MotifMap;
pub(crate) use matching::positions;
pub use misclassified::Misclassified;
pub use motif_errors::{MotifErrors, Relabelling};
pub use perturbation::{ChannelNames, FoundMotif, Swap};
pub use quantisation::{BINS, Quantiser, quantise};
pub use wilson::share_interval;
