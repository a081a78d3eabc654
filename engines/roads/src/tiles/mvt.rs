//! The Mapbox Vector Tile 2.1 encoding: layers, features, geometry commands.

use std::collections::HashMap;

use super::clip::Window;
use crate::geo::Flat;
use crate::protobuf::{write_bytes, write_field, write_varint, zigzag};

/// Units across a tile.
pub(super) const EXTENT: u32 = 4_096;

pub(super) const LINE: u64 = 2;
pub(super) const POLYGON: u64 = 3;

const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u64 = 7;

/// The value of a feature's tag.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tag<'a> {
    Text(&'a str),
    Number(u64),
    Flag(bool),
}

impl Tag<'_> {
    fn encode(self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Text(text) => write_bytes(&mut out, 1, text.as_bytes()),
            Self::Number(number) => write_field(&mut out, 5, number),
            Self::Flag(flag) => write_field(&mut out, 7, u64::from(flag)),
        }
        out
    }
}

#[derive(Debug)]
pub(super) struct Layer {
    name: &'static str,
    features: Vec<u8>,
    keys: Vec<&'static str>,
    values: Vec<Vec<u8>>,
    value_numbers: HashMap<Vec<u8>, u64>,
}

impl Layer {
    pub fn new(name: &'static str) -> Self {
        Self { name, features: Vec::new(), keys: Vec::new(), values: Vec::new(), value_numbers: HashMap::new() }
    }

    pub fn feature(&mut self, kind: u64, geometry: &Geometry, tags: &[(&'static str, Tag<'_>)]) {
        let mut pairs = Vec::new();
        for (key, value) in tags {
            write_varint(&mut pairs, self.key_number(key));
            write_varint(&mut pairs, self.value_number(*value));
        }
        let mut feature = Vec::with_capacity(pairs.len() + geometry.commands.len() + 8);
        write_bytes(&mut feature, 2, &pairs);
        write_field(&mut feature, 3, kind);
        write_bytes(&mut feature, 4, &geometry.commands);
        write_bytes(&mut self.features, 2, &feature);
    }

    /// Appends the layer to the tile, unless it is empty.
    pub fn write(&self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let mut layer = Vec::with_capacity(self.features.len() + 256);
        write_field(&mut layer, 15, 2);
        write_bytes(&mut layer, 1, self.name.as_bytes());
        layer.extend_from_slice(&self.features);
        for key in &self.keys {
            write_bytes(&mut layer, 3, key.as_bytes());
        }
        for value in &self.values {
            write_bytes(&mut layer, 4, value);
        }
        write_field(&mut layer, 5, u64::from(EXTENT));
        write_bytes(tile, 3, &layer);
    }

    fn key_number(&mut self, key: &'static str) -> u64 {
        let number = self.keys.iter().position(|known| *known == key).unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        number as u64
    }

    fn value_number(&mut self, value: Tag<'_>) -> u64 {
        let value = value.encode();
        if let Some(number) = self.value_numbers.get(&value) {
            return *number;
        }
        let number = self.values.len() as u64;
        self.values.push(value.clone());
        self.value_numbers.insert(value, number);
        number
    }
}

/// Encoded commands; the cursor runs on from part to part.
#[derive(Debug, Default)]
pub(super) struct Geometry {
    commands: Vec<u8>,
    cursor: (i32, i32),
}

impl Geometry {
    pub fn is_empty(&self) -> bool {
        self.commands.is_empty()
    }

    pub fn lines(parts: &[Vec<Flat>], window: &Window) -> Self {
        let mut geometry = Self::default();
        for part in parts {
            let points = on_grid(part, window);
            if let [first, rest @ ..] = points.as_slice()
                && !rest.is_empty()
            {
                geometry.path(*first, rest);
            }
        }
        geometry
    }

    /// An outer ring and its holes; nothing when the outer ring has vanished.
    pub fn polygon(rings: &[Vec<Flat>], window: &Window) -> Self {
        let mut geometry = Self::default();
        for (index, ring) in rings.iter().enumerate() {
            let mut points = on_grid(ring, window);
            if points.len() > 1 && points.first() == points.last() {
                points.pop();
            }
            let area = doubled_area(&points);
            if area == 0 {
                if index == 0 {
                    return geometry;
                }
                continue;
            }
            // Outer rings have positive area by the specification's formula (y down), holes negative.
            if (area > 0) != (index == 0) {
                points.reverse();
            }
            if let [first, rest @ ..] = points.as_slice() {
                geometry.path(*first, rest);
                write_varint(&mut geometry.commands, CLOSE_PATH | 1 << 3);
            }
        }
        geometry
    }

    fn path(&mut self, first: (i32, i32), rest: &[(i32, i32)]) {
        write_varint(&mut self.commands, MOVE_TO | 1 << 3);
        self.step(first);
        write_varint(&mut self.commands, LINE_TO | (rest.len() as u64) << 3);
        for point in rest {
            self.step(*point);
        }
    }

    fn step(&mut self, to: (i32, i32)) {
        write_varint(&mut self.commands, zigzag(i64::from(to.0 - self.cursor.0)));
        write_varint(&mut self.commands, zigzag(i64::from(to.1 - self.cursor.1)));
        self.cursor = to;
    }
}

fn on_grid(part: &[Flat], window: &Window) -> Vec<(i32, i32)> {
    let mut points: Vec<(i32, i32)> = part.iter().map(|point| window.units(*point)).collect();
    points.dedup();
    points
}

fn doubled_area(points: &[(i32, i32)]) -> i64 {
    let next = points.iter().cycle().skip(1);
    points.iter().zip(next).map(|(a, b)| i64::from(a.0) * i64::from(b.1) - i64::from(b.0) * i64::from(a.1)).sum()
}
