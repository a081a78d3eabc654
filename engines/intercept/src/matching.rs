//! Distinct units for the junctions of a ring: maximum bipartite matching in O(E √V) (Hopcroft & Karp 1973), and where
//! some junction stays without, the reason by Hall's theorem (1935).
#![allow(clippy::indexing_slicing, reason = "every index counts the rows given, or is a column below the count given")]

use std::collections::VecDeque;

/// A largest matching of rows (junctions) to columns (units).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Matching {
    pub column_of: Vec<Option<usize>>,
    row_of: Vec<Option<usize>>,
}

impl Matching {
    /// `rows` lists the columns that each row may take.
    pub fn largest(rows: &[Vec<usize>], columns: usize) -> Self {
        let mut found = Self { column_of: vec![None; rows.len()], row_of: vec![None; columns] };
        while let Some(mut levels) = found.levels(rows) {
            for row in 0..rows.len() {
                if found.column_of[row].is_none() {
                    found.extend(rows, &mut levels, row);
                }
            }
        }
        found
    }

    pub fn size(&self) -> usize {
        self.column_of.iter().flatten().count()
    }

    /// Breadth first from the free rows; none when no alternating way ends in a free column.
    fn levels(&self, rows: &[Vec<usize>]) -> Option<Vec<usize>> {
        let mut levels = vec![usize::MAX; rows.len()];
        let mut open: VecDeque<usize> = (0..rows.len()).filter(|row| self.column_of[*row].is_none()).collect();
        open.iter().for_each(|row| levels[*row] = 0);
        let mut is_extensible = false;
        while let Some(row) = open.pop_front() {
            for column in &rows[row] {
                match self.row_of[*column] {
                    None => is_extensible = true,
                    Some(next) if levels[next] == usize::MAX => {
                        levels[next] = levels[row] + 1;
                        open.push_back(next);
                    }
                    Some(_) => {}
                }
            }
        }
        is_extensible.then_some(levels)
    }

    /// Recursion as deep as rows are many, and those are the junctions of one ring.
    fn extend(&mut self, rows: &[Vec<usize>], levels: &mut [usize], row: usize) -> bool {
        let level = std::mem::replace(&mut levels[row], usize::MAX);
        for column in &rows[row] {
            let is_open = match self.row_of[*column] {
                None => true,
                Some(next) => levels[next] != usize::MAX && levels[next] == level + 1 && self.extend(rows, levels, next),
            };
            if is_open {
                self.column_of[row] = Some(*column);
                self.row_of[*column] = Some(row);
                return true;
            }
        }
        false
    }

    /// A smallest-by-inclusion set of rows with fewer columns than rows; none when every row has a column.
    pub fn violator(&self, rows: &[Vec<usize>]) -> Option<Vec<usize>> {
        let free = self.column_of.iter().position(Option::is_none)?;
        let mut is_in = vec![false; rows.len()];
        is_in[free] = true;
        let mut open = vec![free];
        while let Some(row) = open.pop() {
            for next in rows[row].iter().filter_map(|column| self.row_of[*column]) {
                if !std::mem::replace(&mut is_in[next], true) {
                    open.push(next);
                }
            }
        }
        let mut short: Vec<usize> = (0..rows.len()).filter(|row| is_in[*row]).collect();
        let mut index = 0;
        while index < short.len() {
            let dropped = short.remove(index);
            let lists: Vec<Vec<usize>> = short.iter().map(|row| rows[*row].clone()).collect();
            if Self::largest(&lists, self.row_of.len()).size() == short.len() {
                short.insert(index, dropped);
                index += 1;
            }
        }
        Some(short)
    }
}
