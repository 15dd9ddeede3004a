//! A network with its variables, built from a configuration and filled from a checkpoint.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use tch::nn::VarStore;
use tch::{Device, no_grad};

use super::{Adam, Checkpoint, TrainState};
use crate::config::Config;
use crate::domain::Domain;
use crate::model::Sparling;
use crate::sparsity::Bottleneck;

/// Configuration, domain, variables and network, on one device.
#[derive(Debug)]
pub struct Session {
    /// The resolved configuration.
    pub config: Config,
    /// Where samples come from.
    pub domain: Arc<dyn Domain>,
    /// All variables.
    pub vs: VarStore,
    /// The network over them.
    pub network: Sparling,
}

impl Session {
    /// A freshly initialised network; `seed` determines its weights.
    ///
    /// # Errors
    /// When the domain's settings are out of range.
    pub fn new(config: &Config, seed: u64, device: Device) -> Result<Self> {
        let domain: Arc<dyn Domain> = Arc::from(config.domain.build()?);
        tch::manual_seed(seed as i64);
        let vs = VarStore::new(device);
        let network = Sparling::new(
            &vs.root(),
            config,
            domain.input_shape(),
            domain.vocabulary().len() as i64,
            domain.max_target_len(),
        );
        Ok(Self { config: config.clone(), domain, vs, network })
    }

    /// Copies everything that the model needs, without the optimiser.
    pub fn model_tensors(&self) -> Vec<(String, tch::Tensor)> {
        let mut named: Vec<_> =
            self.vs.variables().into_iter().map(|(name, v)| (format!("model.{name}"), v)).collect();
        named.sort_by(|a, b| a.0.cmp(&b.0));
        named
    }

    /// A checkpoint of the model, and of the optimiser when given (for resuming).
    pub fn checkpoint(&self, state: &TrainState, optimiser: Option<&Adam>) -> Checkpoint {
        let mut tensors = self.model_tensors();
        if let Some(adam) = optimiser {
            tensors.extend(adam.state());
            let pending = self.network.sparsity.pending();
            tensors.extend(pending.into_iter().map(|(n, t)| (format!("pending.{n}"), t)));
        }
        Checkpoint { tensors, state: state.clone(), config_hash: self.config.hash() }
    }

    /// Fills the network (and the optimiser) from a checkpoint and sets its density.
    ///
    /// # Errors
    /// When names or shapes differ from the network's.
    pub fn restore(&mut self, checkpoint: &Checkpoint, optimiser: Option<&mut Adam>) -> Result<()> {
        let saved = checkpoint.part("model.");
        let own = self.vs.variables();
        let names = |it: Vec<&String>| it.into_iter().cloned().collect::<BTreeSet<_>>();
        let have = names(saved.iter().map(|(n, _)| n).collect());
        let want = names(own.keys().collect());
        if have != want {
            let list = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
                a.difference(b).take(5).cloned().collect::<Vec<_>>().join(", ")
            };
            bail!(
                "the checkpoint does not fit the network: missing [{}], unknown [{}]",
                list(&want, &have),
                list(&have, &want)
            );
        }
        no_grad(|| {
            for (name, tensor) in &saved {
                let mut variable = own[name].shallow_clone();
                ensure!(
                    variable.size() == tensor.size() && variable.kind() == tensor.kind(),
                    "{name} is {:?} {:?} in the checkpoint and {:?} {:?} in the network",
                    tensor.kind(),
                    tensor.size(),
                    variable.kind(),
                    variable.size()
                );
                variable.f_copy_(tensor).with_context(|| format!("cannot restore {name}"))?;
            }
            Ok(())
        })?;
        self.network.sparsity.set_density(checkpoint.state.annealing.density);
        if let Some(adam) = optimiser {
            adam.restore(&checkpoint.part("")).context("cannot restore the optimiser")?;
            self.network.sparsity.restore_pending(&checkpoint.part("pending."));
        }
        Ok(())
    }
}
