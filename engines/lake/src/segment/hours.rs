//! How many rows each source has in each hour of the day: one plane of bytes an hour, compressed.

use zstd::bulk::Decompressor;

use super::WriteError;
use super::file::Squeezer;
use super::index::{HOURS, HourNote};
use super::order::Orders;
use super::pack::{Malformed, put_varint, varint};
use crate::row::{DAY_MS, HOUR_MS, Row};

/// In a plane: the count stands behind the plane.
const MANY: u8 = u8::MAX;

/// The planes one after another, and their notes. A plane is one byte a source, then the counts that found no room, in order.
#[allow(clippy::indexing_slicing, reason = "the orders hold indexes of these rows; hours of a day are below 24")]
pub fn planes(rows: &[Row], orders: &Orders, squeezer: &mut Squeezer) -> Result<(Vec<u8>, [HourNote; HOURS]), WriteError> {
    let sources = orders.sources.len();
    let mut counts = vec![0_u32; sources * HOURS];
    for index in &orders.by_source {
        let index = *index as usize;
        let hour = (rows[index].at_ms - orders.day * DAY_MS) / HOUR_MS;
        counts[hour as usize * sources + orders.source_at[index] as usize] += 1;
    }
    let mut out = Vec::new();
    let mut notes = [HourNote::default(); HOURS];
    for (note, counts) in notes.iter_mut().zip(counts.chunks(sources)) {
        note.rows = counts.iter().sum();
        let from = out.len();
        if note.rows > 0 {
            let mut plane: Vec<u8> = counts.iter().map(|count| u8::try_from(*count).unwrap_or(MANY)).collect();
            for count in counts.iter().filter(|count| **count >= u32::from(MANY)) {
                put_varint(&mut plane, u64::from(*count));
            }
            out.extend(squeezer.fast(&plane)?);
        }
        note.end = out.len() as u32;
        note.crc = crc32fast::hash(&out[from..]);
    }
    Ok((out, notes))
}

/// Calls `found(place of the source, rows)` for each source with rows in the hour.
pub fn read_plane(plane: &[u8], sources: usize, rows: u32, found: &mut dyn FnMut(usize, u32)) -> Result<(), Malformed> {
    // A source with a count of its own behind the plane has at least 255 rows: there cannot be more of them than that.
    let room = sources + (rows as usize / usize::from(MANY)).min(sources) * 5;
    let plain = Decompressor::new()
        .and_then(|mut zstd| zstd.decompress(plane, room))
        .map_err(|_| Malformed("counts of an hour do not decompress"))?;
    let (counts, many) = plain.split_at_checked(sources).ok_or(Malformed("fewer counts than sources"))?;
    let mut at = 0;
    let mut sum = 0;
    for (place, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
        let count = if *count == MANY { varint(many, &mut at)? } else { u64::from(*count) };
        let count = u32::try_from(count).map_err(|_| Malformed("a count of more than 32 bits"))?;
        sum += u64::from(count);
        found(place, count);
    }
    if sum == u64::from(rows) && at == many.len() { Ok(()) } else { Err(Malformed("counts of an hour do not add up")) }
}
