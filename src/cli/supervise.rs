//! `sparling supervise`: ĝ trained on labelled motifs, against the motifs of a trained run.

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Result;

use super::tell::{answer, say};
use crate::config::{Config, SupervisionConfig};
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::eval::Misclassified;
use crate::interrupt;
use crate::measure::{Direct, Model, channel_kinds, judge, keep, row};
use crate::results::{DIRECT_SUPERVISION, MISCLASSIFIED, Row};
use crate::train::RunDir;

/// Trains ĝ of a run anew on single labelled motifs, and compares it with the run's own motifs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling supervise runs/digit-circle/sparling/laptop/seed-1
  sparling supervise results/laptop/models/latex-ocr-sparling-seed1 --samples 1000 --no-save
  sparling supervise runs/digit-circle/sparling/laptop/seed-1 --train-samples 20000

Both are shown windows of samples around one true motif, and answer by the strongest channel in its box.
Rows go to results/<scale>/rows.csv, those of ĝ trained on labels as the variant direct-supervision; its weights
are not kept. `sparling figure table2` prints the comparison.")]
pub struct Args {
    /// A run's folder, or a model's under `results/<scale>/models/`.
    pub run: PathBuf,
    /// Test windows, one a sample [default: evaluation.samples of the run's configuration].
    #[arg(long)]
    pub samples: Option<u64>,
    /// Labelled windows to train on [default: supervision.samples of the run's configuration].
    #[arg(long)]
    pub train_samples: Option<u64>,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder that result rows are kept in.
    #[arg(long, default_value = "results")]
    pub results: PathBuf,
    /// Only print.
    #[arg(long)]
    pub no_save: bool,
}

/// Runs the command.
///
/// # Errors
/// When the folder is not a run or has no trained model, training diverges, or a file is damaged or cannot be written.
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("stopping");
    let dir = RunDir::open(&args.run)?;
    let mut settings = dir.config()?.supervision;
    settings.samples = args.train_samples.unwrap_or(settings.samples).max(1);
    let results = (!args.no_save).then_some(args.results.as_path());
    supervise_into(&dir, &settings, args.samples, args.device, results)
}

/// Validation windows by which the run's channels are given their kinds.
const NAMING: u64 = 2000;

/// Trains ĝ on labels, judges it and the run's reported model, prints a line for each number, keeps the rows.
///
/// # Errors
/// As [`run`].
pub(super) fn supervise_into(
    dir: &RunDir,
    settings: &SupervisionConfig,
    samples: Option<u64>,
    device: DeviceChoice,
    results: Option<&Path>,
) -> Result<()> {
    let device = resolve(device)?;
    let mut model = Model::reported(dir, device)?;
    let config = Config { supervision: settings.clone(), ..model.session.config.clone() };
    let samples = samples.unwrap_or(config.evaluation.samples);
    let begun = Instant::now();
    let total = settings.samples;
    let direct = Direct::train(&config, &*model.session.domain, dir.identity.seed, device, |seen, loss| {
        say(false, &format!("direct supervision: {seen} of {total} windows, loss {loss:.4}"));
    })?;
    let wall_seconds = begun.elapsed().as_secs_f64();
    let kind_of = channel_kinds(&mut model.session, NAMING)?;

    answer!(
        "share misclassified (percent)     {:>12}  {:>18}  windows",
        dir.identity.variant,
        "direct supervision"
    )?;
    let domain = model.session.domain.clone();
    let all: Vec<usize> = (0..domain.motif_kinds().len()).collect();
    let necessary: Vec<usize> =
        all.iter().copied().filter(|kind| !domain.inferable_kinds().contains(kind)).collect();
    // Which windows, and of which kinds of motif.
    let test = (Split::Test, 0..samples);
    // What is spoken by known voices, at indices that no decision of the training saw.
    let seen = config.annealing.validation_samples.max(NAMING);
    let known = (Split::Validation, seen..seen + samples);
    let mut sets = vec![(test, vec![("", "test", &all)])];
    if necessary.len() < all.len() {
        sets[0].1.push(("_necessary", "test, without the inferable", &necessary));
    }
    if !domain.corpus().is_empty() {
        sets.push((known, vec![("_known", "known speakers", &all)]));
    }
    let mut rows = Vec::new();
    for ((split, indices), metrics) in sets {
        let found = judge(&mut model.session, &kind_of, &direct, split, indices)?;
        for (suffix, title, kinds) in metrics {
            let share = |of: &Misclassified| of.share(kinds.iter().copied());
            let percent = |of| share(of).map_or("–".into(), |share| format!("{:.2}", 100.0 * share));
            let [own, supervised] = &found;
            let windows = own.total(kinds.iter().copied());
            answer!("{title:<33} {:>12}  {:>18}  {windows:7}", percent(own), percent(supervised))?;
            let line = |of| {
                let metric = format!("{MISCLASSIFIED}{suffix}");
                row(&model, dir, metric, share(of), windows, "undefined: no window shows such a motif")
            };
            rows.push(line(own));
            rows.push(Row {
                variant: DIRECT_SUPERVISION.into(),
                delta: None,
                config_hash: config.hash(),
                wall_seconds,
                ..line(supervised)
            });
        }
    }
    keep(results, dir, &rows)?;
    if let Some(results) = results {
        say(false, &format!("rows kept in {}", results.display()));
    }
    Ok(())
}
