//! Numbers as figures print them.

/// A fraction in percent with three significant digits at most: 0.00742 → `0.74`.
pub(crate) fn percent(fraction: f64) -> String {
    let value = 100.0 * fraction;
    match value.abs() {
        v if v >= 99.95 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A density in percent with three significant digits: 0.0000502 → `0.00502`, 0.371 → `37.1`.
pub(crate) fn density_percent(fraction: f64) -> String {
    let value = 100.0 * fraction;
    if value <= 0.0 {
        return "0".to_owned();
    }
    let decimals = (2.0 - value.log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A tick value without needless zeros: 0.5 → `0.5`, 20 → `20`.
pub(super) fn plain(value: f64) -> String {
    let rounded = format!("{value:.6}");
    let trimmed = rounded.trim_end_matches('0').trim_end_matches('.');
    if trimmed == "-0" { "0".to_owned() } else { trimmed.replace('-', "−") }
}

/// A positive number in powers of ten, with `decimals` at most: 0.0002 → `2×10⁻⁴`, 0.001 → `10⁻³`.
pub(crate) fn scientific(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let digits =
        if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits };
    let raised: String = exponent.chars().map(superscript).collect();
    match (digits, exponent) {
        (digits, "0") => digits.to_owned(),
        ("1", _) => format!("10{raised}"),
        _ => format!("{digits}×10{raised}"),
    }
}

fn superscript(sign: char) -> char {
    const RAISED: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    sign.to_digit(10).map_or('⁻', |digit| RAISED[digit as usize])
}

/// Numbers in a list, those in a row as a range: 1, 2, 3, 7 → `1–3, 7`.
pub(super) fn ranges(numbers: &[u64]) -> String {
    let runs = numbers.chunk_by(|a, b| a + 1 == *b);
    let named = runs.map(|run| match run {
        [first, .., last] if run.len() > 2 => format!("{first}–{last}"),
        few => few.iter().map(u64::to_string).collect::<Vec<_>>().join(", "),
    });
    named.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_whole() {
        assert_eq!([0.00742, 0.5, 1.0, 0.1].map(percent), ["0.74", "50.0", "100", "10.0"]);
        assert_eq!([0.5, 20.0, -1.5, -0.0].map(plain), ["0.5", "20", "−1.5", "0"]);
        assert_eq!([2e-4, 1e-3, 1.4e-5, 3.0].map(|v| scientific(v, 1)), ["2×10⁻⁴", "10⁻³", "1.4×10⁻⁵", "3"]);
        assert_eq!(scientific(5.0226e-5, 2), "5.02×10⁻⁵");
        assert_eq!(ranges(&[1, 2, 3, 7]), "1–3, 7");
        assert_eq!([ranges(&[1, 2]), ranges(&[4]), ranges(&[])], ["1, 2", "4", ""]);
    }

    #[test]
    fn densities_keep_three_digits() {
        for (fraction, text) in
            [(5.0226e-5, "0.00502"), (0.371, "37.1"), (0.046, "4.6"), (1.0, "100"), (0.0, "0")]
        {
            assert_eq!(density_percent(fraction), text);
        }
    }
}
