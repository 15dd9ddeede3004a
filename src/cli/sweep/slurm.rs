//! A sweep as a Slurm job array.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Args;
use super::plan::Job;
use crate::device::DeviceChoice;

/// The most tasks of one array that clusters usually allow (Slurm's own default of `MaxArraySize`, less one).
pub(super) const USUAL_LIMIT: usize = 1000;

/// The script for `sbatch`: a task a run, each with the same commands as `sweep` itself.
///
/// Runs are steps (`srun`), so that the signal before the time limit reaches them, which makes
/// them save.
///
/// # Errors
/// When a path cannot be quoted for a shell.
pub(super) fn script(
    args: &Args,
    jobs: &[&Job],
    program: &str,
    threads: usize,
    file: &Path,
) -> Result<String> {
    let quoted = |path: &Path| {
        let text = path.display().to_string();
        shlex::try_quote(&text)
            .map(|quoted| quoted.into_owned())
            .with_context(|| format!("the path {text} cannot be written in a shell script"))
    };
    let here = std::env::current_dir().context("cannot find the current folder")?;
    let runs = std::path::absolute(&args.runs).context("cannot find the folder of runs")?;
    let at_once = args.jobs.map_or(String::new(), |jobs| format!("%{jobs}"));
    let gpu = match args.device {
        DeviceChoice::Cuda(_) => "#SBATCH --gres=gpu:1\n",
        DeviceChoice::Auto | DeviceChoice::Cpu => "",
    };
    let mut text = format!(
        "#!/bin/bash
# Written by `sparling sweep --slurm`: {count} runs, an array task each. Submit it with
#
#     sbatch {file}
#
# Submit it again to go on with what was cut off; tasks whose run has ended come to an end at once.
# Add what your cluster asks for, as #SBATCH --time, --mem, --partition or --account.
#
#SBATCH --job-name=sparling
#SBATCH --array=1-{count}{at_once}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={threads}
#SBATCH --output={output}
# After a pre-emption or a failure of the node a task is queued again and goes on.
#SBATCH --requeue
#SBATCH --open-mode=append
# Two minutes before the time limit the runs are told to save.
#SBATCH --signal=TERM@120
{gpu}
cd {here} || exit 1
# Slurm 22.05 and later do not hand the number of CPUs on to steps by themselves.
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK

case \"$SLURM_ARRAY_TASK_ID\" in
",
        count = jobs.len(),
        file = quoted(file)?,
        output = quoted(&runs.join("slurm-%A-%a.log"))?,
        here = quoted(&here)?,
    );
    for (task, job) in (1..).zip(jobs) {
        let steps: Vec<String> = job.lines(program)?.iter().map(|line| format!("    srun {line}")).collect();
        let _ = write!(text, "{task}) # {}\n{}\n    ;;\n", job.name(), steps.join(" &&\n"));
    }
    text += "*)\n    echo \"no run has the number $SLURM_ARRAY_TASK_ID\" >&2\n    exit 1\n    ;;\nesac\n\
             status=$?\n\
             # Told to stop and saved: the task goes on in its next turn.\n\
             [ \"$status\" -eq 130 ] && scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n\
             exit \"$status\"\n";
    Ok(text)
}
