//! `sparling figure`: draws figures, training and measuring first what is missing.

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::evaluate::{Wanted, evaluate_into};
use super::supervise::supervise_into;
use super::tell::{answer, say, warn};
use super::train::{self, train_into};
use crate::config::load;
use crate::device::DeviceChoice;
use crate::eval::BINS;
use crate::figures::{Context, Target};
use crate::interrupt::{self, Interrupted};
use crate::results::{MISCLASSIFIED, Row, examples_path, quantised_metric};
use crate::train::{Identity, RunDir, Stop, begin_retraining};

/// Draws figures as PNG, SVG and CSV into `results/<scale>/`; trains the runs that are missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling figure 3
  sparling figure 1 2 3 4 6 7 9 10 --scale smoke --seeds 1
  sparling figure 4 --only-draw
  sparling figure 8 11 12 table1 table2 --seeds 3 --jobs 2

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
    /// Train what is missing N runs at a time, as `sparling sweep` does [default: one by one].
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroU16>,
    /// Draw from the rows there are; train nothing.
    #[arg(long, conflicts_with = "jobs")]
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
    if let Some(jobs) = args.jobs {
        sweep_missing(args, jobs)?;
    }
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
            answer!("{}", path.display())?;
        }
    }
    Ok(())
}

/// Trains and measures the runs that no target has rows of, `jobs` at a time, by `sparling sweep`: a process
/// of its own, so that each of both has its own answer to Ctrl-C.
fn sweep_missing(args: &Args, jobs: NonZeroU16) -> Result<()> {
    let context = Context::load(&args.results, &args.scale)?;
    let specs = args.targets.iter().map(|target| target.spec()).collect::<Result<Vec<_>>>()?;
    let runs: BTreeSet<_> = specs.iter().flat_map(|spec| spec.runs_needed).collect();
    for seed in 1..=args.seeds {
        let measured = |domain: &str, variant: &str| {
            let own = |r: &&Row| r.domain == domain && r.variant == variant && r.seed == seed;
            context.rows.iter().filter(own).any(|r| r.metric == "e2ee" && r.measured().is_some())
        };
        let missing: Vec<PathBuf> = runs
            .iter()
            .filter(|(domain, variant)| !measured(domain, variant))
            .map(|(domain, variant)| args.experiments.join(domain).join(format!("{variant}.toml")))
            // What cannot be trained here, for want of a corpus, is left out of the figure with a warning.
            .filter(|file| file.is_file() && load(file, &args.scale, &[]).is_ok_and(|c| c.pinned().is_ok()))
            .collect();
        if missing.is_empty() {
            continue;
        }
        interrupt::watch_and_end("saving");
        let program = std::env::current_exe().context("cannot find this program's own path")?;
        let status = Command::new(program)
            .arg("sweep")
            .args(missing)
            .args(["--evaluate", "--jobs", &jobs.to_string(), "--seeds", &seed.to_string()])
            .args(["--scale", &args.scale, "--device", &args.device.to_string()])
            .arg("--runs")
            .arg(&args.runs)
            .arg("--results")
            .arg(&args.results)
            .status()
            .context("cannot start sparling sweep")?;
        if status.code() == Some(i32::from(interrupt::SAVED)) {
            return Err(anyhow::Error::new(Interrupted).context("interrupted, see above"));
        }
        if !status.success() {
            bail!(
                "not every run that the figures need has ended, see above; give the same command again to go on"
            );
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
    let shown = matches!(target, Target::Figure(1 | 2));
    if measured >= densities && (!shown || examples.is_file()) {
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
    train::try_start(&config, seed, args.device)?;
    let dir = RunDir::create(&root, identity, &config)?;
    // A run's path has fewer densities than asked for when it is short.
    if measured > 0 && measured >= dir.density_stems().len() && !dir.density_stems().is_empty() {
        return Ok(());
    }
    interrupt::watch_and_end("saving");
    if config.retrain.is_on() {
        begin_retraining(&dir, &config, &train::base_run(&dir, &config, None, &args.results)?)?;
    }
    let outcome = train_into(&dir, &config, args.device, false)?;
    if outcome.stop == Stop::Interrupted {
        let words = "interrupted; everything is saved. Run the same command again to go on";
        return Err(anyhow::Error::new(Interrupted).context(words));
    }
    say(false, &format!("measuring {}", root.display()));
    let measuring = || format!("while measuring {}", root.display());
    if target == Target::Table(2) {
        return supervise_into(&dir, &config.supervision, None, args.device, Some(&args.results))
            .with_context(measuring);
    }
    let wanted = Wanted {
        densities,
        samples: None,
        path_samples: Some(config.evaluation.samples.min(2000)),
        perturbation: target == Target::Figure(6),
        quantisation: target == Target::Figure(10),
        examples_along: 0,
    };
    evaluate_into(&dir, &wanted, args.device, Some(&args.results)).with_context(measuring)
}
