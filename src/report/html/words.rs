//! The glossary at the top of the page.

use super::super::terms::TERMS;
use super::markup::{escape, inline};

pub(super) fn section() -> String {
    let entry = |term: &super::super::terms::Term| {
        let long = term.long.map_or(String::new(), |long| format!(" <small>{}</small>", escape(long)));
        format!("<div><dt>{}{long}</dt><dd>{}</dd></div>\n", escape(term.word), inline(term.meaning))
    };
    format!(
        "<section id=\"words\" aria-labelledby=\"words-head\">\n<h2 id=\"words-head\">Words</h2>\n\
         <p class=\"chain\"><span class=\"hidden\">The network in one line: </span>input x → ĝ → sparsity layer → motif \
         map m̂ → ĥ → output ŷ</p>\n<dl class=\"terms\">\n{}</dl>\n</section>\n",
        TERMS.iter().map(entry).collect::<String>()
    )
}
