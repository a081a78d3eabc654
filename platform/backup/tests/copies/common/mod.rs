//! A small house with passages, pictures and a log, without its rooms.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking, and not every file uses all of it")]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use shouhu_audit::{Audit, Entry};
use shouhu_backup::{House, KeyFiles, Order, Place, forget_key, keys_in, signer};
use shouhu_blobs::{BlobClass, Blobs, Keys};
use shouhu_env::{Env, RealFiles};
use shouhu_files::{Append, Files, FilesError, ReadAt};
use shouhu_lakehouse::lake::row::{AT_SOURCE, NO_DIRECTION};
use shouhu_lakehouse::lake::{Batch, Class, DAY_MS, PlateCode, Row};
use shouhu_lakehouse::{Lakehouse, LakehouseConfig, files_of};
use shouhu_store::{ModuleMigrations, OUTBOX_MIGRATIONS, Store};

/// 2026-11-20.
pub const DAY: i64 = 20_777;
pub const CANARY: &str = "ZQJ-7391";

pub fn schemas() -> Vec<ModuleMigrations> {
    vec![OUTBOX_MIGRATIONS, shouhu_audit::MIGRATIONS, shouhu_lakehouse::MIGRATIONS]
}

pub fn plate(text: &str) -> PlateCode {
    PlateCode::parse(text).unwrap()
}

/// Passages of one device, a second apart, each of a plate of its own.
pub fn batch(first: u64, count: u64) -> Batch {
    let row = |sequence: u64| Row {
        plate: plate(&format!("{:04}-XY", sequence % 10_000)),
        at_ms: DAY * DAY_MS + i64::try_from(sequence).unwrap() * 1_000,
        sequence,
        source: 1,
        lon_e6: AT_SOURCE,
        lat_e6: 0,
        extra: 0,
        confidence_pm: 990,
        direction: NO_DIRECTION,
        pictures: 0,
    };
    Batch { device: 1, class: Class::PASSAGE, rows: (first..first + count).map(row).collect(), extras: Vec::new() }
}

fn lake_config(data: &Path, keys: &Keys) -> LakehouseConfig {
    LakehouseConfig { forget_key: Some(forget_key(keys).unwrap()), grace_ms: 0, ..LakehouseConfig::in_folder(data.join("lake")) }
}

pub struct Small {
    pub folder: tempfile::TempDir,
    pub house: House,
    pub lake: Lakehouse,
    pub audit: Audit,
    pub blobs: Blobs,
}

impl Small {
    pub async fn open() -> Self {
        Self::open_on(None).await
    }

    /// On a PostgreSQL that is empty, or on a SQLite in the data folder.
    pub async fn open_on(postgres: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (data, keys_folder) = (folder.path().join("data"), folder.path().join("keys"));
        std::fs::create_dir_all(&data).unwrap();
        let env = Env::real();
        let store = Store::open(&url_of(&data, postgres), env.clone()).await.unwrap();
        store.migrate(&schemas()).await.unwrap();
        let blobs = Blobs::open(env.clone(), &data.join("blobs"), &keys_folder).unwrap();
        let keys = blobs.keys().clone();
        signer(&keys).unwrap();
        let audit = Audit::start(store.clone(), &keys).unwrap();
        let config = lake_config(&data, &keys);
        let lake = Lakehouse::open(config.clone(), store.clone(), env.clone()).await.unwrap();
        let files = files_of(&config).unwrap();
        let house = House {
            env,
            store,
            schemas: schemas(),
            rows_copied: Arc::default(),
            lake: files,
            node_home: config.home,
            node: config.node,
            data,
            keys,
            keys_folder,
        };
        let small = Self { folder, house, lake, audit, blobs };
        small.log("opened").await;
        small
    }

    /// With passages in a segment, passages in the log alone, pictures and leaves.
    pub async fn lived_in() -> Self {
        Self::lived_in_on(None).await
    }

    pub async fn lived_in_on(postgres: Option<&str>) -> Self {
        let small = Self::open_on(postgres).await;
        small.lake.append(batch(0, 300)).await.unwrap();
        small.lake.flush().await.unwrap();
        small.lake.append(batch(300, 60)).await.unwrap();
        for picture in 0..5_u8 {
            small.blobs.put(BlobClass::Sighting, vec![picture; 20_000]).await.unwrap();
        }
        std::fs::write(small.house.data.join("witness.toml"), "name = \"a.example/w1\"\n").unwrap();
        small.log("lived in").await;
        small
    }

