//! The SQL of feeds, one text for both databases.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shouhu_ids::{DeviceId, EventId, Micros};
use shouhu_place::Wgs84;
use shouhu_store::{Row, Store, StoreError, page_before, params, placeholders, tag_of};
use shouhu_wire::SightingClass;

use super::sites::Site;
use super::{FeedMapping, FeedReport};

/// How a file came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// By the partner's device.
    Push,
    /// An operator's upload.
    Upload,
    /// Found in the drop folder.
    Drop,
    CommandLine,
}

/// A file that came, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeedPush {
    pub id: String,
    pub arrived_at_us: Micros,
    pub via: Via,
    pub by_name: String,
    pub file_name: String,
    /// SHA-256 of the file, hexadecimal.
    pub content_hash: String,
    pub bytes: u64,
    pub report: FeedReport,
}

/// A partner's feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Feed {
    /// Last part of the path that is pushed to, and name of its drop folder.
    pub name: String,
    /// What the lake calls the device of its passages.
    pub id: DeviceId,
    pub title: String,
    pub class: SightingClass,
    pub mapping: FeedMapping,
    /// Absent: only files that an operator gives.
    pub device: Option<DeviceId>,
    pub expires_at_us: Option<Micros>,
    pub created_at_us: Micros,
    pub created_by_name: String,
    pub ended_at_us: Option<Micros>,
    pub sites: u64,
    pub last_push: Option<FeedPush>,
}

const SELECT: &str = "SELECT f.name, f.id, f.title, f.class, f.mapping, f.device, f.expires_at_us, f.created_at_us, f.created_by_name, f.ended_at_us, \
     (SELECT CAST(COUNT(*) AS BIGINT) FROM sightings_feed_site s WHERE s.feed = f.name) AS sites FROM sightings_feed f";

const PUSH_COLUMNS: &str = "id, arrived_at_us, via, by_name, file_name, content_hash, bytes, report";

/// Sites of one INSERT.
const SITES_AT_ONCE: usize = 100;

fn feed_of(row: &Row) -> Result<Feed, StoreError> {
    Ok(Feed {
        name: row.text("name")?,
        id: row.parsed("id")?,
        title: row.text("title")?,
        class: row.tag("class")?,
        mapping: row.json("mapping")?,
        device: row.opt_parsed("device")?,
        expires_at_us: row.opt_micros("expires_at_us")?,
        created_at_us: row.micros("created_at_us")?,
        created_by_name: row.text("created_by_name")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
        sites: u64::try_from(row.int("sites")?).unwrap_or_default(),
        last_push: None,
    })
}

fn push_of(row: &Row) -> Result<FeedPush, StoreError> {
    Ok(FeedPush {
        id: row.text("id")?,
        arrived_at_us: row.micros("arrived_at_us")?,
        via: row.tag("via")?,
        by_name: row.text("by_name")?,
        file_name: row.text("file_name")?,
        content_hash: row.text("content_hash")?,
        bytes: u64::try_from(row.int("bytes")?).unwrap_or_default(),
        report: row.json("report")?,
    })
}

pub async fn get(store: &Store, name: &str) -> Result<Option<Feed>, StoreError> {
    let row = store.fetch_opt(&format!("{SELECT} WHERE f.name = $1"), params![name]).await?;
    row.as_ref().map(feed_of).transpose()
}

/// All of them, with their last file.
pub async fn list(store: &Store, after: &str, limit: i64) -> Result<Vec<Feed>, StoreError> {
    let rows = store.fetch(&format!("{SELECT} WHERE f.name > $1 ORDER BY f.name LIMIT $2"), params![after, limit]).await?;
    let mut feeds = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut feed = feed_of(row)?;
        feed.last_push = pushes(store, &feed.name, &page_before(None::<&str>), 1).await?.pop();
        feeds.push(feed);
    }
    Ok(feeds)
}

/// Names of all feeds that take something.
pub async fn open_names(store: &Store, now: Micros) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT name FROM sightings_feed WHERE ended_at_us IS NULL AND (expires_at_us IS NULL OR expires_at_us > $1) ORDER BY name";
    store.fetch(sql, params![now]).await?.iter().map(|row| row.text("name")).collect()
}

/// The other open feed that this device pushes to, if any.
pub async fn other_of_device(store: &Store, device: DeviceId, name: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT name FROM sightings_feed WHERE device = $1 AND name <> $2 AND ended_at_us IS NULL";
    store.fetch_opt(sql, params![device, name]).await?.map(|row| row.text("name")).transpose()
}

