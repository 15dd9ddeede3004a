//! Made-up result rows, for the tests of what is computed and drawn from rows.

use std::collections::HashMap;
use std::path::Path;

use sparling::results::{Row, Store};

/// Keeps rows as an evaluation does.
pub(crate) fn keep(results: &Path, scale: &str, rows: &[Row]) {
    Store::open(results, scale, false).unwrap().keep(rows, None).unwrap();
}

/// One value that one run measured on 10,000 samples.
pub(crate) fn row(
    domain: &str,
    variant: &str,
    seed: u64,
    delta: impl Into<Option<f64>>,
    metric: &str,
    value: f64,
) -> Row {
    Row {
        domain: domain.into(),
        variant: variant.into(),
        seed,
        delta: delta.into(),
        metric: metric.into(),
        value: Some(value),
        samples: 10_000,
        corpus: String::new(),
        revision: "0123456789ab".into(),
        libtorch: "2.11.0".into(),
        device: "cpu".into(),
        config_hash: "cafe".into(),
        wall_seconds: 1500.0,
        error: String::new(),
    }
}

/// The lines of a figure's CSV by column name.
#[allow(dead_code, reason = "not every test reads what was drawn")]
pub(crate) fn numbers(csv: &Path) -> Vec<HashMap<String, String>> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_path(csv).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// What a figure's CSV says of its numbers: the caption, where they come from, what is missing.
#[allow(dead_code, reason = "not every test reads what was drawn")]
pub(crate) fn notes(csv: &Path) -> String {
    let text = std::fs::read_to_string(csv).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("# ")).collect::<Vec<_>>().join("\n")
}

/// Checks the four files of a figure: their names, that the picture has ink and is as wide as a column or a page at
/// 300 dots an inch, that no words are smaller than 6 points there, and that the PDF is one.
#[allow(dead_code, reason = "not every test draws")]
pub(crate) fn check_files(paths: &[std::path::PathBuf], name: &str) {
    let endings: Vec<_> =
        paths.iter().take(4).map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(endings, ["png", "svg", "pdf", "csv"].map(|ending| format!("{name}.{ending}")));
    let png = image::open(&paths[0]).unwrap().into_rgb8();
    assert!([990, 2100].contains(&png.width()), "{name} is {} pixels wide", png.width());
    assert!(png.height() < 2700, "{name} is higher than a page: {} pixels", png.height());
    let inked = png.pixels().filter(|p| p.0 != [255; 3]).count();
    assert!(inked > 5000, "{name} has only {inked} coloured pixels");
    let svg = std::fs::read_to_string(&paths[1]).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    assert!(svg.contains("width=\"504pt\"") || svg.contains("width=\"237.6pt\""), "{name}");
    for size in svg.split("font-size=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(size.parse::<f64>().unwrap() >= 6.0, "{name} has words of {size} points");
    }
    let pdf = std::fs::read(&paths[2]).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.trim_ascii_end().ends_with(b"%%EOF"), "{name}.pdf");
}

/// The words of an SVG, one space between any two.
#[allow(dead_code, reason = "not every test reads what was drawn")]
pub(crate) fn words(svg: &Path) -> String {
    let svg = std::fs::read_to_string(svg).unwrap();
    let texts = svg.split('<').filter_map(|tag| tag.split_once('>')).map(|(_, text)| text);
    texts.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}
