//! The pictures between two layers.

/// Zeros around every picture: what the widest kernel and the last odd pair of a [`super::winograd`] tile reach for.
pub const MARGIN: usize = 2;
/// Channels are padded with zeros to a multiple of this, the widest vector there is.
pub const LANES_MAX: usize = 16;

/// Channels last; the channels that only fill up are zero in every picture, as are the margins.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    pub rows: usize,
    pub columns: usize,
    pub channels: usize,
    pub values: Vec<f32>,
}

/// Buffers that were used before: asking the system for megabytes anew for each layer costs it a page fault for every four thousand bytes.
#[derive(Debug, Default)]
pub struct Spare(Vec<Vec<f32>>);

/// As many as a layer uses at once, and the pictures that later ones need.
const SPARE_MAX: usize = 6;

impl Spare {
    /// Of any length and content.
    pub fn take(&mut self) -> Vec<f32> {
        self.0.pop().unwrap_or_default()
    }

    pub fn give(&mut self, buffer: Vec<f32>) {
        if buffer.capacity() > 0 && self.0.len() < SPARE_MAX {
            self.0.push(buffer);
        }
    }
}

impl Maps {
    pub fn zeros(rows: usize, columns: usize, channels: usize, spare: &mut Spare) -> Self {
        let mut values = spare.take();
        values.clear();
        values.resize((rows + 2 * MARGIN) * (columns + 2 * MARGIN) * channels, 0.0);
        Self { rows, columns, channels, values }
    }

    /// One channel, from plain rows.
    pub fn from_grey(rows: usize, columns: usize, levels: &[f32], spare: &mut Spare) -> Self {
        let mut maps = Self::zeros(rows, columns, 1, spare);
        for (row, line) in levels.chunks_exact(columns.max(1)).take(rows).enumerate() {
            let at = maps.at(row, 0);
            if let Some(to) = maps.values.get_mut(at..at + columns) {
                to.copy_from_slice(line);
            }
        }
        maps
    }

    /// From one row to the next, in numbers.
    pub fn row_step(&self) -> usize {
        (self.columns + 2 * MARGIN) * self.channels
    }

    /// Where the channels of a pixel begin.
    pub fn at(&self, row: usize, column: usize) -> usize {
        self.at_offset(row, column, 0, 0)
    }

    /// The same, so many rows up and columns left, at most [`MARGIN`].
    pub fn at_offset(&self, row: usize, column: usize, up: usize, left: usize) -> usize {
        (row + MARGIN - up) * self.row_step() + (column + MARGIN - left) * self.channels
    }

    /// Channel after channel, as other engines have it.
    pub fn planes(&self, channels: usize) -> Vec<f32> {
        let mut out = vec![0.0; channels * self.rows * self.columns];
        for row in 0..self.rows {
            for column in 0..self.columns {
                let at = self.at(row, column);
                let pixel = self.values.get(at..at + channels).unwrap_or_default();
                for (channel, value) in pixel.iter().enumerate() {
                    if let Some(to) = out.get_mut((channel * self.rows + row) * self.columns + column) {
                        *to = *value;
                    }
                }
            }
        }
        out
    }

    /// Adds a picture of half the size, each of its pixels four times.
    pub fn add_doubled(&mut self, half: &Self) {
        for row in 0..self.rows {
            for column in 0..self.columns {
                let (to, from) = (self.at(row, column), half.at(row / 2, column / 2));
                let added = half.values.get(from..from + half.channels).unwrap_or_default();
                for (sum, value) in self.values.iter_mut().skip(to).zip(added) {
                    *sum += value;
                }
            }
        }
    }
}
