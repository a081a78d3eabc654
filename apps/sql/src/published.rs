//! Which segments there are: what the catalogue names, and nothing else that may lie in the folder.

use shouhu_env::RealFiles;
use shouhu_lake::{CatalogueError, Class, FileCatalogue, SegmentId, SegmentMeta, Source};
use shouhu_store::{Row, Store, StoreError};

/// The lake at one version of its catalogue.
#[derive(Debug, Clone, Default)]
pub struct Published {
    pub segments: Vec<SegmentMeta>,
    /// Where the server keeps its register; `None`: a lake without a server, whose places lie in a file.
    pub sources: Option<Vec<NamedSource>>,
    /// Rows that nodes of the server hold in memory, as of their last sign of life.
    pub unflushed_rows: u64,
}

/// A lens, a device or a site of a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSource {
    pub source: Source,
    pub name: String,
    pub site: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum PublishedError {
    #[error("the lake's catalogue cannot be read: {0}")]
    Catalogue(#[from] CatalogueError),
    #[error("the server's database cannot be read: {0}")]
    Store(#[from] StoreError),
    #[error("the server's database names a segment that cannot be: {detail}")]
    Segment { detail: String },
}

impl Published {
    /// Of a lake in a folder without a server.
    ///
    /// # Errors
    /// When there is no catalogue in the folder or it cannot be read.
    pub fn of_folder(lake: &str) -> Result<Self, PublishedError> {
        let segments = FileCatalogue::read(&RealFiles::below(lake))?.segments;
        Ok(Self { segments, ..Self::default() })
    }

    /// Of a server's lake: one statement reads the segments, so that they are of one version.
    ///
    /// # Errors
    /// When the database cannot be read or has no lake.
    pub async fn of_server(store: &Store) -> Result<Self, PublishedError> {
        let segments = store
            .fetch(
                "SELECT id, class, day, segment_rows, plates, first_ms, last_ms, plate_bytes, source_bytes, index_bytes, index_crc \
                 FROM lakehouse_segment ORDER BY day, class, id",
                vec![],
            )
            .await?;
        let sources = store.fetch("SELECT number, name, site, lon_e6, lat_e6 FROM lakehouse_source ORDER BY number", vec![]).await?;
        let memory =
            store.fetch_one("SELECT CAST(COALESCE(SUM(unflushed_rows), 0) AS BIGINT) AS held FROM lakehouse_node", vec![]).await?;
        Ok(Self {
            segments: segments.iter().map(segment_of).collect::<Result<_, _>>()?,
            sources: Some(sources.iter().map(source_of).collect::<Result<_, _>>()?),
            unflushed_rows: u64::try_from(memory.int("held")?).unwrap_or(0),
        })
    }

    #[must_use]
    pub fn rows(&self) -> u64 {
        self.segments.iter().map(|segment| segment.rows).sum()
    }
}

fn segment_of(row: &Row) -> Result<SegmentMeta, PublishedError> {
    let unsigned = |column: &'static str| -> Result<u64, PublishedError> {
        let value = row.int(column)?;
        u64::try_from(value).map_err(|_| PublishedError::Segment { detail: format!("{column} is {value}") })
    };
    let class = row.int("class")?;
    let class = Class::ALL.into_iter().find(|known| i64::from(known.0) == class);
    Ok(SegmentMeta {
        id: SegmentId(unsigned("id")?),
        class: class.ok_or_else(|| PublishedError::Segment { detail: "its class is unknown to this version".into() })?,
        day: row.int("day")?,
        rows: unsigned("segment_rows")?,
        plates: unsigned("plates")?,
        first_ms: row.int("first_ms")?,
        last_ms: row.int("last_ms")?,
        bytes: [unsigned("plate_bytes")?, unsigned("source_bytes")?, unsigned("index_bytes")?],
        index_crc: u32::try_from(unsigned("index_crc")?)
            .map_err(|_| PublishedError::Segment { detail: "its checksum has more than 32 bits".into() })?,
    })
}

fn source_of(row: &Row) -> Result<NamedSource, PublishedError> {
    let e6 = |column: &str| -> Result<Option<i32>, PublishedError> {
        Ok(row.opt_int(column)?.and_then(|value| i32::try_from(value).ok()))
    };
    let number = row.int("number")?;
    Ok(NamedSource {
        source: Source {
            number: u32::try_from(number)
                .map_err(|_| PublishedError::Segment { detail: format!("a source has the number {number}") })?,
            place_e6: e6("lon_e6")?.zip(e6("lat_e6")?),
        },
        name: row.text("name")?,
        site: row.opt_text("site")?,
    })
}
