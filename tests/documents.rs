//! Promise: what the documents say of this repository is there: every relative link leads somewhere, the README fits a
//! screen or two, and its results are those of the committed rows.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every Markdown file of the repository, without what is built, trained or fetched.
fn documents() -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![root().to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let made =
                name.starts_with('.') || ["target", "runs", "demo", "corpora"].contains(&name.as_str());
            if path.is_symlink() || made {
                continue;
            }
            if path.is_dir() {
                left.push(path);
            } else if name.ends_with(".md") {
                found.push(path);
            }
        }
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

fn text(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where links and pictures of a document lead to.
fn links(text: &str) -> Vec<String> {
    let events = Parser::new_ext(text, Options::ENABLE_TABLES);
    let target = |event| match event {
        Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => Some(dest_url.to_string()),
        _ => None,
    };
    events.filter_map(target).collect()
}

/// The names that a browser finds headings by: lower case, hyphens for spaces, nothing else but letters and digits.
fn anchors(text: &str) -> Vec<String> {
    let (mut found, mut heading) = (Vec::new(), None::<String>);
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => found.extend(heading.take()),
            Event::Text(words) | Event::Code(words) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&words);
                }
            }
            _ => {}
        }
    }
    let plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    found.iter().map(|h| h.to_lowercase().replace(' ', "-").chars().filter(|&c| plain(c)).collect()).collect()
}

#[test]
fn every_relative_link_leads_somewhere() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for document in documents() {
        for link in links(&text(&document)) {
            if link.contains("://") {
                continue;
            }
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(p, a)| (p, Some(a)));
            let target = if path.is_empty() {
                document.clone()
            } else {
                document.parent().expect("a folder").join(path)
            };
            let found = target.exists()
                && anchor.is_none_or(|anchor| anchors(&text(&target)).iter().any(|there| there == anchor));
            checked += 1;
            if !found {
                wrong.push(format!("{}: {link}", document.strip_prefix(root()).expect("inside").display()));
            }
        }
    }
    assert!(checked > 60, "only {checked} links");
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn every_question_of_the_log_is_in_its_index() {
    let folder = root().join("docs/log");
    let index = links(&text(&folder.join("README.md")));
    for entry in fs::read_dir(&folder).expect("the log") {
        let name = entry.expect("a page").file_name().into_string().expect("UTF-8");
        if name == "README.md" {
            continue;
        }
        assert!(index.contains(&name), "{name} is not in docs/log/README.md");
        let page = text(&folder.join(&name));
        for part in ["## Setting", "## Result", "## Verdict", "evision"] {
            assert!(page.contains(part), "{name} has no `{part}`");
        }
    }
}

#[test]
fn every_page_of_the_documentation_is_linked_from_the_readme() {
    let readme = links(&text(&root().join("README.md")));
    for entry in fs::read_dir(root().join("docs")).expect("docs") {
        let path = entry.expect("a page").path();
        if path.is_file() {
            let name = format!("docs/{}", path.file_name().expect("a name").to_string_lossy());
            assert!(readme.contains(&name), "README.md does not link {name}");
        }
    }
}

#[test]
fn the_readme_is_short() {
    let words = text(&root().join("README.md")).split_whitespace().count();
    assert!(words <= 1000, "README.md has {words} words, expected at most 1,000; the rest belongs in docs/");
}

#[test]
fn the_readmes_results_are_those_of_the_committed_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("README.md");
    fs::copy(root().join("README.md"), &copy).expect("a copy");
    let done = Command::new(env!("CARGO_BIN_EXE_sparling"))
        .current_dir(folder.path())
        .args(["report", "--scale", "laptop", "--splice", "README.md", "--results"])
        .arg(root().join("results"))
        .arg("--experiments")
        .arg(root().join("experiments"))
        .output()
        .expect("the program");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(
        text(&copy) == text(&root().join("README.md")),
        "README.md is not what `target/release/sparling report --scale laptop --splice README.md` writes: run it"
    );
}

#[test]
fn the_readmes_picture_is_answered() {
    let readme = text(&root().join("README.md"));
    let line =
        readme.lines().find(|line| line.trim_start().starts_with("sparling predict")).expect("predict");
    let done = Command::new(env!("CARGO_BIN_EXE_sparling"))
        .current_dir(root())
        .args(line.split_whitespace().skip(1))
        .output()
        .expect("the program");
    let answer = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(answer.contains(r#""output":"2 7 6 4 3 9""#), "{answer}");
}
