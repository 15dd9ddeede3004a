//! `sparling show`: one sample drawn with its motifs and both outputs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::pictures::{columns, found_picture, sample_pair};
use super::tell::answer;
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::figures::sample_image::{grid, save_png};
use crate::measure::{Model, Source, examine, mapping_of, predict};
use crate::train::RunDir;

/// Draws one test sample, or a file: its true motifs, the predicted ones, and both outputs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling show runs/digit-circle/sparling/laptop/seed-1 --index 7 -o sample.png
  sparling show results/laptop/models/digit-circle-sparling-seed2 --index 123
  sparling show runs/dataset/mydata/laptop/seed-1 --input scan.png

A channel is labelled with the kind that it is best read as, found on 200 validation samples;
c3 is a channel 3 that stands for none.")]
pub struct Args {
    /// A run's folder, or a model's under `results/<scale>/models/`.
    pub run: PathBuf,
    /// Which test sample.
    #[arg(long, default_value_t = 0)]
    pub index: u64,
    /// A file of an input instead of a test sample; of a FASTA file, the first record.
    #[arg(long, value_name = "FILE", conflicts_with = "index")]
    pub input: Option<PathBuf>,
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

/// Runs the command.
///
/// # Errors
/// When the folder is not a run, has no trained model, or the picture cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let dir = RunDir::open(&args.run)?;
    let device = resolve(args.device)?;
    let mut model = Model::reported(&dir, device)?;
    let mapping = mapping_of(&mut model.session)?;
    if let Some(file) = &args.input {
        return show_file(args, &mut model, &mapping, file);
    }
    let examined = examine(&mut model.session, Split::Test, args.index, 1)?;
    ensure!(examined.len() == 1, "sample {} could not be made", args.index);
    let panels = sample_pair(&model.session, &examined[0], &mapping, usize::from(args.zoom))?;
    save_png(&grid(&panels, columns(&model.session), 16)?, &args.output)?;
    answer!("{} (test sample {}, δ = {:.2e})", args.output.display(), args.index, model.delta)?;
    Ok(())
}

/// Draws what the model makes of a file.
fn show_file(args: &Args, model: &mut Model, mapping: &[Option<usize>], file: &Path) -> Result<()> {
    let mut picture = None;
    predict(&mut model.session, [Ok(Source::File(file.to_owned()))], |session, prediction| {
        if picture.is_none() {
            let examined = prediction.outcome.with_context(|| prediction.name)?;
            picture = Some(found_picture(session, &examined, mapping, usize::from(args.zoom))?);
        }
        Ok(())
    })?;
    save_png(&picture.context("found no input")?, &args.output)?;
    answer!("{} ({}, δ = {:.2e})", args.output.display(), file.display(), model.delta)?;
    Ok(())
}
