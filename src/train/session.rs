//! A network with its variables, built from a configuration and filled from a checkpoint.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use tch::nn::VarStore;
use tch::{Device, Tensor, no_grad};

use super::fit::{fits, fits_but_last, same_names};
use super::{Adam, Checkpoint, TrainState};
use crate::config::{Config, DomainConfig};
use crate::device;
use crate::domain::Domain;
use crate::memory::{self, Work};
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
    /// Threads to work with: as many as libtorch had when the session began.
    pub threads: usize,
}

impl Session {
    /// A freshly initialised network; `seed` determines its weights.
    ///
    /// # Errors
    /// When the domain's settings are out of range, memory does not hold the network, or the device has no instructions
    /// for its precision.
    pub fn new(config: &Config, seed: u64, device: Device) -> Result<Self> {
        let domain = Arc::from(config.domain.build()?);
        Self::admitted(config, domain, seed, device, |_| Work::Hold)
    }

    /// As [`new`](Self::new), where memory holds all that training takes too.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn for_training(config: &Config, seed: u64, device: Device) -> Result<Self> {
        let domain = Arc::from(config.domain.build()?);
        let on_cpu = device == Device::Cpu;
        Self::admitted(config, domain, seed, device, |threads| Work::Train { threads, on_cpu })
    }

    /// A freshly initialised network on a domain of the caller's own: any type that implements [`Domain`]. The
    /// configuration is made by [`Config::on`]; [`train_session`](super::train_session) trains, and
    /// [`Model::load_with`](crate::measure::Model::load_with) opens the run again. `examples/own_domain.rs` is such a
    /// program.
    ///
    /// # Errors
    /// When a setting is out of range, the configuration is of another domain, or memory does not hold the network.
    pub fn with_domain(config: &Config, domain: Arc<dyn Domain>, seed: u64, device: Device) -> Result<Self> {
        match &config.domain {
            DomainConfig::Own(own) => own.ensure_is(domain.as_ref())?,
            other => bail!(
                "the configuration is of the domain `{}`; one for a domain of your own is made with Config::on",
                other.name()
            ),
        }
        config.validate()?;
        Self::admitted(config, domain, seed, device, |_| Work::Hold)
    }

    fn admitted(
        config: &Config,
        domain: Arc<dyn Domain>,
        seed: u64,
        device: Device,
        work: impl Fn(usize) -> Work,
    ) -> Result<Self> {
        let threads = usize::try_from(tch::get_num_threads()).unwrap_or(1).max(1);
        device::admit(config.train.precision, device)?;
        memory::admit(config, domain.as_ref(), work(threads))?;
        tch::manual_seed(seed as i64);
        let (vs, network) = build(config, domain.as_ref(), device);
        Ok(Self { config: config.clone(), domain, vs, network, threads })
    }

    /// Refuses to look at so many samples where memory does not hold what that takes.
    ///
    /// # Errors
    /// As [`memory::admit`].
    pub fn admit_measuring(&self, samples: u64) -> Result<()> {
        let on_cpu = self.vs.device() == Device::Cpu;
        let work = Work::Measure { samples, threads: self.threads, on_cpu };
        memory::admit(&self.config, self.domain.as_ref(), work)
    }

    /// Another network over the same variables; those whose names `own` accepts are copied instead of shared.
    ///
    /// # Errors
    /// When libtorch cannot share a variable.
    pub fn replica(&self, own: impl Fn(&str) -> bool) -> Result<(VarStore, Sparling)> {
        let (vs, network) = build(&self.config, self.domain.as_ref(), self.vs.device());
        let shared = self.vs.variables();
        no_grad(|| {
            for (name, mut variable) in vs.variables() {
                let data = shared[&name].detach();
                variable
                    .f_set_data(&if own(&name) { data.copy() } else { data })
                    .with_context(|| format!("cannot share {name} between threads"))?;
            }
            Ok((vs, network))
        })
    }

    /// Copies everything that the model needs, without the optimiser.
    pub fn model_tensors(&self) -> Vec<(String, Tensor)> {
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
        Checkpoint { tensors, state: state.clone(), config_hash: self.config.hash(), of: None }
    }

    /// Fills the network (and the optimiser) from a checkpoint and sets its density.
    ///
    /// # Errors
    /// When names or shapes differ from the network's, or from those of the optimiser's state.
    pub fn restore(&mut self, checkpoint: &Checkpoint, optimiser: Option<&mut Adam>) -> Result<()> {
        let known = |name: &str| PARTS.iter().any(|part| name.starts_with(part));
        let names = checkpoint.tensors.iter().map(|(name, _)| name);
        same_names(names.filter(|name| !known(name)), [])?;
        self.fill(&checkpoint.part("model."), |_| true)?;
        self.network.sparsity.set_density(checkpoint.state.annealing.density);
        if let Some(adam) = optimiser {
            let own = checkpoint.tensors.iter().filter(|(name, _)| name.starts_with("adam."));
            let own: Vec<_> = own.map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
            adam.restore(&own).context("cannot restore the optimiser")?;
            self.restore_pending(&checkpoint.part("pending."))
                .context("cannot restore the sparsity layer")?;
        }
        Ok(())
    }

    /// Hands the sparsity layer the batches that wait to move its thresholds, if they are such as it has.
    fn restore_pending(&mut self, saved: &[(String, Tensor)]) -> Result<()> {
        let own: HashMap<String, Tensor> = self.network.sparsity.pending().into_iter().collect();
        same_names(saved.iter().map(|(name, _)| name), own.keys())?;
        for (name, tensor) in saved {
            // Any number of values may wait.
            fits_but_last(name, tensor, &own[name])?;
        }
        self.network.sparsity.restore_pending(saved);
        Ok(())
    }

    /// Takes ĝ and the sparsity layer of another run's network, and its ĥ too unless `scratch`. A layer
    /// without thresholds leaves the other's behind.
    ///
    /// # Errors
    /// When the networks differ.
    pub fn adopt(&mut self, other: &Checkpoint, scratch: bool) -> Result<()> {
        let own = self.vs.variables();
        let mut saved = other.part("model.");
        saved.retain(|(name, _)| !name.starts_with(BOTTLENECK) || own.contains_key(name));
        let taken = |name: &str| !scratch || !is_head(name);
        saved.retain(|(name, _)| taken(name));
        self.fill(&saved, taken)?;
        self.network.sparsity.set_density(other.state.annealing.density);
        Ok(())
    }

    /// Copies `saved` into the variables whose names `wanted` accepts; both must be the same names.
    fn fill(&mut self, saved: &[(String, Tensor)], wanted: impl Fn(&str) -> bool) -> Result<()> {
        let own = self.vs.variables();
        same_names(saved.iter().map(|(name, _)| name), own.keys().filter(|name| wanted(name)))?;
        no_grad(|| {
            for (name, tensor) in saved {
                let mut variable = own[name].shallow_clone();
                fits(name, tensor, &variable)?;
                variable.f_copy_(tensor).with_context(|| format!("cannot restore {name}"))?;
            }
            Ok(())
        })
    }
}

/// A network as it starts, drawn from libtorch's generator.
fn build(config: &Config, domain: &dyn Domain, device: Device) -> (VarStore, Sparling) {
    let vs = VarStore::new(device);
    let tokens = domain.vocabulary().len() as i64;
    let network = Sparling::new(&vs.root(), config, domain.input_shape(), tokens, domain.max_target_len());
    if config.retrain.is_on() {
        for (_, variable) in vs.variables().iter().filter(|(name, _)| !is_head(name)) {
            let _ = variable.set_requires_grad(false);
        }
    }
    (vs, network)
}

/// What names in a checkpoint begin with.
const PARTS: [&str; 3] = ["model.", "adam.", "pending."];

/// Where variables of the bottleneck behind the batch norm are.
const BOTTLENECK: &str = "sparsity.bottleneck.";

/// Whether a variable is one of ĥ's.
fn is_head(name: &str) -> bool {
    name.starts_with("h.")
}
