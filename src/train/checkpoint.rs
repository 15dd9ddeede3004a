//! Checkpoints: safetensors plus a JSON sidecar with a checksum, written so that a kill, a
//! power cut or a full disk never costs what was saved before.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tch::{Kind, Tensor};

use super::Identity;
use crate::files::write_atomically;
use crate::sparsity::AnnealingState;

/// Everything of a run's state that is not a tensor. Free of clocks, so that an
/// interrupted and an unbroken run write the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainState {
    /// Training samples seen.
    pub samples: u64,
    /// Optimiser steps made.
    pub steps: u64,
    /// Algorithm 1.
    pub annealing: AnnealingState,
    /// How often δ has been lowered (k in δ₀·factor^k).
    pub lowered: u32,
    /// Sum of the losses since the last line of the log, and their number.
    pub loss_window: (f64, u64),
    /// Exact-match accuracy at the last validation.
    pub accuracy: Option<f64>,
    /// Samples at which Algorithm 1 ended and the cool-down began.
    #[serde(default)]
    pub cooldown_from: Option<u64>,
    /// Whether training has ended.
    pub finished: bool,
}

impl TrainState {
    /// Before the first step.
    pub fn new(annealing: AnnealingState) -> Self {
        Self {
            samples: 0,
            steps: 0,
            annealing,
            lowered: 0,
            loss_window: (0.0, 0),
            accuracy: None,
            cooldown_from: None,
            finished: false,
        }
    }
}

/// The sidecar as written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sidecar {
    format: u32,
    sha256: String,
    config_hash: String,
    state: TrainState,
}

const FORMAT: u32 = 1;

/// The one entry that every format has.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Sidecar {
    fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let damaged = || format!("{} is damaged", path.display());
        let Format { format } = serde_json::from_str(&text).with_context(damaged)?;
        if format > FORMAT {
            return Err(NewerFormat { path: path.to_owned(), format }.into());
        }
        serde_json::from_str(&text).with_context(damaged)
    }
}

/// A checkpoint of a later version of the program, which may well be whole.
#[derive(Debug, thiserror::Error)]
#[error(
    "{} was written by a newer version of sparling: it has format {format}, and this version reads up to {FORMAT}; update sparling",
    path.display()
)]
pub struct NewerFormat {
    /// The file.
    pub path: PathBuf,
    /// Its format.
    pub format: u32,
}

/// Named tensors and the state they belong to.
#[derive(Debug)]
pub struct Checkpoint {
    /// Model variables and, for resuming, optimiser moments and pending thresholds.
    pub tensors: Vec<(String, Tensor)>,
    /// The rest of the state.
    pub state: TrainState,
    /// Hash of the resolved configuration.
    pub config_hash: String,
    /// The run that it is of, as its file says; `None` where it was not written, or by a version that did not say.
    pub of: Option<Identity>,
}

/// What the tensors' file says of itself, to whoever finds it alone.
#[derive(Serialize, Deserialize)]
struct About {
    format: u32,
    #[serde(flatten)]
    of: Identity,
    density: f64,
    samples: u64,
    config_hash: String,
    /// The whole state again, since the file's checksum covers it here; not in files of earlier versions.
    #[serde(default)]
    state: Option<TrainState>,
}

/// Its place among the file's metadata: one entry, since several would come in any order and two equal runs would
/// differ.
const ABOUT: &str = "sparling";

impl Checkpoint {
    /// Writes `<stem>.safetensors` and `<stem>.json`. The sidecar comes last: a checkpoint
    /// without one is not whole and is ignored.
    ///
    /// # Errors
    /// When writing fails (the message names the file); older checkpoints stay as they are.
    pub fn save(&self, stem: &Path, of: &Identity) -> Result<()> {
        let about = serde_json::to_value(About {
            format: FORMAT,
            of: of.clone(),
            density: self.state.annealing.density,
            samples: self.state.samples,
            config_hash: self.config_hash.clone(),
            state: Some(self.state.clone()),
        })?;
        let bytes = safetensors_bytes(&self.tensors, &about).context("cannot encode the checkpoint")?;
        let sidecar = Sidecar {
            format: FORMAT,
            sha256: hex(&Sha256::digest(&bytes)),
            config_hash: self.config_hash.clone(),
            state: self.state.clone(),
        };
        write_atomically(&stem.with_extension("safetensors"), &bytes)?;
        let json = serde_json::to_string_pretty(&sidecar)? + "\n";
        write_atomically(&stem.with_extension("json"), json.as_bytes())
    }

    /// Reads the state alone, without the tensors and their checksum.
    ///
    /// # Errors
    /// When the sidecar is missing or damaged.
    pub fn state(stem: &Path) -> Result<TrainState> {
        let json = stem.with_extension("json");
        Ok(Sidecar::read(&json)?.state)
    }

