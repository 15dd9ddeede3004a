//! Tables whose columns can be sorted by.

use std::fmt::Write as _;

use super::super::terms::meaning;
use super::markup::escape;

/// A table. `caption` is read out to those who don't see it; `columns` are plain text, cells are HTML (see [`cell`]).
pub(super) fn table(
    caption: &str,
    columns: &[&str],
    lines: &[Vec<String>],
    foot: Option<&[String]>,
) -> String {
    let mut out = format!(
        "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table class=\"sortable\">\n\
         <caption class=\"hidden\">{0}</caption>\n<thead><tr>",
        escape(caption)
    );
    for name in columns {
        let title = meaning(name).map_or(String::new(), |text| format!(" title=\"{}\"", escape(&text)));
        let _ =
            write!(out, "<th scope=\"col\"{title}><button type=\"button\">{}</button></th>", escape(name));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for line in lines {
        out.push_str("<tr>");
        for (i, cell) in line.iter().enumerate() {
            let _ = match i {
                0 => write!(out, "<th scope=\"row\">{cell}</th>"),
                _ => write!(out, "<td>{cell}</td>"),
            };
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n");
    if let Some(foot) = foot {
        let cells: String = foot.iter().map(|cell| format!("<td>{cell}</td>")).collect();
        let _ = writeln!(out, "<tfoot><tr>{cells}</tr></tfoot>");
    }
    out + "</table></div>\n"
}

/// A cell of the Markdown report as HTML: what is bold there is marked as failed, the range over seeds and the
/// paper's number are set apart.
pub(super) fn cell(markdown: &str) -> String {
    if let Some(inner) = markdown.strip_prefix("**").and_then(|rest| rest.strip_suffix("**")) {
        return format!("<strong class=\"beyond\">{}</strong>", cell(inner));
    }
    let mut out = String::with_capacity(markdown.len());
    for c in escape(markdown).chars() {
        match c {
            '[' => out.push_str("<small>["),
            ']' => out.push_str("]</small>"),
            '(' => out.push_str("<span class=\"paper\">("),
            ')' => out.push_str(")</span>"),
            c => out.push(c),
        }
    }
    // Brackets that don't pair up are text.
    let pairs = |open: char, close: char| markdown.matches(open).count() == markdown.matches(close).count();
    if pairs('[', ']') && pairs('(', ')') { out } else { escape(markdown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_sets_apart_what_is_not_ours() {
        assert_eq!(
            cell("2.3 [2.2–2.4] (0.7)"),
            "2.3 <small>[2.2–2.4]</small> <span class=\"paper\">(0.7)</span>"
        );
        assert_eq!(cell("**31.8**"), "<strong class=\"beyond\">31.8</strong>");
        assert_eq!(cell("a < b ("), "a &lt; b (");
    }
}
