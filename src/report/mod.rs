//! The report: which claims of the paper held at a scale, from result rows alone.
//!
//! [`write()`] asks of every figure and table what the paper says of it. When a claim counts as held is
//! a criterion in words that stands beside the verdict; the functions that make the sections say why it
//! is that one. A claim that no row speaks of is not measured, and never held. What people found out about an
//! outcome is in `remarks.toml` beside the rows, so that writing the report again keeps it.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use std::path::Path;
//!
//! use sparling::figures::Context;
//! use sparling::report::{Form, write};
//!
//! let context = Context::load(Path::new("results"), "laptop")?;
//! println!("{}", write(&context, Form::Markdown, None)?.display());
//! # Ok(())
//! # }
//! ```

mod cost;
mod domains;
mod fixed;
mod group;
mod html;
mod number;
mod paper;
mod paths;
mod remarks;
mod section;
mod splice;
mod terms;
mod unseen;
mod variants;
mod verdict;

use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::figures::inputs::differing;
use crate::figures::{Context, FIGURES};
use crate::files::write_atomically;
use crate::hint::Hint;

use remarks::Remarks;
pub use splice::splice;
use verdict::Verdict;

pub(crate) use domains::{fig1, fig1b, fig2, fig3, fig6, fig7, fig9};
pub(crate) use fixed::{BASELINE, BEFORE_RESULTS, FIRST, PAPERS_OWN};
pub(crate) use paths::{fig4, fig10};
pub(crate) use section::Section;
pub(crate) use variants::{fig5, fig8, fig11, fig12, table1, table2};

/// What a report is written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// `REPORT.md`, with links to the figures.
    #[default]
    Markdown,
    /// `report.html`: one file that holds the figures and lets a reader look at samples at falling densities.
    Html,
}

impl Form {
    fn file_name(self) -> &'static str {
        match self {
            Self::Markdown => "REPORT.md",
            Self::Html => "report.html",
        }
    }
}

/// Writes the report of a scale to `out`, or to `REPORT.md` or `report.html` beside the rows, and returns its path.
///
/// # Errors
/// When there are no rows, `remarks.toml` is damaged or has an unknown key, a figure or an example that the page is
/// to hold is damaged, or the report cannot be written.
pub fn write(context: &Context, form: Form, out: Option<&Path>) -> Result<PathBuf> {
    let folder = context.folder();
    if context.rows.is_empty() && context.left_out.is_empty() {
        bail!(
            "found no rows in {}, expected those of at least one run; name another --scale, or train and measure \
             a run:\n  {}",
            folder.join("rows.csv").display(),
            Hint::Sweep {
                experiment: Path::new("experiments/digit-circle/sparling.toml"),
                scale: &context.scale,
                results: &context.results,
            }
        );
    }
    let names: Vec<&str> = FIGURES.iter().map(|spec| spec.name).collect();
    let remarks = Remarks::load(&folder.join("remarks.toml"), &names)?;
    let path = out.map_or_else(|| folder.join(form.file_name()), Path::to_owned);
    let text = match form {
        Form::Markdown => {
            let to_pictures = between(path.parent().unwrap_or(Path::new("")), &folder)?;
            markdown(context, &remarks, &to_pictures)
        }
        Form::Html => {
            let sections = sections(context);
            html::page(context, &remarks, &sections)?
        }
    };
    write_atomically(&path, text.as_bytes())?;
    Ok(path)
}

/// How the tables are read.
const NOTE: &str = "In the tables: the mean over seeds in percent; behind it in square brackets the least and the greatest \
                    seed, where there are several; in round brackets the paper's number, on the paper's own inputs. A \
                    dash is not measured. What fails its criterion is bold. Each seed is judged at the last density \
                    measured that is at or above the theoretical minimum. In the criteria p is the paper's number in \
                    percent, and 2p + 2 is twice that number plus 2 percentage points: 4.96 % where the paper has 1.48 %. \
                    A comparison is made only where what it compares with came out near the paper's number, with an \
                    error of at most 2p + 2: a broken baseline would let a claim hold by accident. Where it is broken, \
                    the comparison has a dagger (†) and counts as not comparable.";

/// What stands above the list of how inputs differ.
const OTHER_INPUTS: &str = "Where a line says so, its runs had easier inputs than the paper's, or another corpus, and its \
                            published numbers are of something harder or something else:";

