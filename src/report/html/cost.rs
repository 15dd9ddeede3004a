//! What it took.

use super::super::cost::{NOTE, of_runs};
use super::super::number::duration;
use super::markup::escape;
use super::table::table;
use crate::results::Row;

pub(super) fn section(rows: &[Row]) -> String {
    let cost = of_runs(rows);
    let seconds = |s: f64| format!("<span data-value=\"{s:.0}\">{}</span>", duration(s));
    let lines: Vec<Vec<String>> = cost
        .iter()
        .map(|c| vec![escape(c.domain), escape(c.variant), c.runs.to_string(), seconds(c.seconds)])
        .collect();
    let (runs, all) = cost.iter().fold((0, 0.0), |(n, s), c| (n + c.runs, s + c.seconds));
    let foot = ["all".to_owned(), String::new(), runs.to_string(), seconds(all)];
    format!(
        "<section id=\"cost\" aria-labelledby=\"cost-head\">\n<h2 id=\"cost-head\">What it took</h2>\n<p>{}</p>\n{}\
         </section>\n",
        escape(NOTE),
        table(
            "Training time by domain and variant",
            &["domain", "variant", "runs", "training time"],
            &lines,
            Some(&foot)
        )
    )
}
