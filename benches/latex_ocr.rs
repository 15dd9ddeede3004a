//! How fast LaTeX-OCR samples are made, on one thread, and what memory they take; beside it
//! pdflatex and pdftoppm on one formula, where they are installed: `cargo bench --bench latex_ocr`.
#![allow(clippy::print_stdout, reason = "a benchmark reports what it measured")]

use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use sparling::domain::latex_ocr::{Grammar, LatexOcr, LatexOcrConfig};
use sparling::domain::sample_rng::sample_rng;
use sparling::domain::{Domain as _, Split};

fn samples(criterion: &mut Criterion) {
    let domain = LatexOcr::new(LatexOcrConfig::default()).expect("the defaults are valid");
    let mut group = criterion.benchmark_group("latex-ocr");
    group.throughput(Throughput::Elements(1));
    let mut index = 0;
    group.bench_function("sample", |bencher| {
        bencher.iter(|| {
            index += 1;
            black_box(domain.sample(Split::Train, index).expect("a formula is laid out"))
        });
    });
    group.bench_function("formula", |bencher| {
        bencher.iter(|| {
            index += 1;
            black_box(domain.formula(Split::Train, index).expect("a formula is laid out"))
        });
    });
    let grammar = Grammar::new(1, 30);
    let mut rng = sample_rng("bench", 0, Split::Train, 0);
    group.bench_function("tokens", |bencher| bencher.iter(|| black_box(grammar.draw(&mut rng))));
    group.finish();
}

/// Resident memory of this process in MiB, where the system tells.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? / 1024)
}

fn memory(_: &mut Criterion) {
    let domain = LatexOcr::new(LatexOcrConfig::default()).expect("the defaults are valid");
    let show = |seen: u64, start: Instant| {
        let memory = resident().map_or("unknown".to_owned(), |mib| format!("{mib} MiB"));
        let rate = seen as f64 / start.elapsed().as_secs_f64().max(1e-9);
        println!("latex-ocr/memory: {memory} after {seen} samples, {rate:.0} samples/s");
    };
    let start = Instant::now();
    for index in 0..=100_000 {
        black_box(domain.sample(Split::Test, index).expect("a formula is laid out"));
        if [1_000, 10_000, 100_000].contains(&index) {
            show(index, start);
        }
    }
}

/// The way of a TeX installation: one page set, then rendered at 200 dpi.
fn tex(_: &mut Criterion) {
    let folder = std::env::temp_dir().join(format!("sparling-bench-{}", std::process::id()));
    match time_tex(&folder) {
        Some(seconds) => println!("latex-ocr/tex: {:.1} formulas/s by pdflatex + pdftoppm", 1.0 / seconds),
        None => println!("latex-ocr/tex: skipped, pdflatex and pdftoppm are not both installed"),
    }
    // Left in the temporary folder at worst.
    let _ = std::fs::remove_dir_all(&folder);
}

/// Mean seconds of five formulas; `None` where the programs are missing or fail.
fn time_tex(folder: &Path) -> Option<f64> {
    std::fs::create_dir_all(folder).ok()?;
    let source = "\\documentclass{article}\\pagestyle{empty}\\begin{document}\
                  \\[\\frac{x^{2}+1}{\\left(a_{3}+b\\right)}\\]\\end{document}";
    std::fs::write(folder.join("formula.tex"), source).ok()?;
    let run = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().ok().filter(std::process::ExitStatus::success)
    };
    let once = || {
        run("pdflatex", &["-interaction=batchmode", "formula.tex"])?;
        run("pdftoppm", &["-r", "200", "-gray", "formula.pdf", "formula"])
    };
    once()?;
    let start = Instant::now();
    for _ in 0..5 {
        once()?;
    }
    Some(start.elapsed().as_secs_f64() / 5.0)
}

criterion_group! {
    name = benches;
    config = Criterion::default().without_plots();
    targets = samples, memory, tex
}
criterion_main!(benches);
