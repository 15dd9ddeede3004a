//! Rows of a CSV or JSON-lines file, as they are written.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Map, Value};

use super::flaw::Flaw;
use crate::files::line_of_record;

/// A row before it is understood.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Line of the file, from 1.
    pub(super) row: usize,
    pub(super) input: String,
    pub(super) target: Target,
    /// `None` where the file has no such column.
    pub(super) motifs: Option<Value>,
}

/// An output as written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Text(String),
    /// A list of JSON.
    Tokens(Vec<String>),
}

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// Whether the file has a column of motifs.
    pub(super) has_motifs: bool,
    /// Columns that mean nothing here.
    pub(super) unused: Vec<String>,
    pub(super) flaws: Vec<Flaw>,
}

const COLUMNS: [&str; 3] = ["input", "target", "motifs"];

/// Reads a file by its extension.
///
/// # Errors
/// When it cannot be read at all, or lacks a column. What is wrong with single rows is among the flaws.
pub(super) fn read(path: &Path) -> Result<Rows> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => csv(path, bytes),
        Some("jsonl" | "ndjson") => json_lines(path, bytes),
        _ => bail!("{}: expected a file of samples that ends in .csv or .jsonl", path.display()),
    }
}

/// The cells of the column `input` of a table, whatever else it has.
///
/// # Errors
/// When it cannot be read, or a row has no such cell.
pub fn inputs_in(path: &Path) -> Result<Vec<String>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let no_input = |row: usize| format!("{}, row {row}: found no column input", path.display());
    if path.extension().is_some_and(|extension| extension == "csv") {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
        let header = reader.headers().with_context(|| format!("{}, row 1", path.display()))?;
        let column =
            header.iter().position(|column| column.trim() == "input").with_context(|| no_input(1))?;
        let cell = |record: csv::StringRecord| {
            let row = record.position().map_or(0, |place| line_of_record(bytes, place.byte()));
            record.get(column).map(|cell| cell.trim().to_owned()).with_context(|| no_input(row))
        };
        return reader
            .into_records()
            .map(|record| cell(record.with_context(|| path.display().to_string())?))
            .collect();
    }
    ensure!(
        path.extension().is_some_and(|extension| extension == "jsonl" || extension == "ndjson"),
        "{}: expected a table of inputs that ends in .csv or .jsonl; a file that is itself an input (FASTA, say) is named without --from",
        path.display()
    );
    let lines = bytes.split(|&byte| byte == b'\n').enumerate();
    let filled = lines.filter(|(_, line)| !line.iter().all(u8::is_ascii_whitespace));
    filled
        .map(|(i, line)| {
            let value: Value = serde_json::from_slice(line)
                .with_context(|| format!("{}, row {}: expected a JSON object", path.display(), i + 1))?;
            let input = value.get("input").and_then(Value::as_str).map(str::to_owned);
            input.with_context(|| no_input(i + 1))
        })
        .collect()
}

fn csv(path: &Path, bytes: &[u8]) -> Result<Rows> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let header = reader.headers().with_context(|| format!("{}, row 1", path.display()))?.clone();
    let place = |name: &str| header.iter().position(|column| column.trim() == name);
    let [input, target, motifs] = COLUMNS.map(place);
    let missing: Vec<&str> = [("input", input), ("target", target)]
        .iter()
        .filter(|(_, at)| at.is_none())
        .map(|(n, _)| *n)
        .collect();
    let (Some(input), Some(target)) = (input, target) else {
        bail!(
            "{}, row 1: found the columns {}, expected {} among them",
            path.display(),
            header.iter().collect::<Vec<_>>().join(", "),
            missing.join(" and ")
        );
    };
    let unused = header.iter().map(str::trim).filter(|column| !COLUMNS.contains(column));
    let mut rows =
        Rows { has_motifs: motifs.is_some(), unused: unused.map(str::to_owned).collect(), ..Rows::default() };
    for record in reader.records() {
        let flaw = |row, column, what| Flaw { file: path.to_owned(), row, column, what };
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let row = error.position().map(|place| line_of_record(bytes, place.byte()));
                rows.flaws.push(flaw(row, None, format!("cannot be read: {error}")));
                continue;
            }
        };
        let row = record.position().map_or(0, |place| line_of_record(bytes, place.byte()));
        if record.len() != header.len() {
            let what = format!("found {} columns, expected the {} of the header", record.len(), header.len());
            rows.flaws.push(flaw(Some(row), None, what));
            continue;
        }
        let motifs = motifs.map(|at| record[at].trim());
        let motifs = match motifs.map(parse_motifs).transpose() {
            Ok(motifs) => motifs,
            Err(what) => {
                rows.flaws.push(flaw(Some(row), Some("motifs"), what));
                continue;
            }
        };
        rows.rows.push(Row {
            row,
            input: record[input].trim().to_owned(),
            target: Target::Text(record[target].to_owned()),
            motifs,
        });
    }
    Ok(rows)
}

fn parse_motifs(text: &str) -> Result<Value, String> {
    if text.is_empty() {
        return Err("found nothing, expected a JSON list of motifs; [] is none".into());
    }
    serde_json::from_str(text)
        .map_err(|error| format!("found `{text}`, expected a JSON list of motifs ({error})"))
}

fn json_lines(path: &Path, bytes: &[u8]) -> Result<Rows> {
    let mut rows = Rows::default();
    let mut unused = BTreeSet::new();
    let (mut with, mut without) = (None, None);
    for (i, line) in bytes.split(|&byte| byte == b'\n').enumerate() {
        let row = i + 1;
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match object(line) {
            Ok((read, others)) => {
                *(if read.motifs.is_some() { &mut with } else { &mut without }) = Some(row);
                unused.extend(others);
                rows.rows.push(Row { row, ..read });
            }
            Err((column, what)) => {
                rows.flaws.push(Flaw { file: path.to_owned(), row: Some(row), column, what });
            }
        }
    }
    if let (Some(with), Some(without)) = (with, without) {
        bail!(
            "{}: row {with} has motifs and row {without} has none; expected them in every row or in none ([] is no motif)",
            path.display()
        );
    }
    ensure!(!bytes.is_empty(), "{}: the file is empty", path.display());
    Ok(Rows { has_motifs: with.is_some(), unused: unused.into_iter().collect(), ..rows })
}

/// The column that a flaw is in, if it is in one, and what it is.
type CellFlaw = (Option<&'static str>, String);

/// A line of JSON, and its keys that mean nothing here.
fn object(line: &[u8]) -> Result<(Row, Vec<String>), CellFlaw> {
    let value: Map<String, Value> = serde_json::from_slice(line)
        .map_err(|error| (None, format!("expected a JSON object on one line ({error})")))?;
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let input = value.get("input").and_then(text);
    let input = input.ok_or_else(|| (Some("input"), "found none, expected a text".to_owned()))?;
    let target = match value.get("target") {
        Some(Value::Array(tokens)) => tokens.iter().map(text).collect::<Option<_>>().map(Target::Tokens),
        other => other.and_then(text).map(Target::Text),
    };
    let target = target
        .ok_or_else(|| (Some("target"), "found none, expected a text or a list of texts".to_owned()))?;
    let unused = value.keys().filter(|key| !COLUMNS.contains(&key.as_str())).cloned().collect();
    Ok((Row { row: 0, input: input.trim().to_owned(), target, motifs: value.get("motifs").cloned() }, unused))
}
