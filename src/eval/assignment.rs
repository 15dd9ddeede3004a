//! The one-to-one assignment of greatest weight (Hungarian algorithm).

/// A column for each row of a `side` × `side` table, no column twice, with the greatest sum of `weight(row, column)`.
///
/// Rows are placed one after the other, each along the shortest augmenting path under potentials u and v that keep
/// cost − u − v at least 0, where cost = −weight (Kuhn 1955, Munkres 1957, in the O(n³) form of Jonker and Volgenant
/// 1987). A sum of `side` weights must fit half an `i64`.
pub(super) fn best_assignment(side: usize, weight: impl Fn(usize, usize) -> i64) -> Vec<usize> {
    let (mut of_row, mut of_column) = (vec![0_i64; side], vec![0_i64; side]);
    let mut row_in: Vec<Option<usize>> = vec![None; side];
    for start in 0..side {
        let path = shortest_path(start, side, &weight, &mut of_row, &mut of_column, &row_in);
        // Each column of the path takes the row of the one before; the first takes the new row.
        for pair in path.windows(2).rev() {
            row_in[pair[1]] = row_in[pair[0]];
        }
        row_in[path[0]] = Some(start);
    }
    let mut column_of = vec![0; side];
    for (column, row) in row_in.iter().enumerate() {
        if let Some(row) = *row {
            column_of[row] = column;
        }
    }
    column_of
}

/// Columns from the one that row `start` takes to one that is free. Potentials move so that the path costs nothing.
fn shortest_path(
    start: usize,
    side: usize,
    weight: &impl Fn(usize, usize) -> i64,
    of_row: &mut [i64],
    of_column: &mut [i64],
    row_in: &[Option<usize>],
) -> Vec<usize> {
    let mut distance = vec![i64::MAX; side];
    let mut before: Vec<Option<usize>> = vec![None; side];
    let mut reached = vec![false; side];
    let (mut row, mut at) = (start, None);
    let end = loop {
        for column in (0..side).filter(|&column| !reached[column]) {
            let slack = -weight(row, column) - of_row[row] - of_column[column];
            if slack < distance[column] {
                (distance[column], before[column]) = (slack, at);
            }
        }
        // There is a free column as long as a row is to be placed.
        let Some(nearest) = (0..side).filter(|&c| !reached[c]).min_by_key(|&c| distance[c]) else {
            unreachable!("a free column")
        };
        let step = distance[nearest];
        of_row[start] += step;
        for column in 0..side {
            if reached[column] {
                of_column[column] -= step;
                if let Some(row) = row_in[column] {
                    of_row[row] += step;
                }
            } else {
                distance[column] -= step;
            }
        }
        reached[nearest] = true;
        at = Some(nearest);
        match row_in[nearest] {
            Some(next) => row = next,
            None => break nearest,
        }
    };
    let mut path: Vec<usize> = std::iter::successors(Some(end), |&column| before[column]).collect();
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use pathfinding::matrix::Matrix;
    use pathfinding::prelude::kuhn_munkres;

    use super::*;

    /// Small numbers without a generator, with many ties where `below` is small.
    fn table(side: usize, salt: u64, below: u64) -> Matrix<i64> {
        Matrix::from_fn(side, side, |(row, column)| {
            let mixed =
                (row as u64 * 31 + column as u64 + salt * 977 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            ((mixed >> 33) % below) as i64
        })
    }

    #[test]
    fn the_sum_is_that_of_another_algorithm() {
        for side in 1..=12 {
            for salt in 0..40 {
                for below in [2, 7, 1_000_000] {
                    let weights = table(side, salt, below);
                    let columns = best_assignment(side, |row, column| weights[(row, column)]);
                    let mut used = columns.clone();
                    used.sort_unstable();
                    assert!(used.iter().copied().eq(0..side), "{columns:?} takes a column twice");
                    let sum: i64 = columns.iter().enumerate().map(|(row, &c)| weights[(row, c)]).sum();
                    assert_eq!(sum, kuhn_munkres(&weights).0, "side {side}, salt {salt}, below {below}");
                }
            }
        }
    }

    #[test]
    fn where_all_agree_each_takes_its_own() {
        assert_eq!(best_assignment(4, |row, column| i64::from(row == column)), [0, 1, 2, 3]);
        assert!(best_assignment(0, |_, _| 0).is_empty());
    }
}
