//! How good a model is: motif errors, output errors and their uncertainty (paper section 6).
//!
//! [`Confusion`] gathers (predicted channel, true kind) pairs over samples, and
//! [`Confusion::errors`] turns them into [`MotifErrors`]: FPE, FNE and CE. [`E2ee`]
//! gathers the end-to-end edit error and exact matches. [`mean_interval`] says how sure
//! a mean over seeds is, and [`predicted_motifs`] lists what a map marks, for drawing. Two
//! changes to a map show what its motifs mean to the head (section 7): [`Swap`] exchanges one motif for
//! another kind, [`Quantiser`] coarsens the values. [`assumptions()`] estimates what the theorem rests on.
//! Nothing here knows of tensors: maps are plain row-major slices.
//!
//! ```text
//! FPE = false positives / predictions      FNE = missed motifs / true motifs
//! CE  = motifs of another kind than their channel's / motifs that met a prediction
//! E2EE = mean of edit distance(ŷ, y) / max(|ŷ|, |y|)
//! ```
//!
//! ```
//! use sparling::eval::{Confusion, E2ee, Motif, MotifMap, Relabelling};
//!
//! // A map of 2 channels, 1 × 6 positions: channel 1 fires at the motif, channel 0 beside it.
//! let mut values = vec![0.0; 12];
//! (values[6 + 2], values[5]) = (0.8, 0.3);
//! let map = MotifMap { values: &values, channels: 2, height: 1, width: 6, stride: [1, 1] };
//! let motif = Motif { kind: 0, top: 0, left: 1, bottom: 1, right: 4 };
//! let mut confusion = Confusion::new(2, 1);
//! confusion.add(map, &[motif]);
//! let errors = confusion.errors(Relabelling::OneToOne);
//! assert_eq!((errors.fpe, errors.fne, errors.ce), (0.5, 0.0, Some(0.0)));
//! assert_eq!(errors.mapping, [None, Some(0)]); // channel 1 stands for kind 0
//!
//! let mut e2ee = E2ee::default();
//! e2ee.add(&["3", "1", "4"], &["3", "1", "4"]);
//! e2ee.add(&["3", "1"], &["3", "4"]);
//! assert_eq!((e2ee.exact_match(), e2ee.error()), (Some(0.5), Some(0.25)));
//! ```

mod assignment;
#[cfg(feature = "program")]
mod assumptions;
#[cfg(feature = "program")]
mod bootstrap;
mod confusion;
mod edit;
mod labels;
mod local_maxima;
mod matching;
mod misclassified;
mod motif;
mod motif_errors;
#[cfg(feature = "program")]
pub mod perturbation;
pub mod quantisation;
pub mod sharing;
mod wilson;

#[cfg(feature = "program")]
pub use assumptions::{Assumptions, Estimate, Geometry, Method, assumptions};
#[cfg(feature = "program")]
pub use bootstrap::{mean, mean_interval};
pub use confusion::Confusion;
pub use edit::{E2ee, edit_distance, edit_error};
pub use labels::{LabelScore, Score, agreement};
pub use local_maxima::{PredictedMotif, predicted_motifs};
pub use matching::MotifMap;
#[cfg(feature = "program")]
pub(crate) use matching::{Fired, positions};
pub use misclassified::Misclassified;
pub use motif::Motif;
pub use motif_errors::{MotifErrors, Relabelling};
#[cfg(feature = "program")]
pub use perturbation::{ChannelNames, FoundMotif, Swap};
pub use quantisation::{BINS, Quantiser, quantise};
pub use wilson::{Interval, share_interval};
