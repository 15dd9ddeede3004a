//! The column `motifs`: `[{"kind": "7", "box": [top, left, bottom, right]}, …]`; in a series `[start, end]`.

use serde_json::Value;

use crate::domain::Motif;

/// Names of the kinds that a cell has, as far as it has any.
pub(super) fn kinds(cell: &Value) -> Vec<String> {
    cell.as_array().into_iter().flatten().filter_map(kind).collect()
}

fn kind(motif: &Value) -> Option<String> {
    match motif.get("kind")? {
        Value::String(name) => Some(name.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The motifs of a cell. Boxes are half-open, in rows and columns of an input of `shape`; those of sounds in seconds.
///
/// # Errors
/// With the column and what is wrong.
pub(super) fn read(
    cell: &Value,
    shape: [usize; 3],
    seconds_per_column: Option<f64>,
    known: impl Fn(&str) -> Result<usize, (&'static str, String)>,
) -> Result<Vec<Motif>, (&'static str, String)> {
    let flaw = |what: String| ("motifs", what);
    let motifs = cell.as_array().ok_or_else(|| flaw(format!("found {cell}, expected a list of motifs")))?;
    let series = shape[1] == 1;
    let sides = if series { "[start, end]" } else { "[top, left, bottom, right]" };
    let one = |motif: &Value| {
        let form = || flaw(format!(r#"found {motif}, expected {{"kind": …, "box": {sides}}}"#));
        let kind = known(&kind(motif).ok_or_else(form)?)?;
        let numbers = motif.get("box").and_then(Value::as_array).ok_or_else(form)?;
        let numbers: Vec<f64> = numbers.iter().map(Value::as_f64).collect::<Option<_>>().ok_or_else(form)?;
        let [top, left, bottom, right] = match (series, &numbers[..]) {
            (true, &[start, end]) => {
                let [start, end] = match seconds_per_column {
                    // A frame stands for the samples around its middle.
                    Some(each) => [(start / each).round(), (end / each).round()],
                    None => [start, end],
                };
                [0.0, start, 1.0, end]
            }
            (_, &[top, left, bottom, right]) => [top, left, bottom, right],
            _ => return Err(form()),
        };
        let inside = |from: f64, to: f64, side: usize| {
            from >= 0.0 && from < to && to <= side as f64 && from.fract() == 0.0 && to.fract() == 0.0
        };
        if !inside(top, bottom, shape[1]) || !inside(left, right, shape[2]) {
            return Err(flaw(format!(
                "the box {} is not one of whole rows and columns inside of {} × {}, expected {sides}, half-open",
                motif["box"], shape[1], shape[2]
            )));
        }
        let [top, left, bottom, right] = [top, left, bottom, right].map(|side| side as usize);
        Ok(Motif { kind, top, left, bottom, right })
    };
    motifs.iter().map(one).collect()
}
