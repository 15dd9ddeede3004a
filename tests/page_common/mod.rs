//! A folder of results whose HTML report is looked at: made-up rows, a figure, and a sample at five densities.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{GrayImage, ImageFormat};
use sparling::figures::Context;
use sparling::report::{Form, write};
use sparling::results::{
    Along, AtDensity, Example, Examples, Input, Marked, TrueMotif, View, along_path, examples_path,
};

use super::rows_common::{keep, row};

/// Side of the made-up inputs and maps.
const SIDE: usize = 20;
/// Marks that are no motif, by density.
pub(crate) const FALSE_MARKS: [usize; 5] = [40, 20, 10, 3, 0];

pub(crate) fn png(levels: Vec<u8>, width: usize) -> String {
    let rows = levels.len() / width;
    let image = GrayImage::from_raw(width as u32, rows as u32, levels).unwrap();
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).unwrap();
    STANDARD.encode(bytes.into_inner())
}

fn motifs() -> Vec<TrueMotif> {
    vec![
        TrueMotif { kind: 3, top: 2, left: 2, bottom: 8, right: 7 },
        TrueMotif { kind: 7, top: 12, left: 12, bottom: 18, right: 17 },
    ]
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Channel 0 marks the 3 from the start, channel 1 the 7 from the third density on; the rest is noise.
fn view(step: usize) -> View {
    let mut marks = vec![(0, 5.0, 4.0, 9.0, false)];
    if step >= 2 {
        marks.push((1, 15.0, 14.0, 8.0, false));
    }
    for i in 0..FALSE_MARKS[step] {
        marks.push((i % 2, (i / 10) as f64 + 8.0, (i % 10) as f64 * 2.0 + 0.5, 1.0, false));
    }
    let mut levels = vec![0; SIDE * SIDE];
    for &(channel, y, x, ..) in &marks {
        levels[y as usize * SIDE + x as usize] = channel as u8 + 1;
    }
    View {
        active: marks.len() as u64,
        map_png: png(levels, SIDE),
        found: vec![Some(0), (step >= 2).then_some(1)],
        left_over: FALSE_MARKS[step] as u64,
        marks: Some(marks),
        output: words(if step >= 2 { "3 7" } else { "3 8" }),
    }
}

pub(crate) fn along() -> Along {
    let at = |step: usize| AtDensity {
        delta: 0.5 * 0.1_f64.powi(step as i32),
        trained: 1000 * (step as u64 + 1),
        measured_on: 200,
        density: 0.1,
        fpe: FALSE_MARKS[step] as f64 / 50.0,
        fne: 0.01,
        ce: Some(0.5 - 0.1 * step as f64),
        e2ee: Some(0.02),
        mapping: vec![Some(3), Some(7)],
        views: vec![view(step), view(step)],
    };
    let input = |index| Input {
        index,
        split: "test".into(),
        height: SIDE,
        width: SIDE,
        channels: 1,
        input_png: png((0..SIDE * SIDE).map(|i| if i % 7 == 0 { 255 } else { 0 }).collect(), SIDE),
        true_motifs: motifs(),
        target: words("3 7"),
    };
    Along {
        domain: "digit-circle".into(),
        variant: "sparling".into(),
        seed: 1,
        config_hash: "cafe".into(),
        revision: "0123456789ab".into(),
        kinds: (0..10).map(|digit| digit.to_string()).collect(),
        channels: 2,
        stride: 1,
        map_size: [SIDE, SIDE],
        inputs: vec![input(0), input(1)],
        densities: (0..5).map(at).collect(),
    }
}

/// A series, at its last density only.
fn spoken() -> Examples {
    let item = Example {
        index: 0,
        split: "test".into(),
        height: 1,
        width: 40,
        channels: 4,
        input_png: png((0..160).map(|i| (i % 13 * 19) as u8).collect(), 40),
        true_motifs: vec![TrueMotif { kind: 1, top: 0, left: 10, bottom: 1, right: 20 }],
        predicted: vec![Marked { channel: 0, y: 0.5, x: 14.5, value: 2.0, crowded: false }],
        target: words("1"),
        output: words("1"),
    };
    Examples {
        domain: "audio-sequence".into(),
        variant: "sparling".into(),
        seed: 1,
        config_hash: "cafe".into(),
        delta: 1e-3,
        mapping: vec![Some(1), None],
        kinds: words("0 1"),
        items: vec![item],
    }
}

/// `<folder>/laptop` with all of it.
pub(crate) fn stage(folder: &Path) {
    let mut rows = Vec::new();
    for (variant, errors) in
        [("sparling", [0.01, 0.01, 0.05, 0.01]), ("single-threshold", [0.0, 0.02, 0.07, 0.03])]
    {
        for (metric, value) in ["fpe", "fne", "ce", "e2ee"].into_iter().zip(errors) {
            rows.push(row("digit-circle", variant, 1, 5.0226e-5, metric, value));
            rows.push(row("digit-circle", variant, 2, 5.0226e-5, metric, value / 2.0));
        }
    }
    keep(folder, "laptop", &rows);
    along().write(&along_path(folder, "laptop", "digit-circle", "sparling", 1)).unwrap();
    spoken().write(&examples_path(folder, "laptop", "audio-sequence", "sparling", 1)).unwrap();
    let square =
        "<rect x=\"1\" y=\"2\" width=\"3\" height=\"4\" opacity=\"1\" fill=\"#123456\" stroke=\"none\"/>";
    let svg = format!(
        "<svg width=\"400\" height=\"200\" xmlns=\"http://www.w3.org/2000/svg\">\n{square}\n</svg>\n"
    );
    fs::write(folder.join("laptop/fig3.svg"), svg).unwrap();
    fs::write(folder.join("laptop/fig4.png"), STANDARD.decode(png(vec![255; 16], 4)).unwrap()).unwrap();
    let remarks = "preface = \"See [LOG](LOG.md) & `x`.\"\nfig8 = \"A <script>alert(1)</script> **b**.\"\n";
    fs::write(folder.join("laptop/remarks.toml"), remarks).unwrap();
}

/// Writes the page of a staged folder and returns its path.
pub(crate) fn page(folder: &Path) -> anyhow::Result<PathBuf> {
    write(&Context::load(folder, "laptop")?, Form::Html, None)
}
