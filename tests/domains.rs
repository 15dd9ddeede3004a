//! The table of domains is the only list of them: no other source names a domain.

use std::fs;
use std::path::{Path, PathBuf};

use sparling::domain::DOMAINS;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What a line must not do: be a domain's name or title as a string, or list several domains. Commands in a
/// command's help name one each.
fn names_a_domain(line: &str) -> bool {
    let code = line.trim_start();
    // Comments of the command line are its help; others explain.
    if code.starts_with("//") && !code.starts_with("///") {
        return false;
    }
    let quoted = |name: &str| line.contains(&format!("\"{name}\""));
    let literal = !code.starts_with("//") && DOMAINS.iter().any(|d| quoted(d.name) || quoted(d.title));
    literal || DOMAINS.iter().filter(|domain| line.contains(domain.name)).count() > 1
}

#[test]
fn no_source_but_the_domains_own_names_a_domain() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 100, "only {} sources", files.len());
    let mut found = Vec::new();
    for path in files {
        // A domain's folder and the table are where its name belongs.
        if path.starts_with(root.join("domain")) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        // Unit tests, at the end of a file, state what they expect.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate().filter(|(_, line)| names_a_domain(line)) {
            let path = path.strip_prefix(&root).unwrap().display();
            found.push(format!("src/{path}:{}: {}", number + 1, line.trim()));
        }
    }
    assert!(found.is_empty(), "ask the table of domains instead:\n{}", found.join("\n"));
}

#[test]
fn the_scan_sees_what_it_is_for() {
    assert!(names_a_domain(r#"if name == "latex-ocr" {"#));
    assert!(names_a_domain(r#"title: "DigitCircle","#));
    assert!(names_a_domain("    /// digit-circle, latex-ocr or audio-sequence."));
    assert!(names_a_domain(r#""digit-circle, latex-ocr (need no corpus)","#));
    assert!(!names_a_domain("  sparling list --domain digit-circle"));
    assert!(!names_a_domain("// digit-circle and latex-ocr are pictures."));
}
