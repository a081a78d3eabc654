//! The catalogue in the operations database, and the nodes that share it.
//!
//! A change is one transaction that first takes the version's row: changes of all nodes happen one after the other, and a
//! node's version that follows on the one before has missed nothing.
//!
//! **Invariant:** a node is written by whoever opened it last. Each opening counts its **epoch** up, and whoever holds an older
//! one can publish nothing more: two programs that were started as one node by mistake do not mix their segments.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use shouhu_ids::Micros;
use shouhu_lake::catalogue::Listing;
use shouhu_lake::{Catalogue, CatalogueError, Change, Class, Partial, SegmentId, SegmentMeta};
use shouhu_store::{Row, Store, StoreError, Tx, params};

use crate::bridge::Bridge;

/// Segment numbers that are reserved at once.
const IDS_PER_BLOCK: u64 = 64;
/// A node that has not been heard of for so long is taken for dead: what it last said holds until it comes back.
const SILENT_US: i64 = 10 * Micros::SECOND;

/// One node's door to the shared catalogue. Its methods block: call them from threads for blocking work.
pub struct SqlCatalogue {
    store: Store,
    bridge: Bridge,
    name: String,
    node: u32,
    epoch: i64,
    ids: Mutex<Range<u64>>,
}

/// A segment that no longer counts, whose files may still be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    pub id: SegmentId,
    pub class: Class,
    pub day: i64,
}

/// What a node says of itself every moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pulse {
    /// The earliest passage in memory.
    pub unflushed_from_ms: Option<i64>,
    pub unflushed_rows: u64,
}

/// What went wrong inside a transaction: the database, or what the transaction is there to find out.
enum Refusal {
    Store(StoreError),
    Catalogue(CatalogueError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CatalogueError> for Refusal {
    fn from(error: CatalogueError) -> Self {
        Self::Catalogue(error)
    }
}

impl From<Refusal> for CatalogueError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Store(error) => Self::Failed(error.to_string()),
            Refusal::Catalogue(error) => error,
        }
    }
}

/// The databases' integers have a sign; ours that are kept there are below 2^63.
fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(row: &Row, column: &str) -> Result<u64, StoreError> {
    let value = row.int(column)?;
    u64::try_from(value).map_err(|_| StoreError::Corrupt { what: "number", detail: format!("{column} is {value}") })
}

fn narrow<T: TryFrom<i64>>(row: &Row, column: &str) -> Result<T, StoreError> {
    let value = row.int(column)?;
    T::try_from(value).map_err(|_| StoreError::Corrupt { what: "number", detail: format!("{column} is {value}") })
}

fn meta_of(row: &Row) -> Result<SegmentMeta, StoreError> {
    Ok(SegmentMeta {
        id: SegmentId(unsigned(row, "id")?),
        class: Class(narrow(row, "class")?),
        day: row.int("day")?,
        rows: unsigned(row, "segment_rows")?,
        plates: unsigned(row, "plates")?,
        first_ms: row.int("first_ms")?,
        last_ms: row.int("last_ms")?,
        bytes: [unsigned(row, "plate_bytes")?, unsigned(row, "source_bytes")?, unsigned(row, "index_bytes")?],
        index_crc: narrow(row, "index_crc")?,
    })
}

impl SqlCatalogue {
    /// Opens a node by its name, as its only writer from now on; a new name gets the next number.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Panics
    /// Outside a runtime.
    pub async fn claim(store: Store, name: &str) -> Result<Self, StoreError> {
        let mut tx = store.begin().await?;
        let now = store.env().now();
        let known = tx
            .fetch_opt(
                "UPDATE lakehouse_node SET epoch = epoch + 1, is_open = 1, seen_at_us = $2 WHERE name = $1 RETURNING number, epoch",
                params![name, now],
            )
            .await?;
        let (node, epoch) = match known {
            Some(row) => (narrow(&row, "number")?, row.int("epoch")?),
            None => {
                let row = tx
                    .fetch_one("UPDATE lakehouse_version SET next_node = next_node + 1 WHERE one = 1 RETURNING next_node", vec![])
                    .await?;
                let number: u32 = narrow(&row, "next_node")?;
                let number = number - 1;
                tx.execute(
                    "INSERT INTO lakehouse_node \
                     (number, name, epoch, next_segment, wal_until, seen_at_us, unflushed_from_ms, unflushed_rows, is_open) \
                     VALUES ($1, $2, 1, 1, 0, $3, $4, 0, 1)",
                    params![number, name, now, None::<i64>],
                )
                .await?;
                (number, 1)
            }
        };
        tx.commit().await?;
        Ok(Self { store, bridge: Bridge::here(), name: name.to_owned(), node, epoch, ids: Mutex::new(0..0) })
    }

