//! From the example files of a scale to what the explorer shows.

use std::path::Path;

use anyhow::{Context as _, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use crate::domain::{Tone, tone_of};
use crate::figures::palette::{channel_color, text_color_on};
use crate::figures::{Context, SHOWN, along, examples, written};
use crate::hint::{Also, EXPERIMENTS, Hint, RESULTS, RUNS};
use crate::results::{Along, AtDensity, Example, Examples, Input, MarkedAt, Row, TrueMotif, View};

/// A run of a domain.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    pub(super) title: String,
    run: String,
    /// What the reader should know of this run; empty where nothing.
    note: String,
    /// Commands that keep more of it, one a line; empty where all is kept.
    commands: String,
    /// One-dimensional: drawn with its channels as rows.
    series: bool,
    /// Input pixels that a map covers, rows and columns.
    covers: [usize; 2],
    kinds: Vec<String>,
    /// By channel, and the colour of text on it.
    colors: Vec<[String; 2]>,
    samples: Vec<Sample>,
    densities: Vec<Density>,
}

#[derive(Debug, Serialize)]
struct Sample {
    index: u64,
    rows: usize,
    width: usize,
    input: String,
    motifs: Vec<TrueMotif>,
    tokens: Vec<String>,
    written: String,
}

#[derive(Debug, Serialize)]
struct Density {
    delta: f64,
    trained: Option<u64>,
    measured_on: Option<u64>,
    density: Option<f64>,
    /// FPE, FNE, CE, E2EE.
    errors: [Option<f64>; 4],
    mapping: Vec<Option<usize>>,
    views: Vec<Account>,
}

#[derive(Debug, Serialize)]
struct Account {
    active: Option<u64>,
    map: Option<String>,
    /// Channel, row, column, whether others are near; the strongest last.
    marks: Option<Vec<(usize, f64, f64, bool)>>,
    found: Option<Vec<Option<usize>>>,
    left_over: Option<u64>,
    tokens: Vec<String>,
    written: String,
}

/// One run of Sparling a domain: the samples at several densities where there are such, else those at the last.
///
/// # Errors
/// When an example file is damaged.
pub(super) fn domains(context: &Context) -> Result<Vec<Shown>> {
    let mut shown = Vec::new();
    for (domain, title, _) in SHOWN.iter().copied() {
        if let Some(kept) = along(context, domain, "sparling")? {
            shown.push(from_along(context, title, &kept)?);
        } else if let Some(kept) = examples(context, domain, "sparling")? {
            shown.push(from_examples(context, title, &kept)?);
        }
    }
    Ok(shown)
}

fn from_along(context: &Context, title: &str, along: &Along) -> Result<Shown> {
    let series = along.inputs.iter().any(|input| input.channels > 1);
    let [rows, columns] = along.map_size;
    let (note, commands) =
        if along.densities.len() > 1 { Default::default() } else { more(context, &along.domain, along.seed) };
    Ok(Shown {
        title: title.to_owned(),
        run: format!("{}/{} seed {}", along.domain, along.variant, along.seed),
        note,
        commands,
        series,
        covers: [rows * along.stride, columns * along.stride],
        kinds: along.kinds.clone(),
        colors: (0..along.channels).map(colors).collect(),
        samples: along.inputs.iter().map(|input| sample(&along.domain, input)).collect::<Result<_>>()?,
        densities: along.densities.iter().map(|at| density(along, at)).collect::<Result<_>>()?,
    })
}

fn density(along: &Along, at: &AtDensity) -> Result<Density> {
    let view = |view: &View| -> Result<Account> {
        Ok(Account {
            active: Some(view.active),
            map: Some(coloured(&along.levels(view)?, along.map_size, along.channels)?),
            marks: view.marks.clone().map(by_strength),
            found: Some(view.found.clone()),
            left_over: Some(view.left_over),
            written: written(&along.domain, &view.output),
            tokens: view.output.clone(),
        })
    };
    Ok(Density {
        delta: at.delta,
        trained: Some(at.trained),
        measured_on: Some(at.measured_on),
        density: Some(at.density),
        errors: [Some(at.fpe), Some(at.fne), at.ce, at.e2ee],
        mapping: at.mapping.clone(),
        views: at.views.iter().map(view).collect::<Result<_>>()?,
    })
}

