//! The SQL of this room.

use shouhu_env::BoxFuture;
use shouhu_ids::{ActorId, BoxId, CheckInId, Micros};
use shouhu_module::Problem;
use shouhu_module::ports::{CheckInTally, PlacedCount, Tallied};
use shouhu_place::Wgs84;
use shouhu_store::{Row, Store, StoreError, Tx, page_before, params, tag_of};

use crate::jobs::kept_since;
use crate::model::{BoxState, CheckIn, Doubt, Method, PatrolBox};
use crate::rules::Other;
use crate::table::NewBox;

const BOX: &str = "SELECT id, number, name, station, beat, note, lon, lat, every_h, is_active, code_version, has_device, tag_uid, \
     last_check_in_at_us, created_at_us FROM patrol_box";

const CHECK_IN: &str = "SELECT c.id, c.box, b.number, b.name, b.station, c.method, c.by_actor, c.by_name, c.unit, \
     c.measured_at_us, c.received_at_us, c.distance_m, c.doubts FROM patrol_check_in c JOIN patrol_box b ON b.id = c.box";

/// A box with what only this room may know of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Kept {
    pub shown: PatrolBox,
    pub code_version: i64,
    pub has_device: bool,
    pub tag_uid: Option<String>,
    pub created_at: Micros,
}

fn kept_of(row: &Row, now: Micros) -> Result<Kept, StoreError> {
    let position = Wgs84::new(row.real("lon")?, row.real("lat")?);
    let (every_h, is_active, last) = (row.int("every_h")?, row.truth("is_active")?, row.opt_micros("last_check_in_at_us")?);
    let (has_device, tag_uid) = (row.truth("has_device")?, row.opt_text("tag_uid")?);
    let carries = [Some(Method::Printed), has_device.then_some(Method::Rotating), tag_uid.as_ref().map(|_| Method::Tag)];
    let shown = PatrolBox {
        id: row.parsed("id")?,
        number: row.text("number")?,
        name: row.text("name")?,
        station: row.text("station")?,
        beat: row.text("beat")?,
        note: row.text("note")?,
        position: position.map_err(|e| StoreError::Corrupt { what: "box position", detail: e.to_string() })?,
        every_h,
        is_active,
        carries: carries.into_iter().flatten().collect(),
        last_check_in_at_us: last,
        state: BoxState::of(last, every_h, is_active, now),
    };
    Ok(Kept { shown, code_version: row.int("code_version")?, has_device, tag_uid, created_at: row.micros("created_at_us")? })
}

/// By number; of one station where one is named.
pub async fn boxes(store: &Store, station: Option<&str>) -> Result<Vec<Kept>, StoreError> {
    let now = store.env().now();
    let rows = match station {
        Some(station) => store.fetch(&format!("{BOX} WHERE station = $1 ORDER BY number"), params![station]).await?,
        None => store.fetch(&format!("{BOX} ORDER BY number"), vec![]).await?,
    };
    rows.iter().map(|row| kept_of(row, now)).collect()
}

/// Those in the square around a circle, by number.
pub async fn boxes_around(store: &Store, place: Wgs84, radius_m: f64) -> Result<Vec<Kept>, StoreError> {
    let [west, south, east, north] = place.square_around(radius_m);
    let sql = format!("{BOX} WHERE lat BETWEEN $1 AND $2 AND lon BETWEEN $3 AND $4 ORDER BY number");
    let rows = store.fetch(&sql, params![south, north, west, east]).await?;
    rows.iter().map(|row| kept_of(row, store.env().now())).collect()
}

pub async fn one(store: &Store, id: BoxId) -> Result<Option<Kept>, StoreError> {
    let row = store.fetch_opt(&format!("{BOX} WHERE id = $1"), params![id]).await?;
    row.as_ref().map(|row| kept_of(row, store.env().now())).transpose()
}

pub async fn insert(tx: &mut Tx, id: BoxId, new: &NewBox, now: Micros) -> Result<(), StoreError> {
    let sql = "INSERT INTO patrol_box (id, number, name, station, beat, note, lon, lat, every_h, is_active, code_version, has_device, \
         created_at_us) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1, 1, 0, $10)";
    let place = new.position;
    let values = params![id, &new.number, &new.name, &new.station, &new.beat, &new.note, place.lon, place.lat, new.every_h, now];
    tx.execute(sql, values).await.map(drop)
}

