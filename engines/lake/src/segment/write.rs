//! Writes a segment: both orders and the index.

use std::thread;

use shouhu_files::{Files, FilesError};

use super::WriteError;
use super::columns::{Book, Material, plate_chunks, source_chunks};
use super::file::{Chunk, Effort, Haste, Layout, Squeezer, write_file};
use super::filter::Filter;
use super::hours::planes;
use super::index::{Column, FileNote, Index};
use super::order::Orders;
use super::roll::{BLOCK, put_block};
use super::shape::{by_plate, by_source};
use crate::catalogue::{Order, SegmentId, SegmentMeta, name_of};
use crate::code::PlateCode;
use crate::row::{Class, Extra, Row};

/// Fewer rows are written by one thread: another costs some 40 µs to start.
const TOGETHER_ROWS: usize = 64;

/// Writes the rows, all of one UTC day, as one segment: both orders and the index, durable when it returns. Of rows of one
/// identity the first is written. `extras` as [`Row::extra`] counts them.
///
/// # Errors
/// When rows are of another day or the disk refuses; half-written files are removed where the disk allows and are never
/// named by any catalogue.
pub fn write(
    files: &dyn Files,
    id: SegmentId,
    class: Class,
    rows: &[Row],
    extras: &[Extra],
    effort: Effort,
    haste: Haste,
) -> Result<SegmentMeta, WriteError> {
    let orders = Orders::of(rows)?;
    let material = Material { rows, extras, orders: &orders, book: &Book::of(rows) };
    let written = write_all(files, id, class, &material, effort, haste);
    if let Err(error) = &written {
        for order in Order::ALL {
            let name = name_of(class, orders.day, id, order);
            if matches!(error, WriteError::Files(FilesError::Exists { name: there }) if *there == name) {
                // Somebody else's: neither it nor what comes after it was made here.
                break;
            }
            // The error that is reported is the first one; what stays behind is swept at the next start.
            let _ = files.remove(&name);
        }
    }
    written
}

fn write_all(
    files: &dyn Files,
    id: SegmentId,
    class: Class,
    material: &Material<'_>,
    effort: Effort,
    haste: Haste,
) -> Result<SegmentMeta, WriteError> {
    let Material { orders, book, .. } = *material;
    let name = |order| name_of(class, orders.day, id, order);
    let count = orders.by_source.len();

    let in_plate_order = || {
        let mut squeezer = Squeezer::new(effort)?;
        Ok((plate_chunks(material, &mut squeezer)?, planes(material.rows, orders, &mut squeezer)?))
    };
    let in_source_order = || source_chunks(material, &mut Squeezer::new(effort)?);
    let is_together = haste == Haste::Hurry && count >= TOGETHER_ROWS;
    let (plate_order, source_order) = if is_together { together(in_plate_order, &in_source_order) } else { (in_plate_order(), None) };
    let (chunks, (planes, hours)) = plate_order?;

    // One file after the other: what a power cut leaves is then a beginning of this order.
    let sorted_by = [by_plate::PLATE, by_plate::TIME];
    let layout = write_file(files, &name(Order::Plate), count, &chunks, &sorted_by)?;
    let by_plate_note = note(count, &chunks, &layout);
    drop(chunks);

    // At leisure only now: memory for one order at a time.
    let (chunks, page_times) = source_order.unwrap_or_else(in_source_order)?;
    let sorted_by = [by_source::SOURCE, by_source::TIME, by_source::PLATE];
    let layout = write_file(files, &name(Order::Source), count, &chunks, &sorted_by)?;
    let by_source_note = note(count, &chunks, &layout);
    drop(chunks);

    let mut index = Index {
        class: class.0,
        day: orders.day,
        id: id.0,
        rows: count as u32,
        plates: orders.plates.len() as u32,
        first_ms: orders.first_ms,
        last_ms: orders.last_ms,
        files: [by_plate_note, by_source_note],
        confidences: book.confidences.values.as_slice().into(),
        directions: book.directions.values.as_slice().into(),
        pictures: book.pictures.values.as_slice().into(),
        page_times: page_times.into(),
        hours,
        ..Index::default()
    };
    put_sources(&mut index, orders);
    let roll = put_roll(&mut index, orders);
    let (mut bytes, index_crc) = index.write();
    bytes.extend_from_slice(&roll);
    bytes.extend_from_slice(&planes);
    files.put(&name(Order::Index), &bytes)?;
    Ok(SegmentMeta {
        id,
        class,
        day: orders.day,
        rows: count as u64,
        plates: orders.plates.len() as u64,
        first_ms: orders.first_ms,
        last_ms: orders.last_ms,
        bytes: [index.files[0].len, index.files[1].len, bytes.len() as u64],
        index_crc,
    })
}

/// Both at the same time; the second is absent when no thread can be had just now.
fn together<A, B: Send>(
    here: impl FnOnce() -> Result<A, WriteError>,
    there: impl Fn() -> Result<B, WriteError> + Sync,
) -> (Result<A, WriteError>, Option<Result<B, WriteError>>) {
    thread::scope(|scope| {
        let other = thread::Builder::new().name("lake-write".to_owned()).spawn_scoped(scope, &there).ok();
        let here = here();
        (here, other.map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))))
    })
}

fn note(rows: usize, chunks: &[Chunk], layout: &Layout) -> FileNote {
    let columns = chunks.iter().zip(&layout.chunks).map(|(chunk, at)| {
        let dictionary = chunk.dictionary.unwrap_or_default();
        let mut end = 0;
        Column {
            start: at + u64::from(dictionary.len),
            dictionary: (dictionary.len, dictionary.crc),
            page_rows: chunk.page_rows(rows) as u32,
            ends: chunk
                .pages
                .iter()
                .map(|page| {
                    end += page.len;
                    end
                })
                .collect(),
            crcs: chunk.pages.iter().map(|page| page.crc).collect(),
        }
    });
    FileNote { len: layout.len, tail: layout.tail, tail_crc: layout.tail_crc, columns: columns.collect() }
}

fn put_sources(index: &mut Index, orders: &Orders) {
    index.sources = orders.sources.iter().map(|source| source.source).collect();
    let mut row = 0;
    let mut first_rows = vec![0];
    for source in &orders.sources {
        row += source.rows;
        first_rows.push(row);
    }
    index.first_rows = first_rows.into();
    let moving = orders.sources.iter().zip(0..).filter(|(source, _)| source.moves);
    index.moving = moving.map(|(_, place)| place).collect();
}

fn put_roll(index: &mut Index, orders: &Orders) -> Vec<u8> {
    let mut roll = Vec::new();
    let (mut plates, mut rows, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    let mut row = 0;
    for block in orders.plates.chunks(BLOCK) {
        plates.push(block.first().map_or(0, |(plate, _)| plate.0));
        rows.push(row);
        row += block.iter().map(|(_, rows)| rows).sum::<u32>();
        let from = roll.len();
        put_block(&mut roll, block);
        let crc = crc32fast::hash(roll.get(from..).unwrap_or_default());
        roll.extend_from_slice(&crc.to_le_bytes());
        ends.push(roll.len() as u32);
    }
    index.block_plates = plates.into();
    index.block_rows = rows.into();
    index.block_ends = ends.into();
    let codes: Vec<PlateCode> = orders.plates.iter().map(|(plate, _)| *plate).collect();
    index.filter = Filter::build(&codes);
    roll
}
