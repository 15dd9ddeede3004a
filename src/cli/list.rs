//! `sparling list`: the experiments and figures there are, and how far each run has come.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::builder::PossibleValuesParser;

use super::run_state::state;
use super::tell::Answers;
use crate::domain::{DOMAINS, names};
use crate::figures::FIGURES;
use crate::hint::{self, Hint};
use crate::shell;
use crate::train::{Checkpoint, RunDir};

/// List the experiments that can be run, the figures that can be drawn, the runs that were begun and the models
/// that are kept.
///
/// A run is `runs/<domain>/<variant>/<scale>/seed-<n>`. Its state is read from the end of its
/// metrics.jsonl; a last line that was torn by a kill is passed over.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  sparling list
  sparling list --domain digit-circle
  sparling list --runs /mnt/disk/runs")]
pub struct Args {
    /// Only this domain
    #[arg(long, value_name = "NAME", value_parser = PossibleValuesParser::new(names()))]
    domain: Option<String>,

    /// Folder of the experiments
    #[arg(long, value_name = "DIR", default_value = "experiments")]
    experiments: PathBuf,

    /// Folder of the runs
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs: PathBuf,

    /// Folder of the results, with the models that are kept there
    #[arg(long, value_name = "DIR", default_value = "results")]
    results: PathBuf,
}

/// Prints the lists.
///
/// # Errors
/// When a folder that is there cannot be read, or the output cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let out = &mut Answers;
    kinds(args, out)?;
    writeln!(out)?;
    experiments(args, out)?;
    writeln!(out)?;
    figures(args, out)?;
    writeln!(out)?;
    runs(args, out)?;
    writeln!(out)?;
    models(args, out)
}

/// Every domain, by the name that `domain.name` takes.
fn kinds(args: &Args, out: &mut impl Write) -> Result<()> {
    writeln!(out, "Domains")?;
    for entry in DOMAINS.iter().filter(|entry| args.domain.as_ref().is_none_or(|d| d == entry.name)) {
        let needs = if entry.needs.is_empty() { String::new() } else { format!("; needs {}", entry.needs) };
        writeln!(out, "  {:<30} {}{needs}", entry.name, entry.title)?;
    }
    Ok(())
}

fn experiments(args: &Args, out: &mut impl Write) -> Result<()> {
    writeln!(out, "Experiments in {}", args.experiments.display())?;
    let mut none = true;
    for domain in domains(args, &args.experiments)? {
        let with_suffix = |folder: &Path| -> Result<Vec<PathBuf>> {
            let toml = |path: &PathBuf| path.extension().is_some_and(|suffix| suffix == "toml");
            Ok(entries(folder)?.into_iter().filter(toml).collect())
        };
        let scales: Vec<_> = with_suffix(&domain.join("scales"))?.iter().map(|path| stem(path)).collect();
        let scales = if scales.is_empty() { "none".to_owned() } else { scales.join(", ") };
        writeln!(out, "  {} (scales: {scales})", name(&domain))?;
        for path in with_suffix(&domain)? {
            none = false;
            writeln!(out, "    {:<30} {}", stem(&path), claim(&path)?)?;
        }
    }
    if none {
        writeln!(out, "  none; expected {}/<domain>/<variant>.toml", args.experiments.display())?;
    }
    Ok(())
}

/// Every figure and table, by the name that `sparling figure` takes.
fn figures(args: &Args, out: &mut impl Write) -> Result<()> {
    writeln!(out, "Figures, as {} figure takes them", shell::quote(hint::called()))?;
    for spec in FIGURES {
        let wanted = |domain: &str| args.domain.as_ref().is_none_or(|d| d == domain);
        if spec.runs_needed.iter().any(|(domain, _)| wanted(domain)) {
            writeln!(out, "  {:<8} {}", spec.name, spec.title)?;
        }
    }
    Ok(())
}

/// The first comment line of an experiment says what it claims.
fn claim(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let first = text.lines().find_map(|line| line.trim_start().strip_prefix('#'));
    Ok(first.map_or("", |line| line.trim_start_matches('#').trim()).to_owned())
}

