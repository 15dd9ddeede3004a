//! `sparling show`: one sample drawn with its motifs and both outputs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, ensure};
use tch::Device;

use super::pictures::{columns, density_picture, found_picture, sample_pair, strength};
use super::tell::answer;
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::figures::sample_image::{fitting, grid, save_png};
use crate::hint::{EXPERIMENTS, Hint, RUNS};
use crate::interrupt;
use crate::measure::{Model, Source, examine, mapping_of, predict, spread};
use crate::train::{Identity, RunDir};

/// Draws one test sample, or a file: its true motifs, the predicted ones, and both outputs.
///
/// With --densities the same sample is drawn as the model saw it at each of several densities on the way down.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling show runs/digit-circle/sparling/laptop/seed-1 --index 7 -o sample.png
  sparling show results/laptop/models/digit-circle-sparling-seed2 --index 123
  sparling show runs/digit-circle/sparling/laptop/seed-1 --densities 6 -o strip.png
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
    /// Draw the sample at N densities from the first to the last, side by side. A density δ is the share of the
    /// motif map that may be other than 0; training keeps the model of each in the run's checkpoints.
    #[arg(long, value_name = "N", conflicts_with = "input", value_parser = clap::value_parser!(u8).range(2..=24))]
    pub densities: Option<u8>,
    /// Leave out motifs that are weaker. A channel that stands for nothing marks weakly and at random.
    #[arg(long, value_name = "S", default_value = "0", value_parser = strength)]
    pub min_strength: f32,
    /// Pixels drawn for each input pixel [default: what keeps the picture 1600 wide
    /// or less; with --densities what makes each about 300 wide].
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub zoom: Option<u8>,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// The PNG to write.
    #[arg(short, long, default_value = "sample.png")]
    pub output: PathBuf,
}

/// Pixels that a picture of a strip is wide, or a little less.
const NARROW: usize = 320;

impl Args {
    fn zoom(&self, usual: usize) -> usize {
        self.zoom.map_or(usual, usize::from)
    }
}

/// Runs the command.
///
/// # Errors
/// When the folder is not a run, has no trained model, or the picture cannot be written.
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("stopping");
    let dir = RunDir::open(&args.run)?;
    let device = resolve(args.device)?;
    if let Some(count) = args.densities {
        return show_densities(args, &dir, device, count.into());
    }
    let mut model = Model::reported(&dir, device)?;
    let mapping = mapping_of(&mut model.session)?;
    if let Some(file) = &args.input {
        return show_file(args, &mut model, &mapping, file);
    }
    let examined = examine(&mut model.session, Split::Test, args.index, 1)?;
    ensure!(examined.len() == 1, "sample {} could not be made", args.index);
    let columns = columns(&model.session);
    let zoom = args.zoom(fitting(model.session.domain.input_shape(), columns));
    let panels = sample_pair(&model.session, &examined[0], &mapping, zoom, args.min_strength)?;
    interrupt::check()?;
    save_png(&grid(&panels, columns, 16)?, &args.output)?;
    answer!("{} (test sample {}, δ = {:.2e})", args.output.display(), args.index, model.delta)?;
    Ok(())
}

/// Draws one sample at `count` densities of a run, or at all where there are no more.
fn show_densities(args: &Args, dir: &RunDir, device: Device, count: usize) -> Result<()> {
    let stems = dir.models()?;
    if stems.len() < 2 {
        return Err(too_few(dir, stems.len()));
    }
    // A channel keeps its colour from picture to picture: that of the kind that it stands for at the end.
    let mapping = mapping_of(&mut Model::reported(dir, device)?.session)?;
    let (mut panels, mut deltas, mut in_a_row) = (Vec::new(), Vec::new(), 1);
    for place in spread(stems.len(), count) {
        interrupt::check()?;
        let mut model = Model::load(dir, &stems[place], device)?;
        let examined = examine(&mut model.session, Split::Test, args.index, 1)?;
        let sample = examined.first().with_context(|| format!("sample {} could not be made", args.index))?;
        let shape = model.session.domain.input_shape();
        let zoom = args.zoom((NARROW / shape[2]).clamp(1, 8));
        panels.push(density_picture(&model, sample, &mapping, zoom, args.min_strength)?);
        deltas.push(model.delta);
        // Long series stand one below the other.
        in_a_row = if shape[1] == 1 { 1 } else { count };
    }
    interrupt::check()?;
    save_png(&grid(&panels, in_a_row, 16)?, &args.output)?;
    answer!(
        "{} (test sample {}, {} of {} densities, δ from {:.1e} to {:.1e})",
        args.output.display(),
        args.index,
        deltas.len(),
        stems.len(),
        deltas[0],
        deltas[deltas.len() - 1]
    )
}

/// What to say where a run has left fewer than two densities, and the command that helps.
fn too_few(dir: &RunDir, left: usize) -> anyhow::Error {
    let Identity { domain, variant, scale, seed } = &dir.identity;
    let experiment = Path::new(EXPERIMENTS).join(domain).join(format!("{variant}.toml"));
    let (experiment, seed, run) = (experiment.as_path(), *seed, dir.root());
    let found = format!(
        "{} has a model of {} density, and a strip needs two or more. A run keeps one for each density that it leaves",
        run.display(),
        if left == 0 { "no" } else { "one" }
    );
    if dir.is_model_only() {
        let hint = Hint::Train { experiment, scale, seed, runs: Path::new(RUNS) };
        return anyhow!(
            "{found}; a model among the results is that of the last density alone. Train a run of your own:\n  {hint}"
        );
    }
    if dir.finished() {
        return anyhow!("{found}, and this one has ended. `{}` names the runs there are", Hint::List);
    }
    anyhow!("{found}. Train this one on:\n  {}", Hint::GoOn { run: dir.root() })
}

/// Draws what the model makes of a file.
fn show_file(args: &Args, model: &mut Model, mapping: &[Option<usize>], file: &Path) -> Result<()> {
    let mut picture = None;
    predict(&mut model.session, [Ok(Source::File(file.to_owned()))], |session, prediction| {
        if picture.is_none() {
            let examined = prediction.outcome.with_context(|| prediction.name)?;
            let zoom = args.zoom(fitting(session.domain.input_shape(), 1));
            picture = Some(found_picture(session, &examined, mapping, zoom, args.min_strength)?);
        }
        Ok(())
    })?;
    interrupt::check()?;
    save_png(&picture.context("found no input")?, &args.output)?;
    answer!("{} ({}, δ = {:.2e})", args.output.display(), file.display(), model.delta)?;
    Ok(())
}
