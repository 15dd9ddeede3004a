//! `sparling sweep`: many runs, a process each.

mod beat;
mod plan;
mod pool;
mod record;
mod seeds;
mod slurm;

use std::collections::VecDeque;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, bail};

use super::tell::{answer, say, warn};
use crate::device::DeviceChoice;
use crate::files::write_atomically;
use crate::hint::Hint;
use crate::interrupt::{self, Interrupted};
use beat::{Board, beat};
use plan::{Job, plan};
use pool::Pool;
use record::Outcome;
use seeds::Seeds;

/// Trains experiments with several seeds, each run in a process of its own; does what is missing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling sweep experiments/digit-circle/sparling.toml --seeds 1..9 --jobs 2 --evaluate
  sparling sweep experiments/digit-circle/l1-*.toml --scale smoke --seeds 1,3
  sparling sweep experiments/digit-circle/kl-*.toml --jobs 4 --print | parallel --jobs 4
  sparling sweep experiments/*/sparling.toml --scale paper --seeds 1..9 --device cuda --slurm all.sh

What has ended is left alone, what was cut off goes on, and a run that fails does not stop the others;
it is named at the end (exit code 1) and kept as a row with the reason. Ctrl-C makes every run save;
the same command goes on. The output of a run is in sweep.log in its folder. The --threads (default:
the cores available) are divided among the jobs. Every half minute at least a line tells how far the
runs are.")]
pub struct Args {
    /// Experiment files, `experiments/<domain>/<variant>.toml`.
    #[arg(required = true)]
    pub experiments: Vec<PathBuf>,
    /// Seeds: 1..9 (both included), 1,3,5 or 4.
    #[arg(long, default_value = "1")]
    pub seeds: Seeds,
    /// Runs at once [default: 1]. In a Slurm script: the most array tasks at once [default: no limit].
    #[arg(long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroU16>,
    /// demo, laptop, paper, or smoke (for tests).
    #[arg(long, default_value = "laptop")]
    pub scale: String,
    /// Override one setting in every run; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Where to train: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder that runs are kept in.
    #[arg(long, default_value = "runs")]
    pub runs: PathBuf,
    /// Folder of result rows: those of --evaluate, and those that say why a run failed.
    #[arg(long, default_value = "results")]
    pub results: PathBuf,
    /// Measure each run on test samples once it has been trained.
    #[arg(long)]
    pub evaluate: bool,
    /// Drop rows of these runs that are there by other settings [default: such a run is refused].
    #[arg(long, requires = "evaluate")]
    pub replace: bool,
    /// Run nothing: print the commands that are missing, a line a run.
    #[arg(long, conflicts_with = "slurm")]
    pub print: bool,
    /// Run nothing: write the missing commands as a job array for sbatch.
    #[arg(long, value_name = "FILE")]
    pub slurm: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When a setting is wrong (before anything runs), when runs failed (they are named), or when the
/// sweep was interrupted (after saving).
pub fn run(args: &Args) -> Result<()> {
    let at_once = args.jobs.map_or(1, |jobs| usize::from(jobs.get()));
    let available = usize::try_from(tch::get_num_threads()).unwrap_or(1);
    let threads = if args.slurm.is_some() { available } else { (available / at_once).max(1) };
    let jobs = plan(args, threads)?;
    let missing: Vec<&Job> = jobs.iter().filter(|job| !job.stages.is_empty()).collect();
    say(false, &format!("{} runs, {} there already", jobs.len(), jobs.len() - missing.len()));
    let program = std::env::current_exe().context("cannot find this program's own path")?;
    if args.print {
        for job in missing {
            answer!("{}", job.lines(&program).join(" && "))?;
        }
        return Ok(());
    }
    if let Some(file) = &args.slurm {
        return write_slurm(args, &missing, &program, threads, file);
    }
    finish(&sweep(args, &missing, &program, at_once)?)
}

fn write_slurm(args: &Args, missing: &[&Job], program: &Path, threads: usize, file: &Path) -> Result<()> {
    if missing.is_empty() {
        say(false, &format!("nothing is missing; {} is not written", file.display()));
        return Ok(());
    }
    if missing.len() > slurm::USUAL_LIMIT {
        warn(&format!(
            "{} tasks in one array; clusters usually allow {}. Where Slurm refuses it, write a script for some of the seeds at a time (--seeds)",
            missing.len(),
            slurm::USUAL_LIMIT
        ));
    }
    let text = slurm::script(args, missing, program, threads, file)?;
    write_atomically(file, text.as_bytes())?;
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", file.display()))?;
    // Slurm does not make the folder of its logs.
    std::fs::create_dir_all(&args.runs)
        .with_context(|| format!("cannot make the folder {}", args.runs.display()))?;
    say(false, &format!("next: {}", Hint::Sbatch { script: file }));
    Ok(())
}

/// Runs all jobs, `at_once` at a time, and returns what became of each.
fn sweep<'a>(
    args: &Args,
    jobs: &[&'a Job],
    program: &Path,
    at_once: usize,
) -> Result<Vec<(&'a Job, Outcome)>> {
    let pool = Arc::new(Pool::default());
    let (first, again) = (Arc::clone(&pool), Arc::clone(&pool));
    interrupt::watch(
        move || {
            interrupt::tell("\nevery run saves … (Ctrl-C again in a second or later stops them at once)");
            first.stop();
        },
        move || {
            interrupt::tell("\nstopping at once");
            again.stop();
        },
    );
    let queue: Mutex<VecDeque<(usize, &Job)>> = Mutex::new((1..).zip(jobs.iter().copied()).collect());
    let outcomes = Mutex::new(Vec::new());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let board = Board::new(jobs.len());
    std::thread::scope(|scope| {
        let (ended, end) = channel();
        let told = &board;
        scope.spawn(move || beat(beat::EVERY, &end, || told.line().iter().for_each(|line| say(false, line))));
        for _ in 0..at_once.min(jobs.len()) {
            let ended = ended.clone();
            let (next, board, pool, outcomes) = (&next, &board, &pool, &outcomes);
            scope.spawn(move || {
                while let Some((number, job)) = next() {
                    let place = format!("[{number}/{}] {}", jobs.len(), job.name());
                    let tell = |stage| board.begins(number, job, stage);
                    let outcome = record::provide(args, job, program, pool, &place, tell);
                    board.ends(number);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((number, outcome));
                }
                // When the last of these is dropped, nothing is left to tell.
                drop(ended);
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(number, _)| *number);
    Ok(jobs.iter().copied().zip(outcomes.into_iter().map(|(_, outcome)| outcome)).collect())
}

/// The last word on a sweep.
fn finish(outcomes: &[(&Job, Outcome)]) -> Result<()> {
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|(_, outcome)| wanted(outcome)).count();
    let done = count(|outcome| matches!(outcome, Outcome::Done));
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let cut_off = count(|outcome| matches!(outcome, Outcome::CutOff));
    let cut_short = count(|outcome| matches!(outcome, Outcome::CutShort(_)));
    let elsewhere = count(|outcome| matches!(outcome, Outcome::Elsewhere));
    let left = if elsewhere == 0 { String::new() } else { format!(", {elsewhere} left to another process") };
    say(false, &format!("{done} done, {failed} failed, {} cut off{left}", cut_off + cut_short));
    let named = |wanted: fn(&Outcome) -> Option<&String>| -> String {
        let lines = outcomes.iter().filter_map(|(job, outcome)| Some((job, wanted(outcome)?)));
        lines
            .map(|(job, why)| format!("\n  {}: {why} ({})", job.name(), record::log_path(job).display()))
            .collect()
    };
    let failures = named(|outcome| if let Outcome::Failed(why) = outcome { Some(why) } else { None });
    let shortened = named(|outcome| if let Outcome::CutShort(why) = outcome { Some(why) } else { None });
    if cut_off + cut_short > 0 {
        let failed = if failures.is_empty() { String::new() } else { format!(". Failed before:{failures}") };
        let saved = if cut_short == 0 {
            "everything is saved".to_owned()
        } else {
            format!(
                "{cut_short} of the runs did not say that they saved and go on from their last checkpoint:{shortened}\n"
            )
        };
        let words = format!("interrupted; {saved}. Run the same command again to go on{failed}");
        return Err(anyhow::Error::new(Interrupted).context(words));
    }
    if failed > 0 {
        bail!("{failed} of {} runs failed; the same command tries them again:{failures}", outcomes.len());
    }
    if elsewhere > 0 {
        bail!(
            "{elsewhere} of {} runs are being trained by another process; once that has ended, the same command does what is still missing",
            outcomes.len()
        );
    }
    Ok(())
}