fn runs(args: &Args, out: &mut impl Write) -> Result<()> {
    writeln!(out, "Runs in {}", args.runs.display())?;
    let mut none = true;
    for domain in domains(args, &args.runs)? {
        for variant in folders(&domain)? {
            for scale in folders(&variant)? {
                for seed in folders(&scale)?.into_iter().filter(|path| name(path).starts_with("seed-")) {
                    none = false;
                    let relative = seed.strip_prefix(&args.runs).unwrap_or(&seed);
                    writeln!(out, "  {:<44} {}", relative.display().to_string(), told(state(&seed)))?;
                }
            }
        }
    }
    if none {
        let hint = Hint::Train {
            experiment: &args.experiments.join("digit-circle/sparling.toml"),
            scale: "laptop",
            seed: 1,
            runs: &args.runs,
        };
        writeln!(out, "  none; begin one: {hint}")?;
    }
    Ok(())
}

/// Trained models that are kept among the results, which every command takes in place of a run.
fn models(args: &Args, out: &mut impl Write) -> Result<()> {
    writeln!(out, "Trained models in {}, for every command that takes a run", args.results.display())?;
    let mut none = true;
    for scale in folders(&args.results)? {
        for folder in folders(&scale.join("models"))? {
            let dir = match RunDir::open(&folder) {
                Ok(dir) => dir,
                Err(error) => {
                    none = false;
                    writeln!(out, "  {:<58} {}", folder.display().to_string(), told(Err(error)))?;
                    continue;
                }
            };
            if args.domain.as_ref().is_some_and(|domain| *domain != dir.identity.domain) {
                continue;
            }
            none = false;
            writeln!(out, "  {:<58} {}", folder.display().to_string(), kept(&dir))?;
        }
    }
    if none {
        writeln!(out, "  none")?;
    }
    Ok(())
}

/// What is said in a run's place: one that is damaged or not ours to read hides no other.
fn told(state: Result<String>) -> String {
    state.unwrap_or_else(|error| format!("unreadable: {error:#}"))
}

/// A model in a few words: what it is of, its density, and what it was trained on.
fn kept(dir: &RunDir) -> String {
    let state = dir.density_stems().pop().map(|stem| Checkpoint::state(&stem));
    match state {
        Some(Ok(state)) => {
            format!("{}, δ {:.2e}, {} samples", dir.identity, state.annealing.density, state.samples)
        }
        Some(Err(error)) => format!("{}, damaged: {error:#}", dir.identity),
        None => format!("{}, no model in it", dir.identity),
    }
}

fn domains(args: &Args, folder: &Path) -> Result<Vec<PathBuf>> {
    let wanted = |path: &PathBuf| args.domain.as_ref().is_none_or(|domain| *domain == name(path));
    Ok(folders(folder)?.into_iter().filter(wanted).collect())
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// What is in a folder, sorted; nothing where there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let context = || format!("reading the folder {}", folder.display());
    let found: std::io::Result<Vec<_>> =
        fs::read_dir(folder).with_context(context)?.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut found = found.with_context(context)?;
    found.sort_by_key(|path| by_number(&name(path)));
    Ok(found)
}

