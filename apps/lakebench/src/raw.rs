//! The generated workload (`generate.py`): one Parquet file a day, sorted by time, and the cameras' places.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::file::reader::{FileReader, RowGroupReader, SerializedFileReader};
use shouhu_lake::row::{AT_SOURCE, Row};
use shouhu_lake::{PlateCode, Source, Sources};

/// Numbers from here on are patrol cars: their rows carry their own position.
pub const FIRST_MOVING: u32 = 100_000;

/// A folder as `generate.py` leaves it.
pub struct Workload {
    folder: PathBuf,
    pub days: Vec<PathBuf>,
}

impl Workload {
    pub fn open(folder: &Path) -> anyhow::Result<Self> {
        anyhow::ensure!(folder.join("meta.json").is_file(), "no workload in {}", folder.display());
        let mut days = Vec::new();
        for entry in std::fs::read_dir(folder.join("raw"))? {
            days.push(entry?.path());
        }
        days.retain(|path| path.extension().is_some_and(|end| end == "parquet"));
        days.sort();
        Ok(Self { folder: folder.to_owned(), days })
    }

    pub fn params(&self) -> anyhow::Result<Vec<u8>> {
        std::fs::read(self.folder.join("params.json")).context("no params.json: run `peers.py prep duckdb` first")
    }

    /// Fixed cameras; patrol cars are no places.
    pub fn sources(&self) -> anyhow::Result<Sources> {
        let mut numbers = Vec::new();
        let (mut lon, mut lat) = (Vec::new(), Vec::new());
        each_group(&self.folder.join("cameras.parquet"), |group| {
            read_i32(group, "camera", &mut numbers)?;
            read_f64(group, "lon", &mut lon)?;
            read_f64(group, "lat", &mut lat)
        })?;
        let e6 = |degrees: f64| (degrees * 1e6).round() as i32;
        Ok(Sources::new(numbers.into_iter().zip(lon.into_iter().zip(lat)).map(|(number, (lon, lat))| Source {
            number: number as u32,
            place_e6: Some((e6(lon), e6(lat))),
        })))
    }
}

fn each_group(path: &Path, mut read: impl FnMut(&dyn RowGroupReader) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let reader = SerializedFileReader::new(file)?;
    for group in 0..reader.num_row_groups() {
        read(&*reader.get_row_group(group)?)?;
    }
    Ok(())
}

fn column(group: &dyn RowGroupReader, name: &str) -> anyhow::Result<(ColumnReader, usize)> {
    let columns = group.metadata().columns();
    let index = columns.iter().position(|column| column.column_path().string() == name);
    let index = index.with_context(|| format!("no column {name}"))?;
    Ok((group.get_column_reader(index)?, usize::try_from(group.metadata().num_rows())?))
}

macro_rules! read_column {
    ($name:ident, $kind:ident, $value:ty) => {
        /// Appends a column without nulls.
        fn $name(group: &dyn RowGroupReader, name: &str, out: &mut Vec<$value>) -> anyhow::Result<()> {
            let (reader, rows) = column(group, name)?;
            let ColumnReader::$kind(mut reader) = reader else { bail!("column {name} has another type") };
            let until = out.len() + rows;
            let mut levels = Vec::new();
            while out.len() < until {
                levels.clear();
                let (_, values, _) = reader.read_records(until - out.len(), Some(&mut levels), None, out)?;
                anyhow::ensure!(values > 0, "column {name} ends early");
            }
            Ok(())
        }
    };
}

read_column!(read_i32, Int32ColumnReader, i32);
read_column!(read_i64, Int64ColumnReader, i64);
read_column!(read_f64, DoubleColumnReader, f64);
read_column!(read_text, ByteArrayColumnReader, ByteArray);

/// One day's rows in the order they arrived; `sequence` counts on from `first_sequence`.
pub fn day(path: &Path, first_sequence: u64) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    each_group(path, |group| {
        let (mut ts, mut plate) = (Vec::new(), Vec::new());
        let (mut camera, mut lon, mut lat, mut confidence, mut direction) = (vec![], vec![], vec![], vec![], vec![]);
        read_i64(group, "ts", &mut ts)?;
        read_text(group, "plate", &mut plate)?;
        for (name, out) in [
            ("camera", &mut camera),
            ("lon", &mut lon),
            ("lat", &mut lat),
            ("conf", &mut confidence),
            ("dir", &mut direction),
        ] {
            read_i32(group, name, out)?;
        }
        let places = lon.into_iter().zip(lat);
        let readings = confidence.into_iter().zip(direction);
        for ((at_us, plate), (camera, (place, reading))) in ts.into_iter().zip(&plate).zip(camera.into_iter().zip(places.zip(readings))) {
            let text = plate.data();
            let Some(plate) = PlateCode::from_bytes(text) else { bail!("{:?} is no plate", String::from_utf8_lossy(text)) };
            let source = u32::try_from(camera)?;
            let (lon_e6, lat_e6) = if source >= FIRST_MOVING { place } else { (AT_SOURCE, 0) };
            rows.push(Row {
                plate,
                at_ms: at_us.div_euclid(1_000),
                sequence: first_sequence + rows.len() as u64,
                source,
                lon_e6,
                lat_e6,
                extra: 0,
                confidence_pm: u16::try_from(reading.0)? * 10,
                direction: u8::try_from(reading.1)?,
                pictures: 0,
            });
        }
        Ok(())
    })?;
    Ok(rows)
}