    /// The lake ends without a farewell and is opened again: the last group of its log is then written a second time.
    pub async fn crashed(self) -> Self {
        let Self { folder, house, lake, audit, blobs } = self;
        drop(lake);
        let config = lake_config(&house.data, &house.keys);
        for _ in 0..500 {
            match Lakehouse::open(config.clone(), house.store.clone(), house.env.clone()).await {
                Ok(lake) => return Self { folder, house, lake, audit, blobs },
                // Its threads may still be ending.
                Err(error) => assert!(format!("{error:?}").contains("Held"), "{error:?}"),
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        panic!("the lake that was dropped is still held");
    }

    pub async fn log(&self, object: &str) {
        let entry = Entry {
            at_us: self.house.env.now(),
            actor: "none".into(),
            actor_name: "none".into(),
            action: "test".into(),
            class: "write".into(),
            purpose: None,
            case_ref: None,
            object: object.into(),
            outcome: 200,
        };
        self.audit.append(entry).await.unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn place(&self) -> Place {
        place(&self.path("place"))
    }

    pub fn keys(&self) -> KeyFiles {
        keys_in(&self.house.keys_folder).unwrap()
    }

    pub fn order(&self, target: &str) -> Order {
        Order {
            env: Env::real(),
            place: self.place(),
            backup: None,
            node: None,
            data: self.path(target),
            keys_folder: None,
            keys: self.keys(),
            schemas: schemas(),
            rooms: None,
            forgotten_since: Vec::new(),
            store: None,
            rows_copied: Arc::default(),
        }
    }
}

/// Files of a lake that come and go while they are copied: whether one is there depends on how often it was looked for.
pub struct Fleeting {
    pub files: Arc<dyn Files>,
    /// Asked with 1 the first time that a file is looked for.
    pub is_there: Box<dyn Fn(u32) -> bool + Send + Sync>,
    looks: Mutex<HashMap<String, u32>>,
}

impl Fleeting {
    /// The same house with a lake like this.
    pub fn of(house: &House, is_there: impl Fn(u32) -> bool + Send + Sync + 'static) -> House {
        let lake = Self { files: Arc::clone(&house.lake), is_there: Box::new(is_there), looks: Mutex::default() };
        House { lake: Arc::new(lake), ..house.clone() }
    }
}

impl Files for Fleeting {
    fn create(&self, name: &str) -> Result<Box<dyn Append>, FilesError> {
        self.files.create(name)
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ReadAt>, FilesError> {
        let look = {
            let mut looks = self.looks.lock().unwrap();
            let look = looks.entry(name.to_owned()).or_default();
            *look += 1;
            *look
        };
        if (self.is_there)(look) { self.files.open(name) } else { Err(FilesError::Missing { name: name.to_owned() }) }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), FilesError> {
        self.files.put(name, bytes)
    }

    fn remove(&self, name: &str) -> Result<(), FilesError> {
        self.files.remove(name)
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, FilesError> {
        self.files.list(folder)
    }
}

/// Address of a house's database.
pub fn url_of(data: &Path, postgres: Option<&str>) -> String {
    postgres.map_or_else(|| format!("sqlite:{}", data.join("shouhu.db").display()), ToOwned::to_owned)
}

pub fn place(folder: &Path) -> Place {
    Place::new(Arc::new(RealFiles::below(folder)))
}

pub fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files_below(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Passages of a restored house by plate and sequence, opened as a server opens it.
pub async fn sequences(data: &Path) -> Vec<(PlateCode, u64)> {
    sequences_on(data, None).await
}

pub async fn sequences_on(data: &Path, postgres: Option<&str>) -> Vec<(PlateCode, u64)> {
    let store = Store::open(&url_of(data, postgres), Env::real()).await.unwrap();
    let lake = Lakehouse::open(LakehouseConfig::in_folder(data.join("lake")), store.clone(), Env::real()).await.unwrap();
    let found = lake
        .ask(&Class::ALL, |view| {
            let mut found = std::collections::BTreeSet::new();
            for part in &view.parts {
                part.each_record(&mut |record| {
                    found.insert((record.row.sequence, record.row.plate));
                    Ok(())
                })
                .unwrap();
            }
            found
        })
        .await
        .unwrap();
    lake.close().await.unwrap();
    store.close().await;
    found.into_iter().map(|(sequence, plate)| (plate, sequence)).collect()
}

