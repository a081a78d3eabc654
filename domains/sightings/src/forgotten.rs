//! What this room keeps of a plate outside the lake: pictures under the names of its passages, reports that were set aside, and the plates
//! of holds. It goes with an erasure, and again when an older backup is restored.

use std::collections::BTreeSet;

use shouhu_blobs::{BlobClass, BlobError, Blobs};
use shouhu_ids::Micros;
use shouhu_lakehouse::lake::{Key, PlateCode};
use shouhu_module::ports::Picture;
use shouhu_plate::Plate;
use shouhu_store::{Store, StoreError, params};

use crate::arrive::picture_id;
use crate::lake::code_of;

/// What went wrong while a restored house was made to forget.
#[derive(Debug, thiserror::Error)]
pub enum ForgetError {
    #[error("pictures: {0}")]
    Pictures(#[from] BlobError),
    #[error("notes: {0}")]
    Notes(#[from] StoreError),
}

/// Takes away the pictures of passages that went, and what is noted of plates that `is_forgotten` names at the time of the note.
///
/// # Errors
/// When a picture or a row cannot be removed; asking again goes on.
pub async fn forget_again(store: &Store, blobs: &Blobs, gone: &[Key], is_forgotten: &(dyn Fn(PlateCode, Micros) -> bool + Send + Sync)) -> Result<(), ForgetError> {
    for key in gone {
        for picture in [Picture::Crop, Picture::Frame] {
            remove_picture(blobs, *key, picture).await?;
        }
    }
    forget_notes(store, |plate, noted_at| is_forgotten(code_of(plate), noted_at)).await?;
    Ok(())
}

/// Of a passage, where it lies and where a hold has copied it to.
pub async fn remove_picture(blobs: &Blobs, key: Key, picture: Picture) -> Result<(), BlobError> {
    for class in [BlobClass::Sighting, BlobClass::Kept] {
        blobs.remove(&picture_id(class, key, picture)).await?;
    }
    Ok(())
}

/// What the database has of plates: reports that were set aside, and holds that have ended.
pub async fn forget_notes(store: &Store, is_it: impl Fn(&Plate, Micros) -> bool) -> Result<(), StoreError> {
    let aside = store.fetch("SELECT id, plate_text, received_at_us FROM sightings_quarantine WHERE plate_text <> ''", vec![]).await?;
    let held = store.fetch("SELECT id, plate, since_us FROM sightings_hold WHERE plate <> ''", vec![]).await?;
    let mut tx = store.begin().await?;
    for (rows, plate, at, sql) in [
        (aside, "plate_text", "received_at_us", "DELETE FROM sightings_quarantine WHERE id = $1"),
        (held, "plate", "since_us", "UPDATE sightings_hold SET plate = '' WHERE id = $1"),
    ] {
        let mut forgotten = BTreeSet::new();
        for row in &rows {
            let noted_at = row.micros(at)?;
            if Plate::parse(&row.text(plate)?).is_ok_and(|plate| is_it(&plate, noted_at)) {
                forgotten.insert(row.text("id")?);
            }
        }
        for id in forgotten {
            tx.execute(sql, params![id]).await?;
        }
    }
    tx.commit().await
}
