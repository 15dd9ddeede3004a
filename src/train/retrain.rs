//! Training of ĥ alone (paper section 7, "Retrained"): what a run begins with.

use anyhow::{Context, Result, ensure};
use tch::Device;

use super::{Adam, RunDir, Session, TrainState};
use crate::config::{Config, HeadStart};
use crate::sparsity::AnnealingState;

/// Gives the run in `dir` its first checkpoint: ĝ and the sparsity layer of the run `base` at its last
/// density and, if `retrain.head` says so, its ĥ. A run that has one already is left as it is, and its base is not asked
/// for.
///
/// # Errors
/// When there is no `base`, it has no trained model or has not ended, when the networks differ, or a file cannot be
/// written.
pub fn begin(dir: &RunDir, config: &Config, base: impl FnOnce() -> Result<RunDir>) -> Result<()> {
    if dir.latest()?.0.is_some() {
        return Ok(());
    }
    let base = base()?;
    let _lock = dir.lock()?;
    let name = base.root().display();
    let stem = base.models()?.pop();
    let stem = stem.with_context(|| format!("{name} has no trained model to take ĝ from; train it first"))?;
    let other = base.load_model(&stem)?;
    base.own(&other, &base.config()?)?;
    let (density, minimum) = (other.state.annealing.density, config.minimum_density()?);
    ensure!(
        base.finished() || base.is_model_only(),
        "{name} has not ended (its newest model is at δ = {density:.3e}, the theoretical minimum is {minimum:.3e}); give its training command again, then this one"
    );
    let mut session = Session::new(config, dir.identity.seed, Device::Cpu)?;
    session
        .adopt(&other, config.retrain.head == HeadStart::Scratch)
        .with_context(|| format!("cannot take ĝ from {}", stem.display()))?;
    let annealing = AnnealingState { density, threshold: config.annealing.initial_threshold, last_check: 0 };
    let adam = Adam::new(&session.vs, session.threads)?;
    session.checkpoint(&TrainState::new(annealing), Some(&adam)).save(&dir.samples_stem(0), &dir.identity)
}