/// Makes the feed, or changes it where it has not ended. The class of a feed stays: its passages lie in it.
pub async fn define(store: &Store, feed: &Feed) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx
        .execute(
            "INSERT INTO sightings_feed (name, id, title, class, mapping, device, expires_at_us, created_at_us, created_by_name, \
             changed_at_us, next_sequence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, 1) \
             ON CONFLICT (name) DO UPDATE SET title = excluded.title, mapping = excluded.mapping, device = excluded.device, \
             expires_at_us = excluded.expires_at_us, changed_at_us = excluded.changed_at_us \
             WHERE sightings_feed.ended_at_us IS NULL AND sightings_feed.class = excluded.class",
            params![
                &feed.name,
                feed.id,
                &feed.title,
                tag_of(&feed.class),
                serde_json::to_string(&feed.mapping).unwrap_or_default(),
                feed.device,
                feed.expires_at_us,
                feed.created_at_us,
                &feed.created_by_name,
            ],
        )
        .await?;
    tx.commit().await?;
    Ok(changed == 1)
}

/// False when there is no such open feed.
pub async fn end(store: &Store, name: &str, by_name: &str) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let sql = "UPDATE sightings_feed SET ended_at_us = $2, ended_by_name = $3 WHERE name = $1 AND ended_at_us IS NULL";
    let changed = tx.execute(sql, params![name, store.env().now(), by_name]).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

pub async fn sites(store: &Store, feed: &str) -> Result<Vec<Site>, StoreError> {
    let rows = store.fetch("SELECT code, name, lon, lat FROM sightings_feed_site WHERE feed = $1 ORDER BY code", params![feed]).await?;
    let site = |row: &Row| {
        let position = Wgs84::new(row.real("lon")?, row.real("lat")?)
            .map_err(|error| StoreError::Corrupt { what: "position of a site", detail: error.to_string() })?;
        Ok(Site { code: row.text("code")?, name: row.text("name")?, position })
    };
    rows.iter().map(site).collect()
}

/// The whole list is exchanged: a site that is not on it is in the partner's scope no more.
pub async fn replace_sites(store: &Store, feed: &str, sites: &[Site]) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute("DELETE FROM sightings_feed_site WHERE feed = $1", params![feed]).await?;
    for part in sites.chunks(SITES_AT_ONCE) {
        let mut values = Vec::with_capacity(part.len());
        let mut all = params![feed];
        for site in part {
            let first = all.len() + 1;
            all.extend(params![&site.code, &site.name, site.position.lon, site.position.lat]);
            values.push(format!("($1, {})", placeholders(first..=all.len())));
        }
        tx.execute(&format!("INSERT INTO sightings_feed_site (feed, code, name, lon, lat) VALUES {}", values.join(", ")), all).await?;
    }
    tx.commit().await
}

/// So many sequence numbers for nobody else; the first of them.
pub async fn reserve(store: &Store, feed: &str, count: u64) -> Result<u64, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let mut tx = store.begin().await?;
    let sql = "UPDATE sightings_feed SET next_sequence = next_sequence + $2 WHERE name = $1 RETURNING next_sequence";
    let next = tx.fetch_one(sql, params![feed, count]).await?.int("next_sequence")?;
    tx.commit().await?;
    Ok(u64::try_from(next - count).unwrap_or_default())
}

pub async fn note(store: &Store, feed: &str, push: &FeedPush) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    tx.execute(
        "INSERT INTO sightings_feed_push (id, feed, arrived_at_us, via, by_name, file_name, content_hash, bytes, report) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        params![
            &push.id,
            feed,
            push.arrived_at_us,
            tag_of(&push.via),
            &push.by_name,
            &push.file_name,
            &push.content_hash,
            i64::try_from(push.bytes).unwrap_or(i64::MAX),
            serde_json::to_string(&push.report.without_values()).unwrap_or_default(),
        ],
    )
    .await?;
    tx.commit().await
}

pub fn new_push_id(store: &Store) -> String {
    store.env().id(EventId::new).to_string()
}

/// Newest first, those before the id.
pub async fn pushes(store: &Store, feed: &str, before: &str, limit: i64) -> Result<Vec<FeedPush>, StoreError> {
    let sql = format!("SELECT {PUSH_COLUMNS} FROM sightings_feed_push WHERE feed = $1 AND id < $2 ORDER BY id DESC LIMIT $3");
    store.fetch(&sql, params![feed, before, limit]).await?.iter().map(push_of).collect()
}

/// Reports older than this die with what they counted.
pub async fn forget_pushes(store: &Store, before: Micros) -> Result<u64, StoreError> {
    let mut tx = store.begin().await?;
    let gone = tx.execute("DELETE FROM sightings_feed_push WHERE arrived_at_us < $1", params![before]).await?;
    tx.commit().await?;
    Ok(gone)
}
