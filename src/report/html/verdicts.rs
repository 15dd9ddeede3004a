//! What held, at a glance.

use super::super::section::Section;
use super::super::verdict::Verdict;
use super::markup::escape;
use super::table::table;

/// A verdict as a badge: colour, sign and words say the same.
pub(super) fn badge(verdict: Verdict) -> String {
    let (class, sign) = match verdict {
        Verdict::Held => ("held", "✓"),
        Verdict::HeldAsFar(..) => ("partly", "◐"),
        Verdict::DidNotHold(..) => ("failed", "✗"),
        Verdict::NotComparable(..) => ("apart", "≠"),
        Verdict::NotMeasured => ("open", "○"),
    };
    format!("<span class=\"badge {class}\"><span aria-hidden=\"true\">{sign}</span> {verdict}</span>")
}

pub(super) fn section(sections: &[Section<'_>], summary: &str, left_out: Option<String>) -> String {
    let lines: Vec<Vec<String>> = sections
        .iter()
        .map(|section| {
            let name = section.claim.name;
            vec![
                format!("<a href=\"#{name}\">{name}</a>"),
                escape(section.claim.title),
                badge(section.verdict()),
                escape(&section.seeds()),
            ]
        })
        .collect();
    let columns = ["target", "shows", "verdict", "from"];
    format!(
        "<section id=\"verdicts\" aria-labelledby=\"verdicts-head\">\n<h2 id=\"verdicts-head\">Verdicts</h2>\n\
         <p>{}{}</p>\n<div class=\"verdicts\">{}</div></section>\n",
        escape(summary),
        left_out.map_or(String::new(), |text| format!(" <a href=\"#left-out\">{}</a>", escape(&text))),
        table("Verdicts by figure and table", &columns, &lines, None)
    )
}