/// A list says what a box is, not what people wrote beside it: an empty note leaves the note.
pub async fn update(tx: &mut Tx, id: BoxId, new: &NewBox) -> Result<(), StoreError> {
    let sql = "UPDATE patrol_box SET name = $2, station = $3, beat = $4, lon = $5, lat = $6, every_h = $7, \
         note = CASE WHEN $8 = '' THEN note ELSE $8 END WHERE id = $1";
    let values = params![id, &new.name, &new.station, &new.beat, new.position.lon, new.position.lat, new.every_h, &new.note];
    tx.execute(sql, values).await.map(drop)
}

/// Sets one column. Gives false when there is no such box.
pub async fn set(store: &Store, id: BoxId, assignment: &'static str, value: shouhu_store::Value) -> Result<bool, StoreError> {
    let mut tx = store.begin().await?;
    let changed = tx.execute(&format!("UPDATE patrol_box SET {assignment} WHERE id = $1"), vec![id.into(), value]).await?;
    tx.commit().await?;
    Ok(changed == 1)
}

/// A signature before it is written.
pub struct NewCheckIn<'a> {
    pub shown: &'a CheckIn,
    pub proof: &'a str,
    pub tag_counter: Option<u32>,
    pub position: Option<Wgs84>,
    pub accuracy_m: Option<f64>,
}

/// False when its proof was used before.
pub async fn insert_check_in(tx: &mut Tx, new: &NewCheckIn<'_>) -> Result<bool, StoreError> {
    let sql = "INSERT INTO patrol_check_in (id, box, method, proof, tag_counter, by_actor, by_name, unit, measured_at_us, \
         received_at_us, lon, lat, accuracy_m, distance_m, doubts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (proof) DO NOTHING";
    let shown = new.shown;
    let doubts: Vec<String> = shown.doubts.iter().map(tag_of).collect();
    let values = params![
        shown.id,
        shown.patrol_box,
        tag_of(&shown.method),
        new.proof,
        new.tag_counter.map(i64::from),
        shown.by,
        &shown.by_name,
        shown.unit,
        shown.measured_at_us,
        shown.received_at_us,
        new.position.map(|place| place.lon),
        new.position.map(|place| place.lat),
        new.accuracy_m,
        shown.distance_m,
        doubts.join(" "),
    ];
    if tx.execute(sql, values).await? != 1 {
        return Ok(false);
    }
    // The newest reading counts, in whatever order they arrive.
    let sql = "UPDATE patrol_box SET last_check_in_at_us = $2 WHERE id = $1 AND (last_check_in_at_us IS NULL OR last_check_in_at_us < $2)";
    tx.execute(sql, params![shown.patrol_box, shown.measured_at_us]).await?;
    Ok(true)
}

fn check_in_of(row: &Row) -> Result<CheckIn, StoreError> {
    let doubts = row.text("doubts")?;
    let doubt = |word: &str| -> Result<Doubt, StoreError> {
        let corrupt = |e: serde_json::Error| StoreError::Corrupt { what: "doubt", detail: e.to_string() };
        serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(corrupt)
    };
    Ok(CheckIn {
        id: row.parsed("id")?,
        patrol_box: row.parsed("box")?,
        number: row.text("number")?,
        name: row.text("name")?,
        station: row.text("station")?,
        method: row.tag("method")?,
        by: row.parsed("by_actor")?,
        by_name: row.text("by_name")?,
        unit: row.opt_parsed("unit")?,
        measured_at_us: row.micros("measured_at_us")?,
        received_at_us: row.micros("received_at_us")?,
        distance_m: row.opt_real("distance_m")?,
        doubts: doubts.split_whitespace().map(doubt).collect::<Result<_, _>>()?,
        briefing: None,
    })
}

/// Newest arrivals first; `before` is the id of the last of the page before.
pub async fn check_ins(store: &Store, station: Option<&str>, is_doubtful: Option<bool>, before: Option<CheckInId>, limit: i64) -> Result<Vec<CheckIn>, StoreError> {
    let doubtful = match is_doubtful {
        Some(true) => "AND c.doubts <> ''",
        Some(false) => "AND c.doubts = ''",
        None => "",
    };
    let before = page_before(before);
    let sql = format!("{CHECK_IN} WHERE c.id < $1 AND ($2 = '' OR b.station = $2) {doubtful} ORDER BY c.id DESC LIMIT $3");
    store.fetch(&sql, params![before, station.unwrap_or_default(), limit]).await?.iter().map(check_in_of).collect()
}

