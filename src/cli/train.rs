//! `sparling train`: one run, from its newest checkpoint.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::breaking::tell_break;
use super::pictures::validation_picture;
use super::tell::{say, warn};
use crate::config::{Config, load};
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::hint::{Also, EXPERIMENTS, Hint, RESULTS};
use crate::interrupt::{self, Interrupted};
use crate::measure::examine;
use crate::shell;
use crate::train::{
    Board as _, Identity, Outcome, RunDir, Session, Stop, TensorBoard, begin_retraining, train,
};

/// Trains one experiment at one scale with one seed; run again to go on where it stopped.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling train experiments/digit-circle/sparling.toml
  sparling train experiments/digit-circle/sparling.toml --scale smoke --seed 3
  sparling train experiments/latex-ocr/sparling.toml --scale laptop
  sparling train experiments/digit-circle/single-threshold.toml --set train.batch=32
  sparling train runs/digit-circle/sparling/laptop/seed-1

The run is the folder runs/<domain>/<variant>/<scale>/seed-<n>/. Ctrl-C saves; the same
command goes on from there, and on a CPU ends in the same bytes as an unbroken run. So does the run's
folder in the experiment's place, with the settings that the folder holds.")]
pub struct Args {
    /// Experiment file, `experiments/<domain>/<variant>.toml`, or the folder of a run to go on with.
    pub experiment: PathBuf,
    /// Settings laid over it: demo (minutes, digit-circle alone), laptop (two CPU cores), paper (a GPU) or smoke (tests)
    /// [default: laptop].
    #[arg(long)]
    pub scale: Option<String>,
    /// Seed of initialisation and training; the data do not depend on it [default: 1].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Override one setting; may be repeated, e.g. --set train.batch=32.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Where to train: cpu, cuda, cuda:N, or auto (CUDA if there is one).
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder that runs are kept in.
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    /// The run's own folder, instead of one named by domain, variant, scale and seed.
    #[arg(long)]
    pub out: Option<PathBuf>,
    /// For an experiment with `retrain.from`: the run to take ĝ, the part of the network before the motif map, from [default: that of the same scale and
    /// seed beside this one, or else the model kept in `results/`].
    #[arg(long)]
    pub base: Option<PathBuf>,
    /// Print nothing but errors.
    #[arg(long, short)]
    pub quiet: bool,
}

impl Args {
    fn scale(&self) -> &str {
        self.scale.as_deref().unwrap_or("laptop")
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }
}

/// Validation samples drawn for TensorBoard at each validation.
const PICTURED: u64 = 3;

/// Runs the command.
///
/// # Errors
/// Bad configuration, device, files; a diverging loss; an interruption (after saving).
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("saving");
    let (dir, config, new) = match args.experiment.join("run.toml").is_file() {
        true => run_of_folder(args)?,
        false => run_of_experiment(args)?,
    };
    if config.retrain.is_on() {
        let begun = begin_retraining(&dir, &config, || base_of(args, &dir, &config));
        // A folder of a start that failed would refuse the right command.
        begun.inspect_err(|_| {
            if new {
                dir.withdraw();
            }
        })?;
    }
    let outcome = train_into(&dir, &config, args.device, args.quiet)?;
    let root = dir.root().display();
    match outcome.stop {
        Stop::Interrupted => {
            return Err(anyhow::Error::new(Interrupted).context(format!(
                "interrupted after {} samples; everything is saved in {root}. Run the same command again to go on",
                outcome.samples
            )));
        }
        _ if !config.domain.knows_motifs()? => {
            tell_break(&dir)?;
            let measure =
                Hint::Evaluate { run: dir.root(), results: Path::new(RESULTS), also: Also::Nothing };
            say(args.quiet, &format!("next: {measure}\n      {}", Hint::Predict { run: dir.root() }));
        }
        Stop::AlreadyFinished => say(args.quiet, &format!("{root} has been trained already")),
        stop @ (Stop::Minimum | Stop::MaxSamples) => say(
            args.quiet,
            &format!(
                "trained {} samples, δ = {:.3e}: {root}\nended: {stop}\nnext: {}\n      {}\n      {}",
                outcome.samples,
                outcome.delta,
                Hint::Evaluate { run: dir.root(), results: Path::new(RESULTS), also: Also::Nothing },
                Hint::Show { run: dir.root() },
                Hint::TensorBoard { runs: args.out.as_deref().unwrap_or(&args.runs) }
            ),
        ),
    }
    Ok(())
}

