//! `sparling figure`: draws figures, training and measuring first what is missing.

#![allow(clippy::print_stdout, reason = "the paths drawn are this command's output")]

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::evaluate::{Wanted, evaluate_into};
use super::supervise::supervise_into;
use super::tell::{say, warn};
use super::train::{self, train_into};
use crate::config::load;
use crate::device::DeviceChoice;
use crate::eval::BINS;
use crate::figures::{Context, Target};
use crate::results::{MISCLASSIFIED, examples_path, quantised_metric};
use crate::train::{Identity, RunDir, Stop};

/// Draws figures as PNG, SVG and CSV into `results/<scale>/`; trains the runs that are missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling figure 3
  sparling figure 1 2 3 4 6 7 9 10 --scale smoke --seeds 1
  sparling figure 4 --only-draw
  sparling figure 8 11 12 table1 table2 --seeds 3

What has been measured is reused; what was interrupted goes on.")]
pub struct Args {
    /// Figures by number, tables as tableN (see `sparling list`).
    #[arg(required = true)]
    pub targets: Vec<Target>,
    /// smoke, laptop or paper.
    #[arg(long, default_value = "laptop")]
    pub scale: String,
    /// Train and measure seeds 1 to N where they are missing.
    #[arg(long, default_value_t = 1)]
    pub seeds: u64,
    /// Draw from the rows there are; train nothing.
    #[arg(long)]
    pub only_draw: bool,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder of result rows and figures.
    #[arg(long, default_value = "results")]
    pub results: PathBuf,
    /// Folder of runs.
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    /// Folder of experiments.
    #[arg(long, default_value = "experiments")]
    pub experiments: PathBuf,
}

/// Densities on the way that figures 4 and 10 show (the paper: ten annealing steps and the last).
const PATH: usize = 11;

/// Runs the command.
///
/// # Errors
/// When a figure does not exist, a run fails or is interrupted, or a file cannot be written.
pub fn run(args: &Args) -> Result<()> {
    for &target in &args.targets {
        let spec = target.spec()?;
        if !args.only_draw {
            for (domain, variant) in spec.runs_needed {
                let experiment = args.experiments.join(domain).join(format!("{variant}.toml"));
                // Domains that this version does not have yet are left out of the figure.
                if experiment.is_file() {
                    for seed in 1..=args.seeds {
                        provide(args, &experiment, domain, variant, seed, target)?;
                    }
                }
            }
        }
        for path in target.draw(&Context::load(&args.results, &args.scale)?)? {
            println!("{}", path.display());
        }
    }
    Ok(())
}

/// Trains and measures one run unless its rows are there.
fn provide(
    args: &Args,
    experiment: &Path,
    domain: &str,
    variant: &str,
    seed: u64,
    target: Target,
) -> Result<()> {
    // A metric stands for all that is measured with it.
    let (densities, metric) = match target {
        Target::Figure(4) => (PATH, "e2ee".to_owned()),
        Target::Figure(6) => (1, "perturbation".to_owned()),
        Target::Figure(10) => (PATH, quantised_metric(BINS[0])),
        Target::Table(2) => (1, MISCLASSIFIED.to_owned()),
        _ => (1, "e2ee".to_owned()),
    };
    let context = Context::load(&args.results, &args.scale)?;
    let measured = context
        .rows
        .iter()
        .filter(|r| r.domain == domain && r.variant == variant && r.seed == seed && r.metric == metric)
        .count();
    let examples = examples_path(&args.results, &args.scale, domain, variant, seed);
    // Direct supervision is no part of an evaluation, which alone writes examples.
    let supervised = target == Target::Table(2);
    if measured >= densities && (supervised || examples.is_file()) {
        return Ok(());
    }
    let config = match load(experiment, &args.scale, &[])?.pinned() {
        Ok(config) => config,
        Err(error) => {
            warn(&format!("{target}: {domain} is left out: {error:#}"));
            return Ok(());
        }
    };
    let root = args.runs.join(domain).join(variant).join(&args.scale).join(format!("seed-{seed}"));
    let identity =
        Identity { domain: domain.into(), variant: variant.into(), scale: args.scale.clone(), seed };
    let dir = RunDir::create(&root, identity, &config)?;
    // A run's path has fewer densities than asked for when it is short.
    if measured > 0 && measured >= dir.density_stems().len() && !dir.density_stems().is_empty() {
        return Ok(());
    }
    train::watch_interrupt();
    let outcome = train_into(&dir, &config, args.device, false)?;
    if outcome.stop == Stop::Interrupted {
        bail!("interrupted; everything is saved. Run the same command again to go on");
    }
    say(false, &format!("measuring {}", root.display()));
    let measuring = || format!("while measuring {}", root.display());
    if supervised {
        return supervise_into(&dir, &config.supervision, None, args.device, Some(&args.results))
            .with_context(measuring);
    }
    let wanted = Wanted {
        densities,
        samples: None,
        path_samples: Some(config.evaluation.samples.min(2000)),
        perturbation: target == Target::Figure(6),
        quantisation: target == Target::Figure(10),
    };
    evaluate_into(&dir, &wanted, args.device, Some(&args.results)).with_context(measuring)
}
