//! The report as one HTML file that needs nothing else: no network, no other file, no build step.
//!
//! | part | what |
//! |---|---|
//! | [`verdicts`] | what held, at a glance |
//! | [`explorer`] | test samples on the way down the densities |
//! | [`figures`] | each claim with its figure, its numbers and its verdict |
//! | [`unseen`] | answers to outputs that training has not had |
//! | [`cost`] | what it took |
//! | [`left_out`] | rows that do not count, and why |
//!
//! `style.css` gives light, dark, narrow and printed pages; `tables.js` sorts tables; `explorer.js` draws the
//! explorer from the JSON that [`explorer`] puts into the page.

mod cost;
mod explorer;
mod figures;
mod kept;
mod left_out;
mod markup;
mod svg;
mod table;
mod unseen;
mod verdicts;
mod words;

use anyhow::Result;

use super::remarks::Remarks;
use super::section::Section;
use super::{NOTE, banner, rows_left_out, summary};
use crate::figures::Context;
use crate::hint::Hint;
use markup::{blocks, escape};

const STYLE: &str = include_str!("style.css");
const TABLES: &str = include_str!("tables.js");
const EXPLORER: &str = include_str!("explorer.js");

/// Forbids the browser to fetch anything, whatever a figure or a remark may hold.
const POLICY: &str =
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The whole page.
///
/// # Errors
/// When a figure or an example file is damaged.
pub(super) fn page(context: &Context, remarks: &Remarks, sections: &[Section<'_>]) -> Result<String> {
    let scale = escape(&context.scale);
    let (explorer, data) = explorer::section(context)?;
    let of_unseen = unseen::section(context);
    let to_unseen = if of_unseen.is_empty() {
        ""
    } else {
        "<li><a href=\"#unseen\">Outputs not had in training</a></li>\n"
    };
    let parts = [
        words::section(),
        verdicts::section(sections, &summary(sections), rows_left_out(context)),
        explorer,
        figures::sections(context, remarks, sections, NOTE)?,
        of_unseen,
        cost::section(&context.rows),
        left_out::section(context),
    ];
    let warning = banner(&context.scale)
        .map_or(String::new(), |text| format!("<p class=\"banner\">{}</p>\n", escape(text)));
    let last = if context.left_out.is_empty() { "" } else { "<li><a href=\"#left-out\">Left out</a></li>\n" };
    let preface = remarks.preface().map_or(String::new(), blocks);
    Ok(format!(
        r##"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="generator" content="sparling {version} ({revision})">
<title>Sparling: what held at {scale} scale</title>
<style>
{STYLE}</style>
</head>
<body>
<a class="skip" href="#verdicts">Skip to the verdicts</a>
<header>
<h1>Sparling: what held at {scale} scale</h1>
<p>Which claims of <cite>Sparling: Learning Latent Representations with Extremely Sparse Activations</cite> (Gupta,
Bastani, Solar-Lezama, ICLR 2026) this repository reproduced, with every number behind each answer.</p>
{warning}{preface}
<nav aria-label="Parts of this page"><ul>
<li><a href="#words">Words</a></li>
<li><a href="#verdicts">Verdicts</a></li>
<li><a href="#explorer">Explorer</a></li>
<li><a href="#figures">Figures and tables</a></li>
{to_unseen}<li><a href="#cost">What it took</a></li>
{last}</ul></nav>
</header>
<main>
{body}
</main>
<footer><p>Written by <code>{command} --html</code>, revision {revision}, from
<code>rows.csv</code>, the figures and the examples of that scale. This file holds everything it shows.</p></footer>
<script type="application/json" id="explorer-data">{data}</script>
<script>
{TABLES}</script>
<script>
{EXPLORER}</script>
</body>
</html>
"##,
        version = env!("CARGO_PKG_VERSION"),
        command = Hint::Report { scale: &context.scale }.plain(),
        revision = crate::REVISION,
        body = parts.join("\n"),
    ))
}
