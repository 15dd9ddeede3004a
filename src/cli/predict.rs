//! `sparling predict`: answers and motifs of files.

use std::fs;
use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::ValueEnum;
use serde::Serialize;

use super::pictures::{found_picture, strength, strong_marks};
use super::tell::{Answers, say};
use crate::device::{DeviceChoice, resolve};
use crate::figures::sample_image::save_png;
use crate::interrupt;
use crate::measure::{Model, Prediction, Source, mapping_of, predict, sources_in};
use crate::train::{RunDir, Session};

/// Answers for files with a trained run (or committed model): the output and the motifs of each.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  sparling predict runs/dataset/mydata/laptop/seed-1 picture.png another.png
  sparling predict runs/dataset/mydata/laptop/seed-1 --from mydata/test.csv --draw pictures > answers.jsonl
  ls scans/*.png | sparling predict runs/dataset/mydata/laptop/seed-1 - --format csv

Each answer has the tokens of the output and the motifs: the local maxima of the motif map, with their channel,
the kind that the channel is best read as (found on 200 validation samples; null where true motifs are not known or
the channel stands for none), the position in the input (x: column, y: row, in pixels; for sounds also seconds) and
the strength. An input that cannot be read has an error in its place, the rest goes on, and the exit code is 1.")]
pub struct Args {
    /// A run's folder, or a model's under `results/<scale>/models/`.
    pub run: PathBuf,
    /// Files of inputs; `-` reads their names from standard input, one a line.
    #[arg(required_unless_present = "from")]
    pub files: Vec<PathBuf>,
    /// A CSV or JSON-lines file with a column `input`, relative to its folder.
    #[arg(long, value_name = "TABLE", conflicts_with = "files")]
    pub from: Option<PathBuf>,
    /// How answers are written.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub format: Format,
    /// Also draw each input with its motifs, as a PNG in this folder.
    #[arg(long, value_name = "DIR")]
    pub draw: Option<PathBuf>,
    /// Leave out motifs that are weaker. A channel that stands for nothing marks weakly and at random; the answer is
    /// that of the whole map all the same.
    #[arg(long, value_name = "S", default_value = "0", value_parser = strength)]
    pub min_strength: f32,
    /// Pixels drawn for each input pixel.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=32))]
    pub zoom: u8,
    /// Where to compute: cpu, cuda, cuda:N, or auto.
    #[arg(long, default_value = "auto")]
    pub device: DeviceChoice,
}

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A JSON object a line.
    Jsonl,
    /// A row each; the motifs as JSON.
    Csv,
}

/// One answer, as it is written.
#[derive(Debug, Default, Serialize)]
struct Answer {
    input: String,
    /// As people write it.
    output: Option<String>,
    tokens: Vec<String>,
    motifs: Vec<Found>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Found {
    channel: usize,
    kind: Option<String>,
    x: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    strength: f32,
}

/// Runs the command.
///
/// # Errors
/// When the folder is not a run or has no trained model, when an answer cannot be written, and at the end when an
/// input could not be read.
pub fn run(args: &Args) -> Result<()> {
    interrupt::watch_and_end("stopping");
    let dir = RunDir::open(&args.run)?;
    let mut model = Model::reported(&dir, resolve(args.device)?)?;
    let mapping = mapping_of(&mut model.session)?;
    if let Some(folder) = &args.draw {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut writer = Writer::new(args.format)?;
    let (mut seen, mut failed) = (0_u64, 0_u64);
    predict(&mut model.session, sources(args)?, |session, prediction| {
        seen += 1;
        failed += u64::from(prediction.outcome.is_err());
        if let (Some(folder), Ok(examined)) = (&args.draw, &prediction.outcome) {
            let picture = found_picture(session, examined, &mapping, args.zoom.into(), args.min_strength)?;
            save_png(&picture, &folder.join(picture_name(seen, &prediction.name)))?;
        }
        writer.write(&answer(session, &mapping, prediction, args.min_strength))
    })?;
    writer.finish()?;
    ensure!(seen > 0, "found no input; give files, a table with --from, or names on standard input with -");
    if let Some(folder) = &args.draw {
        say(false, &format!("{} pictures in {}", seen - failed, folder.display()));
    }
    if failed > 0 {
        bail!(
            "{failed} of {seen} inputs could not be read; each has its error in its place among the answers"
        );
    }
    Ok(())
}

/// Where inputs are, in the order given.
fn sources(args: &Args) -> Result<Box<dyn Iterator<Item = Result<Source>>>> {
    if let Some(table) = &args.from {
        return Ok(Box::new(sources_in(table)?.into_iter().map(Ok)));
    }
    let named = |file: PathBuf| -> Box<dyn Iterator<Item = Result<Source>>> {
        if file != Path::new("-") {
            return Box::new(std::iter::once(Ok(Source::File(file))));
        }
        let source = |line: Result<String>| match line {
            Ok(line) if line.trim().is_empty() => None,
            Ok(line) => Some(Ok(Source::File(PathBuf::from(line)))),
            Err(error) => Some(Err(error)),
        };
        Box::new(lines_of_input().filter_map(source))
    };
    Ok(Box::new(args.files.clone().into_iter().flat_map(named)))
}

/// The lines of standard input as they come; while none comes, a wish to stop is heard.
fn lines_of_input() -> impl Iterator<Item = Result<String>> {
    let (sender, lines) = mpsc::sync_channel(1024);
    // It may wait for a line that never comes, and ends with the process.
    std::thread::spawn(move || {
        let mut all = std::io::stdin().lock().lines();
        all.try_for_each(|line| sender.send(line).map_err(drop))
    });
    std::iter::from_fn(move || {
        loop {
            if let Err(wish) = interrupt::check() {
                return Some(Err(wish.into()));
            }
            match lines.recv_timeout(Duration::from_millis(100)) {
                Ok(line) => return Some(line.context("cannot read names from standard input")),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    })
}

/// A file's name for the picture of the n-th input, which no other has.
fn picture_name(n: u64, input: &str) -> String {
    let name = Path::new(input).file_name().map_or_else(|| input.to_owned(), |n| n.to_string_lossy().into());
    // A file's ending says nothing more; behind a colon stands a record's name.
    let name = match name.rsplit_once('.') {
        Some((stem, ending)) if !ending.contains(':') => stem.to_owned(),
        _ => name,
    };
    let safe = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    format!("{n:05}-{}.png", name.chars().take(80).map(safe).collect::<String>())
}

fn answer(session: &Session, mapping: &[Option<usize>], prediction: Prediction, least: f32) -> Answer {
    let examined = match prediction.outcome {
        Ok(examined) => examined,
        Err(error) => {
            return Answer { input: prediction.name, error: Some(format!("{error:#}")), ..Answer::default() };
        }
    };
    let domain = &session.domain;
    let series = domain.input_shape()[1] == 1;
    let name = |names: &[String], at: usize| names.get(at).cloned();
    let motifs = strong_marks(session, &examined, least).into_iter().map(|motif| Found {
        channel: motif.channel,
        kind: mapping.get(motif.channel).copied().flatten().and_then(|kind| name(domain.motif_kinds(), kind)),
        x: motif.x,
        y: (!series).then_some(motif.y),
        seconds: domain.seconds_per_column().map(|each| motif.x * each),
        strength: motif.value,
    });
    Answer {
        input: prediction.name,
        output: Some(domain.written(&examined.answer)),
        tokens: examined.answer.iter().filter_map(|&t| name(domain.vocabulary(), t as usize)).collect(),
        motifs: motifs.collect(),
        error: None,
    }
}

/// Answers on standard output.
enum Writer {
    Jsonl,
    Csv(Box<csv::Writer<Answers>>),
}

impl Writer {
    fn new(format: Format) -> Result<Self> {
        Ok(match format {
            Format::Jsonl => Self::Jsonl,
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(Answers);
                csv.write_record(["input", "output", "motifs", "error"])?;
                Self::Csv(Box::new(csv))
            }
        })
    }

    fn write(&mut self, answer: &Answer) -> Result<()> {
        match self {
            Self::Jsonl => Ok(writeln!(Answers, "{}", serde_json::to_string(answer)?)?),
            Self::Csv(csv) => {
                let (output, error) = (answer.output.as_deref(), answer.error.as_deref());
                let motifs = serde_json::to_string(&answer.motifs)?;
                Ok(csv.write_record([&answer.input, output.unwrap_or(""), &motifs, error.unwrap_or("")])?)
            }
        }
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Jsonl => Ok(Answers.flush()?),
            Self::Csv(mut csv) => Ok(csv.flush()?),
        }
    }
}
