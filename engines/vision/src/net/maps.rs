//! The pictures between two layers: of one frame or place, or of several that go through the network together.

/// Zeros above and left of every picture: what the widest kernel reaches for.
pub const BEFORE: usize = 2;
/// Zeros below and right of it: what the last tile of [`super::winograd`] reaches for where the sides do not divide.
pub const BEYOND: usize = 4;
/// Channels are padded with zeros to a multiple of this, the widest vector there is.
pub const LANES_MAX: usize = 16;

/// Channels last; the channels that only fill up are zero in every picture, as are the margins. Pictures of one size lie one below the other, each
/// in its own margins. Behind the last row may be more numbers, of a larger picture that lay there before.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    /// Pictures.
    pub count: usize,
    /// Of each picture.
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
    /// At least so many numbers of any content: the shortest buffer that is long enough.
    pub fn take(&mut self, len: usize) -> Vec<f32> {
        let fits = self.0.iter().enumerate().filter(|(_, buffer)| buffer.len() >= len).min_by_key(|(_, buffer)| buffer.len());
        match fits.map(|(at, _)| at) {
            Some(at) => self.0.swap_remove(at),
            None => vec![0.0; len],
        }
    }

    /// Keeps the longest.
    pub fn give(&mut self, buffer: Vec<f32>) {
        if buffer.is_empty() {
            return;
        }
        self.0.push(buffer);
        if self.0.len() > SPARE_MAX
            && let Some((shortest, _)) = self.0.iter().enumerate().min_by_key(|(_, buffer)| buffer.len())
        {
            self.0.swap_remove(shortest);
        }
    }
}

fn blank(values: &mut [f32], from: usize, until: usize) {
    if let Some(part) = values.get_mut(from..until) {
        part.fill(0.0);
    }
}

impl Maps {
    /// With their margins; what their pixels hold from before is for the caller to write over.
    pub fn framed(count: usize, rows: usize, columns: usize, channels: usize, spare: &mut Spare) -> Self {
        let mut maps = Self { count, rows, columns, channels, values: Vec::new() };
        let (step, picture_step) = (maps.row_step(), maps.picture_step());
        maps.values = spare.take(count * picture_step);
        for picture in 0..count {
            let (first, last) = (maps.at(picture, 0, 0), maps.at(picture, rows, 0));
            blank(&mut maps.values, picture * picture_step, first);
            for row in 0..rows {
                // The right margin of a row, and the left one of the next, which lies behind it.
                blank(&mut maps.values, first + row * step + columns * channels, first + (row + 1) * step);
            }
            blank(&mut maps.values, last, (picture + 1) * picture_step);
        }
        maps
    }

    /// One picture of one channel, from plain rows.
    pub fn from_grey(rows: usize, columns: usize, levels: &[f32], spare: &mut Spare) -> Self {
        let mut maps = Self::framed(1, rows, columns, 1, spare);
        for (line, row) in levels.chunks_exact(columns.max(1)).take(rows).zip(0..) {
            let at = maps.at(0, row, 0);
            if let Some(to) = maps.values.get_mut(at..at + columns) {
                to.copy_from_slice(line);
            }
        }
        maps
    }

    /// Puts a single picture in the place of one of these, margins and all. Both are of one size.
    pub fn put(&mut self, picture: usize, single: &Self) {
        let len = self.picture_step();
        if let (Some(to), Some(from)) = (self.values.get_mut(picture * len..(picture + 1) * len), single.values.get(..len)) {
            to.copy_from_slice(from);
        }
    }

    /// Whether both are as many pictures of one size.
    pub fn is_like(&self, other: &Self) -> bool {
        (self.count, self.rows, self.columns, self.channels) == (other.count, other.rows, other.columns, other.channels)
    }

    /// From one row to the next, in numbers.
    pub fn row_step(&self) -> usize {
        (self.columns + BEFORE + BEYOND) * self.channels
    }

    /// From one picture to the next, in numbers.
    pub fn picture_step(&self) -> usize {
        (self.rows + BEFORE + BEYOND) * self.row_step()
    }

    /// Where the channels of a pixel begin.
    pub fn at(&self, picture: usize, row: usize, column: usize) -> usize {
        self.at_offset((picture, row, column), (0, 0))
    }

    /// The same, so many rows up and columns left, at most [`BEFORE`].
    pub fn at_offset(&self, (picture, row, column): (usize, usize, usize), (up, left): (usize, usize)) -> usize {
        picture * self.picture_step() + (row + BEFORE - up) * self.row_step() + (column + BEFORE - left) * self.channels
    }

    /// Picture after picture, in each channel after channel, as other engines have it.
    pub fn planes(&self, channels: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.count * channels * self.rows * self.columns];
        for (picture, planes) in out.chunks_exact_mut((channels * self.rows * self.columns).max(1)).enumerate() {
            for row in 0..self.rows {
                for column in 0..self.columns {
                    let at = self.at(picture, row, column);
                    let pixel = self.values.get(at..at + channels).unwrap_or_default();
                    for (channel, value) in pixel.iter().enumerate() {
                        if let Some(to) = planes.get_mut((channel * self.rows + row) * self.columns + column) {
                            *to = *value;
                        }
                    }
                }
            }
        }
        out
    }

    /// Adds pictures of half the size, each of their pixels four times.
    pub fn add_doubled(&mut self, half: &Self) {
        for picture in 0..self.count {
            for row in 0..self.rows {
                for column in 0..self.columns {
                    let (to, from) = (self.at(picture, row, column), half.at(picture, row / 2, column / 2));
                    let added = half.values.get(from..from + half.channels).unwrap_or_default();
                    for (sum, value) in self.values.iter_mut().skip(to).zip(added) {
                        *sum += value;
                    }
                }
            }
        }
    }
}
