//! NumPy's `.npy` files.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use npyz::{NpyFile, Order};

/// Values of an array and their shape: `[C, L]` becomes `[C, 1, L]`, `[C, H, W]` stays.
///
/// # Errors
/// When it is no `.npy` file of real numbers, has another number of axes, or a value is not finite.
pub(super) fn read(path: &Path) -> Result<(Vec<f32>, [usize; 3])> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file = NpyFile::new(&bytes[..]).with_context(|| format!("{} is no .npy file", path.display()))?;
    let sides: Vec<usize> = file.shape().iter().map(|&side| side as usize).collect();
    let shape = match sides[..] {
        [channels, length] => [channels, 1, length],
        [channels, height, width] => [channels, height, width],
        _ => bail!(
            "{} has the shape {sides:?}, expected [C, L] (a series) or [C, H, W] (a picture)",
            path.display()
        ),
    };
    let columns_first = file.order() == Order::Fortran;
    let values = values(file).with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(
        values.iter().all(|value| value.is_finite()),
        "{} has a value that is not finite",
        path.display()
    );
    Ok((if columns_first { rows_first(&values, &sides) } else { values }, shape))
}

/// The values, of whatever type they are.
fn values(file: NpyFile<&[u8]>) -> Result<Vec<f32>> {
    macro_rules! read_as {
        ($file:expr; $($type:ty),*) => {{
            let file = $file;
            $(let file = match file.try_data::<$type>() {
                Ok(data) => return Ok(data.map(|value| value.map(|v| v as f32)).collect::<Result<_, _>>()?),
                Err(file) => file,
            };)*
            file
        }};
    }
    let file = read_as!(file; f32, f64, u8, i8, u16, i16, u32, i32, u64, i64);
    match file.try_data::<bool>() {
        Ok(data) => Ok(data.map(|value| value.map(|v| f32::from(u8::from(v)))).collect::<Result<_, _>>()?),
        Err(file) => bail!("found values of type {}, expected real numbers", file.dtype().descr()),
    }
}

/// Row-major values of an array that was written column-major.
fn rows_first(values: &[f32], sides: &[usize]) -> Vec<f32> {
    let place = |mut index: usize| {
        let mut at = 0;
        let mut strides = 1;
        let mut digits = vec![0; sides.len()];
        for (digit, &side) in digits.iter_mut().zip(sides).rev() {
            (*digit, index) = (index % side, index / side);
        }
        for (digit, &side) in digits.iter().zip(sides) {
            at += digit * strides;
            strides *= side;
        }
        at
    };
    (0..values.len()).map(|index| values[place(index)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn column_major_arrays_come_out_row_major() {
        // [[0, 1, 2], [3, 4, 5]] written column by column.
        assert_eq!(rows_first(&[0.0, 3.0, 1.0, 4.0, 2.0, 5.0], &[2, 3]), [0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
        let cube: Vec<f32> = (0..24).map(|i| i as f32).collect();
        let mut columns = vec![0.0; 24];
        for (a, b, c) in (0..2).flat_map(|a| (0..3).flat_map(move |b| (0..4).map(move |c| (a, b, c)))) {
            columns[a + 2 * b + 6 * c] = (a * 12 + b * 4 + c) as f32;
        }
        assert_eq!(rows_first(&columns, &[2, 3, 4]), cube);
    }
}