/// Makes sure that there is a device, that memory suffices and that the network can be built, before a folder is made
/// for the run.
///
/// # Errors
/// When one of them is not so.
pub(super) fn try_start(config: &Config, seed: u64, device: DeviceChoice) -> Result<()> {
    config.minimum_density()?;
    Session::for_training(config, seed, resolve(device)?).map(drop)
}

/// The variant that an experiment file is of: its name without the ending, which rows and folders name.
///
/// # Errors
/// When that is no text of one line.
pub(super) fn variant_of(experiment: &Path) -> Result<&str> {
    let stem = experiment.file_stem().and_then(OsStr::to_str);
    stem.filter(|stem| !stem.contains(char::is_control)).with_context(|| {
        format!(
            "the experiment file {} names its variant, which result rows name in turn; expected a name in UTF-8 \
             without control characters (its folder may have any)",
            shell::quote(experiment.as_os_str())
        )
    })
}

/// The run that one with `retrain.from` takes its ĝ from: the one that is asked for, or that of the same seed.
fn base_of(args: &Args, dir: &RunDir, config: &Config) -> Result<RunDir> {
    if let Some(asked) = &args.base {
        return RunDir::open(asked);
    }
    // Of a run that is named by its folder the experiment is where experiments usually are.
    let Identity { domain, variant, .. } = &dir.identity;
    let usual = Path::new(EXPERIMENTS).join(domain).join(format!("{variant}.toml"));
    let experiment = if args.experiment.is_dir() { &usual } else { &args.experiment };
    base_run(dir, config, experiment, &args.runs, Path::new(RESULTS))
}

/// The run whose folder is given in place of an experiment, with the settings that it holds.
fn run_of_folder(args: &Args) -> Result<(RunDir, Config, bool)> {
    let dir = RunDir::open(&args.experiment)?;
    let config = dir.config()?;
    let Identity { scale, seed, .. } = &dir.identity;
    let asked = [
        (!args.overrides.is_empty(), "--set"),
        (args.out.is_some(), "--out"),
        (args.scale.as_ref().is_some_and(|asked| asked != scale), "--scale"),
        (args.seed.is_some_and(|asked| asked != *seed), "--seed"),
        (args.base.is_some() && !config.retrain.is_on(), "--base"),
    ];
    if let Some((_, option)) = asked.iter().find(|(given, _)| *given) {
        bail!(
            "{} is the folder of a run, {}, which goes on with its own settings; leave {option} away, or give the experiment's file",
            args.experiment.display(),
            dir.identity
        );
    }
    // Before its first checkpoint a run has neither.
    ensure!(
        !dir.is_model_only() || dir.density_stems().is_empty(),
        "{} is a model without what training needs to go on; `{}` names the experiments",
        args.experiment.display(),
        Hint::List
    );
    try_start(&config, *seed, args.device)?;
    Ok((dir, config, false))
}

/// The run that an experiment's file and the other arguments describe, and whether its folder is new.
fn run_of_experiment(args: &Args) -> Result<(RunDir, Config, bool)> {
    let config = load(&args.experiment, args.scale(), &args.overrides)?.pinned()?;
    ensure!(
        args.base.is_none() || config.retrain.is_on(),
        "--base names the run that a retraining takes ĝ from, and {} retrains nothing (retrain.from); leave it away",
        args.experiment.display()
    );
    try_start(&config, args.seed(), args.device)?;
    let (dir, new) = run_dir(args, &config)?;
    Ok((dir, config, new))
}

