//! The ten digit stamps: small binary pictures, read from `data/digit-stamps.txt`.
//!
//! ```
//! use sparling::domain::digit_circle::stamps::embedded;
//!
//! for stamp in embedded() {
//!     assert_eq!(stamp.height(), 12);
//!     assert!((7..=9).contains(&stamp.width()) && (0.17..0.32).contains(&stamp.ink_share()));
//! }
//! ```

use std::fmt::Write as _;
use std::sync::LazyLock;

use anyhow::{Context as _, Result, bail, ensure};

/// The stamps as committed, made by `sparling data make-stamps`.
pub const STAMPS_TEXT: &str = include_str!("../../../data/digit-stamps.txt");

/// Widest stamp that can be held: a row is a word of bits.
const MAX_WIDTH: usize = 64;

/// The picture of one digit: `height` × `width` pixels, set where there is ink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    width: usize,
    /// One word a row, bit `x` is column `x`.
    rows: Vec<u64>,
}

impl Stamp {
    /// A stamp from rows of `#` (ink) and `.` (no ink).
    ///
    /// # Errors
    /// When there is no row, the rows differ in length, are empty or wider than 64
    /// columns, or hold another character.
    pub fn from_rows<S: AsRef<str>>(rows: &[S]) -> Result<Self> {
        let width = rows.first().map_or(0, |row| row.as_ref().len());
        ensure!(
            (1..=MAX_WIDTH).contains(&width),
            "a stamp needs rows of 1 to {MAX_WIDTH} columns, found {width}"
        );
        let mut bits = Vec::with_capacity(rows.len());
        for row in rows {
            let row = row.as_ref();
            ensure!(
                row.len() == width,
                "row {row:?} has {} columns, expected {width} as in the first row",
                row.len()
            );
            let mut word = 0;
            for (x, pixel) in row.bytes().enumerate() {
                match pixel {
                    b'#' => word |= 1 << x,
                    b'.' => {}
                    other => bail!(
                        "row {row:?} holds {:?}, expected '#' for ink or '.' for none",
                        char::from(other)
                    ),
                }
            }
            bits.push(word);
        }
        Ok(Self { width, rows: bits })
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.rows.len()
    }

    /// Columns.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the pixel at row `y`, column `x` is ink.
    ///
    /// # Panics
    /// If the pixel lies outside of the stamp.
    #[must_use]
    pub fn ink(&self, y: usize, x: usize) -> bool {
        assert!(x < self.width, "column {x} of a stamp of {}", self.width);
        self.rows[y] >> x & 1 == 1
    }

    /// The rows as words whose bit `x` is column `x`.
    pub(super) fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Share of the pixels that are ink, in [0, 1].
    #[must_use]
    pub fn ink_share(&self) -> f64 {
        let ink: u32 = self.rows.iter().map(|row| row.count_ones()).sum();
        f64::from(ink) / (self.height() * self.width) as f64
    }
}

/// The stamps that come with the crate, digit `d` at index `d`.
///
/// # Panics
/// If the committed file is damaged; the crate's tests parse it.
#[must_use]
pub fn embedded() -> &'static [Stamp; 10] {
    static STAMPS: LazyLock<[Stamp; 10]> =
        LazyLock::new(|| parse(STAMPS_TEXT).expect("data/digit-stamps.txt is checked by a test"));
    &STAMPS
}

/// Reads ten stamps from their text form: a line `digit D` for D = 0 to 9, each
/// followed by the stamp's rows of `#` and `.`. Blank lines and lines that start
/// with `;` are skipped.
///
/// # Errors
/// When a digit is missing or out of turn, or a row is malformed; the message names the digit.
pub fn parse(text: &str) -> Result<[Stamp; 10]> {
    let mut pictures: Vec<Vec<&str>> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() || line.starts_with(';') {
            continue;
        }
        if let Some(name) = line.strip_prefix("digit ") {
            let expected = pictures.len();
            ensure!(
                expected < 10 && name == expected.to_string(),
                "found {line:?} after {expected} stamps, expected the digits 0 to 9 in order"
            );
            pictures.push(Vec::new());
        } else {
            pictures
                .last_mut()
                .with_context(|| format!("found {line:?} before the first line `digit 0`"))?
                .push(line);
        }
    }
    let stamps = pictures
        .iter()
        .enumerate()
        .map(|(digit, rows)| Stamp::from_rows(rows).with_context(|| format!("digit {digit}")))
        .collect::<Result<Vec<_>>>()?;
    <[Stamp; 10]>::try_from(stamps)
        .map_err(|found| anyhow::anyhow!("found {} stamps, expected 10", found.len()))
}

/// The text form that [`parse`] reads, under a header of `;` lines.
#[must_use]
pub fn to_text(stamps: &[Stamp; 10], header: &[String]) -> String {
    let mut text = String::new();
    for line in header {
        text.push_str(format!("; {line}").trim_end());
        text.push('\n');
    }
    for (digit, stamp) in stamps.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(text, "\ndigit {digit}\n");
        for &row in stamp.rows() {
            text.extend((0..stamp.width()).map(|x| if row >> x & 1 == 1 { '#' } else { '.' }));
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_stamps_are_two_forms_of_one_thing() {
        let stamps = parse(STAMPS_TEXT).unwrap();
        let text = to_text(&stamps, &["a header".to_owned(), String::new()]);
        assert_eq!(parse(&text).unwrap(), stamps);
    }

    /// The facts of paper section 5 that the stamps must show.
    #[test]
    fn committed_stamps_have_the_papers_shape_and_ink() {
        let stamps = embedded();
        for (digit, stamp) in stamps.iter().enumerate() {
            assert_eq!(stamp.height(), 12, "digit {digit}");
            assert!((7..=9).contains(&stamp.width()), "digit {digit}");
            let share = stamp.ink_share();
            assert!((0.17..=0.32).contains(&share), "digit {digit}: {share}");
            let (bottom, right) = (stamp.height() - 1, stamp.width() - 1);
            for x in 0..=right {
                assert!(!stamp.ink(0, x) && !stamp.ink(bottom, x), "digit {digit}");
            }
            for y in 0..=bottom {
                assert!(!stamp.ink(y, 0) && !stamp.ink(y, right), "digit {digit}");
            }
            // The border is one pixel wide, not more.
            assert!((0..=right).any(|x| stamp.ink(1, x)), "digit {digit}");
            assert!((0..=right).any(|x| stamp.ink(bottom - 1, x)));
            assert!((0..=bottom).any(|y| stamp.ink(y, 1)), "digit {digit}");
            assert!((0..=bottom).any(|y| stamp.ink(y, right - 1)));
        }
        for a in 0..10 {
            for b in 0..a {
                assert_ne!(stamps[a], stamps[b], "digits {a} and {b}");
            }
        }
    }

    #[test]
    fn damaged_text_is_refused_with_the_digit_named() {
        for (text, needle) in [
            ("..\n", "before the first line"),
            ("digit 1\n#\n", "in order"),
            ("digit 0\n#.\n#\n", "digit 0"),
            ("digit 0\n#x\n", "digit 0"),
            ("digit 0\n#\n", "found 1 stamps"),
        ] {
            let message = format!("{:#}", parse(text).unwrap_err());
            assert!(message.contains(needle), "{text:?}: {message}");
        }
    }
}