/// The reported density alone: the marks, not the map, and the errors of the rows.
fn from_examples(context: &Context, title: &str, examples: &Examples) -> Result<Shown> {
    let own = |row: &&Row| {
        row.domain == examples.domain && row.variant == examples.variant && row.seed == examples.seed
    };
    let here = |row: &&Row| row.delta.is_some_and(|delta| (delta / examples.delta - 1.0).abs() < 1e-6);
    let row = |metric: &str| context.rows.iter().filter(own).filter(here).find(|row| row.metric == metric);
    let errors = ["fpe", "fne", "ce", "e2ee"].map(|metric| row(metric).and_then(|row| row.value));
    let account = |item: &Example| Account {
        active: None,
        map: None,
        marks: Some(by_strength(
            item.predicted.iter().map(|m| (m.channel, m.y, m.x, m.value, m.crowded)).collect(),
        )),
        found: None,
        left_over: None,
        written: written(&examples.domain, &item.output),
        tokens: item.output.clone(),
    };
    let inputs: Vec<Input> = examples.items.iter().map(Input::from).collect();
    let first = inputs.first();
    let (note, commands) = more(context, &examples.domain, examples.seed);
    Ok(Shown {
        title: title.to_owned(),
        run: format!("{}/{} seed {}", examples.domain, examples.variant, examples.seed),
        note,
        commands,
        series: first.is_some_and(|input| input.channels > 1),
        covers: first.map_or([0, 0], |input| [input.channels * input.height, input.width]),
        kinds: examples.kinds.clone(),
        colors: (0..examples.mapping.len()).map(colors).collect(),
        samples: inputs.iter().map(|input| sample(&examples.domain, input)).collect::<Result<_>>()?,
        densities: vec![Density {
            delta: examples.delta,
            trained: None,
            measured_on: row("fpe").map(|row| row.samples),
            density: row("density").and_then(|row| row.value),
            errors,
            mapping: examples.mapping.clone(),
            views: examples.items.iter().map(account).collect(),
        }],
    })
}

fn by_strength(mut marks: Vec<MarkedAt>) -> Vec<(usize, f64, f64, bool)> {
    marks.sort_by(|a, b| a.3.total_cmp(&b.3));
    marks.into_iter().map(|(channel, y, x, _, crowded)| (channel, y, x, crowded)).collect()
}

/// What is missing of a run of which one density was kept, and the commands that keep the way down.
fn more(context: &Context, domain: &str, seed: u64) -> (String, String) {
    let scale = &context.scale;
    let note = "Of this run only the last density is kept, so that the slider stands still. These commands train it \
                again and keep the way down; where its folder in runs/ is still there, the second is enough:";
    (note.to_owned(), keeping(domain, scale, seed))
}

/// The commands that train a run and keep samples of it at several densities.
pub(super) fn keeping(domain: &str, scale: &str, seed: u64) -> String {
    let experiment = Path::new(EXPERIMENTS).join(domain).join("sparling.toml");
    let run = Path::new(RUNS).join(domain).join("sparling").join(scale).join(format!("seed-{seed}"));
    let train = Hint::Train { experiment: &experiment, scale, seed, runs: Path::new(RUNS) };
    let keep = Hint::Evaluate { run: &run, results: Path::new(RESULTS), also: Also::ExamplesAlong };
    format!("{}\n{}", train.plain(), keep.plain())
}

fn colors(channel: usize) -> [String; 2] {
    let hex = |[r, g, b]: [u8; 3]| format!("#{r:02x}{g:02x}{b:02x}");
    let color = channel_color(channel);
    [hex(color), hex(text_color_on(color))]
}

fn sample(domain: &str, input: &Input) -> Result<Sample> {
    let rows = input.channels * input.height;
    let mut grey = input.grey()?;
    if tone_of(domain) == Tone::HighIsDark {
        grey.iter_mut().for_each(|level| *level = 255 - *level);
    }
    if input.channels > 1 {
        // A spectrogram has its lowest frequency at the bottom.
        grey = grey.chunks_exact(input.width.max(1)).rev().flatten().copied().collect();
    }
    Ok(Sample {
        index: input.index,
        rows,
        width: input.width,
        input: data_url(&grey, input.width, rows, None)?,
        motifs: input.true_motifs.clone(),
        written: written(domain, &input.target),
        tokens: input.target.clone(),
    })
}

/// A map in the colours of its channels, transparent where it is zero.
fn coloured(levels: &[u8], [rows, columns]: [usize; 2], channels: usize) -> Result<String> {
    let palette: Vec<u8> = [[255; 3]].into_iter().chain((0..channels).map(channel_color)).flatten().collect();
    data_url(levels, columns, rows, Some(palette))
}

/// A PNG in a link: greys, or places in `palette`, whose first colour is transparent.
fn data_url(levels: &[u8], width: usize, rows: usize, palette: Option<Vec<u8>>) -> Result<String> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, u32::try_from(width)?, u32::try_from(rows)?);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    encoder.set_color(if palette.is_some() { png::ColorType::Indexed } else { png::ColorType::Grayscale });
    if let Some(palette) = palette {
        encoder.set_palette(palette);
        encoder.set_trns(vec![0]);
    }
    let mut writer = encoder.write_header().context("cannot begin a picture")?;
    writer.write_image_data(levels).context("cannot write a picture")?;
    writer.finish().context("cannot end a picture")?;
    Ok(format!("data:image/png;base64,{}", STANDARD.encode(bytes)))
}