/// The folder of the run that `args` describe, and whether it is new.
fn run_dir(args: &Args, config: &Config) -> Result<(RunDir, bool)> {
    let variant = variant_of(&args.experiment)?;
    let identity = Identity {
        domain: config.domain.name().into(),
        variant: variant.into(),
        scale: args.scale().to_owned(),
        seed: args.seed(),
    };
    let root = args.out.clone().unwrap_or_else(|| {
        args.runs
            .join(&identity.domain)
            .join(variant)
            .join(args.scale())
            .join(format!("seed-{}", args.seed()))
    });
    let new = !root.exists();
    Ok((RunDir::create(&root, identity, config)?, new))
}

/// The run that one with `retrain.from` takes its ĝ from: the one of that variant with the same domain, scale and
/// seed, or the model of it that is kept among the results. `experiment` is the file of the run in `dir`.
///
/// # Errors
/// When there is none; the message says where it was looked for and how to make it.
pub(super) fn base_run(
    dir: &RunDir,
    config: &Config,
    experiment: &Path,
    runs: &Path,
    results: &Path,
) -> Result<RunDir> {
    let Identity { domain, scale, seed, .. } = &dir.identity;
    let from = &config.retrain.from;
    let kept = results.join(scale).join("models").join(format!("{domain}-{from}-seed{seed}"));
    // runs/<domain>/<variant>/<scale>/seed-<n>
    let beside = dir.root().ancestors().nth(3).map(|d| d.join(from).join(scale).join(format!("seed-{seed}")));
    let places: Vec<_> = beside.into_iter().chain([kept]).collect();
    match places.iter().find(|place| place.join("run.toml").is_file()) {
        Some(place) => RunDir::open(place),
        None => bail!(
            "{} trains ĥ behind the ĝ of another run, which is not in {}; train it first:\n  {}\nor name a run with --base",
            dir.root().display(),
            places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", nor in "),
            Hint::Train {
                experiment: &experiment.with_file_name(format!("{from}.toml")),
                scale,
                seed: *seed,
                runs
            }
        ),
    }
}

/// Trains (or goes on with) a run; also what `figure` uses for runs that are missing.
///
/// # Errors
/// As [`run`].
pub fn train_into(dir: &RunDir, config: &Config, device: DeviceChoice, quiet: bool) -> Result<Outcome> {
    let device = resolve(device)?;
    let threads = match tch::get_num_threads() {
        1 => "1 thread".to_owned(),
        threads => format!("{threads} threads"),
    };
    say(quiet, &format!("run {} on {device:?}, {threads}", dir.root().display()));
    let (checkpoint, _) = dir.latest()?;
    let begun = checkpoint.as_ref().map_or(0, |c| c.state.samples);
    if begun > 0 && checkpoint.is_some_and(|c| !c.state.finished) {
        say(quiet, &format!("going on after {begun} samples"));
    }
    let first = if begun > 0 { begun + 1 } else { 0 };
    let mut board = TensorBoard::new(&dir.tensorboard(), first).about(&dir.identity, config);
    if begun == 0 {
        // The sounds of the samples whose pictures follow; they stay the same as training goes on.
        let domain = config.domain.build()?;
        for index in 0..PICTURED {
            if let Some(sound) = domain.sound(Split::Validation, index)? {
                board.audio(&format!("validation/sound_{index}"), &sound, 0)?;
            }
        }
    }
    let outcome = train(
        dir,
        config,
        device,
        &mut board,
        quiet,
        interrupt::flag(),
        &mut |session, report, samples, board| {
            let examined = examine(session, Split::Validation, 0, PICTURED)?;
            board.image("validation/motifs", &validation_picture(session, report, &examined)?, samples)
        },
    )?;
    if matches!(outcome.stop, Stop::Minimum | Stop::MaxSamples) {
        board.end(outcome.samples)?;
    }
    for warning in &outcome.warnings {
        warn(warning);
    }
    Ok(outcome)
}
