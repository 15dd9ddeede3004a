//! TOML whose numbers are what was written: one too small to be told from 0 is refused as one too large is.

use anyhow::{Result, anyhow, bail};
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table};

/// Reads TOML.
///
/// # Errors
/// When it is not TOML, or has a number that would be read as 0 and is none. The message names line and column.
pub(crate) fn table(text: &str) -> Result<Table> {
    check(text)?;
    text.parse().map_err(|e: toml::de::Error| anyhow!("{}", e.to_string().trim()))
}

/// Checks the numbers of what [`table`] reads.
///
/// # Errors
/// As [`table`].
pub(crate) fn check(text: &str) -> Result<()> {
    let table = DeTable::parse(text).map_err(|e| anyhow!("{}", e.to_string().trim()))?;
    let Some(Lost { key, at, number }) = lost_of(table.get_ref(), "") else { return Ok(()) };
    let line = text[..at].matches('\n').count() + 1;
    let column = text[..at].rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    bail!("line {line}, column {column}, `{key}`: {}", refusal(&number))
}

/// Why `number` is not taken.
pub(super) fn refusal(number: &str) -> String {
    format!(
        "found {number}, which is too small to be told from 0; expected 0 or a number of at least {:e} in size",
        f64::MIN_POSITIVE
    )
}

/// The number in a single value that is not kept, if there is one.
pub(super) fn lost_in(value: &str) -> Option<String> {
    let text = format!("v = {value}");
    let table = DeTable::parse(&text).ok()?;
    lost_of(table.get_ref(), "").map(|lost| lost.number)
}

/// A number that would be read as 0, or with fewer digits than others, and is not 0.
struct Lost {
    key: String,
    /// Where it begins, in bytes.
    at: usize,
    number: String,
}

/// The first in a table whose keys come behind `prefix`.
fn lost_of(table: &DeTable<'_>, prefix: &str) -> Option<Lost> {
    table.iter().find_map(|(key, value)| lost(value, &format!("{prefix}{}", key.get_ref())))
}

fn lost(value: &Spanned<DeValue<'_>>, key: &str) -> Option<Lost> {
    match value.get_ref() {
        DeValue::Float(float) => {
            let number = float.as_str();
            let digits = number.split(['e', 'E']).next().unwrap_or_default();
            let is_zero = !digits.contains(|c: char| ('1'..='9').contains(&c));
            let read: f64 = number.parse().ok()?;
            let kept = is_zero || read.is_normal() || !read.is_finite();
            (!kept).then(|| Lost { key: key.to_owned(), at: value.span().start, number: number.to_owned() })
        }
        DeValue::Array(items) => items.iter().find_map(|item| lost(item, key)),
        DeValue::Table(table) => lost_of(table, &format!("{key}.")),
        DeValue::String(_) | DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Datetime(_) => None,
    }
}
