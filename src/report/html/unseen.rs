//! Outputs that training has not had.

use super::super::unseen::{COLUMNS, HEAD, NOTE, lines};
use super::markup::escape;
use super::table::table;
use crate::figures::Context;

/// The section; nothing where nothing was measured so.
pub(super) fn section(context: &Context) -> String {
    let lines: Vec<Vec<String>> =
        lines(context).into_iter().map(|line| line.iter().map(|cell| escape(cell)).collect()).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!(
        "<section id=\"unseen\" aria-labelledby=\"unseen-head\">\n<h2 id=\"unseen-head\">{HEAD}</h2>\n<p>{}</p>\n{}\
         </section>\n",
        escape(NOTE),
        table("Answers to outputs that training has not had", &COLUMNS, &lines, None)
    )
}
