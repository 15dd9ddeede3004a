//! `sparling report`: which claims of the paper held, from the rows there are.

use std::path::PathBuf;

use anyhow::Result;

use super::tell::answer;
use crate::figures::Context;
use crate::report::write;

/// Writes which claims of the paper held at a scale, with ours beside the published numbers.
///
/// Every number is computed from the scale's rows.csv. Explanations that people wrote are taken from
/// remarks.toml beside it, with keys preface, fig1 to fig12, table1 and table2.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling report
  sparling report --scale paper
  sparling report --scale laptop -o /tmp/REPORT.md

Nothing is trained, measured or drawn; a claim without rows is reported as not measured.")]
pub struct Args {
    /// smoke, laptop or paper.
    #[arg(long, default_value = "laptop")]
    pub scale: String,
    /// Folder of result rows and figures.
    #[arg(long, default_value = "results")]
    pub results: PathBuf,
    /// File to write [default: REPORT.md beside the rows]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When there are no rows, rows or remarks are damaged, or the report cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let context = Context::load(&args.results, &args.scale)?;
    answer!("{}", write(&context, args.out.as_deref())?.display())?;
    Ok(())
}
