//! Text as HTML.

use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};

/// `text` where HTML expects text or a quoted attribute.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Markdown as paragraphs and lists. Tags in it are shown, not obeyed; of links and pictures the words stay, since
/// the page goes where their files do not.
pub(super) fn blocks(markdown: &str) -> String {
    let events = Parser::new(markdown).filter_map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Link { .. } | Tag::Image { .. }) | Event::End(TagEnd::Link | TagEnd::Image) => None,
        other => Some(other),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    out.trim_end().to_owned()
}

/// The same for a text of one paragraph, without the paragraph around it.
pub(super) fn inline(markdown: &str) -> String {
    let out = blocks(markdown);
    match out.strip_prefix("<p>").and_then(|rest| rest.strip_suffix("</p>")) {
        Some(words) if !words.contains("<p>") => words.to_owned(),
        _ => out,
    }
}

/// JSON where HTML expects a script's text: nothing in it can end the script.
pub(super) fn json_in_script(json: &str) -> String {
    json.replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_is_obeyed_and_tags_are_not() {
        assert_eq!(inline("of `x` **not**"), "of <code>x</code> <strong>not</strong>");
        assert_eq!(inline("m* of 3 < 4 & l1_2"), "m* of 3 &lt; 4 &amp; l1_2");
        let hostile = blocks("a <script>alert(1)</script> b\n\n<img src=x onerror=y>");
        assert!(!hostile.contains("<script") && !hostile.contains("<img"), "{hostile}");
        assert_eq!(inline("see [docs/log](../../docs/log)"), "see docs/log");
        assert_eq!(inline("<https://example.org/x>"), "https://example.org/x");
        assert_eq!(blocks("one\n\ntwo"), "<p>one</p>\n<p>two</p>");
    }

    #[test]
    fn json_cannot_end_its_script() {
        assert_eq!(json_in_script("{\"a\":\"</script><!--\"}"), "{\"a\":\"\\u003c/script>\\u003c!--\"}");
    }
}
