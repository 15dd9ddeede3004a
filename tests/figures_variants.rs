//! The figures and the table that compare variants on DigitCircle are drawn from made-up rows;
//! their CSVs hold what was worked out by hand, and what is missing or failed is named.

mod rows_common;

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;

use sparling::figures::{Context, Target};
use sparling::results::Row;

const MINIMUM: f64 = 4.5e-5;

fn row(variant: &str, seed: u64, delta: Option<f64>, metric: &str, value: f64) -> Row {
    rows_common::row("digit-circle", variant, seed, delta, metric, value)
}

/// Three seeds of a variant: the given errors times 0.8, 1 and 1.2.
fn runs(variant: &str, delta: Option<f64>, density: f64, [fpe, fne, ce, e2ee]: [f64; 4]) -> Vec<Row> {
    let mut rows = Vec::new();
    for (seed, factor) in [(1, 0.8), (2, 1.0), (3, 1.2)] {
        let errors = [("fpe", fpe), ("fne", fne), ("ce", ce), ("e2ee", e2ee)];
        for (metric, value) in errors {
            rows.push(row(variant, seed, delta, metric, (value * factor).min(1.0)));
        }
        rows.push(row(variant, seed, delta, "exact", (1.0 - e2ee * factor).max(0.0)));
        rows.push(row(variant, seed, delta, "density", (density * factor).min(1.0)));
        rows.push(row(variant, seed, delta, "min_density", MINIMUM));
    }
    rows
}

fn sparling() -> Vec<Row> {
    runs("sparling", Some(5.0226e-5), 5.0e-5, [0.01, 0.004, 0.012, 0.008])
}

fn everything() -> Vec<Row> {
    let mut rows = sparling();
    rows.extend(runs("single-threshold", Some(5.0226e-5), 5.1e-5, [0.0, 0.01, 0.25, 0.02]));
    for (lambda, density, e2ee) in
        [("0.1", 0.30, 0.007), ("1", 0.05, 0.03), ("2", 2.2e-4, 0.7), ("5", 3e-4, 0.72), ("10", 2.6e-4, 0.74)]
    {
        rows.extend(runs(&format!("l1-{lambda}"), None, density, [0.8, 0.3, 0.4, e2ee]));
    }
    for (lambda, density, e2ee) in [
        ("0.01", 0.25, 0.02),
        ("0.1", 0.22, 0.03),
        ("1", 0.15, 0.03),
        ("10", 0.05, 0.04),
        ("100", 0.02, 0.06),
        ("1000", 2e-3, 0.5),
        ("10000", 0.0, 0.78),
        ("100000", 0.0, 0.79),
    ] {
        rows.extend(runs(&format!("kl-{lambda}"), None, density, [0.8, 0.3, 0.4, e2ee]));
    }
    rows.extend(runs("no-batch-norm", Some(5.0226e-5), 5e-5, [0.6, 0.7, 0.5, 0.72]));
    rows.extend(runs("single-threshold-no-batch-norm", Some(0.05), 5e-2, [0.5, 0.6, 0.6, 0.6]));
    rows.extend(runs("fixed-density-1.1", Some(5.0226e-5), 5e-5, [0.8, 0.9, 0.7, 0.75]));
    rows.extend(runs("fixed-density-1.5", Some(6.6968e-5), 6e-5, [0.8, 0.9, 0.7, 0.74]));
    rows
}

struct Stage {
    folder: tempfile::TempDir,
}

impl Stage {
    fn new(rows: &[Row]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        rows_common::keep(folder.path(), "paper", rows);
        Self { folder }
    }

    fn draw(&self, target: &str) -> anyhow::Result<Vec<PathBuf>> {
        target.parse::<Target>()?.draw(&Context::load(self.folder.path(), "paper")?)
    }

    /// Draws, checks the files, and returns the lines of the CSV by column name.
    fn numbers(&self, target: &str) -> Vec<HashMap<String, String>> {
        let paths = self.draw(target).unwrap();
        rows_common::check_files(&paths, target);
        rows_common::numbers(&paths[3])
    }