    /// Reads and checks a checkpoint.
    ///
    /// # Errors
    /// When a file is missing, torn or damaged; the message names it and says what is wrong.
    pub fn load(stem: &Path) -> Result<Self> {
        let (json, data) = (stem.with_extension("json"), stem.with_extension("safetensors"));
        let sidecar = Sidecar::read(&json)?;
        let bytes = fs::read(&data).with_context(|| format!("cannot read {}", data.display()))?;
        let found = hex(&Sha256::digest(&bytes));
        ensure!(
            found == sidecar.sha256,
            "{} is damaged: its SHA-256 is {found}, {} says {}",
            data.display(),
            json.display(),
            sidecar.sha256
        );
        let not_one = || format!("{} is not a safetensors file", data.display());
        let (_, metadata) = safetensors::SafeTensors::read_metadata(&bytes).with_context(not_one)?;
        let about = metadata.metadata().as_ref().and_then(|entries| entries.get(ABOUT));
        let about: Option<About> = about
            .map(|text| serde_json::from_str(text))
            .transpose()
            .with_context(|| format!("{}: what it says of itself is damaged", data.display()))?;
        if let Some(about) = &about {
            let same = about.samples == sidecar.state.samples
                && about.density == sidecar.state.annealing.density
                && about.config_hash == sidecar.config_hash
                && about.state.as_ref().is_none_or(|state| *state == sidecar.state);
            ensure!(
                same,
                "{} is damaged: its state is another than {} says, whose checksum holds",
                json.display(),
                data.display()
            );
        }
        let file = safetensors::SafeTensors::deserialize(&bytes).with_context(not_one)?;
        let tensors = file
            .tensors()
            .into_iter()
            .map(|(name, view)| {
                let tensor =
                    to_tensor(&view).with_context(|| format!("{}: tensor {name}", data.display()))?;
                Ok((name, tensor))
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            tensors,
            state: sidecar.state,
            config_hash: sidecar.config_hash,
            of: about.map(|about| about.of),
        })
    }

    /// Deletes both files of a checkpoint; the sidecar goes first, so that what is left of an
    /// interrupted removal counts as not whole.
    pub fn remove(stem: &Path) {
        let _ = fs::remove_file(stem.with_extension("json"));
        let _ = fs::remove_file(stem.with_extension("safetensors"));
    }

    /// The tensors whose names start with `prefix`, with the prefix taken off.
    pub fn part(&self, prefix: &str) -> Vec<(String, Tensor)> {
        self.tensors
            .iter()
            .filter_map(|(n, t)| Some((n.strip_prefix(prefix)?.to_owned(), t.shallow_clone())))
            .collect()
    }
}

/// A safetensors file of `tensors`, with `about` as the entry `sparling` of its metadata.
///
/// # Errors
/// When a tensor is of a kind that no such file of ours has, or two have one name.
pub(crate) fn safetensors_bytes(tensors: &[(String, Tensor)], about: &serde_json::Value) -> Result<Vec<u8>> {
    let views = tensors
        .iter()
        .map(|(name, t)| Ok((name.clone(), View::of(t).with_context(|| format!("tensor {name}"))?)))
        .collect::<Result<Vec<_>>>()?;
    // One entry, since several would come in any order and two equal runs would differ.
    let about = HashMap::from([("sparling".to_owned(), serde_json::to_string(about)?)]);
    Ok(safetensors::serialize(views, Some(about))?)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn to_tensor(view: &safetensors::tensor::TensorView<'_>) -> Result<Tensor> {
    let kind = match view.dtype() {
        safetensors::Dtype::F32 => Kind::Float,
        safetensors::Dtype::I64 => Kind::Int64,
        other => bail!("its type is {other:?}; expected F32 or I64"),
    };
    let shape: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
    Ok(Tensor::f_from_data_size(view.data(), &shape, kind)?)
}

/// A tensor as safetensors wants it: contiguous, on the CPU, as bytes.
struct View {
    dtype: safetensors::Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl View {
    fn of(tensor: &Tensor) -> Result<Self> {
        let tensor = tensor.detach().to_device(tch::Device::Cpu).contiguous();
        let dtype = match tensor.kind() {
            Kind::Float => safetensors::Dtype::F32,
            Kind::Int64 => safetensors::Dtype::I64,
            other => bail!("a checkpoint cannot hold tensors of kind {other:?}"),
        };
        let numel = tensor.numel();
        let mut data = vec![0; numel * tensor.kind().elt_size_in_bytes()];
        tensor.f_copy_data_u8(&mut data, numel)?;
        let shape = tensor.size().into_iter().map(|n| n as usize).collect();
        Ok(Self { dtype, shape, data })
    }
}

impl safetensors::View for View {
    fn dtype(&self) -> safetensors::Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> std::borrow::Cow<'_, [u8]> {
        (&self.data).into()
    }

    fn data_len(&self) -> usize {
        self.data.len()
    }
}
