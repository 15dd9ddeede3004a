//! Training: the loop, its optimiser, loader, checkpoints and logs.
//!
//! A run is a folder (see [`RunDir`]); running the same command again goes on where it
//! stopped, bit for bit on a CPU with the same number of threads.
//!
//! ```
//! # fn main() -> anyhow::Result<()> {
//! use sparling::config::{Source, parse};
//! use sparling::domain::Split;
//! use sparling::train::{Adam, Batch, Session, tensors};
//! use tch::Device;
//!
//! let settings = [
//!     "domain.name=digit-circle", "domain.size=60", "domain.min-radius=10", "domain.jitter=1",
//!     "model.g.width=4", "model.g.units=1", "model.g.stem-kernel=4", "model.g.stem-stride=4",
//!     "model.h.width=16", "model.h.heads=2", "model.h.feed-forward=16", "model.h.encoder-layers=1",
//!     "model.h.decoder-layers=1", "train.batch=4",
//! ];
//! let sources = settings.map(Source::assignment).into_iter().collect::<anyhow::Result<Vec<_>>>()?;
//! let mut session = Session::new(&parse(&sources)?, 1, Device::Cpu)?;
//! let adam = Adam::new(&session.vs, 1)?;
//! let batch = Batch::of(session.domain.as_ref(), Split::Train, 0, 4)?;
//! let (x, previous, next) = tensors(&batch, session.domain.input_shape(), Device::Cpu);
//! let (loss, map) = session.network.loss(&x, &previous, &next);
//! assert!(loss.double_value(&[]) > 0.0 && map.size()[..2] == [4, 10]);
//! let _gradients = adam.gradients(&loss)?;
//! # Ok(())
//! # }
//! ```
//!
//! `train` does all of it, with checks, checkpoints and logs, in a [`RunDir`]; `examples/own_domain.rs` is a program that
//! trains and measures.

mod adam;
mod batch;
mod board_settings;
mod check;
mod checkpoint;
mod fit;
pub mod lanes;
mod loader;
mod lock;
mod log;
mod outcome;
mod pace;
mod retrain;
mod run_checkpoints;
mod run_dir;
mod run_models;
mod session;
mod shards;
mod standstill;
mod step;
mod tags;
mod tensorboard;
mod trainer;

pub use adam::{Adam, Gradients, learning_rate};
pub use batch::{Batch, tensors};
pub use check::Check;
pub(crate) use checkpoint::safetensors_bytes;
pub use checkpoint::{Checkpoint, NewerFormat, TrainState};
pub use loader::Loader;
pub use lock::{BUSY, Busy, RunLock};
pub use log::{Event, MetricsLog, Progress};
pub use outcome::{Observer, Outcome, Stop};
pub use retrain::begin as begin_retraining;
pub use run_dir::{Identity, RunDir};
pub use session::Session;
pub use shards::Shards;
pub use step::Step;
pub use tensorboard::{Board, NoBoard, TensorBoard};
pub use trainer::{train, train_session};
