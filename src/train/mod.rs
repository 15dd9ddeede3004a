//! Training: the loop, its optimiser, loader, checkpoints and logs.
//!
//! A run is a folder (see [`RunDir`]); running the same command again goes on where it
//! stopped, bit for bit on a CPU with the same number of threads.

mod adam;
mod batch;
mod board_settings;
mod check;
mod checkpoint;
pub mod lanes;
mod loader;
mod log;
mod pace;
mod retrain;
mod run_dir;
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
pub use checkpoint::{Checkpoint, TrainState};
pub use loader::Loader;
pub use log::{Event, MetricsLog, Progress};
pub use retrain::begin as begin_retraining;
pub use run_dir::{Identity, RunDir, RunLock};
pub use session::Session;
pub use shards::Shards;
pub use step::Step;
pub use tensorboard::{Board, NoBoard, TensorBoard};
pub use trainer::{Observer, Outcome, Stop, train};