    /// Its number: in the names of its segments.
    #[must_use]
    pub const fn node(&self) -> u32 {
        self.node
    }

    fn held(&self) -> CatalogueError {
        CatalogueError::Held(format!("node {:?} was opened again by another program", self.name))
    }

    /// Says that this node lives and what it has not published.
    ///
    /// # Errors
    /// `Held` when another program has opened the node since.
    pub async fn beat(&self, pulse: Pulse, is_open: bool) -> Result<(), CatalogueError> {
        self.beat_in(pulse, is_open).await.map_err(CatalogueError::from)
    }

    async fn beat_in(&self, pulse: Pulse, is_open: bool) -> Result<(), Refusal> {
        let mut tx = self.store.begin().await?;
        let beaten = tx
            .execute(
                "UPDATE lakehouse_node SET seen_at_us = $3, unflushed_from_ms = $4, unflushed_rows = $5, is_open = $6 \
                 WHERE number = $1 AND epoch = $2",
                params![self.node, self.epoch, self.store.env().now(), pulse.unflushed_from_ms, signed(pulse.unflushed_rows), is_open],
            )
            .await?;
        if beaten == 0 {
            return Err(self.held().into());
        }
        tx.commit().await?;
        Ok(())
    }

    /// What the other nodes have and have not published. One that fell silent without an orderly end may have taken passages
    /// after its last word.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn behind(&self) -> Result<Vec<Partial>, StoreError> {
        behind_in(&self.store, self.node).await
    }

    /// Segments that were dropped before this time, by any node, and whose files were not reported as removed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dropped_before(&self, before: Micros) -> Result<Vec<Dropped>, StoreError> {
        let rows = self
            .store
            .fetch(
                "SELECT id, class, day FROM lakehouse_dropped WHERE dropped_at_us < $1 ORDER BY dropped_at_us LIMIT 1000",
                params![before],
            )
            .await?;
        let dropped = |row: &Row| Ok(Dropped { id: SegmentId(unsigned(row, "id")?), class: Class(narrow(row, "class")?), day: row.int("day")? });
        rows.iter().map(dropped).collect()
    }

    /// Their files are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn strike_dropped(&self, dropped: &[Dropped]) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        for one in dropped {
            tx.execute("DELETE FROM lakehouse_dropped WHERE id = $1", params![signed(one.id.0)]).await?;
        }
        tx.commit().await
    }

    async fn load_in(&self) -> Result<Listing, StoreError> {
        // The version first: segments that are newer than it are loaded once more at the next look, never missed.
        let version = self.version_in().await?;
        let segments = segments_in(&self.store).await?;
        let node = self.store.fetch_one("SELECT wal_until FROM lakehouse_node WHERE number = $1", params![self.node]).await?;
        let receipts = self
            .store
            .fetch("SELECT device, ranges FROM lakehouse_receipt WHERE node = $1 ORDER BY device", params![self.node])
            .await?;
        Ok(Listing {
            version,
            segments,
            wal_until: unsigned(&node, "wal_until")?,
            receipts: receipts
                .iter()
                .map(|row| Ok((narrow(row, "device")?, row.blob("ranges")?)))
                .collect::<Result<_, StoreError>>()?,
        })
    }

    async fn version_in(&self) -> Result<u64, StoreError> {
        let row = self.store.fetch_one("SELECT version FROM lakehouse_version WHERE one = 1", vec![]).await?;
        unsigned(&row, "version")
    }

    async fn publish_in(&self, change: &Change) -> Result<u64, Refusal> {
        let mut tx = self.store.begin().await?;
        let row = tx
            .fetch_one("UPDATE lakehouse_version SET version = version + 1 WHERE one = 1 RETURNING version", vec![])
            .await?;
        let version = unsigned(&row, "version")?;
        let wal_until = change.wal_until.map_or(0, signed);
        let node = tx
            .execute(
                "UPDATE lakehouse_node SET wal_until = CASE WHEN wal_until < $3 THEN $3 ELSE wal_until END \
                 WHERE number = $1 AND epoch = $2",
                params![self.node, self.epoch, wal_until],
            )
            .await?;
        if node == 0 {
            return Err(self.held().into());
        }
        for id in &change.drop {
            self.drop_in(&mut tx, *id).await?;
        }
        for meta in &change.add {
            add_in(&mut tx, meta, version).await?;
        }
        for (device, ranges) in &change.receipts {
            tx.execute(
                "INSERT INTO lakehouse_receipt (node, device, ranges) VALUES ($1, $2, $3) \
                 ON CONFLICT (node, device) DO UPDATE SET ranges = EXCLUDED.ranges",
                params![self.node, *device, ranges.as_slice()],
            )
            .await?;
        }
        tx.commit().await?;
        Ok(version)
    }

    async fn drop_in(&self, tx: &mut Tx, id: SegmentId) -> Result<(), Refusal> {
        let gone = tx
            .fetch_opt("DELETE FROM lakehouse_segment WHERE id = $1 RETURNING class, day", params![signed(id.0)])
            .await?;
        let Some(gone) = gone else { return Err(CatalogueError::Exchanged(id).into()) };
        tx.execute(
            "INSERT INTO lakehouse_dropped (id, class, day, dropped_at_us) VALUES ($1, $2, $3, $4)",
            params![signed(id.0), gone.int("class")?, gone.int("day")?, self.store.env().now()],
        )
        .await?;
        Ok(())
    }

    async fn reserve_in(&self) -> Result<Range<u64>, Refusal> {
        let mut tx = self.store.begin().await?;
        let row = tx
            .fetch_opt(
                "UPDATE lakehouse_node SET next_segment = next_segment + $3 WHERE number = $1 AND epoch = $2 RETURNING next_segment",
                params![self.node, self.epoch, signed(IDS_PER_BLOCK)],
            )
            .await?;
        let Some(row) = row else { return Err(self.held().into()) };
        let end = unsigned(&row, "next_segment")?;
        tx.commit().await?;
        Ok(end.saturating_sub(IDS_PER_BLOCK)..end)
    }
}

