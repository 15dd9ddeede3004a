//! The results in a table that stands in a document of a person's: between two marker lines of it.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};

use super::group::Group;
use super::number::{Number, cell};
use crate::figures::{Context, published};
use crate::files::write_atomically;
use crate::hint::Hint;

/// The line before the table.
const BEGIN: &str = "<!-- results:begin -->";
/// The line behind it.
const END: &str = "<!-- results:end -->";

const METRICS: [&str; 5] = ["fpe", "fne", "ce", "e2ee", "exact"];

/// Writes the results of a scale into `document`, in place of what stands between its two marker lines.
///
/// # Errors
/// When the document cannot be read or written, or does not have each marker line once and in their order.
pub fn splice(context: &Context, document: &Path) -> Result<()> {
    let text = fs::read_to_string(document).with_context(|| format!("cannot read {}", document.display()))?;
    let spliced = between(&text, &table(context, document))
        .with_context(|| format!("{} is as it was", document.display()))?;
    write_atomically(document, spliced.as_bytes())
}

/// `text` with `inner` between the marker lines.
fn between(text: &str, inner: &str) -> Result<String> {
    let place = |marker: &str| -> Result<usize> {
        let lines = text.lines().enumerate().filter(|(_, line)| line.trim() == marker);
        let places: Vec<usize> = lines.map(|(number, _)| number).collect();
        match places[..] {
            [place] => Ok(place),
            [] => bail!(
                "found no line `{marker}`; the table stands between the lines `{BEGIN}` and `{END}`: write both where it is to be"
            ),
            _ => bail!("found the line `{marker}` {} times, expected it once", places.len()),
        }
    };
    let (begin, end) = (place(BEGIN)?, place(END)?);
    ensure!(begin < end, "found the line `{END}` before `{BEGIN}`, expected it behind");
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    Ok(lines[..=begin].concat() + inner + &lines[end..].concat())
}

/// The command that writes it, Sparling on each domain that was measured with the paper's line below each, and how
/// the table is read.
fn table(context: &Context, document: &Path) -> String {
    let command = Hint::Splice { scale: &context.scale, document }.plain();
    let mut lines = vec![
        format!("<!-- {command} -->"),
        "| | runs | δ | FPE | FNE | CE | E2EE | exact match |".to_owned(),
        "|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    let mut samples = Vec::new();
    for group in Group::everywhere(context, &METRICS) {
        let runs = group.reported().len();
        if runs == 0 {
            continue;
        }
        samples.extend(group.rows().iter().map(|row| row.samples));
        let errors = METRICS.map(|metric| cell(group.number(metric), None));
        let delta = group.delta().map_or("–".to_owned(), |delta| scientific(delta.mean));
        lines.push(format!("| {} | {runs} | {delta} | {} |", group.label(group.title), errors.join(" | ")));
        let paper = METRICS.map(|metric| {
            group.published(metric).map_or("–".to_owned(), |(number, _)| cell(Number::of(&[number]), None))
        });
        let delta = published::density(group.domain).map_or("–".to_owned(), scientific);
        lines.push(format!("| paper | {} | {delta} | {} |", published::SEEDS, paper.join(" | ")));
    }
    lines.push(String::new());
    let (least, most) = (samples.iter().min().copied(), samples.iter().max().copied());
    let on = match (least, most) {
        (Some(least), Some(most)) if least == most => format!(", on {least} test samples each"),
        (Some(least), Some(most)) => format!(", on {least} to {most} test samples each"),
        _ => String::new(),
    };
    lines.push(format!(
        "Percent, but for δ: the mean over runs, behind it in brackets the least and the greatest{on}. Scale {}.",
        context.scale
    ));
    lines.into_iter().map(|line| line + "\n").collect()
}

/// A density as people write one: `2.1e-4`.
fn scientific(density: f64) -> String {
    format!("{density:.1e}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_the_markers_is_replaced_and_nothing_else() {
        let text = format!("# A\n\n{BEGIN}\nold\nlines\n{END}\nrest\n");
        let once = between(&text, "new\n").unwrap();
        assert_eq!(once, format!("# A\n\n{BEGIN}\nnew\n{END}\nrest\n"));
        assert_eq!(between(&once, "new\n").unwrap(), once, "again changes nothing");
        let empty = format!("{BEGIN}\n{END}");
        assert_eq!(between(&empty, "x\n").unwrap(), format!("{BEGIN}\nx\n{END}"), "at the ends of the file");
    }

    #[test]
    fn markers_that_are_missing_or_misplaced_are_named() {
        let fails = |text: &str, words: &str| {
            let error = format!("{:#}", between(text, "x\n").unwrap_err());
            assert!(error.contains(words), "{error}");
        };
        fails("nothing", "found no line `<!-- results:begin -->`; the table stands between");
        fails(&format!("{BEGIN}\n"), "found no line `<!-- results:end -->`");
        fails(&format!("{END}\n{BEGIN}\n"), "before `<!-- results:begin -->`");
        fails(&format!("{BEGIN}\n{BEGIN}\n{END}\n"), "2 times, expected it once");
        fails(&format!("a {BEGIN}\n{END}\n"), "found no line");
    }
}
