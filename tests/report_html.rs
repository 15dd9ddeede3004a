//! Promise: `sparling report --html` writes one file that holds every verdict, figure, table and sample, and asks for
//! nothing else.

mod page_common;
mod rows_common;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use page_common::{FALSE_MARKS, along, page, stage};
use rows_common::{keep, row};
use serde_json::Value;
use sparling::config::load;
use sparling::figures::Context;
use sparling::report::{Form, write};
use sparling::results::{Experiments, along_path};

fn staged() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    stage(folder.path());
    let path = page(folder.path()).unwrap();
    assert_eq!(path, folder.path().join("laptop/report.html"));
    let text = fs::read_to_string(path).unwrap();
    (folder, text)
}

#[track_caller]
fn has(text: &str, wanted: &str) {
    assert!(text.contains(wanted), "expected `{wanted}` in:\n{text}");
}

fn data(page: &str) -> Value {
    let start =
        page.find("id=\"explorer-data\">").expect("the explorer's data") + "id=\"explorer-data\">".len();
    serde_json::from_str(page[start..].split("</script>").next().unwrap()).unwrap()
}

/// An article of the page, by the name of its figure or table.
fn article<'a>(page: &'a str, name: &str) -> &'a str {
    let start = page.find(&format!("<article id=\"{name}\"")).unwrap_or_else(|| panic!("no {name}"));
    page[start..].split("</article>").next().unwrap()
}

#[test]
fn the_page_needs_nothing_else() {
    let (_folder, page) = staged();
    for outside in
        ["src=\"http", "href=\"http", "href=\"//", "src=\"//", "url(http", "@import", "<link", "<iframe"]
    {
        assert!(!page.contains(outside), "found {outside}");
    }
    has(&page, "content=\"default-src 'none'; img-src data:;");
    for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        let own = link.strip_prefix('#').is_some_and(|id| page.contains(&format!("id=\"{id}\"")));
        assert!(own, "the link {link} leads nowhere in the page");
    }
}

#[test]
fn every_claim_has_its_verdict_its_numbers_and_its_figure() {
    let (folder, page) = staged();
    for i in 1..=12 {
        article(&page, &format!("fig{i}"));
    }
    article(&page, "table1");
    article(&page, "table2");
    let fig3 = article(&page, "fig3");
    has(
        fig3,
        "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"#123456\" stroke=\"none\"/>",
    );
    has(fig3, "role=\"img\" aria-label=\"Motif errors\"");
    has(fig3, "0.75 <small>[0.50–1.00]</small> <span class=\"paper\">(1.48)</span>");
    has(fig3, "HELD as far as measured (3 of 9 checks)");
    has(article(&page, "fig4"), "src=\"data:image/png;base64,");
    let draw = format!("sparling figure 5 --only-draw --scale laptop --results {}", folder.path().display());
    has(article(&page, "fig5"), &format!("<code>{draw}</code>"));
    let fig8 = article(&page, "fig8");
    has(fig8, "<span class=\"badge failed\">");
    has(fig8, "<strong class=\"beyond\">5.25");
    has(fig8, "A &lt;script&gt;alert(1)&lt;/script&gt; <strong>b</strong>.");
    has(&page, "<p>See LOG &amp; <code>x</code>.</p>");
    has(&page, "<td><span data-value=\"6000\">100 min</span></td>");
}

#[test]
fn the_words_of_the_report_are_explained_before_they_are_used() {
    let (_folder, page) = staged();
    let words = page.find("<section id=\"words\"").unwrap();
    assert!(words < page.find("<section id=\"verdicts\"").unwrap());
    let words = page[words..].split("</section>").next().unwrap();
    for word in ["motif", "ĝ", "ĥ", "density, δ", "FPE", "FNE", "CE", "E2EE", "plateau", "scale"] {
        has(words, &format!("<dt>{word}"));
    }
    has(
        article(&page, "fig3"),
        "title=\"false positive error: The share of the marks that are at no motif.\"",
    );
}