/// Asks for what [`segments_of`] reads.
pub const SEGMENTS: &str = "SELECT * FROM lakehouse_segment ORDER BY id";

pub fn segments_of(rows: &[Row]) -> Result<Vec<SegmentMeta>, StoreError> {
    rows.iter().map(meta_of).collect()
}

/// Every segment of the lake, by its number.
pub async fn segments_in(store: &Store) -> Result<Vec<SegmentMeta>, StoreError> {
    segments_of(&store.fetch(SEGMENTS, vec![]).await?)
}

/// What nodes other than this one have and have not published. Nodes count from 1.
pub async fn behind_in(store: &Store, node: u32) -> Result<Vec<Partial>, StoreError> {
    let silent_before = store.env().now().plus(-SILENT_US);
    let rows = store
        .fetch(
            "SELECT name, unflushed_from_ms, seen_at_us FROM lakehouse_node \
             WHERE number <> $1 AND (unflushed_from_ms IS NOT NULL OR (is_open = 1 AND seen_at_us < $2)) ORDER BY number",
            params![node, silent_before],
        )
        .await?;
    let behind = |row: &Row| {
        let seen_ms = row.micros("seen_at_us")?.0.div_euclid(1_000);
        Ok(Partial::Behind { node: row.text("name")?, from_ms: row.opt_int("unflushed_from_ms")?.unwrap_or(seen_ms) })
    };
    rows.iter().map(behind).collect()
}

/// Rows that nodes had in their log and in no segment when they said so last.
pub async fn unflushed_in(store: &Store) -> Result<u64, StoreError> {
    let sum = "SELECT CAST(COALESCE(SUM(unflushed_rows), 0) AS BIGINT) AS held FROM lakehouse_node";
    Ok(u64::try_from(store.fetch_one(sum, vec![]).await?.int("held")?).unwrap_or(0))
}

async fn add_in(tx: &mut Tx, meta: &SegmentMeta, version: u64) -> Result<(), StoreError> {
    let [plate_bytes, source_bytes, index_bytes] = meta.bytes.map(signed);
    tx.execute(
        "INSERT INTO lakehouse_segment (id, class, day, segment_rows, plates, first_ms, last_ms, plate_bytes, source_bytes, \
         index_bytes, index_crc, since_version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            signed(meta.id.0),
            i64::from(meta.class.0),
            meta.day,
            signed(meta.rows),
            signed(meta.plates),
            meta.first_ms,
            meta.last_ms,
            plate_bytes,
            source_bytes,
            index_bytes,
            meta.index_crc,
            signed(version)
        ],
    )
    .await?;
    Ok(())
}

impl Catalogue for SqlCatalogue {
    fn load(&self) -> Result<Listing, CatalogueError> {
        self.bridge.wait(self.load_in()).map_err(|error| CatalogueError::Failed(error.to_string()))
    }

    fn publish(&self, change: &Change) -> Result<u64, CatalogueError> {
        self.bridge.wait(self.publish_in(change)).map_err(CatalogueError::from)
    }

    fn version(&self) -> Result<u64, CatalogueError> {
        self.bridge.wait(self.version_in()).map_err(|error| CatalogueError::Failed(error.to_string()))
    }

    fn next_id(&self) -> Result<SegmentId, CatalogueError> {
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        if ids.is_empty() {
            *ids = self.bridge.wait(self.reserve_in())?;
        }
        let counter = ids.start;
        ids.start += 1;
        Ok(SegmentId::new(self.node, counter))
    }
}
