//! How far a run has come, by the end of its `metrics.jsonl`.

use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// One line about a run: step, δ, accuracy, and whether it is finished.
///
/// Events differ in what they hold, so each value is that of the last event that has it.
pub(super) fn state(run: &Path) -> Result<String> {
    let path = run.join("metrics.jsonl");
    if !path.exists() {
        return Ok("begun; nothing measured yet".to_owned());
    }
    let records = last_records(&path).with_context(|| format!("reading {}", path.display()))?;
    let finished = records.last().is_some_and(|record| record.get("event").is_some_and(|e| e == "end"));
    let mut parts = parts(&records);
    parts.push(match (finished, age(&path)) {
        (true, _) => "finished".to_owned(),
        (false, Some(age)) => format!("not finished, last written {} ago", human(age)),
        (false, None) => "not finished".to_owned(),
    });
    Ok(parts.join(", "))
}

/// The same without whether it is finished; empty where nothing is known yet.
pub(super) fn progress(run: &Path) -> Result<String> {
    let path = run.join("metrics.jsonl");
    let records = last_records(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(parts(&records).join(", "))
}

fn parts(records: &[Value]) -> Vec<String> {
    let last = |key: &str| records.iter().rev().find_map(|record| record.get(key));
    let mut parts = Vec::new();
    if let Some(samples) = last("samples").and_then(Value::as_u64) {
        parts.push(format!("{samples} samples"));
    }
    if let Some(density) = last("delta").and_then(Value::as_f64) {
        parts.push(format!("δ {density:.2e}"));
    }
    if let Some(accuracy) = last("accuracy").and_then(Value::as_f64) {
        parts.push(format!("accuracy {:.1} %", 100.0 * accuracy));
    }
    parts
}

/// The whole records among the last 64 KiB of a JSON-lines file.
fn last_records(path: &Path) -> Result<Vec<Value>> {
    const TAIL: u64 = 64 * 1024;
    let mut file = File::open(path)?;
    let start = file.metadata()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    // Neither the line that the window cuts at its start nor one torn at the end is valid JSON.
    let lines = bytes.split(|&byte| byte == b'\n');
    Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).filter(Value::is_object).collect())
}

fn age(path: &Path) -> Option<Duration> {
    SystemTime::now().duration_since(fs::metadata(path).ok()?.modified().ok()?).ok()
}

fn human(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}