    /// The words of the SVG, and the notes of the CSV.
    fn words(&self, target: &str) -> (String, String) {
        let path = |ending: &str| self.folder.path().join(format!("paper/{target}.{ending}"));
        (rows_common::words(&path("svg")), rows_common::notes(&path("csv")))
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join("paper").join(name)).unwrap()
    }
}

fn value(lines: &[HashMap<String, String>], variant: &str, metric: &str, statistic: &str) -> f64 {
    let wanted = [("variant", variant), ("metric", metric), ("statistic", statistic)];
    let found: Vec<_> =
        lines.iter().filter(|l| wanted.iter().all(|(column, is)| l[*column] == *is)).collect();
    assert_eq!(found.len(), 1, "{wanted:?}: {found:?}");
    found[0]["value"].parse().unwrap()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "found {a}, expected {b}");
}

#[test]
fn figure_5_has_every_variant_of_a_domain() {
    let mut rows = sparling();
    rows.extend(runs("non-sparse", Some(0.5), 0.5, [0.9, 0.1, 0.5, 0.002]));
    rows.extend(runs("retrained", Some(5.0226e-5), 1.0, [0.9, 0.1, 0.5, 0.0016]));
    let stage = Stage::new(&rows);
    let lines = stage.numbers("fig5");
    let of = |variant: &str, statistic: &str| -> f64 {
        let found: Vec<_> =
            lines.iter().filter(|l| l["variant"] == variant && l["statistic"] == statistic).collect();
        assert_eq!(found.len(), 1, "{variant} {statistic}: {found:?}");
        found[0]["value"].parse().unwrap()
    };
    close(of("sparling", "mean"), 0.008);
    close(of("retrained", "mean"), 0.0016);
    close(of("retrained", "published"), 0.0015);
    close(of("non-sparse", "published"), 0.002);
    assert_eq!(lines.iter().filter(|l| l["statistic"] == "seed").count(), 3 * 3);
    let (words, notes) = stage.words("fig5");
    for expected in ["From scratch", "none measured", "Not measured: LaTeX-OCR"] {
        assert!(words.contains(expected), "the figure lacks `{expected}`");
    }
    assert!(notes.contains("0123456789ab"), "{notes}");
}

#[test]
fn figure_8_has_both_layers_with_seeds_means_and_paper() {
    let stage = Stage::new(&everything());
    let lines = stage.numbers("fig8");
    close(value(&lines, "single-threshold", "ce", "mean"), 0.25);
    close(value(&lines, "single-threshold", "ce", "published"), 0.222);
    close(value(&lines, "single-threshold", "fpe", "mean"), 0.0);
    close(value(&lines, "sparling", "e2ee", "published"), 0.0074);
    let seeds = lines.iter().filter(|l| l["statistic"] == "seed");
    assert_eq!(seeds.count(), 2 * 4 * 3);
    let (words, notes) = stage.words("fig8");
    for expected in ["Scale paper, seeds 1–3.", "FPE (percent)"] {
        assert!(words.contains(expected), "the figure lacks `{expected}`");
    }
    for expected in ["1, 2, 3", "10000", "0123456789ab", "5.02×10⁻⁵"] {
        assert!(notes.contains(expected), "the CSV lacks `{expected}`");
    }
    assert!(!words.contains("Not measured"));
}

#[test]
fn figure_11_sets_measured_densities_beside_the_papers() {
    let stage = Stage::new(&everything());
    let lines = stage.numbers("fig11");
    close(value(&lines, "l1-1", "density", "mean"), 0.05);
    close(value(&lines, "l1-1", "density", "published"), 0.046);
    close(value(&lines, "l1-2", "e2ee", "published"), 0.703);
    close(value(&lines, "kl-100000", "density", "mean"), 0.0);
    close(value(&lines, "kl-1000", "exact", "published"), 0.24);
    close(value(&lines, "kl-10", "density", "published_high"), 0.3);
    assert!(lines.iter().filter(|l| l["variant"].starts_with("kl")).all(|l| l["delta"].is_empty()));
    let (words, notes) = stage.words("fig11");
    for expected in ["theoretical minimum", "λ", "density that was measured"] {
        assert!(words.contains(expected), "the figure lacks `{expected}`");
    }
    assert!(notes.contains("24 %"), "{notes}");
}

