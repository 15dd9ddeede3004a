//! Runs that nobody trained.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sparling::config::Config;
use sparling::domain::Split;
use sparling::sparsity::{AnnealingState, Bottleneck};
use sparling::train::{Batch, Identity, RunDir, Session, TrainState, tensors};
use tch::{Device, no_grad};

/// A run whose network is drawn at random, with thresholds and statistics that have moved: what it answers is nonsense,
/// and the same nonsense everywhere.
///
/// libtorch's generator belongs to the process, so of tests side by side one draws at a time.
pub(crate) fn random_run(root: &Path, config: &Config, density: f64) -> RunDir {
    let identity = Identity {
        domain: config.domain.name().into(),
        variant: "random".into(),
        scale: "smoke".into(),
        seed: 3,
    };
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let dir = RunDir::create(root, identity, config).unwrap();
    let mut session = Session::new(config, 3, Device::Cpu).unwrap();
    session.network.sparsity.set_density(density);
    for step in 0..12 {
        let batch = Batch::of(session.domain.as_ref(), Split::Train, step * 8, 8).unwrap();
        let (x, _, _) = tensors(&batch, session.domain.input_shape(), Device::Cpu);
        no_grad(|| session.network.motifs(&x, true));
    }
    let annealing = AnnealingState { density, threshold: 1.0, last_check: 0 };
    let state = TrainState { lowered: 7, ..TrainState::new(annealing) };
    session.checkpoint(&state, None).save(&dir.density_stem(7), &dir.identity).unwrap();
    dir
}
