//! `sparling evaluate`: the metrics of a trained run on test samples.

use std::path::{Path, PathBuf};

use anyhow::Result;
use tch::Device;

use super::tell::{answer, say};
use crate::config::SparsityKind;
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::eval::MotifErrors;
use crate::interrupt;
use crate::measure::{
    Model, Report, add_density, errors, keep_along, keep_examples, measure, measure_perturbation,
    measure_quantisation, necessary_fne, spread, validate,
};
use crate::results::Along;
use crate::train::RunDir;

/// Measures motif errors, E2EE and density of a run (or committed model) on test samples.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --densities 10
  sparling evaluate results/laptop/models/digit-circle-sparling-seed2 --samples 1000 --no-save
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --perturbation --quantisation
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --examples-along 10

FPE: share of predicted motifs that are none. FNE: share of true motifs not predicted.
CE: share of matched motifs with another kind, after the best relabelling of channels.
E2EE: mean normalised edit distance of the output. Rows go to results/<scale>/rows.csv.")]
pub struct Args {
    /// A run's folder, or a model's under `results/<scale>/models/`.
    pub run: PathBuf,
    /// Test samples [default: evaluation.samples of the run's configuration].
    #[arg(long)]
    pub samples: Option<u64>,
    /// Measure the models at the last N densities (figure 4 shows them), not only the last.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub densities: usize,
    /// Test samples at densities before the last [default: as --samples].
    #[arg(long)]
    pub path_samples: Option<u64>,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder that result rows and examples are kept in.
    #[arg(long, default_value = "results")]
    pub results: PathBuf,
    /// Measure on validation samples, for choosing settings: prints the share of pairs by channel
    /// and kind too, and keeps nothing.
    #[arg(long)]
    pub validation: bool,
    /// At the last density, move one motif of each sample to another kind's channel: does the
    /// answer follow (figure 6)? Another pass over the samples.
    #[arg(long, conflicts_with = "validation")]
    pub perturbation: bool,
    /// At every density measured, E2EE with motif values quantised to 2, 4, 8 and 16 bins a channel
    /// (figure 10). Five more passes.
    #[arg(long, conflicts_with = "validation")]
    pub quantisation: bool,
    /// Keep four test samples at N densities from the first to the last, with the four errors there, for the
    /// explorer of `sparling report --html`. Densities that --densities leaves out are measured on 1000 samples
    /// [or --path-samples] and get no rows.
    #[arg(long, default_value_t = 0, value_name = "N", conflicts_with = "validation")]
    pub examples_along: usize,
    /// Only print.
    #[arg(long)]
    pub no_save: bool,
}

/// Runs the command.
///
/// # Errors
/// When the folder is not a run, has no trained model, or a file is damaged or cannot be written.
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("stopping");
    let dir = RunDir::open(&args.run)?;
    let results = (!args.no_save).then_some(args.results.as_path());
    answer!(
        "     delta     FPE     FNE      CE    E2EE   exact   density   samples   (percent; δ and density as they are)"
    )?;
    if args.validation {
        return on_validation(&dir, args.samples.unwrap_or(1000), args.device);
    }
    let wanted = Wanted {
        densities: args.densities.max(1),
        samples: args.samples,
        path_samples: args.path_samples,
        perturbation: args.perturbation,
        quantisation: args.quantisation,
        examples_along: args.examples_along,
    };
    evaluate_into(&dir, &wanted, args.device, results)
}

/// What is to be measured of a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    /// Models at the last so many densities.
    pub(super) densities: usize,
    /// Test samples at the last [the configuration's].
    pub(super) samples: Option<u64>,
    /// Test samples at those before [as many].
    pub(super) path_samples: Option<u64>,
    /// Whether motifs are swapped, at the last density.
    pub(super) perturbation: bool,
    /// Whether motif values are quantised, at every density.
    pub(super) quantisation: bool,
    /// At how many densities on the way a few samples are kept.
    pub(super) examples_along: usize,
}

/// The newest model on validation samples, with its confusion matrix.
fn on_validation(dir: &RunDir, samples: u64, device: DeviceChoice) -> Result<()> {
    let mut model = Model::reported(dir, resolve(device)?)?;
    let report = validate(&mut model.session, Split::Validation, 0, samples)?;
    let errors = errors(&model.session, &report);
    line(&model, &report, &errors)?;
    let kinds = model.session.domain.motif_kinds();
    answer!("\nper mille of all pairs; rows are channels, columns what was there")?;
    answer!("          none{}", kinds.iter().map(|k| format!("{k:>6}")).collect::<String>())?;
    let channels = report.confusion.channels();
    let total = report.confusion.total().max(1) as f64;
    for channel in (0..channels).map(Some).chain([None]) {
        let share = |kind| report.confusion.count(channel, kind) as f64 * 1000.0 / total;
        let cells: String = (0..kinds.len()).map(|k| format!("{:6.1}", share(Some(k)))).collect();
        let name = channel.map_or("none".into(), |c| format!("channel {c}"));
        answer!("{name:<9}{:5.1}{cells}", share(None))?;
    }
    Ok(())
}

/// Samples kept for figures 1 and 2.
const EXAMPLES: u64 = 6;

/// Samples kept at each density for the explorer.
const EXAMPLES_ALONG: u64 = 4;

