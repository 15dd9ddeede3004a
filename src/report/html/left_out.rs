//! Rows that are kept and not in the report, with the reasons.

use super::super::LEFT_OUT;
use super::markup::escape;
use crate::figures::Context;

/// The last section; nothing where every row counts.
pub(super) fn section(context: &Context) -> String {
    if context.left_out.is_empty() {
        return String::new();
    }
    let items: String =
        context.left_out.iter().map(|left| format!("<li>{}</li>\n", escape(&left.to_string()))).collect();
    format!(
        "<section id=\"left-out\" aria-labelledby=\"left-out-head\">\n<h2 id=\"left-out-head\">Left out</h2>\n\
         <p>{}</p>\n<details><summary>{} runs</summary><ul>\n{items}</ul></details>\n</section>\n",
        escape(LEFT_OUT),
        context.left_out.len()
    )
}