/// `seed-10` comes after `seed-9`.
fn by_number(name: &str) -> (String, u64) {
    let word = name.trim_end_matches(|c: char| c.is_ascii_digit());
    (word.to_owned(), name[word.len()..].parse().unwrap_or(0))
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(root: &Path) -> Args {
        Args {
            domain: None,
            experiments: root.join("experiments"),
            runs: root.join("runs"),
            results: root.join("results"),
        }
    }

    fn printed(print: impl Fn(&Args, &mut Vec<u8>) -> Result<()>, args: &Args) -> String {
        let mut out = Vec::new();
        print(args, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_there_says_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let args = args(root.path());
        assert!(printed(experiments, &args).contains("none; expected"), "experiments");
        assert!(printed(runs, &args).contains("sparling train"), "runs");
    }

    #[test]
    fn an_experiment_is_listed_with_its_claim_and_scales() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("experiments/digit-circle");
        fs::create_dir_all(folder.join("scales")).unwrap();
        fs::write(folder.join("sparling.toml"), "\n# Motifs are found: FPE 1.48 %\n# more\n[train]\n")
            .unwrap();
        fs::write(folder.join("scales/laptop.toml"), "").unwrap();
        let text = printed(experiments, &args(root.path()));
        assert!(text.contains("digit-circle (scales: laptop)"), "{text}");
        assert!(text.contains("sparling                       Motifs are found: FPE 1.48 %\n"), "{text}");
        let other = Args { domain: Some("latex-ocr".into()), ..args(root.path()) };
        assert!(!printed(experiments, &other).contains("digit-circle"), "--domain selects");
    }

    #[test]
    fn models_that_are_kept_are_listed_by_their_folder() {
        let root = tempfile::tempdir().unwrap();
        assert!(printed(models, &args(root.path())).contains("  none"), "no folder of results");
        let own =
            Args { results: Path::new(env!("CARGO_MANIFEST_DIR")).join("results"), ..args(root.path()) };
        let text = printed(models, &own);
        let found = |name: &str| {
            let line =
                text.lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{name}: {text}"));
            let folder = Path::new(line.split_whitespace().next().unwrap());
            assert!(folder.join("run.toml").is_file(), "{line}");
            assert!(line.contains(" samples") && line.contains("δ "), "{line}");
        };
        let kept = fs::read_dir(own.results.join("laptop/models")).unwrap();
        let names: Vec<String> =
            kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert!(!names.is_empty());
        names.iter().for_each(|name| found(name));
        let other = Args { domain: Some("latex-ocr".into()), ..own };
        assert!(!printed(models, &other).contains("digit-circle"), "--domain selects");
    }

    #[test]
    fn figures_and_tables_are_listed_by_what_the_command_takes() {
        let root = tempfile::tempdir().unwrap();
        let text = printed(figures, &args(root.path()));
        let names: Vec<&str> =
            text.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(names.len(), FIGURES.len(), "{text}");
        assert!(names.iter().all(|name| name.parse::<crate::figures::Target>().is_ok()), "{text}");
        assert!(FIGURES.iter().all(|figure| text.contains(figure.title)), "{text}");
        let other = Args { domain: Some("latex-ocr".into()), ..args(root.path()) };
        let text = printed(figures, &other);
        assert!(text.contains("fig3") && !text.contains("table1"), "DigitCircle alone: {text}");
    }

    #[test]
    fn a_torn_last_line_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        let run = root.path().join("runs/digit-circle/sparling/laptop/seed-10");
        fs::create_dir_all(&run).unwrap();
        fs::create_dir_all(run.with_file_name("seed-9")).unwrap();
        let metrics = run.join("metrics.jsonl");
        let lines = "{\"samples\":100,\"delta\":0.375,\"accuracy\":0.5}\n{\"samples\":200,\"loss\":1.5}\n{\"samples\":30";
        fs::write(&metrics, lines).unwrap();
        let text = printed(runs, &args(root.path()));
        assert!(text.contains("200 samples, δ 3.75e-1, accuracy 50.0 %, not finished"), "{text}");
        assert!(text.contains("begun; nothing measured yet"), "{text}");
        assert!(text.find("seed-9 ").unwrap() < text.find("seed-10 ").unwrap(), "by number: {text}");

        fs::write(&metrics, "{\"event\":\"end\",\"samples\":300,\"delta\":5e-5}\n").unwrap();
        assert!(state(&run).unwrap().ends_with("δ 5.00e-5, finished"), "{}", state(&run).unwrap());
        fs::write(&metrics, b"\xff\xfe not json at all").unwrap();
        assert!(state(&run).unwrap().starts_with("not finished"), "{}", state(&run).unwrap());
    }
}
