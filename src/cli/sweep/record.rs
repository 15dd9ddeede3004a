//! One run of a sweep from its first missing stage to its last, with its log and, where it
//! fails, its row.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::Args;
use super::plan::{Job, Stage};
use super::pool::{End, Pool};
use crate::cli::tell::{say, warn};
use crate::device::libtorch_version;
use crate::hint;
use crate::interrupt;
use crate::results::{Row, Store, read, rows_path};
use crate::train::BUSY;

/// What became of a run.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing of it is missing now.
    Done,
    /// Its reason, in one line.
    Failed(String),
    /// It was told to stop, and said that everything is saved; or it had not begun.
    CutOff,
    /// It was told to stop and ended otherwise than by saving, with its last word.
    CutShort(String),
    /// Another process trains it, which is no failure: nothing is kept of it.
    Elsewhere,
}

/// How a run ends that was told to stop and has saved.
fn has_saved(status: ExitStatus) -> bool {
    status.code() == Some(i32::from(interrupt::SAVED))
}

/// Where a run's output goes.
pub(super) fn log_path(job: &Job) -> PathBuf {
    job.root.join("sweep.log")
}

/// Runs the stages of a job. A failure is recorded as a row; a stage that succeeds takes the row
/// of an earlier failure away. `begins` is told each stage.
pub(super) fn provide(
    args: &Args,
    job: &Job,
    program: &Path,
    pool: &Pool,
    place: &str,
    begins: impl Fn(&'static str),
) -> Outcome {
    let begun = Instant::now();
    for stage in &job.stages {
        if pool.stopped() {
            return Outcome::CutOff;
        }
        say(false, &format!("{place}: {}", stage.name));
        begins(stage.name);
        let outcome =
            step(job, stage, program, pool).unwrap_or_else(|error| Outcome::Failed(format!("{error:#}")));
        match &outcome {
            Outcome::Done => note(forget(args, job, stage)),
            Outcome::Failed(reason) => {
                say(false, &format!("{place}: {} failed: {reason}", stage.name));
                note(keep(args, job, stage, reason));
                return outcome;
            }
            Outcome::Elsewhere => {
                say(false, &format!("{place}: another process trains it; left to that"));
                return outcome;
            }
            Outcome::CutOff | Outcome::CutShort(_) => return outcome,
        }
    }
    say(false, &format!("{place}: done after {} min", begun.elapsed().as_secs().div_ceil(60)));
    Outcome::Done
}

/// A row that cannot be kept must not end the other runs.
fn note(kept: Result<()>) {
    if let Err(error) = kept {
        warn(&format!("{error:#}"));
    }
}

/// One stage, its output appended to the log.
fn step(job: &Job, stage: &Stage, program: &Path, pool: &Pool) -> Result<Outcome> {
    let path = log_path(job);
    let context = || format!("cannot write {}", path.display());
    fs::create_dir_all(&job.root).with_context(context)?;
    let mut log = OpenOptions::new().create(true).append(true).open(&path).with_context(context)?;
    writeln!(log, "$ {}", stage.line(program)).with_context(context)?;
    let start = log.metadata().with_context(context)?.len();
    let mut command = Command::new(program);
    command
        // Its messages propose commands too.
        .arg0(hint::called())
        .args(&stage.arguments)
        .stdin(Stdio::null())
        .stdout(log.try_clone().with_context(context)?)
        .stderr(log);
    match pool.run(command)? {
        End::NotBegun => Ok(Outcome::CutOff),
        // Someone may have told this one run to save, by its process id.
        End::Stopped(status) | End::Exit(status) if has_saved(status) => Ok(Outcome::CutOff),
        End::Stopped(status) => Ok(Outcome::CutShort(reason(&path, start, status)?)),
        End::Exit(status) if status.success() => Ok(Outcome::Done),
        End::Exit(status) if status.code() == Some(i32::from(BUSY)) => Ok(Outcome::Elsewhere),
        End::Exit(status) => Ok(Outcome::Failed(reason(&path, start, status)?)),
    }
}

/// The run's own last word in its log from byte `start` on, in one line.
fn reason(log: &Path, start: u64, status: ExitStatus) -> Result<String> {
    const LONGEST: usize = 600;
    let context = || format!("cannot read {}", log.display());
    let mut file = File::open(log).with_context(context)?;
    file.seek(SeekFrom::Start(start)).with_context(context)?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).with_context(context)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let message = lines.iter().rposition(|line| line.starts_with("error: ")).map(|at| {
        let words: Vec<&str> = lines[at..].iter().flat_map(|line| line.split_whitespace()).skip(1).collect();
        words.join(" ").chars().take(LONGEST).collect::<String>()
    });
    Ok(message.unwrap_or_else(|| match status.signal() {
        Some(signal) => format!("killed by signal {signal} (9 is often a lack of memory)"),
        None => format!("ended with {status} and no message"),
    }))
}

/// Keeps a failure as a row.
fn keep(args: &Args, job: &Job, stage: &Stage, reason: &str) -> Result<()> {
    let row = Row {
        domain: job.identity.domain.clone(),
        variant: job.identity.variant.clone(),
        seed: job.identity.seed,
        delta: None,
        metric: stage.name.into(),
        value: None,
        samples: 0,
        corpus: String::new(),
        revision: crate::REVISION.into(),
        libtorch: libtorch_version(),
        device: args.device.to_string(),
        config_hash: job.config_hash.clone(),
        wall_seconds: 0.0,
        error: reason.to_owned(),
    };
    Store::open(&args.results, &args.scale, false)?.keep(&[row], None)
}

/// Takes the row of an earlier failure away.
fn forget(args: &Args, job: &Job, stage: &Stage) -> Result<()> {
    let path = rows_path(&args.results, &args.scale);
    let note = job.measurement(stage.name);
    if read(&path)?.iter().any(|row| row.measurement() == note) {
        Store::open(&args.results, &args.scale, false)?.withdraw(&note)?;
    }
    Ok(())
}
