//! `sparling show`: one sample drawn with its motifs and both outputs.

use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::pictures::{columns, sample_pair};
use super::tell::answer;
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::figures::sample_image::{grid, save_png};
use crate::measure::{Model, errors, examine, validate};
use crate::train::RunDir;

/// Draws one test sample: its true motifs, the predicted ones, and both outputs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling show runs/digit-circle/sparling/laptop/seed-1 --index 7 -o sample.png
  sparling show results/laptop/models/digit-circle-sparling-seed2 --index 123

A channel is labelled with the kind that it is best read as, found on 200 validation samples;
c3 is a channel 3 that stands for none.")]
pub struct Args {
    /// A run's folder, or a model's under `results/<scale>/models/`.
    pub run: PathBuf,
    /// Which test sample.
    #[arg(long, default_value_t = 0)]
    pub index: u64,
    /// Pixels drawn for each input pixel.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub zoom: u8,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// The PNG to write.
    #[arg(short, long, default_value = "sample.png")]
    pub output: PathBuf,
}

/// Samples that the labels of the channels are found on.
const LABELLING: u64 = 200;

/// Runs the command.
///
/// # Errors
/// When the folder is not a run, has no trained model, or the picture cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let dir = RunDir::open(&args.run)?;
    let device = resolve(args.device)?;
    let mut model = Model::reported(&dir, device)?;
    let report = validate(&mut model.session, Split::Validation, 0, LABELLING)?;
    let mapping = errors(&model.session, &report).mapping;
    let examined = examine(&mut model.session, Split::Test, args.index, 1)?;
    ensure!(examined.len() == 1, "sample {} could not be made", args.index);
    let panels = sample_pair(&model.session, &examined[0], &mapping, usize::from(args.zoom))?;
    save_png(&grid(&panels, columns(&model.session), 16)?, &args.output)?;
    answer!("{} (test sample {}, δ = {:.2e})", args.output.display(), args.index, model.delta)?;
    Ok(())
}
