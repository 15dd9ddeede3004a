//! `sparling supervise`: ĝ trained on labelled motifs, against the motifs of a trained run.

use std::path::PathBuf;

use anyhow::Result;

use super::tell::{answer, say, unless_unread};
use crate::config::SupervisionConfig;
use crate::device::{DeviceChoice, resolve};
use crate::interrupt;
use crate::measure::{Compared, supervise};
use crate::results::Store;
use crate::train::RunDir;

/// Trains a run's ĝ, the part before its motif map, anew on single labelled motifs, and compares both.
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
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub samples: Option<u64>,
    /// Labelled windows to train on [default: supervision.samples of the run's configuration].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
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
    /// Drop all rows that are there by other settings, and keep these even where there are some on more
    /// windows.
    #[arg(long, conflicts_with = "no_save")]
    pub replace: bool,
}

/// Runs the command.
///
/// # Errors
/// When the folder is not a run or has no trained model, training diverges, or a file is damaged or cannot be written.
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("stopping");
    let dir = RunDir::open(&args.run)?;
    let mut settings = dir.config()?.supervision;
    settings.samples = args.train_samples.unwrap_or(settings.samples);
    let keep = || Store::open(&args.results, &dir.identity.scale, args.replace);
    let store = (!args.no_save).then(keep).transpose()?;
    supervise_into(&dir, &settings, args.samples, args.device, store.as_ref())
}

/// Trains ĝ on labels, judges it and the run's reported model, prints a line for each number, keeps the rows.
///
/// # Errors
/// As [`run`].
pub(super) fn supervise_into(
    dir: &RunDir,
    settings: &SupervisionConfig,
    samples: Option<u64>,
    device: DeviceChoice,
    store: Option<&Store>,
) -> Result<()> {
    let total = settings.samples;
    let found = supervise(dir, settings, samples, resolve(device)?, store, |seen, loss| {
        say(false, &format!("direct supervision: {seen} of {total} windows, loss {loss:.4}"));
    })?;
    unless_unread(table(dir, found))?;
    if let Some(store) = store {
        say(false, &format!("rows kept in {}", store.path().display()));
    }
    Ok(())
}

/// Prints what was found.
fn table(dir: &RunDir, found: Vec<Compared>) -> Result<()> {
    answer!(
        "share misclassified (percent)     {:>12}  {:>18}  windows",
        dir.identity.variant,
        "direct supervision"
    )?;
    for Compared { title, own, supervised, windows } in found {
        let percent =
            |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.2}", 100.0 * share));
        answer!("{title:<33} {:>12}  {:>18}  {windows:7}", percent(own), percent(supervised))?;
    }
    Ok(())
}
