//! `sparling report`: which claims of the paper held, from the rows there are.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use super::tell::answer;
use crate::figures::Context;
use crate::report::{Form, splice, write};
use crate::results::{Experiments, gather, rows_path};

/// Writes which claims of the paper held at a scale, with ours beside the published numbers.
///
/// Every number is computed from the scale's rows.csv. Explanations that people wrote are taken from
/// remarks.toml beside it, with keys preface, fig1, fig1b to fig12, table1 and table2.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling report
  sparling report --html
  sparling report --splice README.md
  sparling report --scale paper
  sparling report --scale laptop -o /tmp/REPORT.md

Nothing is trained, measured or drawn; a claim without rows is reported as not measured. Rows
that were measured with other settings than the experiments have now are left out, and the
report says so.

In criteria p is the paper's number in percent; 2p + 2 is twice that number plus 2 percentage
points. The verdicts, the page and its explorer are described in docs/report.md.")]
pub struct Args {
    /// demo, laptop, paper, or smoke (for tests).
    #[arg(long, default_value = "laptop")]
    pub scale: String,
    /// Folder of result rows and figures.
    #[arg(long, default_value = "results")]
    pub results: PathBuf,
    /// Folder of experiments, whose settings rows must be by.
    #[arg(long, default_value = "experiments")]
    pub experiments: PathBuf,
    /// A setting that the rows were measured with besides those of their experiment; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub overrides: Vec<String>,
    /// Write one HTML file in place of Markdown: it holds every figure, tables that sort, and an explorer of test
    /// samples at falling densities (--examples-along of `sparling evaluate`), and opens from disk.
    #[arg(long)]
    pub html: bool,
    /// Write no report: put the table of Sparling's errors and the paper's into a Markdown file, in place of what
    /// stands between its lines `<!-- results:begin -->` and `<!-- results:end -->`.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["html", "out"])]
    pub splice: Option<PathBuf>,
    /// File to write [default: REPORT.md or report.html beside the rows]
    #[arg(short, long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// When there are no rows, rows or remarks are damaged, or the report cannot be written.
pub fn run(args: &Args) -> Result<()> {
    let experiments = standing(&args.experiments, &args.scale, &args.overrides)?;
    let file = format!("scales/{}.toml", args.scale);
    let of_experiments = || {
        let mut domains = std::fs::read_dir(&args.experiments).into_iter().flatten().flatten();
        domains.any(|domain| domain.path().join(&file).is_file())
    };
    let known = args.results.join(&args.scale).is_dir() || of_experiments();
    ensure!(
        known,
        "there is no scale `{}`, neither with results in {} nor among those of the experiments; expected smoke, demo, laptop or paper",
        args.scale,
        args.results.display()
    );
    let context = Context::of(&args.results, &experiments)?;
    gather(&rows_path(&args.results, &args.scale))?;
    if let Some(document) = &args.splice {
        splice(&context, document)?;
        return answer!("{}", document.display());
    }
    let form = if args.html { Form::Html } else { Form::Markdown };
    answer!("{}", write(&context, form, args.out.as_deref())?.display())?;
    Ok(())
}

/// The experiments that rows must be of.
///
/// # Errors
/// When there is no such folder.
pub(super) fn standing(folder: &Path, scale: &str, overrides: &[String]) -> Result<Experiments> {
    ensure!(
        folder.is_dir(),
        "found no folder {}, expected the experiments that rows are compared with; run the command where it is, \
         or name it with --experiments",
        folder.display()
    );
    Ok(Experiments { folder: folder.to_owned(), scale: scale.to_owned(), overrides: overrides.to_vec() })
}
