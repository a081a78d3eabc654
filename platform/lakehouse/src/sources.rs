//! The register of sources: which number is which lens or site, and where it stood.
//!
//! Numbers are for ever. A fixed source that is moved gets a new one, so that what it saw before stays where it was seen.
//! All of it is in memory on every node; the database is asked only for what is new.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use shouhu_ids::{CameraId, DeviceId, Micros};
use shouhu_lake::{Source, Sources};
use shouhu_store::{Row, Store, StoreError, params};

use crate::LakehouseError;

/// What makes a source the same source.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SourceKey {
    pub device: DeviceId,
    pub camera: Option<CameraId>,
    /// For a feed: its own code of the gantry, gate or site.
    pub site: Option<String>,
    /// Longitude and latitude in millionths of a degree where it stands; `None` for one that moves.
    pub place_e6: Option<(i32, i32)>,
}

impl SourceKey {
    fn identity(&self) -> String {
        let camera = self.camera.map(|camera| camera.to_string()).unwrap_or_default();
        let place = self.place_e6.map(|(lon, lat)| format!("{lon},{lat}")).unwrap_or_default();
        format!("{}/{camera}/{place}/{}", self.device, self.site.as_deref().unwrap_or_default())
    }
}

/// One row of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRecord {
    /// From 1.
    pub number: u32,
    pub key: SourceKey,
    pub name: String,
    pub since: Micros,
}

impl SourceRecord {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt { what: "source", detail: what.to_owned() };
        let e6 = |column: &str| -> Result<Option<i32>, StoreError> {
            row.opt_int(column)?.map(|value| i32::try_from(value).map_err(|_| corrupt(column))).transpose()
        };
        Ok(Self {
            number: u32::try_from(row.int("number")?).map_err(|_| corrupt("number"))?,
            key: SourceKey {
                device: row.parsed("device")?,
                camera: row.opt_parsed("camera")?,
                site: row.opt_text("site")?,
                place_e6: e6("lon_e6")?.zip(e6("lat_e6")?),
            },
            name: row.text("name")?,
            since: row.micros("since_us")?,
        })
    }
}

#[derive(Default)]
struct Known {
    records: Vec<Option<Arc<SourceRecord>>>,
    by_key: HashMap<SourceKey, u32>,
    by_camera: HashMap<CameraId, Vec<u32>>,
    by_device: HashMap<DeviceId, Vec<u32>>,
    devices: HashMap<DeviceId, u32>,
    places: Arc<Sources>,
}

impl Known {
    /// Whether it was not known, and whether anything about it was not.
    fn learn(&mut self, record: SourceRecord) -> (bool, bool) {
        let index = record.number as usize;
        if self.records.len() <= index {
            self.records.resize(index + 1, None);
        }
        let Some(slot) = self.records.get_mut(index) else { return (false, false) };
        if slot.as_deref() == Some(&record) {
            return (false, false);
        }
        let is_new = slot.is_none();
        if is_new {
            self.by_key.insert(record.key.clone(), record.number);
            self.by_device.entry(record.key.device).or_default().push(record.number);
            if let Some(camera) = record.key.camera {
                self.by_camera.entry(camera).or_default().push(record.number);
            }
        }
        *slot = Some(Arc::new(record));
        (is_new, true)
    }

    fn place_all(&mut self) {
        let all = self.records.iter().flatten();
        self.places = Arc::new(Sources::new(all.map(|record| Source { number: record.number, place_e6: record.key.place_e6 })));
    }
}

/// The register of this node.
pub struct Register {
    store: Store,
    /// Something was learned that the file beside the segments does not say.
    is_changed: AtomicBool,
    known: RwLock<Known>,
}

impl Register {
    pub async fn open(store: Store) -> Result<Self, LakehouseError> {
        let register = Self { store, is_changed: AtomicBool::new(false), known: RwLock::default() };
        register.reload().await?;
        Ok(register)
    }

    fn read<T>(&self, ask: impl FnOnce(&Known) -> T) -> T {
        ask(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, records: Vec<SourceRecord>) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut is_more = false;
        for record in records {
            let (is_new, is_changed) = known.learn(record);
            is_more |= is_new;
            if is_changed {
                self.is_changed.store(true, Ordering::Relaxed);
            }
        }
        if is_more {
            known.place_all();
        }
        is_more
    }

    /// Everything, names included.
    pub async fn reload(&self) -> Result<bool, LakehouseError> {
        self.load("SELECT * FROM lakehouse_source ORDER BY number", 0).await
    }

    /// What other nodes have added.
    pub async fn refresh(&self) -> Result<bool, LakehouseError> {
        let known = self.read(|known| known.records.len());
        let after = i64::try_from(known).unwrap_or(i64::MAX) - 1;
        self.load("SELECT * FROM lakehouse_source WHERE number > $1 ORDER BY number", after).await
    }

