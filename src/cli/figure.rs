//! `sparling figure`: draws figures, training and measuring first what is missing.

use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::evaluate::evaluate_into;
use super::report::standing;
use super::supervise::supervise_into;
use super::tell::{answer, say, unless_unread, warn};
use super::train::{self, train_into};
use crate::config::{Config, load, resolve_experiment};
use crate::device::DeviceChoice;
use crate::figures::{Context, FigureSpec, Missing, Needs, Target};
use crate::hint::{self, Hint};
use crate::interrupt::{self, Interrupted};
use crate::measure::Wanted;
use crate::results::{
    Examples, Experiments, LeftOut, Measurement, Row, RunName, Store, examples_path, gather, rows_path,
};
use crate::shell::operand;
use crate::train::{Identity, RunDir, Stop, begin_retraining};

/// Draws figures as PNG, SVG, PDF and CSV into `results/<scale>/`; trains the runs that are missing.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling figure
  sparling figure 3
  sparling figure 1 2 3 4 6 7 9 10 --scale smoke --seeds 1
  sparling figure 4 --only-draw
  sparling figure 8 11 12 table1 table2 --seeds 3 --jobs 2

What has been measured with the settings of the experiments is reused; what was interrupted goes on. Rows that
were measured with other settings are left out: a warning and the caption say which.")]
pub struct Args {
    /// Figures by number, tables as tableN (see `sparling list`) [default: all of them].
    pub targets: Vec<Target>,
    /// demo, laptop, paper, or smoke (for tests).
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
    /// Override one setting of the experiments; may be repeated. Rows must have been measured so.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Drop rows of a run that is to be measured that are there by other settings [default: it is refused].
    #[arg(long, conflicts_with = "only_draw")]
    pub replace: bool,
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

/// Runs the command.
///
/// # Errors
/// When a figure does not exist, a run fails or is interrupted, or a file cannot be written.
pub fn run(args: &Args) -> Result<()> {
    if args.targets.is_empty() {
        return run(&Args { targets: Target::all().collect(), ..args.clone() });
    }
    let experiments = standing(&args.experiments, &args.scale, &args.overrides)?;
    if let Some(jobs) = args.jobs {
        sweep_missing(args, &experiments, jobs)?;
    }
    let (mut told, mut undrawn) = (BTreeSet::new(), Vec::new());
    for &target in &args.targets {
        let spec = target.spec();
        if !args.only_draw {
            for (domain, variant) in spec.runs_needed {
                let experiment = args.experiments.join(domain).join(format!("{variant}.toml"));
                // Domains that this version does not have yet are left out of the figure.
                if experiment.is_file() {
                    for seed in 1..=args.seeds {
                        Provided { args, experiment: &experiment, domain, variant, seed }
                            .provide(target, &experiments)?;
                    }
                }
            }
        }
        let context = Context::of(&args.results, &experiments)?;
        for left in context.left_out.iter().filter(|left| shown(spec, left)) {
            if told.insert(left.to_string()) {
                warn(&format!("left out of {target}: {left}"));
            }
        }
        match target.draw(&context) {
            Ok(paths) => {
                paths.iter().try_for_each(|path| unless_unread(answer!("{}", path.display())))?;
            }
            // The others need not suffer for it.
            Err(error) => undrawn.push((target, error)),
        }
    }
    gather(&rows_path(&args.results, &args.scale))?;
    finish(args, undrawn)
}

/// The last word: what could not be drawn, and the one step that mends it.
fn finish(args: &Args, mut undrawn: Vec<(Target, anyhow::Error)>) -> Result<()> {
    if undrawn.len() == 1 && args.targets.len() == 1 {
        return undrawn.pop().map_or(Ok(()), |(_, error)| Err(error));
    }
    if undrawn.is_empty() {
        return Ok(());
    }
    let mut text = match args.targets.len() {
        all if all == undrawn.len() => format!("none of the {all} could be drawn:"),
        all => format!("{} of {all} could not be drawn, the others were:", undrawn.len()),
    };
    let mut unmeasured = Vec::new();
    for (target, error) in &undrawn {
        match error.downcast_ref::<Missing>() {
            Some(missing) => {
                text += &format!("\n  {}", missing.what());
                unmeasured.push(target.to_string());
            }
            None => text += &format!("\n  {target}: {error:#}"),
        }
    }
    if !unmeasured.is_empty() {
        let hint = Hint::Figure {
            target: &unmeasured.join(" "),
            scale: &args.scale,
            results: &args.results,
            experiments: &args.experiments,
            overrides: &args.overrides,
            replace: false,
        };
        text += &format!("\nThis trains and measures what is missing:\n  {hint}");
    }
    bail!(text)
}

fn shown(spec: &FigureSpec, left: &LeftOut) -> bool {
    let run = (left.run.domain.as_str(), left.run.variant.as_str());
    spec.runs_needed.iter().chain(spec.also_shown).any(|shown| *shown == run)
}

/// Trains and measures the runs that no target has rows of, `jobs` at a time, by `sparling sweep`: a process
/// of its own, so that each of both has its own answer to Ctrl-C.
fn sweep_missing(args: &Args, experiments: &Experiments, jobs: NonZeroU16) -> Result<()> {
    let context = Context::of(&args.results, experiments)?;
    let runs: BTreeSet<_> = args.targets.iter().flat_map(|target| target.spec().runs_needed).collect();
    for seed in 1..=args.seeds {
        let measured = |domain: &str, variant: &str| {
            let own = |r: &&Row| r.domain == domain && r.variant == variant && r.seed == seed;
            context.rows.iter().filter(own).any(|r| r.metric == "e2ee" && r.measured().is_some())
        };
        let pinned = |file: &Path| load(file, &args.scale, &args.overrides).and_then(Config::pinned);
        let missing: Vec<PathBuf> = runs
            .iter()
            .filter(|(domain, variant)| !measured(domain, variant))
            .map(|(domain, variant)| args.experiments.join(domain).join(format!("{variant}.toml")))
            // What cannot be trained here, for want of a corpus, is left out of the figure with a warning.
            .filter(|file| file.is_file() && pinned(file).is_ok())
            .collect();
        if missing.is_empty() {
            continue;
        }
        interrupt::watch_and_end("saving");
        let program = std::env::current_exe().context("cannot find this program's own path")?;
        let status = Command::new(program)
            // Its messages propose commands too.
            .arg0(hint::called())
            .arg("sweep")
            .args(missing.iter().map(|file| operand(file)))
            .args(["--evaluate", "--jobs", &jobs.to_string(), "--seeds", &seed.to_string()])
            .args(["--scale", &args.scale, "--device", &args.device.to_string()])
            .args(args.overrides.iter().flat_map(|setting| ["--set", setting]))
            .args(args.replace.then_some("--replace"))
            .arg("--runs")
            .arg(operand(&args.runs))
            .arg("--results")
            .arg(operand(&args.results))
            .status()
            .context("cannot start the sweep")?;
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

/// A run that a figure shows.
struct Provided<'a> {
    args: &'a Args,
    experiment: &'a Path,
    domain: &'a str,
    variant: &'a str,
    seed: u64,
}

impl Provided<'_> {
    /// Trains and measures the run unless what the figure needs of it is there.
    fn provide(&self, target: Target, experiments: &Experiments) -> Result<()> {
        let &Self { args, experiment, domain, variant, seed } = self;
        let needs = target.spec().needs;
        let measured = self.measured(needs, experiments)?;
        let shown = needs != Needs::Examples || self.has_examples(experiments)?;
        if measured >= needs.densities() && shown {
            return Ok(());
        }
        // One domain may lack a scale that another has, as all but DigitCircle lack demo.
        if experiment.is_file()
            && let Err(error) = resolve_experiment(experiment, &args.scale)
        {
            warn(&format!("{target}: {domain} is left out: {error:#}"));
            return Ok(());
        }
        let config = match load(experiment, &args.scale, &args.overrides)?.pinned() {
            Ok(config) => config,
            Err(error) => {
                warn(&format!("{target}: {domain} is left out: {error:#}"));
                return Ok(());
            }
        };
        let root = args.runs.join(domain).join(variant).join(&args.scale).join(format!("seed-{seed}"));
        let identity =
            Identity { domain: domain.into(), variant: variant.into(), scale: args.scale.clone(), seed };
        // Before hours of training, whose rows would then not be kept.
        let store = Store::open(&args.results, &args.scale, args.replace)?;
        store.admit(&self.measurement(needs), &config.hash(), u64::MAX)?;
        train::try_start(&config, seed, args.device)?;
        let dir = RunDir::create(&root, identity, &config)?;
        // A run's path has fewer densities than asked for when it is short.
        if measured > 0 && measured >= dir.density_stems().len() && !dir.density_stems().is_empty() && shown {
            return Ok(());
        }
        interrupt::watch_and_end("saving");
        if config.retrain.is_on() {
            begin_retraining(&dir, &config, || {
                train::base_run(&dir, &config, experiment, &args.runs, &args.results)
            })?;
        }
        let outcome = train_into(&dir, &config, args.device, false)?;
        if outcome.stop == Stop::Interrupted {
            let words = "interrupted; everything is saved. Run the same command again to go on";
            return Err(anyhow::Error::new(Interrupted).context(words));
        }
        say(false, &format!("measuring {}", root.display()));
        if needs == Needs::Supervision {
            return supervise_into(&dir, &config.supervision, None, args.device, Some(&store))
                .with_context(|| format!("while measuring {}", root.display()));
        }
        let wanted = Wanted {
            densities: needs.densities(),
            samples: None,
            path_samples: Some(config.evaluation.samples.min(2000)),
            perturbation: needs == Needs::Perturbation,
            unseen: false,
            quantisation: needs == Needs::QuantisationOnPath,
            examples_along: 0,
            examples: needs == Needs::Examples || needs == Needs::Errors,
            missing_only: true,
        };
        evaluate_into(&dir, &wanted, args.device, Some(&store))
            .with_context(|| format!("while measuring {}", root.display()))
    }

    fn measurement(&self, needs: Needs) -> Measurement {
        let run = RunName { domain: self.domain.into(), variant: self.variant.into(), seed: self.seed };
        Measurement { run, delta: None, family: needs.family().to_owned() }
    }

    /// Densities at which what is needed was measured, with the settings of the experiment.
    fn measured(&self, needs: Needs, experiments: &Experiments) -> Result<usize> {
        let context = Context::of(&self.args.results, experiments)?;
        let wanted = self.measurement(needs);
        let own = |row: &&Row| {
            let found = row.measurement();
            found.run == wanted.run && found.family == wanted.family && row.measured().is_some()
        };
        let deltas = context.rows.iter().filter(own).map(|row| row.delta.map(f64::to_bits));
        Ok(deltas.collect::<BTreeSet<_>>().len())
    }

    /// Whether samples of the run are there, with the settings that its rows have.
    fn has_examples(&self, experiments: &Experiments) -> Result<bool> {
        let path = examples_path(&self.args.results, &self.args.scale, self.domain, self.variant, self.seed);
        if !path.is_file() {
            return Ok(false);
        }
        Ok(Context::of(&self.args.results, experiments)?.shows(&Examples::read(&path)?))
    }
}
