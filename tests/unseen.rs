//! Promise: answers to outputs that training has had are told from answers to others.

mod random_run;
mod rows_common;

use std::collections::HashSet;
use std::path::Path;
use std::process::{Command, Output};

use random_run::random_run;
use sparling::config::{Config, load};
use sparling::domain::Split;
use sparling::figures::Context;
use sparling::measure::{Model, unseen, validate};
use sparling::report::{Form, write};
use sparling::results::{Row, read, rows_path};
use tch::Device;

fn config(domain: &str, settings: &[&str]) -> Config {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("experiments/{domain}/sparling.toml"));
    let settings: Vec<String> = settings.iter().map(|&setting| setting.to_owned()).collect();
    load(&file, "smoke", &settings).expect("settings")
}

#[test]
fn an_output_without_its_input_is_the_same() {
    for domain in ["digit-circle", "latex-ocr", "splicing"] {
        let domain = config(domain, &[]).domain.build().expect("a domain");
        for split in [Split::Train, Split::Validation, Split::Test] {
            for index in 0..50 {
                let whole = domain.sample(split, index).expect("a sample").target;
                assert_eq!(domain.target(split, index).expect("an output"), whole, "{split:?} {index}");
            }
        }
    }
}

#[test]
fn answers_are_told_apart_by_what_training_has_had() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = config("digit-circle", &["domain.min-digits=1", "domain.max-digits=2"]);
    let dir = random_run(folder.path(), &config, 0.05);
    let mut model = Model::reported(&dir, Device::Cpu).expect("a model");
    let domain = model.session.domain.clone();
    let samples = 60;
    let whole = validate(&mut model.session, Split::Test, 0, samples).expect("a report").e2ee;
    let target = |split, index| domain.sample(split, index).expect("a sample").target;
    let mut shares = Vec::new();
    for trained in [0, 1, 25, 400] {
        let had: HashSet<Vec<u32>> = (0..trained).map(|index| target(Split::Train, index)).collect();
        let new = (0..samples).filter(|&index| !had.contains(&target(Split::Test, index))).count() as u64;
        let found = unseen(&mut model.session, trained, samples).expect("a report");
        assert_eq!((found.unseen.samples(), found.seen.samples()), (new, samples - new), "{trained}");
        assert_eq!(found.share(), Some(new as f64 / samples as f64));
        let sum = |score: &sparling::eval::Score| score.error().unwrap_or(0.0) * score.samples() as f64;
        let (parts, all) = (sum(&found.seen) + sum(&found.unseen), sum(&whole));
        assert!((parts - all).abs() < 1e-9, "{trained}: errors sum to {parts}, all have {all}");
        // By hand: for each unseen output the mean error of those that training has had and that are as long.
        let long = |index| target(Split::Test, index).len();
        let alike = (0..samples)
            .filter(|&index| !had.contains(&target(Split::Test, index)))
            .filter_map(|index| found.by_length[&long(index)][0].error());
        let alike: Vec<f64> = alike.collect();
        let mean = (!alike.is_empty()).then(|| alike.iter().sum::<f64>() / alike.len() as f64);
        match (found.seen_as_long(), mean) {
            (Some(found), Some(mean)) => assert!((found - mean).abs() < 1e-12, "{found} {mean}"),
            (found, mean) => assert_eq!(found, mean),
        }
        assert_eq!(found.by_length.values().flatten().map(|score| score.samples()).sum::<u64>(), samples);
        shares.push(new);
    }
    assert!(shares[0] == samples && shares[3] < shares[2] && shares[2] < shares[0], "{shares:?}");
}

fn sparling(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sparling"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["--threads", "1"]).args(arguments);
    command.output().expect("the program runs")
}

#[test]
fn an_evaluation_keeps_them_and_the_report_shows_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    random_run(&run, &config("digit-circle", &[]), 0.05);
    let results = folder.path().join("results").display().to_string();
    let run = run.display().to_string();
    let arguments =
        ["evaluate", &run, "--samples", "30", "--unseen", "--device", "cpu", "--results", &results];
    let done = sparling(&arguments);
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{done:?}");
    assert!(
        told.contains("30 of 30 outputs were not among those of 0 training samples (100.00 %)"),
        "{told}"
    );
    let rows = read(&rows_path(Path::new(&results), "smoke")).expect("rows");
    let of = |metric: &str| rows.iter().find(|row| row.metric == metric).expect(metric).value;
    assert_eq!((of("unseen"), of("e2ee_unseen"), of("exact_unseen")), (Some(1.0), of("e2ee"), of("exact")));
}

#[test]
fn the_report_has_a_line_for_each_domain() {
    let folder = tempfile::tempdir().expect("a folder");
    let row = |metric: &str, value| rows_common::row("digit-circle", "sparling", 1, 5.0226e-5, metric, value);
    let report = |rows: &[Row], form| {
        rows_common::keep(folder.path(), "laptop", rows);
        let context = Context::load(folder.path(), "laptop").expect("rows");
        std::fs::read_to_string(write(&context, form, None).expect("a report")).expect("a file")
    };
    let mut rows = vec![row("fpe", 0.01), row("e2ee", 0.02), row("exact", 0.9)];
    let head = "Outputs that training has not had";
    assert!(!report(&rows, Form::Markdown).contains(head));
    rows.extend([row("unseen", 0.4), row("e2ee_unseen", 0.03), row("e2ee_seen_as_long", 0.025)]);
    rows.push(row("exact_unseen", 0.85));
    let text = report(&rows, Form::Markdown);
    assert!(text.contains(&format!("## {head}")), "{text}");
    assert!(text.contains("| DigitCircle | 1 | 40.0 | 3.00 | 2.50 | 2.00 | 85.0 | 90.0 |"), "{text}");
    let page = report(&rows, Form::Html);
    assert!(page.contains("id=\"unseen-head\"") && page.contains("href=\"#unseen\""));
}
