//! `sparling evaluate`: the metrics of a trained run on test samples.

use std::num::NonZeroU16;
use std::path::PathBuf;

use anyhow::Result;

use super::breaking::tell_break;
use super::tell::{answer, say, unless_unread, warn};
use crate::device::{DeviceChoice, resolve};
use crate::domain::Split;
use crate::eval::{MotifErrors, Score};
use crate::hint::Hint;
use crate::interrupt;
use crate::measure::{self, Finding, Model, Report, Wanted, errors, necessary_fne, validate};
use crate::results::Store;
use crate::train::RunDir;

/// Measures motif errors, E2EE and density of a run (or committed model) on test samples.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --densities 10
  sparling evaluate results/laptop/models/digit-circle-sparling-seed2 --samples 1000 --no-save
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --perturbation --quantisation --unseen
  sparling evaluate runs/digit-circle/sparling/laptop/seed-1 --examples-along 10

Motifs are the small patterns that an output depends on, such as digits; a model predicts them as the
non-zero values of its middle layer, the motif map, with a channel for each kind.
FPE (false positive error): share of predicted motifs that are none.
FNE (false negative error): share of true motifs that are not predicted.
CE (confusion error): share of matched motifs of another kind than their channel's, after the best
assignment of channels to kinds. E2EE (end-to-end error): edit distance of the outputs, divided by the
longer length, averaged. exact: share of outputs that are right as a whole. delta: density δ in force,
the share of the motif map that may be non-zero; density: the share that is.

Rows go to results/<scale>/rows.csv, where an evaluation replaces what was measured of the same run at the
same density before, as a whole.")]
pub struct Args {
    /// A run's folder, or a model's under `results/<scale>/models/`.
    pub run: PathBuf,
    /// Test samples [default: evaluation.samples of the run's configuration].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub samples: Option<u64>,
    /// Measure the models at the last N densities (figure 4 shows them), not only the last.
    #[arg(long, default_value = "1", value_name = "N")]
    pub densities: NonZeroU16,
    /// Test samples at densities before the last [default: as --samples].
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    pub path_samples: Option<u64>,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
    /// Folder that result rows and examples are kept in.
    #[arg(long, default_value = "results")]
    pub results: PathBuf,
    /// Measure on validation samples, for choosing settings: prints the share of pairs by channel
    /// and kind too, and keeps nothing.
    #[arg(long)]
    pub validation: bool,
    /// At the last density, move one motif of each sample to another kind's channel: does the
    /// answer follow (figure 6)? Another pass over the samples.
    #[arg(long, conflicts_with = "validation")]
    pub perturbation: bool,
    /// At every density measured, E2EE with motif values quantised to 2, 4, 8 and 16 bins a channel
    /// (figure 10). Five more passes.
    #[arg(long, conflicts_with = "validation")]
    pub quantisation: bool,
    /// At the last density, tell the answers apart by whether training has had their output: an answer to one that
    /// it has could come from memory. Another pass over the samples.
    #[arg(long, conflicts_with = "validation")]
    pub unseen: bool,
    /// Keep four test samples at N densities from the first to the last, with the four errors there, for the
    /// explorer of the HTML report. Densities that --densities leaves out are measured on 1000 samples
    /// [or --path-samples] and get no rows.
    #[arg(long, default_value_t = 0, value_name = "N", conflicts_with_all = ["validation", "no_save"])]
    pub examples_along: usize,
    /// Only print.
    #[arg(long)]
    pub no_save: bool,
    /// Drop all rows of the run that are there by other settings, and keep these even where there are
    /// some on more samples.
    #[arg(long, conflicts_with_all = ["no_save", "validation"])]
    pub replace: bool,
}

/// Runs the command.
///
/// # Errors
/// When the folder is not a run, has no trained model, or a file is damaged or cannot be written.
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("stopping");
    let dir = RunDir::open(&args.run)?;
    let keep = !args.no_save && !args.validation;
    let store = keep.then(|| Store::open(&args.results, &dir.identity.scale, args.replace)).transpose()?;
    if args.validation {
        return on_validation(&dir, args.samples.unwrap_or(1000), args.device);
    }
    if !dir.is_model_only() && !dir.finished() {
        warn(&format!(
            "{} has not ended; this is the newest model that it has left. This trains it on:\n  {}",
            dir.root().display(),
            Hint::GoOn { run: dir.root() }
        ));
    }
    let wanted = Wanted {
        densities: usize::from(args.densities.get()),
        samples: args.samples,
        path_samples: args.path_samples,
        perturbation: args.perturbation,
        quantisation: args.quantisation,
        unseen: args.unseen,
        examples_along: args.examples_along,
        examples: true,
        missing_only: false,
    };
    evaluate_into(&dir, &wanted, args.device, store.as_ref())?;
    if !dir.config()?.domain.knows_motifs()? {
        if args.perturbation || args.examples_along > 0 {
            warn(
                "true motifs are not known: there is nothing to swap, and no errors to keep along the densities",
            );
        }
        tell_break(&dir)?;
    }
    Ok(())
}

