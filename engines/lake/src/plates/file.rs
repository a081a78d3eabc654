//! The book on disk: one plain Parquet file per run, so that opening a lake needs no scan of its segments.
//!
//! `plates/class=<class>/<number>-<crc>.parquet`: columns `plate` (STRING) and `rows` (INT64), sorted by plate; the key-value
//! metadata `shouhu.segments` lists the covered segments in hexadecimal. `number` grows; `crc` is the CRC-32 of the file.
//! New runs are written before old files are removed: what is half done after a power cut is a choice between two whole
//! files, and the newer is taken.

use std::collections::BTreeSet;
use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::column::reader::get_typed_column_reader;
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use shouhu_files::{Files, FilesError};

use super::{PlateBook, Run, settled};
use crate::catalogue::SegmentId;
use crate::code::{CHARS_MAX, PlateCode};
use crate::row::Class;

const FOLDER: &str = "plates";
const SEGMENTS_KEY: &str = "shouhu.segments";
const SCHEMA: &str = "message plates { REQUIRED BYTE_ARRAY plate (STRING); REQUIRED INT64 rows; }";
/// Plates that are turned into text or back at once.
const PLATES_PER_BATCH: usize = 65_536;

#[derive(Debug, thiserror::Error)]
pub enum BookError {
    #[error(transparent)]
    Files(#[from] FilesError),
    #[error("plate book {name:?} is damaged: {detail}")]
    Damaged { name: String, detail: String },
    #[error("plate book cannot be written: {0}")]
    Write(#[from] ParquetError),
}

/// What lay on disk.
#[derive(Debug)]
pub struct Loaded {
    pub book: PlateBook,
    /// Live segments that the book does not cover: add them with [`PlateBook::with_segment`].
    pub uncovered: Vec<SegmentId>,
    /// Files that were left out because they are damaged; the next [`PlateBook::save`] removes them.
    pub damaged: Vec<BookError>,
}

impl PlateBook {
    /// Writes the runs that are not on disk yet, then removes every other file of the folder. Call it before the files of
    /// dropped segments are removed: a saved run that covers a segment which no longer exists cannot be used.
    ///
    /// # Errors
    /// When the disk refuses; what was there before is then still there.
    pub fn save(&self, files: &dyn Files) -> Result<(), BookError> {
        let old = files.list(FOLDER)?;
        let mut number = old.iter().filter_map(|name| parse_name(name)).map(|name| name.number).max().unwrap_or(0);
        for run in &self.runs {
            if run.file.get().is_none_or(|name| !old.contains(name)) {
                number += 1;
                let bytes = write(run)?;
                let crc = crc32fast::hash(&bytes);
                let name = format!("{FOLDER}/class={}/{number:016x}-{crc:08x}.parquet", run.class.as_str());
                files.put(&name, &bytes)?;
                // Set already only when the file has vanished from the folder; it is then written again next time.
                let _ = run.file.set(name);
            }
        }
        let kept: BTreeSet<&String> = self.runs.iter().filter_map(|run| run.file.get()).collect();
        for name in old.iter().filter(|name| !kept.contains(name)) {
            files.remove(name)?;
        }
        Ok(())
    }

    /// The book as it was saved, as far as it covers segments that are alive.
    ///
    /// # Errors
    /// When the folder cannot be listed. A file that is damaged is left out and named.
    pub fn load(files: &dyn Files, live: &[SegmentId]) -> Result<Loaded, BookError> {
        let mut uncovered: BTreeSet<SegmentId> = live.iter().copied().collect();
        let mut names: Vec<Name> = files.list(FOLDER)?.iter().filter_map(|name| parse_name(name)).collect();
        names.sort_unstable_by_key(|name| std::cmp::Reverse(name.number));
        let mut runs: Vec<Arc<Run>> = Vec::new();
        let mut damaged = Vec::new();
        for name in names {
            match Opened::new(files, &name) {
                Ok(opened) if opened.segments.iter().all(|id| uncovered.contains(id)) => match opened.read(&name) {
                    Ok(run) => {
                        for id in &run.segments {
                            uncovered.remove(id);
                        }
                        runs.push(Arc::new(run));
                    }
                    Err(error) => damaged.push(error),
                },
                Ok(_) => {}
                Err(error) => damaged.push(error),
            }
        }
        Ok(Loaded { book: Self { runs: settled(runs) }, uncovered: uncovered.into_iter().collect(), damaged })
    }
}

#[derive(Debug)]
struct Name {
    text: String,
    class: Class,
    number: u64,
    crc: u32,
}

fn parse_name(text: &str) -> Option<Name> {
    let rest = text.strip_prefix(FOLDER)?.strip_prefix("/class=")?.strip_suffix(".parquet")?;
    let (class, rest) = rest.split_once('/')?;
    let (number, crc) = rest.split_once('-')?;
    Some(Name {
        text: text.into(),
        class: Class::parse(class)?,
        number: u64::from_str_radix(number, 16).ok()?,
        crc: u32::from_str_radix(crc, 16).ok()?,
    })
}

fn write(run: &Run) -> Result<Vec<u8>, ParquetError> {
    let segments: Vec<String> = run.segments.iter().map(|id| format!("{:016x}", id.0)).collect();
    // Prefixes are left to zstd: an encoding that shares them decodes four times slower, and a restart waits for it.
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_column_encoding("plate".into(), Encoding::PLAIN)
        .set_column_encoding("rows".into(), Encoding::DELTA_BINARY_PACKED)
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_key_value_metadata(Some(vec![KeyValue::new(SEGMENTS_KEY.into(), segments.join(","))]))
        .build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, Arc::new(parse_message_type(SCHEMA)?), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    if let Some(mut column) = group.next_column()? {
        for plates in run.plates.chunks(PLATES_PER_BATCH) {
            column.typed::<ByteArrayType>().write_batch(&texts_of(plates), None, None)?;
        }
        column.close()?;
    }
    if let Some(mut column) = group.next_column()? {
        for rows in run.rows.chunks(PLATES_PER_BATCH) {
            let rows: Vec<i64> = rows.iter().map(|rows| i64::from(*rows)).collect();
            column.typed::<Int64Type>().write_batch(&rows, None, None)?;
        }
        column.close()?;
    }
    group.close()?;
    writer.close()?;
    Ok(out)
}

/// The texts as slices of one buffer: a buffer for each would cost more than all the rest.
fn texts_of(plates: &[PlateCode]) -> Vec<ByteArray> {
    let mut buffer = Vec::with_capacity(plates.len() * CHARS_MAX);
    let mut ends = Vec::with_capacity(plates.len());
    for plate in plates {
        buffer.extend_from_slice(plate.text(&mut [0; CHARS_MAX]).as_bytes());
        ends.push(buffer.len());
    }
    let buffer = Bytes::from(buffer);
    let mut from = 0;
    ends.into_iter().map(|end| ByteArray::from(buffer.slice(std::mem::replace(&mut from, end)..end))).collect()
}

/// A file whose checksum is right.
struct Opened {
    reader: SerializedFileReader<Bytes>,
    segments: Vec<SegmentId>,
}

impl Opened {
    fn new(files: &dyn Files, name: &Name) -> Result<Self, BookError> {
        let damaged = |detail: String| BookError::Damaged { name: name.text.clone(), detail };
        let bytes = files.read(&name.text)?;
        let crc = crc32fast::hash(&bytes);
        if crc != name.crc {
            return Err(damaged(format!("its checksum is {crc:08x}")));
        }
        let reader = SerializedFileReader::new(Bytes::from(bytes)).map_err(|error| damaged(error.to_string()))?;
        let listed = reader
            .metadata()
            .file_metadata()
            .key_value_metadata()
            .and_then(|pairs| pairs.iter().find(|pair| pair.key == SEGMENTS_KEY))
            .and_then(|pair| pair.value.clone())
            .ok_or_else(|| damaged(format!("it has no {SEGMENTS_KEY}")))?;
        let parsed: Result<Vec<SegmentId>, _> = listed.split(',').map(|id| u64::from_str_radix(id, 16).map(SegmentId)).collect();
        let mut segments = parsed.map_err(|error| damaged(format!("{SEGMENTS_KEY} is {listed:?}: {error}")))?;
        segments.sort_unstable();
        Ok(Self { reader, segments })
    }

    fn read(self, name: &Name) -> Result<Run, BookError> {
        let damaged = |detail: String| BookError::Damaged { name: name.text.clone(), detail };
        let mut counted: Vec<(PlateCode, u32)> = Vec::new();
        for group in 0..self.reader.num_row_groups() {
            let group = self.reader.get_row_group(group).map_err(|error| damaged(error.to_string()))?;
            let wanted = usize::try_from(group.metadata().num_rows()).unwrap_or(0);
            counted.reserve(wanted);
            let mut read = || -> Result<(), ParquetError> {
                let mut plates = get_typed_column_reader::<ByteArrayType>(group.get_column_reader(0)?);
                let mut rows = get_typed_column_reader::<Int64Type>(group.get_column_reader(1)?);
                let (mut texts, mut counts) = (Vec::new(), Vec::new());
                let mut done = 0;
                while done < wanted {
                    texts.clear();
                    counts.clear();
                    let batch = PLATES_PER_BATCH.min(wanted - done);
                    let (_, texts_read, _) = plates.read_records(batch, None, None, &mut texts)?;
                    let (_, counts_read, _) = rows.read_records(batch, None, None, &mut counts)?;
                    if texts_read != batch || counts_read != batch {
                        return Err(ParquetError::General(format!("row group ends after {done} of {wanted} rows")));
                    }
                    for (text, count) in texts.iter().zip(&counts) {
                        let plate = PlateCode::from_bytes(text.data())
                            .ok_or_else(|| ParquetError::General(format!("{:?} is no plate", text.as_utf8())))?;
                        counted.push((plate, u32::try_from(*count).unwrap_or(u32::MAX)));
                    }
                    done += batch;
                }
                Ok(())
            };
            read().map_err(|error| damaged(error.to_string()))?;
        }
        let run = Run::new(name.class, self.segments, counted);
        let _ = run.file.set(name.text.clone());
        Ok(run)
    }
}
