//! Each claim with its figure, its numbers and its verdict.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::super::OTHER_INPUTS;
use super::super::fixed::fixed;
use super::super::remarks::Remarks;
use super::super::section::Section;
use super::super::verdict::Verdict;
use super::markup::{blocks, escape, inline};
use super::svg::inline_svg;
use super::table::{cell, table};
use super::verdicts::badge;
use crate::figures::Context;
use crate::figures::inputs::differing;
use crate::hint::Hint;

/// Everything under "Figures and tables".
///
/// # Errors
/// When a picture is there and cannot be read.
pub(super) fn sections(
    context: &Context,
    remarks: &Remarks,
    sections: &[Section<'_>],
    note: &str,
) -> Result<String> {
    let mut out = format!(
        "<section id=\"figures\" aria-labelledby=\"figures-head\">\n<h2 id=\"figures-head\">Figures and tables</h2>\n\
         <p>{}</p>\n",
        inline(note)
    );
    let items: String = differing(context)
        .iter()
        .map(|(title, how)| format!("<li>{}: {}</li>\n", escape(title), escape(how)))
        .collect();
    if !items.is_empty() {
        let _ = writeln!(out, "<p>{}</p>\n<ul>\n{items}</ul>", escape(OTHER_INPUTS));
    }
    for section in sections {
        out.push_str(&article(context, section, remarks.of(section.claim.name))?);
    }
    Ok(out + "</section>\n")
}

fn article(context: &Context, section: &Section<'_>, remark: Option<&str>) -> Result<String> {
    let claim = section.claim;
    let (name, verdict) = (claim.name, section.verdict());
    let mut out = format!(
        "<article id=\"{name}\" aria-labelledby=\"{name}-head\">\n<h3 id=\"{name}-head\">{name}: {}</h3>\n\
         <p>{}</p>\n<p><strong>Claim.</strong> {}</p>\n",
        escape(claim.title),
        badge(verdict),
        escape(claim.claim)
    );
    out.push_str(&picture(context, name, claim.title)?);
    let columns: Vec<&str> = section.header.split(" | ").collect();
    let lines: Vec<Vec<String>> =
        section.table.iter().map(|line| line.iter().map(|text| cell(text)).collect()).collect();
    out.push_str(&table(&format!("Numbers of {name}"), &columns, &lines, None));
    let _ = writeln!(
        out,
        "<p><strong>Criterion:</strong> {} <small>{}</small></p>",
        inline(section.criterion),
        escape(&fixed(claim))
    );
    for (head, lines) in [("What failed:", section.failed()), ("Not comparable:", section.not_comparable())] {
        if !lines.is_empty() {
            let items: String = lines.iter().map(|line| format!("<li>{}</li>", escape(line))).collect();
            let _ = writeln!(out, "<p>{head}</p>\n<ul>{items}</ul>");
        }
    }
    let open = section.open();
    if !open.is_empty() {
        let _ = writeln!(out, "<p>Not measured: {}.</p>", escape(&open.join("; ")));
    }
    if let Some(remark) = remark {
        let asked_why = matches!(verdict, Verdict::DidNotHold(..) | Verdict::NotComparable(..));
        let word = if asked_why { "Reason looked for." } else { "Remark." };
        let _ = writeln!(out, "<div class=\"remark\"><strong>{word}</strong> {}</div>", blocks(remark));
    }
    let _ = writeln!(
        out,
        "<details class=\"evidence\"><summary>What it was measured on</summary><p>{}</p></details>\n</article>",
        inline(&section.evidence(context))
    );
    Ok(out)
}

/// What was drawn: the SVG, else the PNG, else how to draw it.
fn picture(context: &Context, name: &str, title: &str) -> Result<String> {
    let file = |ending: &str| context.folder().join(format!("{name}.{ending}"));
    let (svg, png) = (file("svg"), file("png"));
    let drawing = if let Some(bytes) = read(&svg)? {
        let text = String::from_utf8(bytes).with_context(|| again(&svg, name, context))?;
        inline_svg(&text, name, title).with_context(|| again(&svg, name, context))?
    } else if let Some(bytes) = read(&png)? {
        let title = escape(title);
        format!("<img alt=\"{title}\" src=\"data:image/png;base64,{}\">\n", STANDARD.encode(bytes))
    } else {
        let target = name.trim_start_matches("fig");
        let command = Hint::Draw { target, scale: &context.scale, results: &context.results }.plain();
        return Ok(format!("<p>Not drawn yet; this draws it: <code>{}</code></p>\n", escape(&command)));
    };
    let label = escape(title);
    Ok(format!(
        "<figure><div class=\"wide sheet\" role=\"region\" tabindex=\"0\" aria-label=\"Drawing: {label}\">{drawing}</div>\
         </figure>\n"
    ))
}

fn again(path: &Path, name: &str, context: &Context) -> String {
    format!(
        "{} is damaged; draw it again with\n  {}",
        path.display(),
        Hint::Draw {
            target: name.trim_start_matches("fig"),
            scale: &context.scale,
            results: &context.results
        }
    )
}

fn read(path: &Path) -> Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
