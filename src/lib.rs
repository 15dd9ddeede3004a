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

// A terminal that is gone must not end the work: `interrupt::tell` writes, and does not mind.
#![cfg_attr(not(test), warn(clippy::print_stderr))]

pub mod allocator;
pub mod cli;
pub mod config;
pub mod device;
pub mod domain;
pub mod eval;
pub mod figures;
pub mod files;
pub mod hint;
pub mod interrupt;
pub mod measure;
pub mod memory;
pub mod model;
pub mod report;
pub mod results;
pub mod shell;
pub mod sparsity;
pub mod train;

/// Source revision this crate was built from (`git rev-parse --short=12`, `+dirty` if changed).
pub const REVISION: &str = env!("SPARLING_REVISION");

/// The example of `docs/layer.md`, which runs as a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/layer.md")]
pub struct LayerPage;
