//! Who holds what: as many rows as can be, then the best worst case, then the least total.
//!
//! The worst case by bisection over the distinct values, each tested by a matching; the total by successive shortest
//! paths with potentials (Kuhn 1955; Tomizawa 1971) in O(rows² · columns).
#![allow(clippy::indexing_slicing, reason = "rows have one cell for each column, and all indices count them")]

use crate::matching::Matching;

/// One row given to one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Of which the largest is made as small as can be.
    pub worst: i64,
    /// Of which the sum is made as small as can be.
    pub cost: i64,
}

/// The column of each row; none for rows that stay without.
pub(crate) fn assign(cells: &[Vec<Option<Cell>>]) -> Vec<Option<usize>> {
    let columns = cells.first().map_or(0, Vec::len);
    let within = |bound: i64| -> Vec<Vec<usize>> {
        let allowed = |row: &Vec<Option<Cell>>| {
            (0..columns).filter(|column| row[*column].is_some_and(|cell| cell.worst <= bound)).collect()
        };
        cells.iter().map(allowed).collect()
    };
    let mut values: Vec<i64> = cells.iter().flatten().flatten().map(|cell| cell.worst).collect();
    values.sort_unstable();
    values.dedup();
    let Some(last) = values.last() else { return vec![None; cells.len()] };
    let most = Matching::largest(&within(*last), columns).size();
    let least = values.partition_point(|bound| Matching::largest(&within(*bound), columns).size() < most);
    cheapest(cells, columns, values[least])
}

/// Costs are wider than their cells so that a row left over can cost more than all others together.
const LEFT_OVER: i128 = 1 << 80;
const FORBIDDEN: i128 = 1 << 100;

fn cheapest(cells: &[Vec<Option<Cell>>], columns: usize, bound: i64) -> Vec<Option<usize>> {
    let (rows, width) = (cells.len(), columns + cells.len());
    let cost = |row: usize, column: usize| -> i128 {
        if column >= columns {
            return LEFT_OVER;
        }
        cells[row][column].filter(|cell| cell.worst <= bound).map_or(FORBIDDEN, |cell| i128::from(cell.cost))
    };
    // Row and column 0 are the start of each augmenting path; real ones count from 1.
    let (mut row_price, mut column_price) = (vec![0i128; rows + 1], vec![0i128; width + 1]);
    let mut row_of = vec![0usize; width + 1];
    for row in 1..=rows {
        row_of[0] = row;
        let mut at = 0;
        let mut distance = vec![i128::MAX; width + 1];
        let mut before = vec![0usize; width + 1];
        let mut is_done = vec![false; width + 1];
        while row_of[at] != 0 {
            is_done[at] = true;
            let from = row_of[at];
            let (mut step, mut next) = (i128::MAX, 0);
            for column in (1..=width).filter(|column| !is_done[*column]) {
                let reduced = cost(from - 1, column - 1) - row_price[from] - column_price[column];
                if reduced < distance[column] {
                    distance[column] = reduced;
                    before[column] = at;
                }
                if distance[column] < step {
                    (step, next) = (distance[column], column);
                }
            }
            for column in 0..=width {
                if is_done[column] {
                    row_price[row_of[column]] += step;
                    column_price[column] -= step;
                } else if distance[column] != i128::MAX {
                    distance[column] -= step;
                }
            }
            at = next;
        }
        while at != 0 {
            row_of[at] = row_of[before[at]];
            at = before[at];
        }
    }
    let mut column_of = vec![None; rows];
    for column in 1..=columns {
        if row_of[column] != 0 {
            column_of[row_of[column] - 1] = Some(column - 1);
        }
    }
    column_of
}
