//! Rows as CSV: the header, reading with every line checked, writing.
//!
//! The file of a measurement has a last column, `unit`, with the number of its rows and a sum over them, the same in
//! each line: `23-5a6b7c8d9e0f`. A file that lost lines, even whole ones at its end, is known by it. Files without
//! the column are read as they are.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use csv::StringRecord;
use sha2::{Digest as _, Sha256};

use super::checked::usual_run;
use super::row::Row;
use crate::files::line_of_record;
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

/// The column of a measurement's file that says what the whole of it is.
const UNIT: &str = "unit";

/// All rows of one file, in its order; none if there is no such file.
///
/// # Errors
/// When the file cannot be read, or a line is damaged or missing: the error names file, line and field.
pub(super) fn read_file(path: &Path) -> Result<Vec<Row>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}; {}", path.display(), remedy(path)));
        }
    };
    if let Err(error) = std::str::from_utf8(&text) {
        let line = text[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count() + 1;
        bail!("{} line {line}: found bytes that are no text (UTF-8); {}", path.display(), remedy(path));
    }
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_slice());
    let mut header =
        reader.headers().with_context(|| format!("{} line 1: damaged header", path.display()))?.clone();
    let has_unit = header.len() == HEADER.len() + 1 && header.get(HEADER.len()) == Some(UNIT);
    header.truncate(if has_unit { HEADER.len() } else { header.len() });
    // A header that nothing ends is that of a longer one.
    if header != HEADER[..] || !text.contains(&b'\n') {
        bail!(
            "{} line 1: found the header `{}`, expected `{}`; {}",
            path.display(),
            header.iter().collect::<Vec<_>>().join(","),
            HEADER.join(","),
            remedy(path)
        );
    }
    let (mut rows, mut records, mut units) = (Vec::new(), Vec::new(), BTreeSet::new());
    for record in reader.records() {
        // The position is that of the record's start, where an editor should look.
        let (line, row) = match record {
            Ok(mut record) => {
                let line = record.position().map(|at| line_of_record(&text, at.byte()));
                if has_unit {
                    units.insert(record.get(HEADER.len()).unwrap_or_default().to_owned());
                    record.truncate(HEADER.len());
                    records.push(record.clone());
                }
                let row = record
                    .deserialize::<Row>(Some(&header))
                    .map_err(|error| anyhow::anyhow!(describe(&error, &record)))
                    .and_then(|row| row.check().map(|()| row));
                (line, row)
            }
            Err(error) => {
                let line = error.position().map(|at| line_of_record(&text, at.byte()));
                (line, Err(anyhow::anyhow!(describe_broken(&error))))
            }
        };
        rows.push(row.with_context(|| {
            format!(
                "{} line {}: damaged row; restore the file from version control, or delete {} and measure its run \
                 again by `{}`",
                path.display(),
                line.map_or_else(|| "?".to_owned(), |l| l.to_string()),
                if has_unit { "it" } else { "the line" },
                measuring(path)
            )
        })?);
    }
    if has_unit {
        check_unit(path, &records, &units)?;
    }
    Ok(rows)
}

/// That the lines of a measurement's file are those that were written.
fn check_unit(path: &Path, records: &[StringRecord], said: &BTreeSet<String>) -> Result<()> {
    let found = unit(records);
    if said.iter().eq([&found]) {
        return Ok(());
    }
    let rows = |unit: &str| unit.split('-').next().unwrap_or_default().to_owned();
    let what = match said.first() {
        None => "found no rows, expected at least one".to_owned(),
        Some(_) if said.len() > 1 => "found lines of several measurements, expected those of one".to_owned(),
        Some(said) if rows(said) == rows(&found) => format!(
            "found {} rows whose sum is {found}, expected {said} as each line says; a value was changed",
            rows(said)
        ),
        Some(said) => format!("found {} rows, expected {} as each line says", records.len(), rows(said)),
    };
    bail!(
        "{} is damaged: {what}. Restore the file from version control, or delete it and measure its run again by \
         `{}`",
        path.display(),
        measuring(path)
    )
}

/// What the whole of some rows is called: their number and a sum over all fields.
fn unit(records: &[StringRecord]) -> String {
    let mut sum = Sha256::new();
    for field in records.iter().flatten() {
        // The length first, so that no two lists of fields look alike.
        sum.update((field.len() as u64).to_le_bytes());
        sum.update(field);
    }
    let sum: String = sum.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{sum}", records.len())
}

/// What helps where the file at `path` is not one of rows.
fn remedy(path: &Path) -> String {
    format!(
        "restore it from version control, or move it away and measure the runs again, each by `{}`",
        measuring(path)
    )
}

/// The command that measures a run for the rows at `path`: the run is where runs usually are.
pub(super) fn measuring(path: &Path) -> String {
    // <results>/<scale>/rows.csv, or <results>/<scale>/rows/<run>/<measurement>.csv
    let own = path.ancestors().nth(2).filter(|folder| folder.ends_with("rows"));
    let scale = own.unwrap_or(path).parent();
    let results = scale.and_then(Path::parent).unwrap_or(Path::new(RESULTS));
    let run = own.and(path.parent()).and_then(Path::file_name).and_then(OsStr::to_str);
    let run = run.zip(scale.and_then(Path::file_name)).and_then(|(run, scale)| usual_run(run, scale));
    let run = run.unwrap_or_else(|| "RUN".into());
    Hint::Evaluate { run: &run, results, also: Also::Nothing }.to_string()
}

fn describe(error: &csv::Error, record: &StringRecord) -> String {
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

/// The rows of one measurement as the text of its file. Without rows it says that the measurement is withdrawn.
///
/// # Errors
/// As [`to_csv`].
pub(super) fn to_unit<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Result<Vec<u8>> {
    let plain = to_csv(rows)?;
    let records: Vec<StringRecord> =
        csv::Reader::from_reader(&plain[..]).records().collect::<Result<_, _>>()?;
    if records.is_empty() {
        return Ok(plain);
    }
    let unit = unit(&records);
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(HEADER.iter().chain([&UNIT]))?;
    for record in &records {
        writer.write_record(record.iter().chain([unit.as_str()]))?;
    }
    writer.into_inner().map_err(|error| anyhow::anyhow!("cannot lay out rows: {error}"))
}