/// Samples that the errors at a density are measured on which has no rows.
const SAMPLES_ALONG: u64 = 1000;

/// Evaluates the models at the last densities, prints a line each, keeps the rows.
///
/// # Errors
/// As [`run`].
pub(super) fn evaluate_into(
    dir: &RunDir,
    wanted: &Wanted,
    device: DeviceChoice,
    results: Option<&Path>,
) -> Result<()> {
    let device = resolve(device)?;
    let samples = match wanted.samples {
        Some(samples) => samples,
        None => dir.config()?.evaluation.samples,
    };
    let along = denser(dir, wanted, samples, device, results)?;
    let mut model = Model::reported(dir, device)?;
    let (report, errors) = one(&mut model, dir, wanted, samples, results)?;
    if wanted.perturbation {
        let found = measure_perturbation(&mut model, dir, &report, samples, results)?;
        let share =
            found.accuracy().map_or("none possible".into(), |a| format!("{:.2} % followed", a * 100.0));
        answer!("           swaps: {share}, {} swaps in {} samples", found.swapped, found.samples)?;
    }
    match results {
        // A map without a bottleneck is all marks: nothing to be seen, and a large file.
        Some(results) if model.session.config.sparsity.kind == SparsityKind::PassThrough => {
            say(false, &format!("rows kept in {}", results.display()));
        }
        Some(results) => {
            let path = keep_examples(&mut model, dir, &errors.mapping, EXAMPLES.min(samples), results)?;
            say(
                false,
                &format!("rows and examples kept in {} (examples: {})", results.display(), path.display()),
            );
        }
        None => {}
    }
    let (Some(results), false) = (results, shown(dir, wanted, &model).is_empty()) else { return Ok(()) };
    let along = add_density(along, &mut model, dir, (&report, &errors), EXAMPLES_ALONG.min(samples))?;
    let path = keep_along(&along, dir, results)?;
    say(false, &format!("samples at {} densities kept in {}", along.densities.len(), path.display()));
    Ok(())
}

/// Places of the densities that a few samples are kept at. A map without a bottleneck shows nothing.
fn shown(dir: &RunDir, wanted: &Wanted, model: &Model) -> Vec<usize> {
    match model.session.config.sparsity.kind {
        SparsityKind::PassThrough => Vec::new(),
        _ => spread(dir.density_stems().len(), wanted.examples_along),
    }
}

/// Evaluates the models before the last as [`evaluate_into`] does, and returns the samples kept of them.
fn denser(
    dir: &RunDir,
    wanted: &Wanted,
    samples: u64,
    device: Device,
    results: Option<&Path>,
) -> Result<Option<Along>> {
    let stems = dir.density_stems();
    let with_rows = stems.len().saturating_sub(wanted.densities);
    let places = spread(stems.len(), wanted.examples_along);
    let mut along = None;
    for (k, stem) in stems[..stems.len().saturating_sub(1)].iter().enumerate() {
        let rows = k >= with_rows;
        if !rows && !places.contains(&k) {
            continue;
        }
        let mut model = Model::load(dir, stem, device)?;
        let few = wanted.path_samples.unwrap_or(if rows { samples } else { SAMPLES_ALONG.min(samples) });
        let quantisation = wanted.quantisation && rows;
        let found = one(&mut model, dir, &Wanted { quantisation, ..*wanted }, few, results.filter(|_| rows))?;
        if shown(dir, wanted, &model).contains(&k) {
            let count = EXAMPLES_ALONG.min(samples);
            along = Some(add_density(along, &mut model, dir, (&found.0, &found.1), count)?);
        }
    }
    Ok(along)
}

fn one(
    model: &mut Model,
    dir: &RunDir,
    wanted: &Wanted,
    samples: u64,
    results: Option<&Path>,
) -> Result<(Report, MotifErrors)> {
    let (report, errors) = measure(model, dir, samples, results)?;
    line(model, &report, &errors)?;
    if wanted.quantisation {
        let found = measure_quantisation(model, dir, samples, results)?;
        let cells = found
            .quantised
            .iter()
            .filter_map(|(bins, e2ee)| Some(format!("{bins}: {:.2}", e2ee.error()? * 100.0)));
        answer!("           E2EE by bins of motif values: {}", cells.collect::<Vec<_>>().join(", "))?;
    }
    Ok((report, errors))
}

fn line(model: &Model, report: &Report, errors: &MotifErrors) -> Result<()> {
    let percent = |v: Option<f64>| v.map_or("      –".into(), |v| format!("{:7.2}", v * 100.0));
    answer!(
        "{} {} {} {} {} {} {:9.2e} {:9}",
        model.reported_delta().map_or("         –".into(), |delta| format!("{delta:10.3e}")),
        percent(Some(errors.fpe)),
        percent(Some(errors.fne)),
        percent(errors.ce),
        percent(report.e2ee.error()),
        percent(report.e2ee.exact_match()),
        report.density(),
        report.samples
    )?;
    if let Some(fne) = necessary_fne(&model.session, report) {
        let kinds = model.session.domain.motif_kinds();
        let inferable = model.session.domain.inferable_kinds().iter().map(|&k| kinds[k].as_str());
        answer!(
            "           FNE {:.2} without the often inferable {}",
            fne * 100.0,
            inferable.collect::<Vec<_>>().join(" ")
        )?;
    }
    Ok(())
}
