//! The report: which claims of the paper held at a scale, from result rows alone.
//!
//! [`write()`] asks of every figure and table what the paper says of it. When a claim counts as held is
//! a criterion in words that stands beside the verdict; the functions that make the sections say why it
//! is that one. A claim that no row speaks of is not measured, and never held. What people found out about an
//! outcome is in `remarks.toml` beside the rows, so that writing the report again keeps it.

mod cost;
mod domains;
mod group;
mod number;
mod paper;
mod paths;
mod remarks;
mod section;
mod variants;
mod verdict;

use std::fmt::Write as _;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::figures::Context;
use crate::files::write_atomically;

use paper::CLAIMS;
use remarks::Remarks;
use section::Section;
use verdict::Verdict;

/// Writes the report of a scale to `out`, or to `REPORT.md` beside the rows, and returns its path.
///
/// # Errors
/// When there are no rows, `remarks.toml` is damaged or has an unknown key, or the report cannot be written.
pub fn write(context: &Context, out: Option<&Path>) -> Result<PathBuf> {
    let folder = context.folder();
    if context.rows.is_empty() && context.left_out.is_empty() {
        bail!(
            "found no rows in {}, expected those of at least one run; name another --scale, or train and measure \
             a run:\n  sparling sweep experiments/digit-circle/sparling.toml --scale {} --seeds 1 --evaluate",
            folder.join("rows.csv").display(),
            context.scale
        );
    }
    let names = CLAIMS.each_ref().map(|c| c.name);
    let remarks = Remarks::load(&folder.join("remarks.toml"), &names)?;
    let path = out.map_or_else(|| folder.join("REPORT.md"), Path::to_owned);
    let to_pictures = between(path.parent().unwrap_or(Path::new("")), &folder)?;
    write_atomically(&path, markdown(context, &remarks, &to_pictures).as_bytes())?;
    Ok(path)
}

/// Every section, in the order of the paper's claims.
fn sections(context: &Context) -> [Section<'_>; CLAIMS.len()] {
    [
        domains::fig1(context),
        domains::fig2(context),
        domains::fig3(context),
        paths::fig4(context),
        variants::fig5(context),
        domains::fig6(context),
        domains::fig7(context),
        variants::fig8(context),
        domains::fig9(context),
        paths::fig10(context),
        variants::fig11(context),
        variants::fig12(context),
        variants::table1(context),
        variants::table2(context),
    ]
}

fn markdown(context: &Context, remarks: &Remarks, to_pictures: &str) -> String {
    let sections = sections(context);
    let mut text = format!("# What held at scale {}\n\n", context.scale);
    if let Some(preface) = remarks.preface() {
        let _ = writeln!(text, "{preface}\n");
    }
    let count = |wanted: fn(&Verdict) -> bool| sections.iter().map(Section::verdict).filter(wanted).count();
    let _ = writeln!(
        text,
        "Of {} figures and tables {} held, {} held as far as measured, {} did not hold, {} were not comparable, {} \
         were not measured.\n",
        sections.len(),
        count(|v| *v == Verdict::Held),
        count(|v| matches!(v, Verdict::HeldAsFar(..))),
        count(|v| matches!(v, Verdict::DidNotHold(..))),
        count(|v| matches!(v, Verdict::NotComparable(..))),
        count(|v| *v == Verdict::NotMeasured),
    );
    if !context.left_out.is_empty() {
        let rows: usize = context.left_out.iter().map(|left| left.rows).sum();
        let _ = writeln!(text, "{rows} rows are left out, the reasons stand at the end.\n");
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
        "\nIn the tables below: the mean over seeds in percent, behind it in square brackets the least and the \
         greatest seed where there are several, in round brackets the paper's number; a dash is not measured; what \
         fails its criterion is bold. Each seed is judged at the last density measured that is at or above the \
         theoretical minimum. A comparison is made only where what it compares with came out near the paper's \
         number, with an error of at most twice that and 2 points: a broken baseline would let a claim hold by \
         accident. Where it is broken, the comparison has a dagger (†) and counts as not comparable. This file is written by `sparling report --scale {}` from `rows.csv`; what people \
         add stands in `remarks.toml`.\n",
        context.scale
    );
    for section in &sections {
        let name = section.claim.name;
        let picture = format!("{name}.png");
        let link = context.folder().join(&picture).is_file().then(|| format!("{to_pictures}{picture}"));
        let _ = writeln!(text, "{}", section.markdown(context, link.as_deref(), remarks.of(name)));
    }
    text + &cost::markdown(&context.rows) + &left_out(context)
}

/// The rows that are not in the report; nothing where all are.
fn left_out(context: &Context) -> String {
    if context.left_out.is_empty() {
        return String::new();
    }
    let mut text = "\n## Left out\n\nRows that are kept in `rows.csv` and are not in this report: those that are not by the settings \
                    that their experiment has as it stands, or that do not belong together.\n\n"
        .to_owned();
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
