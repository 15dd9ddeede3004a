//! The `sparling` command: one file a subcommand, and how their errors reach the user.
//!
//! Each subcommand has a struct `Args` (clap's derive) and `fn run(&Args) -> anyhow::Result<()>`.
//! A wrong command line exits with 2, anything that fails with 1, both after one message that
//! says what was found, what was expected and what to do.

pub mod assumptions;
mod breaking;
pub mod completions;
pub mod data;
mod data_audio;
mod data_folder;
pub mod doctor;
mod doctor_report;
pub mod evaluate;
pub mod export;
mod failure;
pub mod figure;
#[cfg(test)]
mod hints;
pub mod list;
mod pictures;
pub mod predict;
pub mod report;
mod run_state;
pub mod show;
pub mod supervise;
pub mod sweep;
mod tell;
pub mod train;
mod welcome;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::hint;

const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (", env!("SPARLING_REVISION"), ")");

/// Train networks whose middle layer is an extremely sparse map of what is where in the input.
///
/// A run trains input → local CNN → sparsity layer → output end to end, from labels alone, and
/// lowers the density of the layer as far as the accuracy allows. What the layer then marks is
/// compared with the true motifs, which it never saw.
#[derive(Debug, Parser)]
#[command(
    name = "sparling",
    version = VERSION,
    max_term_width = 100,
    subcommand_required = false,
    arg_required_else_help = false,
    after_help = "\
Words:
  motif      a small pattern at one place of the input that the output depends on, such as a digit
  δ          density: the share of the middle layer that may be other than 0; training lowers it
  run        the folder of one training: runs/<domain>/<variant>/<scale>/seed-<n>
  scale      how large an experiment is: demo (minutes), laptop (two CPU cores), paper (a GPU),
             smoke (for tests)
  FPE, FNE, CE, E2EE
             the four errors: marks that are no motif, motifs that are not marked, marks of another
             kind, and how far outputs are from the true ones; sparling evaluate --help says more

Where to start:
  sparling doctor                                   is everything there?
  sparling list                                     what can be run, and what has been
  sparling train experiments/digit-circle/sparling.toml --scale demo
  sparling show runs/digit-circle/sparling/demo/seed-1 --index 7 -o sample.png

Every command has examples: sparling train --help

Environment:
  SPARLING_MEMORY=64GiB    how much memory there is, in place of what is found; any: refuse nothing
  SPARLING_BACKTRACE=1     where in the program an error came from"
)]
pub(crate) struct Cli {
    /// Threads that libtorch may use for one operation [default: the cores available]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,

    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Train(train::Args),
    Sweep(sweep::Args),
    Evaluate(evaluate::Args),
    Supervise(supervise::Args),
    Show(show::Args),
    Predict(predict::Args),
    Export(export::Args),
    Data(data::Args),
    Figure(figure::Args),
    Report(report::Args),
    Assumptions(assumptions::Args),
    List(list::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

impl Verb {
    fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Train(args) => train::run(args),
            Self::Sweep(args) => sweep::run(args),
            Self::Evaluate(args) => evaluate::run(args),
            Self::Supervise(args) => supervise::run(args),
            Self::Show(args) => show::run(args),
            Self::Predict(args) => predict::run(args),
            Self::Export(args) => export::run(args),
            Self::Data(args) => data::run(args),
            Self::Figure(args) => figure::run(args),
            Self::Report(args) => report::run(args),
            Self::Assumptions(args) => assumptions::run(args),
            Self::List(args) => list::run(args),
            Self::Doctor(args) => doctor::run(args),
            Self::Completions(args) => completions::run(args),
        }
    }
}

/// Reads the command line, runs the subcommand, reports what went wrong.
#[must_use]
pub fn main() -> ExitCode {
    crate::allocator::keep_freed_memory();
    failure::prepare();
    if let Some(program) = std::env::args_os().next() {
        hint::remember_call(program);
    }
    let cli = Cli::parse();
    set_threads(cli.threads);
    let Some(verb) = cli.verb else {
        crate::interrupt::tell(&welcome::text());
        // A wrong command line, as clap has it.
        return ExitCode::from(2);
    };
    match std::panic::catch_unwind(|| verb.run()) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => failure::report(&error),
        // Told of where it happened.
        Err(_) => ExitCode::FAILURE,
    }
}

fn set_threads(asked: Option<u16>) {
    // libtorch's own default counts the machine's cores, not those this process may use; but an
    // OMP_NUM_THREADS in the environment is a wish.
    let threads = match asked {
        Some(threads) => i32::from(threads),
        None if std::env::var_os("OMP_NUM_THREADS").is_some() => return,
        None => std::thread::available_parallelism().map_or(1, |n| i32::try_from(n.get()).unwrap_or(1)),
    };
    tch::set_num_threads(threads);
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_subcommand_teaches_by_example() {
        for verb in Cli::command().get_subcommands() {
            let name = verb.get_name();
            let help = verb.get_after_help().map(ToString::to_string).unwrap_or_default();
            let examples = help.matches(&format!("sparling {name}")).count();
            assert!(examples >= 2, "{name}: {examples} examples in its help, expected 2 or more");
            assert!(verb.get_about().is_some(), "{name} does not say what it does");
        }
    }
}
