//! `sparling assumptions`: how far a domain fulfils what the identifiability theorem asks of it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::tell::{answer, say};
use crate::config::load;
use crate::eval::{Assumptions, Estimate, Geometry, assumptions};
use crate::files::write_atomically;
use crate::hint::{Also, Hint, RESULTS};

/// Estimates, by drawing samples, what the identifiability theorem rests on: sparsity, locality, necessity.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling assumptions digit-circle
  sparling assumptions latex-ocr --scale paper --samples 5000 --csv assumptions.csv
  sparling assumptions audio-sequence --set domain.max-digits=6

Nothing is trained. Intervals are 95 %: a percentile bootstrap over samples for means, Wilson's for shares.")]
pub struct Args {
    /// Domain, as `sparling list` names them.
    pub domain: String,
    /// demo, laptop, paper, or smoke (for tests).
    #[arg(long, default_value = "laptop")]
    pub scale: String,
    /// Training samples to draw.
    #[arg(long, default_value_t = 2000, value_parser = clap::value_parser!(u64).range(2..))]
    pub samples: u64,
    /// Change a setting, e.g. --set model.g.units=4 (may be repeated).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Seed of the draws of motifs and kinds.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Write the table as CSV too.
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Folder of experiments.
    #[arg(long, default_value = "experiments")]
    pub experiments: PathBuf,
}

/// A line of the table. Without a value it was not estimated: there was nothing to count.
#[derive(Debug, Serialize)]
struct Line {
    assumption: &'static str,
    quantity: &'static str,
    value: Option<f64>,
    low95: Option<f64>,
    high95: Option<f64>,
    interval: &'static str,
    draws: u64,
}

impl Line {
    fn new(assumption: &'static str, quantity: &'static str, estimate: Option<Estimate>) -> Self {
        let interval = estimate.and_then(|e| e.interval);
        Self {
            assumption,
            quantity,
            value: estimate.map(|e| e.value),
            low95: interval.map(|i| i.low),
            high95: interval.map(|i| i.high),
            interval: estimate.map_or("", |e| e.method.name()),
            draws: estimate.map_or(0, |e| e.draws),
        }
    }
}

fn lines(found: &Assumptions) -> Vec<Line> {
    vec![
        Line::new("sparsity", "motifs a sample", Some(found.motifs)),
        Line::new("sparsity", "minimum density", Some(found.minimum_density)),
        Line::new("locality", "motifs that fit the receptive field", found.local),
        Line::new("necessity", "dropped: output changes", found.dropped_changes),
        Line::new("necessity", "dropped: no output defined", found.dropped_undefined),
        Line::new("necessity", "swapped, if defined: output changes", found.swapped_changes),
        Line::new("necessity", "swapped: no output defined", found.swapped_undefined),
    ]
}

/// Runs the command.
///
/// # Errors
/// When there is no such experiment or scale, a setting is refused, the domain's corpus is missing, or
/// the CSV cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let experiment = args.experiments.join(&args.domain).join("sparling.toml");
    let config = load(&experiment, &args.scale, &args.overrides)?;
    let domain = config.domain.build()?;
    let geometry = Geometry::of(&config)?;
    let found = assumptions(&*domain, geometry, args.samples, args.seed)?;
    let lines = lines(&found);

    answer!("{} at {} scale, {} training samples", args.domain, args.scale, args.samples)?;
    if !domain.corpus().is_empty() {
        answer!("corpus {}", domain.corpus())?;
    }
    answer!("\n{:<11}{:<38}{:>10}   95 % interval", "", "", "estimate")?;
    for line in &lines {
        let number = |value: Option<f64>| value.map_or("–".to_owned(), readable);
        let interval = match (line.low95, line.high95) {
            (Some(low), Some(high)) => format!("{} to {} ({})", readable(low), readable(high), line.interval),
            _ => "–".to_owned(),
        };
        answer!("{:<11}{:<38}{:>10}   {interval}", line.assumption, line.quantity, number(line.value))?;
    }
    answer!("\n{}", reading(&found, geometry, domain.mean_motifs(), domain.input_shape()[1] == 1))?;
    if let Some(path) = &args.csv {
        let mut csv = csv::Writer::from_writer(Vec::new());
        for line in &lines {
            csv.serialize(line)?;
        }
        let bytes = csv.into_inner().with_context(|| format!("cannot lay out {}", path.display()))?;
        write_atomically(path, &bytes)?;
        say(false, &format!("wrote {}", path.display()));
    }
    Ok(())
}

/// Four digits, in powers of ten where a number is small.
fn readable(value: f64) -> String {
    if value != 0.0 && value.abs() < 1e-2 { format!("{value:.3e}") } else { format!("{value:.4}") }
}

/// What each line is an estimate of, and what is not shown.
fn reading(found: &Assumptions, geometry: Geometry, mean_motifs: f64, series: bool) -> String {
    let unit = if series { "frames" } else { "pixels" };
    let measuring =
        Hint::Evaluate { run: Path::new("RUN"), results: Path::new(RESULTS), also: Also::Nothing };
    let sides = found.sides.map_or(String::new(), |[median, most, longest]| {
        format!(";\n  longer sides: median {median}, 95 % up to {most}, longest {longest} {unit}")
    });
    format!(
        "Sparsity: the mean number of true motifs a sample (by the settings {mean_motifs:.4}), and the same over \
         the {} cells of\n  the model's map: the density below which no map can mark every motif.\n\
         Locality: the share of motifs whose box is on no side longer than the {} {unit} that a cell \
         of the map sees{sides}.\n\
         Necessity: of one motif a sample, dropped, or made another kind, both drawn uniformly: how often the \
         output changes\n  by the domain's own rule. Where the rule defines no output, the draw counts as undefined, \
         not as changed.\n\
         Not shown: that a motif that fits can be told from what the model sees of it, that necessity holds where \
         no output\n  is defined (a reader may infer what is missing from the gap that it leaves), or anything of a \
         trained model:\n  its error and density are measured by `{}`.",
        geometry.cells, geometry.receptive_field, measuring
    )
}
