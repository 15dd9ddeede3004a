//! Which runs a sweep is made of, what is missing of each, and the commands that provide it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::Args;
use crate::cli::train::variant_of;
use crate::config::{Config, load};
use crate::results::{self, ERRORS, Measurement, Row, RunName, Store, rows_path};
use crate::shell::{self, operand};
use crate::train::{Identity, RunDir};

/// One run of a sweep.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) identity: Identity,
    pub(super) root: PathBuf,
    pub(super) config_hash: String,
    /// What is still to be done, in this order.
    pub(super) stages: Vec<Stage>,
}

/// A step of a run: one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stage {
    /// `train` or `evaluate`: the subcommand, and the metric of the row that reports a failure.
    pub(super) name: &'static str,
    /// Arguments of the program.
    pub(super) arguments: Vec<OsString>,
}

impl Stage {
    /// As a shell line.
    pub(super) fn line(&self, program: &Path) -> String {
        shell::line(
            std::iter::once(program.as_os_str()).chain(self.arguments.iter().map(OsString::as_os_str)),
        )
    }
}

impl Job {
    /// The run in a few words: `digit-circle/l1-1 seed 3`.
    pub(super) fn name(&self) -> String {
        format!("{}/{} seed {}", self.identity.domain, self.identity.variant, self.identity.seed)
    }

    /// What rows of a family of the run are kept as, whose δ is not known yet.
    pub(super) fn measurement(&self, family: &str) -> Measurement {
        let Identity { domain, variant, seed, .. } = &self.identity;
        let run = RunName { domain: domain.clone(), variant: variant.clone(), seed: *seed };
        Measurement { run, delta: None, family: family.to_owned() }
    }

    /// One shell line a stage.
    pub(super) fn lines(&self, program: &Path) -> Vec<String> {
        self.stages.iter().map(|stage| stage.line(program)).collect()
    }
}

/// Every run of the sweep, with what is missing of each; `threads` is for one run.
///
/// # Errors
/// When an experiment, a setting or the rows there are cannot be read: before anything runs.
pub(super) fn plan(args: &Args, threads: usize) -> Result<Vec<Job>> {
    let rows =
        if args.evaluate { results::read(&rows_path(&args.results, &args.scale))? } else { Vec::new() };
    let store = args.evaluate.then(|| Store::open(&args.results, &args.scale, args.replace)).transpose()?;
    let mut jobs = Vec::new();
    let mut known: BTreeMap<PathBuf, (&PathBuf, String)> = BTreeMap::new();
    let mut experiments = Vec::new();
    for experiment in &args.experiments {
        experiments.push((experiment, load(experiment, &args.scale, &args.overrides)?.pinned()?));
    }
    // What takes its ĝ from another run comes after all that do not.
    experiments.sort_by_key(|(_, config)| config.retrain.is_on());
    for (experiment, config) in experiments {
        let variant = variant_of(experiment)?;
        for seed in args.seeds.iter() {
            let identity = Identity {
                domain: config.domain.name().into(),
                variant: variant.into(),
                scale: args.scale.clone(),
                seed,
            };
            let folder = args.runs.join(&identity.domain).join(variant).join(&args.scale);
            let root = folder.join(format!("seed-{seed}"));
            let config_hash = config.hash();
            // A file that is named twice is still one run; two files of one name would be.
            let earlier = known.get(&root).filter(|(_, hash)| *hash != config_hash);
            if let Some((other, _)) = earlier {
                bail!(
                    "{} and {} are both {identity}, which has the one folder {}; give one of the files another name, or sweep them with two --runs",
                    other.display(),
                    experiment.display(),
                    root.display()
                );
            }
            if known.insert(root.clone(), (experiment, config_hash.clone())).is_none() {
                let mut job = Job { identity, root, config_hash, stages: Vec::new() };
                let trained = trained(&job, &config);
                if !trained {
                    job.stages.push(job.training(args, experiment, threads));
                }
                if let Some(store) = store.as_ref().filter(|_| !(trained && measured(&job, &rows))) {
                    // Before the run is trained, whose rows would then not be kept.
                    store.admit(&job.measurement(ERRORS), &job.config_hash, config.evaluation.samples)?;
                    job.stages.push(job.evaluation(args, threads));
                }
                jobs.push(job);
            }
        }
    }
    Ok(jobs)
}

/// Whether the run has ended, with these settings. With others it has not: training it is
/// refused, and that says which settings differ.
fn trained(job: &Job, config: &Config) -> bool {
    RunDir::open(&job.root)
        .is_ok_and(|dir| dir.finished() && dir.config().is_ok_and(|found| found == *config))
}

/// Whether the rows have the run's end-to-end error, measured with these settings.
fn measured(job: &Job, rows: &[Row]) -> bool {
    let own = |r: &&Row| {
        r.domain == job.identity.domain && r.variant == job.identity.variant && r.seed == job.identity.seed
    };
    rows.iter()
        .filter(own)
        .any(|r| r.metric == "e2ee" && r.config_hash == job.config_hash && r.measured().is_some())
}

impl Job {
    fn training(&self, args: &Args, experiment: &Path, threads: usize) -> Stage {
        let mut arguments = words(&["--threads", &threads.to_string(), "train"]);
        arguments.push(operand(experiment));
        arguments.extend(words(&["--scale", &args.scale, "--seed", &self.identity.seed.to_string()]));
        for setting in &args.overrides {
            arguments.extend(words(&["--set", setting]));
        }
        arguments.extend(words(&["--device", &args.device.to_string()]));
        arguments.extend(["--runs".into(), operand(&args.runs)]);
        Stage { name: "train", arguments }
    }

    fn evaluation(&self, args: &Args, threads: usize) -> Stage {
        let mut arguments = words(&["--threads", &threads.to_string(), "evaluate"]);
        arguments.push(operand(&self.root));
        arguments.extend(words(&["--device", &args.device.to_string()]));
        arguments.extend(["--results".into(), operand(&args.results)]);
        if args.replace {
            arguments.push("--replace".into());
        }
        Stage { name: "evaluate", arguments }
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(Into::into).collect()
}