#[test]
fn the_explorer_has_what_was_kept() {
    let (_folder, page) = staged();
    let data = data(&page);
    let [digits, spoken] = data.as_array().unwrap().as_slice() else { panic!("{data}") };
    let active: Vec<u64> = digits["densities"]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| at["views"][0]["left_over"].as_u64().unwrap())
        .collect();
    assert_eq!(active, FALSE_MARKS.map(|n| n as u64));
    assert_eq!(digits["note"], "");
    assert_eq!(digits["densities"][4]["errors"].as_array().unwrap().len(), 4);
    let marks = digits["densities"][2]["views"][0]["marks"].as_array().unwrap();
    assert_eq!(marks.last().unwrap()[0], 0, "the strongest is drawn last");
    assert_eq!(spoken["series"], true);
    assert!(
        spoken["commands"]
            .as_str()
            .unwrap()
            .ends_with("audio-sequence/sparling/laptop/seed-1 --examples-along 10"),
        "{}",
        spoken["commands"]
    );
    assert!(spoken["densities"][0]["views"][0]["map"].is_null(), "no map was kept");
}

#[test]
fn only_samples_and_rows_of_the_experiment_as_it_stands_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    stage(folder.path());
    let experiments = Experiments {
        folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments"),
        scale: "laptop".into(),
        overrides: Vec::new(),
    };
    let config = load(&experiments.folder.join("digit-circle/sparling.toml"), "laptop", &[]).unwrap();
    let mut counts = row("digit-circle", "sparling", 3, 5.0e-4, "fpe", 0.01);
    counts.config_hash = config.hash();
    keep(folder.path(), "laptop", &[counts]);
    let write = || {
        let context = Context::of(folder.path(), &experiments).unwrap();
        fs::read_to_string(write(&context, Form::Html, None).unwrap()).unwrap()
    };
    let page = write();
    assert_eq!(data(&page), Value::Array(Vec::new()), "what was kept is of made-up settings");
    has(&page, "<li><a href=\"#left-out\">Left out</a></li>");
    has(&page, "<li>digit-circle/single-threshold seed 1 (4 rows): measured with configuration cafe");

    let mut own = along();
    (own.seed, own.config_hash) = (3, config.hash());
    own.write(&along_path(folder.path(), "laptop", "digit-circle", "sparling", 3)).unwrap();
    let page = write();
    assert_eq!(data(&page)[0]["run"], "digit-circle/sparling seed 3");
    assert_eq!(data(&page)[0]["commands"], "", "all that there is to keep is kept");
}

#[test]
fn what_is_damaged_is_named() {
    let folder = tempfile::tempdir().unwrap();
    stage(folder.path());
    let path = along_path(folder.path(), "laptop", "digit-circle", "sparling", 1);
    let fails = |words: [&str; 2]| {
        let error = format!("{:#}", page(folder.path()).unwrap_err());
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    };
    fs::write(&path, "{}").unwrap();
    fails(["-along.json: damaged", "evaluate runs/digit-circle/sparling/laptop/seed-1 --examples-along 10"]);
    along().write(&path).unwrap();
    fs::write(folder.path().join("laptop/fig3.svg"), "<svg width=\"4\" height=\"4\">").unwrap();
    fails(["fig3.svg is damaged", "sparling figure 3 --only-draw --scale laptop"]);
}

#[test]
fn the_command_writes_it_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    stage(folder.path());
    fs::remove_dir_all(folder.path().join("laptop/examples")).unwrap();
    let out = folder.path().join("page.html");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
        let output = command
            .args(["report", "--html", "--results"])
            .arg(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert!(Path::new(&run(&[])).ends_with("laptop/report.html"));
    assert_eq!(run(&["-o", out.to_str().unwrap()]), out.display().to_string());
    let text = fs::read_to_string(out).unwrap();
    has(&text, "No samples are kept for this scale yet.");
    assert_eq!(data(&text), Value::Array(Vec::new()));
    assert!(
        !folder.path().join("laptop/REPORT.md").exists(),
        "the Markdown report is asked for without --html"
    );
}