#[test]
fn figure_12_has_the_published_ranges() {
    let stage = Stage::new(&everything());
    let lines = stage.numbers("fig12");
    close(value(&lines, "no-batch-norm", "e2ee", "mean"), 0.72);
    close(value(&lines, "no-batch-norm", "e2ee", "published_low"), 0.70);
    close(value(&lines, "no-batch-norm", "e2ee", "published_high"), 0.75);
    close(value(&lines, "single-threshold-no-batch-norm", "e2ee", "published_high"), 0.66);
    assert!(!lines.iter().any(|l| l["variant"].starts_with("fixed") && l["statistic"].starts_with("pub")));
    let (words, notes) = stage.words("fig12");
    assert!(words.contains("no batch norm, ST") && notes.contains("5×10⁻²"), "names and densities reached");
    assert!(
        !words.contains("momentum") && !words.contains("ours"),
        "of ablations of ours nothing without rows"
    );
}

#[test]
fn figure_12_shows_the_ablations_of_ours_that_were_run() {
    let mut rows = everything();
    rows.extend(runs("momentum-0.5", Some(6e-5), 6e-5, [0.01, 0.08, 0.06, 0.11]));
    let stage = Stage::new(&rows);
    let lines = stage.numbers("fig12");
    close(value(&lines, "momentum-0.5", "e2ee", "mean"), 0.11);
    let ours = lines.iter().filter(|l| l["variant"] == "momentum-0.5");
    assert!(ours.clone().count() > 0 && !ours.clone().any(|l| l["statistic"].starts_with("pub")));
    let (words, _) = stage.words("fig12");
    assert!(
        words.contains("momentum 0.5") && words.contains("ours") && !words.contains("δ × 0."),
        "what was run"
    );
    assert!(!words.contains("Not measured"), "nothing that make fig12 asks for is missing");
}

#[test]
fn table_1_prints_ours_above_the_papers() {
    let stage = Stage::new(&everything());
    let lines = stage.numbers("table1");
    close(value(&lines, "l1-10", "fne", "published"), 0.845);
    close(value(&lines, "sparling", "density", "published"), 5e-5);
    let text = stage.file("table1.md");
    for line in [
        "| | | FPE | FNE | CE | E2EE | density |",
        "| L1, λ = 0.1 | 3 seeds | 80.00 | 30.00 | 40.00 | 0.70 | 30 |",
        "| | paper, 1 seed | 99.99 | 0 | 50.3 | 0.68 | 37 |",
        "| Sparling | 3 seeds | 1.00 | 0.40 | 1.20 | 0.80 | 0.005 |",
        "| | paper, 9 seeds | 1.48 | 0.42 | 1.16 | 0.74 | 0.005 |",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
    }
    assert!(text.contains("Scale paper; seeds 1, 2, 3; samples 10000; revision 0123456789ab."), "{text}");
}

/// Two seeds of both methods of table 2.
fn single_motifs(domain: &str, metric: &str, [own, direct]: [f64; 2]) -> Vec<Row> {
    let of = |variant: &str, delta, value: f64| {
        [(1, 0.5), (2, 1.5)].map(|(seed, factor)| Row {
            domain: domain.into(),
            ..row(variant, seed, delta, metric, value * factor)
        })
    };
    [of("sparling", Some(6e-5), own), of("direct-supervision", None, direct)].concat()
}

