//! The plates of some segments, sorted, with their rows.

use std::sync::OnceLock;

use super::like::Like;
use crate::catalogue::SegmentId;
use crate::code::PlateCode;
use crate::part::{Part, PartError};
use crate::row::Class;

#[derive(Debug)]
pub struct Run {
    pub class: Class,
    /// Sorted.
    pub segments: Vec<SegmentId>,
    /// Sorted, each once.
    pub plates: Vec<PlateCode>,
    /// Of the plate at the same place; never 0.
    pub rows: Vec<u32>,
    /// Where it was saved.
    pub file: OnceLock<String>,
}

impl Run {
    /// Of plates in any order; those that come several times are summed.
    pub fn new(class: Class, segments: Vec<SegmentId>, mut counted: Vec<(PlateCode, u32)>) -> Self {
        if !counted.is_sorted_by(|a, b| a.0 < b.0) {
            counted.sort_unstable_by_key(|(plate, _)| *plate);
            counted.dedup_by(|later, kept| {
                let is_same = later.0 == kept.0;
                if is_same {
                    kept.1 = kept.1.saturating_add(later.1);
                }
                is_same
            });
        }
        let (plates, rows) = counted.into_iter().filter(|(_, rows)| *rows > 0).unzip();
        Self { class, segments, plates, rows, file: OnceLock::new() }
    }

    pub fn read(id: SegmentId, part: &dyn Part) -> Result<Self, PartError> {
        let mut counted = Vec::new();
        part.each_plate(&mut |plate, rows| counted.push((plate, rows)))?;
        Ok(Self::new(part.class(), vec![id], counted))
    }

    pub fn covers(&self, id: SegmentId) -> bool {
        self.segments.binary_search(&id).is_ok()
    }

    pub fn bytes(&self) -> usize {
        self.plates.capacity() * size_of::<PlateCode>() + self.rows.capacity() * size_of::<u32>()
    }

    pub fn merged(&self, other: &Self) -> Self {
        let mut segments = [self.segments.as_slice(), other.segments.as_slice()].concat();
        segments.sort_unstable();
        let room = self.plates.len() + other.plates.len();
        let (mut plates, mut rows) = (Vec::with_capacity(room), Vec::with_capacity(room));
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        loop {
            let (plate, count) = match (left.peek().copied(), right.peek().copied()) {
                (None, None) => break,
                (Some(a), Some(b)) if a.0 == b.0 => (a.0, a.1.saturating_add(b.1)),
                (Some(a), Some(b)) => a.min(b),
                (Some(one), None) | (None, Some(one)) => one,
            };
            left.next_if(|(other, _)| *other == plate);
            right.next_if(|(other, _)| *other == plate);
            plates.push(plate);
            rows.push(count);
        }
        plates.shrink_to_fit();
        rows.shrink_to_fit();
        Self { class: self.class, segments, plates, rows, file: OnceLock::new() }
    }

    /// Without segments that it covers; `None` when none is left.
    pub fn without(&self, dropped: &[(SegmentId, &dyn Part)]) -> Result<Option<Self>, PartError> {
        let mut segments = self.segments.clone();
        segments.retain(|id| dropped.iter().all(|(other, _)| other != id));
        if segments.is_empty() {
            return Ok(None);
        }
        let mut gone = Vec::new();
        for (_, part) in dropped {
            part.each_plate(&mut |plate, rows| gone.push((plate, rows)))?;
        }
        let gone = Self::new(self.class, Vec::new(), gone);
        let (mut plates, mut rows) = (Vec::with_capacity(self.plates.len()), Vec::with_capacity(self.plates.len()));
        let mut gone = gone.iter().peekable();
        for (plate, count) in self.iter() {
            while gone.next_if(|(other, _)| *other < plate).is_some() {}
            let rest = count.saturating_sub(gone.next_if(|(other, _)| *other == plate).map_or(0, |(_, rows)| rows));
            if rest > 0 {
                plates.push(plate);
                rows.push(rest);
            }
        }
        plates.shrink_to_fit();
        rows.shrink_to_fit();
        Ok(Some(Self { class: self.class, segments, plates, rows, file: OnceLock::new() }))
    }

    pub fn iter(&self) -> impl Iterator<Item = (PlateCode, u32)> + '_ {
        self.plates.iter().copied().zip(self.rows.iter().copied())
    }

    pub fn rows_of(&self, plate: PlateCode) -> Option<u32> {
        self.plates.binary_search(&plate).ok().and_then(|index| self.rows.get(index)).copied()
    }

    pub fn each_like(&self, like: &Like, found: &mut dyn FnMut(PlateCode, u32)) {
        like.select(&self.plates, &mut |index| {
            if let (Some(plate), Some(rows)) = (self.plates.get(index), self.rows.get(index)) {
                found(*plate, *rows);
            }
        });
    }
}
