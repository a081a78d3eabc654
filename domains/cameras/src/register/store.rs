//! The SQL of the register.

use shouhu_ids::{CameraId, Micros};
use shouhu_module::Person;
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};

use super::{Grounds, Review};

const COLUMNS: &str = "camera, decided_at_us, decided_by_name, basis, purpose, notice, until_us, ended_at_us, end_reason";

fn review_of(row: &Row) -> Result<Review, StoreError> {
    Ok(Review {
        camera: row.parsed("camera")?,
        decided_at: row.micros("decided_at_us")?,
        decided_by_name: row.text("decided_by_name")?,
        basis: row.tag("basis")?,
        purpose: row.text("purpose")?,
        notice: row.text("notice")?,
        until: row.micros("until_us")?,
        ended_at: row.opt_micros("ended_at_us")?,
        end_reason: row.opt_text("end_reason")?,
    })
}

/// All reviews, or those of the cameras from one id to another; each camera's in the order in which they were decided.
pub async fn reviews(store: &Store, span: Option<(CameraId, CameraId)>) -> Result<Vec<Review>, StoreError> {
    let rows = match span {
        Some((first, last)) => {
            let sql = format!("SELECT {COLUMNS} FROM cameras_review WHERE camera >= $1 AND camera <= $2 ORDER BY camera, decided_at_us");
            store.fetch(&sql, params![first, last]).await?
        }
        None => store.fetch(&format!("SELECT {COLUMNS} FROM cameras_review ORDER BY camera, decided_at_us"), vec![]).await?,
    };
    rows.iter().map(review_of).collect()
}

/// Since when there is a register; writes it down the first time.
pub async fn begin(store: &Store) -> Result<Micros, StoreError> {
    let mut tx = store.begin().await?;
    let sql = "INSERT INTO cameras_register (id, began_at_us) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    tx.execute(sql, params![store.env().now()]).await?;
    tx.commit().await?;
    began_at(store).await
}

pub async fn began_at(store: &Store) -> Result<Micros, StoreError> {
    store.fetch_one("SELECT began_at_us FROM cameras_register WHERE id = 1", vec![]).await?.micros("began_at_us")
}

/// The same grounds for each of these cameras; the first of them that does not exist, where one does not.
pub async fn write(tx: &mut Tx, cameras: &[CameraId], grounds: &Grounds, by: &Person, now: Micros) -> Result<Option<CameraId>, StoreError> {
    for camera in cameras {
        let sql = "INSERT INTO cameras_review (camera, decided_at_us, decided_by, decided_by_name, basis, purpose, notice, until_us) \
             SELECT id, $2, $3, $4, $5, $6, $7, $8 FROM cameras_camera WHERE id = $1";
        let values = params![*camera, now, by.id, &by.name, tag_of(&grounds.basis), &grounds.purpose, &grounds.notice, grounds.until];
        if tx.execute(sql, values).await? == 0 {
            return Ok(Some(*camera));
        }
    }
    Ok(None)
}

/// Ends what holds. False when nothing does.
pub async fn end(tx: &mut Tx, camera: CameraId, reason: &str, by: &Person, now: Micros) -> Result<bool, StoreError> {
    let sql = "UPDATE cameras_review SET ended_at_us = $2, ended_by_name = $3, end_reason = $4 \
         WHERE camera = $1 AND until_us > $2 AND ended_at_us IS NULL";
    Ok(tx.execute(sql, params![camera, now, &by.name, reason]).await? > 0)
}
