//! `sparling export`: inputs, motif maps and answers in one file.

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use super::tell::answer;
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::interrupt;
use crate::measure::{Export, export};
use crate::train::RunDir;

/// Writes inputs, motif maps, true boxes and answers of a run's model to one safetensors file, for notebooks.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling export results/laptop/models/digit-circle-sparling-seed2 --maps 100 -o maps.safetensors
  sparling export runs/digit-circle/sparling/laptop/seed-1 --checkpoint density-10

The file has the tensors index, input, z (before the sparsity layer), motifs (behind it), answer, target (token
numbers, -1 behind the end) with their lengths, and boxes (a row a true motif: sample, kind, top, left, bottom, right);
its metadata say what they are of. Inputs and maps of all samples are held in memory.
docs/runs-in-python.md reads it, and the networks themselves, in PyTorch.")]
pub struct Args {
    /// A run's folder, or a model's under `results/<scale>/models/`.
    pub run: PathBuf,
    /// Samples; of a split that has fewer, all.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u64).range(1..))]
    pub maps: u64,
    /// Index of the first sample.
    #[arg(long, default_value_t = 0)]
    pub index: u64,
    /// The split that samples are of.
    #[arg(long, value_enum, default_value_t = Of::Test)]
    pub split: Of,
    /// Name of a checkpoint of the run [default: the model at the last density].
    #[arg(long, value_name = "NAME")]
    pub checkpoint: Option<String>,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// The safetensors file to write.
    #[arg(short, long, default_value = "maps.safetensors")]
    pub output: PathBuf,
}

/// A split by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Of {
    /// What gradients come from.
    Train,
    /// What drives the annealing.
    Validation,
    /// What is reported.
    Test,
}

impl From<Of> for Split {
    fn from(of: Of) -> Self {
        match of {
            Of::Train => Self::Train,
            Of::Validation => Self::Validation,
            Of::Test => Self::Test,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the folder is not a run, has no such model, or the file cannot be written.
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("stopping");
    let dir = RunDir::open(&args.run)?;
    let what = Export {
        checkpoint: args.checkpoint.clone(),
        split: args.split.into(),
        start: args.index,
        count: args.maps,
    };
    let samples = export(&dir, &what, resolve(args.device)?, &args.output)?;
    answer!("{} ({samples} samples)", args.output.display())?;
    Ok(())
}