/// The newest model on validation samples, with its confusion matrix.
fn on_validation(dir: &RunDir, samples: u64, device: DeviceChoice) -> Result<()> {
    let mut model = Model::reported(dir, resolve(device)?)?;
    let report = validate(&mut model.session, Split::Validation, 0, samples)?;
    let errors = errors(&model.session, &report);
    head()?;
    line(&model, &report, errors.as_ref())?;
    if errors.is_none() {
        return Ok(());
    }
    let kinds = model.session.domain.motif_kinds();
    answer!("\nper mille of all pairs; rows are channels, columns what was there")?;
    answer!("          none{}", kinds.iter().map(|k| format!("{k:>6}")).collect::<String>())?;
    let channels = report.confusion.channels();
    let total = report.confusion.total().max(1) as f64;
    for channel in (0..channels).map(Some).chain([None]) {
        let share = |kind| report.confusion.count(channel, kind) as f64 * 1000.0 / total;
        let cells: String = (0..kinds.len()).map(|k| format!("{:6.1}", share(Some(k)))).collect();
        let name = channel.map_or("none".into(), |c| format!("channel {c}"));
        answer!("{name:<9}{:5.1}{cells}", share(None))?;
    }
    Ok(())
}

/// Measures a run, keeps what was found, prints a line for each result.
///
/// # Errors
/// As [`run`].
pub(super) fn evaluate_into(
    dir: &RunDir,
    wanted: &Wanted,
    device: DeviceChoice,
    store: Option<&Store>,
) -> Result<()> {
    let mut headed = false;
    let device = resolve(device)?;
    measure::evaluate(dir, wanted, device, store, &mut |model, found| {
        let told = tell(model, &found, &mut headed);
        if store.is_some() { unless_unread(told) } else { told }
    })?;
    if let Some(store) = store {
        say(false, &format!("rows kept in {}", store.path().display()));
    }
    Ok(())
}

/// Prints one result; the first of errors with the table's head, if it is not `headed` yet.
fn tell(model: &Model, found: &Finding<'_>, headed: &mut bool) -> Result<()> {
    match found {
        Finding::Errors(report, errors) => {
            if !std::mem::replace(headed, true) {
                head()?;
            }
            line(model, report, *errors)
        }
        Finding::Quantisation(found) => {
            let cells = found
                .quantised
                .iter()
                .filter_map(|(bins, e2ee)| Some(format!("{bins}: {:.2}", e2ee.error()? * 100.0)));
            answer!("           E2EE by bins of motif values: {}", cells.collect::<Vec<_>>().join(", "))
        }
        Finding::Perturbation(found) => {
            let share =
                found.accuracy().map_or("none possible".into(), |a| format!("{:.2} % followed", a * 100.0));
            answer!("           swaps: {share}, {} swaps in {} samples", found.swapped, found.samples)
        }
        Finding::Unseen(found) if found.unseen.samples() == 0 => answer!(
            "           every output is one of those of {} training samples, so that none is left to compare",
            found.trained
        ),
        Finding::Unseen(found) => {
            let percent =
                |share: Option<f64>| share.map_or("–".into(), |share| format!("{:.2}", share * 100.0));
            answer!(
                "           {} of {} outputs were not among those of {} training samples ({} %); of these E2EE {}, exact {}; of the others at equal lengths E2EE {}",
                found.unseen.samples(),
                found.seen.samples() + found.unseen.samples(),
                found.trained,
                percent(found.share()),
                percent(found.unseen.error()),
                percent(found.unseen.exact_match()),
                percent(found.seen_as_long())
            )
        }
        Finding::Examples(path) => {
            say(false, &format!("examples kept in {}", path.display()));
            Ok(())
        }
        Finding::Along(densities, path) => {
            say(false, &format!("samples at {densities} densities kept in {}", path.display()));
            Ok(())
        }
    }
}

/// The table's head, which comes with its first line: what fails before has no table.
fn head() -> Result<()> {
    answer!(
        "     delta     FPE     FNE      CE    E2EE   exact   density   samples   (percent; δ and density as they are)"
    )
}

fn line(model: &Model, report: &Report, errors: Option<&MotifErrors>) -> Result<()> {
    let percent = |v: Option<f64>| v.map_or("      –".into(), |v| format!("{:7.2}", v * 100.0));
    answer!(
        "{} {} {} {} {} {} {:9.2e} {:9}",
        model.reported_delta().map_or("         –".into(), |delta| format!("{delta:10.3e}")),
        percent(errors.map(|errors| errors.fpe)),
        percent(errors.map(|errors| errors.fne)),
        percent(errors.and_then(|errors| errors.ce)),
        percent(report.e2ee.error()),
        percent(report.e2ee.exact_match()),
        report.density(),
        report.samples
    )?;
    if let (Some(sharing), Some(errors)) = (&report.sharing, errors) {
        let kinds = 0..model.session.domain.motif_kinds().len();
        let share = sharing.motifs() as f64 / report.confusion.motifs().max(1) as f64;
        answer!(
            "           of the motifs {:.2} share positions with another; of these FNE {}  CE {}",
            share * 100.0,
            percent(sharing.fne_among(kinds)).trim(),
            percent(sharing.ce_by(&errors.mapping)).trim()
        )?;
    }
    if let Score::Labels(score) = &report.e2ee {
        for (label, name) in model.session.domain.vocabulary().iter().enumerate().skip(1) {
            let (top, precision) = (percent(score.top_k(label)), percent(score.average_precision(label)));
            answer!(
                "           {name}: top-k accuracy {}, average precision {}",
                top.trim(),
                precision.trim()
            )?;
        }
    }
    if let Some(fne) = necessary_fne(&model.session, report) {
        let kinds = model.session.domain.motif_kinds();
        let inferable = model.session.domain.inferable_kinds().iter().map(|&k| kinds[k].as_str());
        answer!(
            "           FNE {:.2} without the often inferable {}",
            fne * 100.0,
            inferable.collect::<Vec<_>>().join(" ")
        )?;
    }
    Ok(())
}
