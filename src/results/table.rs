//! Rows as CSV: the header, reading with every line checked, writing.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::row::Row;
use crate::hint::{Also, Hint, RESULTS};

const HEADER: [&str; 14] = [
    "domain",
    "variant",
    "seed",
    "delta",
    "metric",
    "value",
    "samples",
    "corpus",
    "revision",
    "libtorch",
    "device",
    "config_hash",
    "wall_seconds",
    "error",
];

/// All rows of one file, in its order; none if there is no such file.
///
/// # Errors
/// When the file cannot be read, or a line is damaged: the error names file, line and field.
pub(super) fn read_file(path: &Path) -> Result<Vec<Row>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_slice());
    let header =
        reader.headers().with_context(|| format!("{} line 1: damaged header", path.display()))?.clone();
    if header != HEADER[..] {
        bail!(
            "{} line 1: found the header `{}`, expected `{}`; restore the file from version \
             control, or move it away and measure the runs again, each by `{}`",
            path.display(),
            header.iter().collect::<Vec<_>>().join(","),
            HEADER.join(","),
            measuring(path)
        );
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        // The position is that of the record's start, where an editor should look.
        let (line, row) = match record {
            Ok(record) => {
                let line = record.position().map(csv::Position::line);
                let row = record
                    .deserialize::<Row>(Some(&header))
                    .map_err(|error| anyhow::anyhow!(describe(&error, &record)))
                    .and_then(|row| row.check().map(|()| row));
                (line, row)
            }
            Err(error) => {
                let line = error.position().map(csv::Position::line);
                (line, Err(anyhow::anyhow!(describe_broken(&error))))
            }
        };
        rows.push(row.with_context(|| {
            format!(
                "{} line {}: damaged row; restore the file from version control, or delete the line and measure \
                 its run again by `{}`",
                path.display(),
                line.map_or_else(|| "?".to_owned(), |l| l.to_string()),
                measuring(path)
            )
        })?);
    }
    Ok(rows)
}

/// The command that measures a run for the rows at `path`.
fn measuring(path: &Path) -> String {
    // <results>/<scale>/rows.csv, or a measurement's own file two folders deeper.
    let scale = path.ancestors().find(|folder| folder.join("rows.csv").is_file());
    let results = scale.and_then(Path::parent).unwrap_or(Path::new(RESULTS));
    Hint::Evaluate { run: Path::new("RUN"), results, also: Also::Nothing }.to_string()
}

fn describe(error: &csv::Error, record: &csv::StringRecord) -> String {
    let csv::ErrorKind::Deserialize { err, .. } = error.kind() else {
        return error.to_string();
    };
    match err.field().and_then(|f| usize::try_from(f).ok()) {
        Some(field) => format!(
            "{}: found `{}`: {}",
            HEADER.get(field).unwrap_or(&"?"),
            record.get(field).unwrap_or_default(),
            err.kind()
        ),
        None => err.kind().to_string(),
    }
}

fn describe_broken(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { len, .. } => {
            format!("found {len} fields, expected {}", HEADER.len())
        }
        _ => error.to_string(),
    }
}

/// Rows as the text of a file.
///
/// # Errors
/// When they cannot be laid out, which is a fault of the program.
pub(super) fn to_csv<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.write_record(HEADER)?;
    for row in rows {
        writer.serialize(row)?;
    }
    writer.into_inner().map_err(|error| anyhow::anyhow!("cannot lay out rows: {error}"))
}
