//! A sweep as a Slurm job array.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::Args;
use super::plan::Job;
use crate::device::DeviceChoice;
use crate::hint::Hint;
use crate::shell;

/// The most tasks of one array that clusters usually allow (Slurm's own default of `MaxArraySize`, less one).
pub(super) const USUAL_LIMIT: usize = 1000;

/// The script for `sbatch`: a task a run, each with the same commands as `sweep` itself, whatever characters paths hold.
///
/// Runs are steps (`srun`), so that the signal before the time limit reaches them, which makes
/// them save.
///
/// # Errors
/// When the current folder is gone.
pub(super) fn script(
    args: &Args,
    jobs: &[&Job],
    program: &Path,
    threads: usize,
    file: &Path,
) -> Result<String> {
    let here = std::env::current_dir().context("cannot find the current folder")?;
    let runs = std::path::absolute(&args.runs).context("cannot find the folder of runs")?;
    let logs = output(&runs.join("slurm-%A-%a.log"));
    let at_once = args.jobs.map_or(String::new(), |jobs| format!("%{jobs}"));
    let gpu = match args.device {
        DeviceChoice::Cuda(_) => "#SBATCH --gres=gpu:1\n",
        DeviceChoice::Auto | DeviceChoice::Cpu => "",
    };
    let mut text = format!(
        "#!/bin/bash
# Written by a sweep with --slurm: {count} runs, an array task each. Submit it with
#
#     {submit}
#
# Submit it again to go on with what was cut off; tasks whose run has ended come to an end at once.
# Add what your cluster asks for, as #SBATCH --time, --mem, --partition or --account.
#
#SBATCH --job-name=sparling
#SBATCH --array=1-{count}{at_once}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={threads}
{logs}
# After a pre-emption or a failure of the node a task is queued again and goes on.
#SBATCH --requeue
#SBATCH --open-mode=append
# Two minutes before the time limit the runs are told to save.
#SBATCH --signal=TERM@120
{gpu}
cd -- {here} || exit 1
# Slurm 22.05 and later do not hand the number of CPUs on to steps by themselves.
export SRUN_CPUS_PER_TASK=$SLURM_CPUS_PER_TASK

case \"$SLURM_ARRAY_TASK_ID\" in
",
        count = jobs.len(),
        submit = Hint::Sbatch { script: file }.plain(),
        here = shell::quote(here.as_os_str()),
    );
    for (task, job) in (1..).zip(jobs) {
        let steps: Vec<String> = job.lines(program).iter().map(|line| format!("    srun {line}")).collect();
        let _ = write!(text, "{task}) # {}\n{}\n    ;;\n", job.name(), steps.join(" &&\n"));
    }
    text += "*)\n    echo \"no run has the number $SLURM_ARRAY_TASK_ID\" >&2\n    exit 1\n    ;;\nesac\n\
             status=$?\n\
             # Told to stop and saved: the task goes on in its next turn.\n\
             [ \"$status\" -eq 130 ] && scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n\
             exit \"$status\"\n";
    Ok(text)
}

/// The line that says where tasks write; `log` ends in a name with Slurm's own `%A` and `%a`.
///
/// sbatch reads these lines itself, and its quotes are not the shell's: a backslash counts within them, and a line
/// ends where it ends. A folder that cannot be written so is left to Slurm's default.
fn output(log: &Path) -> String {
    let (folder, name) = (log.parent().and_then(Path::to_str), log.file_name().and_then(OsStr::to_str));
    let plain = |text: &&str| !text.contains(|c: char| c.is_control() || c == '\'' || c == '\\');
    match folder.filter(plain).zip(name) {
        // A percent sign of the path's own would stand for something.
        Some((folder, name)) => format!("#SBATCH --output='{}/{name}'", folder.replace('%', "%%")),
        None => "# No #SBATCH line can name the folder of runs: logs are in the folder that this is submitted from."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt as _;

    use super::*;

    #[test]
    fn logs_go_to_the_runs_where_sbatch_can_be_told_so() {
        let line = |folder: &[u8]| output(&Path::new(OsStr::from_bytes(folder)).join("slurm-%A-%a.log"));
        assert_eq!(line(b"/runs"), "#SBATCH --output='/runs/slurm-%A-%a.log'");
        assert_eq!(line(b"/my runs #1 50% $x"), "#SBATCH --output='/my runs #1 50%% $x/slurm-%A-%a.log'");
        for folder in [&b"/it's"[..], b"/two\nlines", b"/back\\slash", b"/\xff"] {
            let line = line(folder);
            assert!(!line.contains("SBATCH --") && line.lines().count() == 1, "{line}");
        }
    }
}
