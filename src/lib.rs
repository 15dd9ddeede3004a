//! Sparling: train `x → ĝ → sparsity layer → ĥ → ŷ` purely end to end so that the
//! middle layer comes out as the sparse map of what is where in the input.
//!
//! The crate follows the flow of data; every module answers one question and none
//! reaches back up this list:
//!
//! | module | question |
//! |---|---|
//! | [`config`] | what was asked for: TOML, scale overlays, `--set` |
//! | [`device`] | which device tensors live on; loading CUDA |
//! | [`domain`] | how samples and their true motifs are made |
//! | [`sparsity`] | the layer, its variants, and the annealing of its density |
//! | [`model`] | ĝ, ĥ and their composition |
//! | [`memory`] | whether what was asked for fits into memory |
//! | [`train`] | the loop, optimiser, loader, checkpoints and logs |
//! | [`measure`] | from a network or a run to reports, result rows and examples |
//! | [`eval`] | motif matching, error rates, edit distance, bootstrap |
//! | [`results`] | the rows that measurements are kept in |
//! | [`hint`] | which command a message proposes, so that it works when pasted |
//! | [`shell`] | how a command line is written |
//! | [`files`] | how a file is written whole or not at all |
//! | [`interrupt`] | whether someone asked to stop |
//! | [`figures`] | drawing, from rows and maps to PNG and SVG |
//! | [`report`] | which claims of the paper held, from rows to Markdown |

//!
//! # Without the program
//! With `default-features = false` the crate is [`sparsity`] and the metrics of [`eval`], on tch alone, for models of one's
//! own: `docs/library.md` and the crate in `examples/layer` show how. The feature `serde` lets the annealing's settings
//! and state be saved with serde. All the rest belongs to the feature `program`, which is on by default.
//!
//! ```
//! use sparling::sparsity::{Bottleneck, LayerSettings, SparsityLayer};
//! use tch::{Device, Kind, Tensor, nn};
//!
//! let vs = nn::VarStore::new(Device::Cpu);
//! let mut layer = SparsityLayer::build(&vs.root(), &LayerSettings::default(), 10, 2, 0.05);
//! for _ in 0..60 {
//!     layer.forward_t(&Tensor::randn([4, 10, 20, 20], (Kind::Float, Device::Cpu)), true); // z, from ĝ
//! }
//! let z = Tensor::randn([4, 10, 20, 20], (Kind::Float, Device::Cpu));
//! let map = layer.forward_t(&z, false).map; // what ĥ sees
//! let open = map.gt(0.0).to_kind(Kind::Float).mean(Kind::Float).double_value(&[]);
//! assert!((open - 0.05).abs() < 0.02);
//! ```

// A terminal that is gone must not end the work: `interrupt::tell` writes, and does not mind.
#![cfg_attr(not(test), warn(clippy::print_stderr))]

#[cfg(feature = "program")]
pub mod allocator;
#[cfg(feature = "program")]
pub mod cli;
#[cfg(feature = "program")]
pub mod config;
#[cfg(feature = "program")]
pub mod device;
#[cfg(feature = "program")]
pub mod domain;
pub mod eval;
#[cfg(feature = "program")]
pub mod figures;
#[cfg(feature = "program")]
pub mod files;
#[cfg(feature = "program")]
pub mod guard;
#[cfg(feature = "program")]
pub mod hint;
#[cfg(feature = "program")]
pub mod interrupt;
#[cfg(feature = "program")]
pub mod measure;
#[cfg(feature = "program")]
pub mod memory;
#[cfg(feature = "program")]
pub mod model;
#[cfg(feature = "program")]
pub mod report;
#[cfg(feature = "program")]
pub mod results;
#[cfg(feature = "program")]
pub mod shell;
pub mod sparsity;
#[cfg(feature = "program")]
pub mod train;

/// Source revision this crate was built from (`git rev-parse --short=12`, `+dirty` if changed).
pub const REVISION: &str = env!("SPARLING_REVISION");

/// The example of `docs/library.md`, which runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
pub struct LayerPage;