/// What a scale must not be read as, where that is so.
fn banner(scale: &str) -> Option<&'static str> {
    match scale {
        "smoke" => Some(
            "Smoke scale is for tests: inputs with one or two motifs and minutes of training. The verdicts and numbers \
             below say that the program works, and nothing of the method or of the paper's claims.",
        ),
        "demo" => Some(
            "Demo scale is small, so that a network learns in minutes: tiny inputs with few motifs. Its numbers stand \
             beside the paper's as an illustration, and say nothing of the paper's claims.",
        ),
        _ => None,
    }
}

/// How many claims got which verdict.
fn summary(sections: &[Section<'_>]) -> String {
    let count = |wanted: fn(&Verdict) -> bool| sections.iter().map(Section::verdict).filter(wanted).count();
    format!(
        "Of {} figures and tables {} held, {} held as far as measured, {} did not hold, {} were not comparable, {} \
         were not measured.",
        sections.len(),
        count(|v| *v == Verdict::Held),
        count(|v| matches!(v, Verdict::HeldAsFar(..))),
        count(|v| matches!(v, Verdict::DidNotHold(..))),
        count(|v| matches!(v, Verdict::NotComparable(..))),
        count(|v| *v == Verdict::NotMeasured),
    )
}

/// How many rows do not count, where any do not.
fn rows_left_out(context: &Context) -> Option<String> {
    let rows: usize = context.left_out.iter().map(|left| left.rows).sum();
    (rows > 0).then(|| format!("{rows} rows are left out; the reasons stand at the end."))
}

/// Every section, in the order of [`FIGURES`].
fn sections(context: &Context) -> Vec<Section<'_>> {
    FIGURES.iter().map(|spec| (spec.judge)(context)).collect()
}

fn markdown(context: &Context, remarks: &Remarks, to_pictures: &str) -> String {
    let sections = sections(context);
    let mut text = format!("# What held at scale {}\n\n", context.scale);
    if let Some(warning) = banner(&context.scale) {
        let _ = writeln!(text, "> **{warning}**\n");
    }
    if let Some(preface) = remarks.preface() {
        let _ = writeln!(text, "{preface}\n");
    }
    let _ = writeln!(text, "{}\n", summary(&sections));
    if let Some(left) = rows_left_out(context) {
        let _ = writeln!(text, "{left}\n");
    }
    let _ = writeln!(text, "| | shows | verdict | from |\n|---|---|---|---|");
    for section in &sections {
        let claim = section.claim;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            claim.name,
            claim.title,
            section.verdict(),
            section.seeds()
        );
    }
    let _ = writeln!(
        text,
        "\n{NOTE} This file is written by `{}` from `rows.csv`; what people add stands in \
         `remarks.toml`.\n",
        Hint::Report { scale: &context.scale }.plain()
    );
    let differ = differing(context);
    if !differ.is_empty() {
        let _ = writeln!(text, "{OTHER_INPUTS}\n");
        for (title, how) in differ {
            let _ = writeln!(text, "- {title}: {how}");
        }
        text.push('\n');
    }
    text.push_str(&terms::markdown());
    for section in &sections {
        let name = section.claim.name;
        let picture = format!("{name}.png");
        let link = context.folder().join(&picture).is_file().then(|| format!("{to_pictures}{picture}"));
        let _ = writeln!(text, "{}", section.markdown(context, link.as_deref(), remarks.of(name)));
    }
    text + &unseen::markdown(context) + &cost::markdown(&context.rows) + &left_out(context)
}

/// What rows are left out.
const LEFT_OUT: &str = "Rows that are kept and are not in this report: those that are not by the settings that their \
                        experiment has as it stands, or that do not belong together.";

/// The rows that are not in the report; nothing where all are.
fn left_out(context: &Context) -> String {
    if context.left_out.is_empty() {
        return String::new();
    }
    let mut text = format!("\n## Left out\n\n{LEFT_OUT}\n\n");
    for left in &context.left_out {
        let _ = writeln!(text, "- {left}");
    }
    text
}

/// The way from one folder to another, as a link has it: empty or with a `/` at the end.
fn between(from: &Path, to: &Path) -> Result<String> {
    let whole = |path: &Path| -> Result<PathBuf> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        fs::create_dir_all(path).with_context(|| format!("cannot make folder {}", path.display()))?;
        path.canonicalize().with_context(|| format!("cannot find folder {}", path.display()))
    };
    let (from, to) = (whole(from)?, whole(to)?);
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..".to_owned());
    let down =
        to.components().skip(shared).map(|c: Component<'_>| c.as_os_str().to_string_lossy().into_owned());
    Ok(up.chain(down).map(|part| part + "/").collect())
}