    async fn load(&self, sql: &str, after: i64) -> Result<bool, LakehouseError> {
        let params = if sql.contains("$1") { params![after] } else { vec![] };
        let rows = self.store.fetch(sql, params).await?;
        let records: Result<Vec<_>, _> = rows.iter().map(SourceRecord::from_row).collect();
        Ok(self.learn(records?))
    }

    /// True once after something was learned.
    pub fn take_changed(&self) -> bool {
        self.is_changed.swap(false, Ordering::Relaxed)
    }

    pub fn places(&self) -> Arc<Sources> {
        self.read(|known| known.places.clone())
    }

    pub fn record(&self, number: u32) -> Option<Arc<SourceRecord>> {
        self.read(|known| known.records.get(number as usize).cloned().flatten())
    }

    pub fn all(&self) -> Vec<Arc<SourceRecord>> {
        self.read(|known| known.records.iter().flatten().cloned().collect())
    }

    pub fn count(&self) -> u64 {
        self.read(|known| known.records.iter().flatten().count() as u64)
    }

    pub fn of_camera(&self, camera: CameraId) -> Vec<u32> {
        self.read(|known| known.by_camera.get(&camera).cloned().unwrap_or_default())
    }

    pub fn of_device(&self, device: DeviceId) -> Vec<u32> {
        self.read(|known| known.by_device.get(&device).cloned().unwrap_or_default())
    }

    /// From memory, for rows by the thousand.
    pub fn known_number(&self, key: &SourceKey) -> Option<u32> {
        self.read(|known| known.by_key.get(key).copied())
    }

    /// The number of this source, new when it is new; its name is brought up to date.
    pub async fn number_for(&self, key: &SourceKey, name: &str) -> Result<u32, LakehouseError> {
        if let Some(number) = self.known_number(key) {
            if self.record(number).is_some_and(|record| record.name != name) {
                self.rename(number, name).await?;
            }
            return Ok(number);
        }
        // The loser of a race for a number tries the next one.
        for _ in 0..NUMBER_TRIES {
            self.insert(key, name).await?;
            self.refresh().await?;
            if let Some(number) = self.known_number(key) {
                return Ok(number);
            }
            self.reload().await?;
            if let Some(number) = self.known_number(key) {
                return Ok(number);
            }
        }
        Err(LakehouseError::Lake("the register of sources is too busy to give a number".into()))
    }

    async fn insert(&self, key: &SourceKey, name: &str) -> Result<(), LakehouseError> {
        let found = self.read(|known| known.records.len());
        if found >= SOURCES_MAX {
            return Err(LakehouseError::Sources { found, max: SOURCES_MAX });
        }
        let (lon, lat) = key.place_e6.map_or((None, None), |(lon, lat)| (Some(i64::from(lon)), Some(i64::from(lat))));
        let mut tx = self.store.begin().await?;
        tx.execute(
            "INSERT INTO lakehouse_source (number, identity, device, camera, site, name, lon_e6, lat_e6, since_us) \
             SELECT COALESCE(MAX(number), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8 FROM lakehouse_source WHERE 1 = 1 \
             ON CONFLICT DO NOTHING",
            params![key.identity(), key.device, key.camera, key.site.clone(), name, lon, lat, self.store.env().now()],
        )
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn rename(&self, number: u32, name: &str) -> Result<(), LakehouseError> {
        let mut tx = self.store.begin().await?;
        tx.execute("UPDATE lakehouse_source SET name = $2 WHERE number = $1", params![number, name]).await?;
        tx.commit().await?;
        if let Some(record) = self.record(number) {
            self.learn(vec![SourceRecord { name: name.to_owned(), ..(*record).clone() }]);
        }
        Ok(())
    }

    /// The number of a device, the same for ever.
    pub async fn device_number(&self, device: DeviceId) -> Result<u32, LakehouseError> {
        if let Some(number) = self.read(|known| known.devices.get(&device).copied()) {
            return Ok(number);
        }
        for _ in 0..NUMBER_TRIES {
            let found = self
                .store
                .fetch_opt("SELECT number FROM lakehouse_device WHERE device = $1", params![device])
                .await?;
            if let Some(row) = found {
                let number = u32::try_from(row.int("number")?)
                    .map_err(|_| StoreError::Corrupt { what: "device number", detail: device.to_string() })?;
                self.known.write().unwrap_or_else(PoisonError::into_inner).devices.insert(device, number);
                return Ok(number);
            }
            let mut tx = self.store.begin().await?;
            tx.execute(
                "INSERT INTO lakehouse_device (number, device) SELECT COALESCE(MAX(number), 0) + 1, $1 \
                 FROM lakehouse_device WHERE 1 = 1 ON CONFLICT DO NOTHING",
                params![device],
            )
            .await?;
            tx.commit().await?;
        }
        Err(LakehouseError::Lake("the register of devices is too busy to give a number".into()))
    }
}

/// A sighting's id has 28 bits for the number of its source.
const SOURCES_MAX: usize = 1 << 28;
/// Two nodes that number at the same moment: one of them wins each time.
const NUMBER_TRIES: usize = 50;
