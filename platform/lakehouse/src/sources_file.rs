//! The register of sources beside the segments, as `sources.parquet`: other engines join it by `source = number`.

use std::sync::Arc;

use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use crate::SourceRecord;

pub const NAME: &str = "sources.parquet";
const SCHEMA: &str = "message sources {
    REQUIRED INT32 number;
    REQUIRED BYTE_ARRAY device (STRING);
    OPTIONAL BYTE_ARRAY camera (STRING);
    OPTIONAL BYTE_ARRAY site (STRING);
    REQUIRED BYTE_ARRAY name (STRING);
    OPTIONAL INT32 lon_e6;
    OPTIONAL INT32 lat_e6;
    REQUIRED INT64 since (TIMESTAMP(MICROS, true));
}";

/// The whole file, in the order of the numbers.
pub fn encode(records: &[Arc<SourceRecord>]) -> Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?)).build();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, Arc::new(parse_message_type(SCHEMA)?), Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let text = |text: String| ByteArray::from(text.into_bytes());
    let all = || records.iter();
    column::<Int32Type>(&mut group, all().map(|record| Some(record.number.cast_signed())), false)?;
    column::<ByteArrayType>(&mut group, all().map(|record| Some(text(record.key.device.to_string()))), false)?;
    column::<ByteArrayType>(&mut group, all().map(|record| record.key.camera.map(|camera| text(camera.to_string()))), true)?;
    column::<ByteArrayType>(&mut group, all().map(|record| record.key.site.clone().map(text)), true)?;
    column::<ByteArrayType>(&mut group, all().map(|record| Some(text(record.name.clone()))), false)?;
    column::<Int32Type>(&mut group, all().map(|record| record.key.place_e6.map(|(lon, _)| lon)), true)?;
    column::<Int32Type>(&mut group, all().map(|record| record.key.place_e6.map(|(_, lat)| lat)), true)?;
    column::<Int64Type>(&mut group, all().map(|record| Some(record.since.0)), false)?;
    group.close()?;
    writer.close()?;
    Ok(out)
}

fn column<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, &mut Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
    is_optional: bool,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.collect();
    let levels: Vec<i16> = values.iter().map(|value| i16::from(value.is_some())).collect();
    let present: Vec<T::T> = values.into_iter().flatten().collect();
    let Some(mut column) = group.next_column()? else {
        return Err(ParquetError::General("the schema has fewer columns than are written".into()));
    };
    column.typed::<T>().write_batch(&present, is_optional.then_some(levels.as_slice()), None)?;
    column.close()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use parquet::file::reader::{FileReader, SerializedFileReader};
    use shouhu_ids::{DeviceId, Micros};

    use super::*;
    use crate::SourceKey;

    #[test]
    fn the_file_says_what_the_register_says() -> Result<(), ParquetError> {
        let record = |number: u32, place_e6| {
            let key = SourceKey { device: DeviceId::new(Micros(1), [7; 16]), camera: None, site: Some("國1-N-012.3".into()), place_e6 };
            Arc::new(SourceRecord { number, key, name: "中山路口".into(), since: Micros(5) })
        };
        let bytes = encode(&[record(1, Some((120_670_000, 24_130_000))), record(2, None)])?;
        let reader = SerializedFileReader::new(Bytes::from(bytes))?;
        let rows: Vec<String> = reader.get_row_iter(None)?.map(|row| row.map(|row| row.to_string())).collect::<Result<_, _>>()?;
        assert_eq!(rows.len(), 2);
        assert!(rows.iter().all(|row| row.contains("中山路口") && row.contains("國1-N-012.3") && row.contains("camera: null")));
        assert!(rows.first().is_some_and(|row| row.contains("120670000") && row.contains("24130000")));
        assert!(rows.last().is_some_and(|row| row.contains("lon_e6: null")));
        Ok(())
    }
}