/// The person's signatures next before and next after that time.
pub async fn around(store: &Store, by: ActorId, at: Micros) -> Result<Vec<Other>, StoreError> {
    let select = "SELECT b.lon, b.lat, c.measured_at_us FROM patrol_check_in c JOIN patrol_box b ON b.id = c.box WHERE c.by_actor = $1";
    let mut rows = store.fetch(&format!("{select} AND c.measured_at_us <= $2 ORDER BY c.measured_at_us DESC LIMIT 1"), params![by, at]).await?;
    rows.extend(store.fetch(&format!("{select} AND c.measured_at_us > $2 ORDER BY c.measured_at_us LIMIT 1"), params![by, at]).await?);
    let mut others = Vec::with_capacity(rows.len());
    for row in rows {
        if let Ok(at) = Wgs84::new(row.real("lon")?, row.real("lat")?) {
            others.push(Other { at, measured_at: row.micros("measured_at_us")? });
        }
    }
    Ok(others)
}

/// Whether this tag counted lower at a later time, or higher at an earlier one; clocks may differ by `slack_us`.
pub async fn is_out_of_order(store: &Store, id: BoxId, counter: u32, at: Micros, slack_us: i64) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM patrol_check_in WHERE box = $1 AND tag_counter IS NOT NULL AND \
         ((tag_counter < $2 AND measured_at_us > $3) OR (tag_counter > $2 AND measured_at_us < $4)) LIMIT 1";
    Ok(store.fetch_opt(sql, params![id, i64::from(counter), at.plus(slack_us), at.plus(-slack_us)]).await?.is_some())
}

pub async fn visits(store: &Store, id: BoxId, since: Micros) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM patrol_check_in WHERE box = $1 AND measured_at_us >= $2";
    store.fetch_one(sql, params![id, since]).await?.int("n")
}

/// Whether the nonce was this person's when the code was read: given before (clocks may differ by `slack_us`), not over yet.
pub async fn is_nonce_of(store: &Store, nonce: &str, by: ActorId, read_at: Micros, slack_us: i64) -> Result<bool, StoreError> {
    let sql = "SELECT nonce FROM patrol_nonce WHERE nonce = $1 AND actor = $2 AND given_at_us <= $3 AND expires_at_us > $4";
    Ok(store.fetch_opt(sql, params![nonce, by, read_at.plus(slack_us), read_at]).await?.is_some())
}

pub async fn refused(store: &Store, by: ActorId, id: Option<BoxId>, problem: &str) -> Result<(), StoreError> {
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO patrol_refusal (id, at_us, by_actor, box, problem) VALUES ($1, $2, $3, $4, $5)";
    let own = store.env().id(CheckInId::new);
    tx.execute(sql, params![own, store.env().now(), by, id, problem]).await?;
    tx.commit().await
}

/// How often crews signed in at each box: a number for oversight, without who.
pub struct CheckInsByBox(pub Store);

impl CheckInTally for CheckInsByBox {
    fn check_ins(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<PlacedCount>, Problem>> {
        let store = self.0.clone();
        Box::pin(async move {
            let before = kept_since(store.env().now());
            if from < before {
                return Ok(Tallied::Destroyed { before });
            }
            Ok(Tallied::Whole(check_ins_by_box(&store, from, until).await?))
        })
    }
}

async fn check_ins_by_box(store: &Store, from: Micros, until: Micros) -> Result<Vec<PlacedCount>, StoreError> {
    let sql = "SELECT b.lon, b.lat, CAST(COUNT(*) AS BIGINT) AS n FROM patrol_check_in c JOIN patrol_box b ON b.id = c.box \
               WHERE c.measured_at_us >= $1 AND c.measured_at_us < $2 GROUP BY b.id, b.lon, b.lat";
    let count = |row: &Row| {
        let position = Wgs84::new(row.real("lon")?, row.real("lat")?).ok();
        Ok(PlacedCount { position, count: row.int("n")?.unsigned_abs() })
    };
    store.fetch(sql, params![from, until]).await?.iter().map(count).collect()
}