#[test]
fn table_2_has_both_methods_beside_the_papers() {
    let mut rows = everything();
    rows.extend(single_motifs("digit-circle", "motif_misclassified", [0.02, 0.001]));
    rows.extend(single_motifs("latex-ocr", "motif_misclassified", [0.08, 0.004]));
    rows.extend(single_motifs("latex-ocr", "motif_misclassified_necessary", [0.03, 0.002]));
    rows.extend(single_motifs("audio-sequence", "motif_misclassified", [0.1, 0.05]));
    let stage = Stage::new(&rows);
    let lines = stage.numbers("table2");
    // One domain and metric have these two variants; the others are told apart by them.
    let own: Vec<_> = lines.iter().filter(|l| l["domain"] == "digit-circle").cloned().collect();
    close(value(&own, "sparling", "motif_misclassified", "mean"), 0.02);
    close(value(&own, "direct-supervision", "motif_misclassified", "mean"), 0.001);
    close(value(&own, "direct-supervision", "motif_misclassified", "published"), 1e-4);
    close(value(&lines, "sparling", "motif_misclassified_necessary", "published"), 0.0296);
    let text = stage.file("table2.md");
    for line in [
        "| DigitCircle | Sparling | 2.00 | 2 | 1.24 |",
        "| DigitCircle | direct supervision | 0.10 | 2 | 0.01 |",
        "| LaTeX-OCR | Sparling | 8.00 | 2 | 6.55 |",
        "| LaTeX-OCR, without the often inferable | direct supervision | 0.20 | 2 | 0.10 |",
        "| AudioMNISTSequence, new speakers | direct supervision | 5.00 | 2 | 4.28 |",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
    }
    assert!(text.contains("Not measured: AudioMNISTSequence, known speakers."), "{text}");
    assert!(text.contains("seeds 1, 2; samples 10000"), "seed 3 has other metrics alone: {text}");
    let error = Stage::new(&sparling()).draw("table2").unwrap_err().to_string();
    assert!(
        error.starts_with("table 2: found no values")
            && error.contains("sparling figure table2 --scale paper"),
        "{error}"
    );
}

#[test]
fn variants_without_rows_are_left_out_and_named() {
    let stage = Stage::new(&sparling());
    for (target, absent) in
        [("fig8", "ST"), ("fig11", "KL λ=10⁵"), ("fig12", "fixed δ, 1.5 × minimum"), ("table1", "L1, λ = 10")]
    {
        let lines = stage.numbers(target);
        assert!(lines.iter().all(|l| l["variant"] == "sparling"), "{target}");
        let (words, notes) = stage.words(target);
        assert!(words.contains("Not measured:"), "{target}: {words}");
        assert!(notes.contains("Not measured:") && notes.contains(absent), "{target}: {notes}");
    }
}

#[test]
fn failed_runs_are_named_with_their_reason() {
    let mut rows = everything();
    rows.retain(|r| r.variant != "l1-10" && !(r.variant == "l1-5" && r.seed == 3));
    for (variant, seed) in [("l1-10", 1), ("l1-5", 3)] {
        let mut failed = row(variant, seed, None, "train", 0.0);
        (failed.value, failed.samples) = (None, 0);
        failed.error = "the loss became NaN at step 7".into();
        rows.push(failed);
    }
    let stage = Stage::new(&rows);
    let lines = stage.numbers("table1");
    close(value(&lines, "l1-5", "e2ee", "mean"), 0.72 * 0.9);
    assert!(lines.iter().all(|l| l["variant"] != "l1-10"));
    let text = stage.file("table1.md");
    for words in [
        "digit-circle/l1-10 seed 1 train: the loss became NaN at step 7",
        "digit-circle/l1-5 seed 3 train: the loss became NaN at step 7",
        "Not measured: L1, λ = 10.",
        "samples 10000;",
    ] {
        assert!(text.contains(words), "`{words}` is not in\n{text}");
    }
}

#[test]
fn targets_are_named_by_number_or_as_tables() {
    for (text, name) in [("8", "fig8"), ("fig11", "fig11"), ("table1", "table1"), ("table2", "table2")] {
        assert_eq!(text.parse::<Target>().unwrap().to_string(), name);
    }
    for text in ["99", "table7", "tab1", "fig", "-3"] {
        let error = text.parse::<Target>().unwrap_err().to_string();
        assert!(error.contains("found") && error.contains("expected"), "{text}: {error}");
    }
    let error = Stage::new(&[]).draw("table1").unwrap_err().to_string();
    assert!(error.starts_with("table 1: found no values") && error.contains("digit-circle/l1-10"), "{error}");
}
