//! Keeps, reads and takes back photos: the SQL, and the order of disk and database.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::StatusCode;
use serde_json::json;
use sha2::{Digest, Sha256};
use shouhu_blobs::{BlobError, Blobs};
use shouhu_events::Event;
use shouhu_ids::{AssignmentId, IncidentId, Micros, PhotoId};
use shouhu_module::{Keyed, Person};
use shouhu_place::Wgs84;
use shouhu_store::{Row, Store, StoreError, Tx, params, tag_of};
use shouhu_wire::{Assignment, AssignmentState};
use tokio::sync::Semaphore;

use super::{AFTER_END_US, CAPTION_MAX, PHOTOS_MAX, Photo, PhotoSize, PhotoState, WITHDRAW_US, blob_of};
use crate::model::NOTE_MAX;
use crate::picture::{self, PictureError, Prepared};
use crate::store::{self, place_of};
use crate::write::{self, Held, Locked};

/// Each holds some hundred megabytes while a large picture is decoded.
static DECODING: Semaphore = Semaphore::const_new(2);
/// After this the phone is asked to send it again.
const DECODING_WAIT: Duration = Duration::from_secs(10);

/// A phone's clock may be so wrong that its time says nothing.
const TAKEN_BEFORE_MAX_US: i64 = 7 * Micros::DAY;
const CLOCK_AHEAD_MAX_US: i64 = 2 * Micros::MINUTE;

#[derive(Debug, thiserror::Error)]
pub enum PhotoError {
    #[error("there is no such assignment or photo, or you may not see it")]
    NotFound,
    #[error(transparent)]
    Picture(#[from] PictureError),
    #[error("the order was declined: there is nothing to report from it")]
    Declined,
    #[error("the order ended more than 24 h ago: what was seen belongs into the report")]
    TooLate,
    #[error("this order has {PHOTOS_MAX} photos, which are the most")]
    TooMany,
    #[error("another photo has this id: make a new one")]
    IdTaken,
    #[error("the caption has {length} characters, {CAPTION_MAX} are the most")]
    Caption { length: usize },
    #[error("a position has longitude, latitude and an accuracy of 0 to 100,000 m, or nothing of it")]
    Place,
    #[error("say in a few words, at most {NOTE_MAX} characters, why it is taken back")]
    Reason,
    #[error("five minutes are over: the photo belongs to the log now, a supervisor can say what is to be done")]
    WithdrawLate,
    #[error("the picture was destroyed: {reason}")]
    Destroyed { reason: String },
    #[error("too many photos are being read at once: send it again in a moment")]
    Busy,
    #[error(transparent)]
    Blob(#[from] BlobError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for PhotoError {
    fn key(&self) -> &'static str {
        match self {
            Self::NotFound => "http.not_found",
            Self::Picture(error) => error.key(),
            Self::Declined => "dispatch.photo.declined",
            Self::TooLate => "dispatch.photo.too_late",
            Self::TooMany => "dispatch.photo.too_many",
            Self::IdTaken => "dispatch.photo.id_taken",
            Self::Caption { .. } => "dispatch.photo.caption",
            Self::Place => "dispatch.photo.place",
            Self::Reason => "dispatch.photo.reason",
            Self::WithdrawLate => "dispatch.photo.withdraw_late",
            Self::Destroyed { .. } => "dispatch.photo.destroyed",
            Self::Busy => "http.overloaded",
            Self::Blob(error) => error.key(),
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Picture(PictureError::Heic | PictureError::Kind) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Picture(_) | Self::Caption { .. } | Self::Place | Self::Reason => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Declined | Self::TooLate | Self::TooMany | Self::IdTaken | Self::WithdrawLate => StatusCode::CONFLICT,
            Self::Destroyed { .. } => StatusCode::GONE,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Blob(error) => error.status(),
            Self::Store(error) => error.status(),
        }
    }
}

/// What the phone says of a picture besides its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPhoto {
    pub id: PhotoId,
    pub taken_at: Option<Micros>,
    pub caption: String,
    pub position: Option<Wgs84>,
    pub accuracy_m: Option<f64>,
}

impl NewPhoto {
    fn check(&self) -> Result<(), PhotoError> {
        let length = self.caption.chars().count();
        if length > CAPTION_MAX || self.caption.chars().any(|ch| ch == '\0') {
            return Err(PhotoError::Caption { length });
        }
        let is_placed = match self.accuracy_m {
            Some(radius_m) => self.position.is_some() && (0.0..=100_000.0).contains(&radius_m),
            None => true,
        };
        if is_placed { Ok(()) } else { Err(PhotoError::Place) }
    }

    /// None when it lies in the future or long ago: the time of arrival stands beside it in any case.
    fn taken_at(&self, now: Micros) -> Option<Micros> {
        self.taken_at.filter(|taken| (-CLOCK_AHEAD_MAX_US..=TAKEN_BEFORE_MAX_US).contains(&now.since(*taken)))
    }
}

const PHOTO: &str = "SELECT p.id, p.assignment, p.incident, i.number AS incident_number, a.unit, u.call_sign, p.by_actor, p.by_name, \
     p.received_at_us, p.taken_at_us, p.caption, p.lon, p.lat, p.accuracy_m, p.sha256, p.received_bytes, p.width_px, p.height_px, \
     p.day, p.state, p.ended_at_us, p.end_reason, a.ended_at_us AS order_ended_at_us FROM dispatch_photo p JOIN dispatch_incident i ON i.id = p.incident \
     JOIN dispatch_assignment a ON a.id = p.assignment JOIN dispatch_unit u ON u.id = a.unit";

fn photo_of(row: &Row) -> Result<Photo, StoreError> {
    let received_at_us = row.micros("received_at_us")?;
    Ok(Photo {
        id: row.parsed("id")?,
        assignment: row.parsed("assignment")?,
        incident: row.parsed("incident")?,
        incident_number: row.text("incident_number")?,
        unit: row.parsed("unit")?,
        call_sign: row.text("call_sign")?,
        by: row.parsed("by_actor")?,
        by_name: row.text("by_name")?,
        received_at_us,
        taken_at_us: row.opt_micros("taken_at_us")?,
        caption: row.text("caption")?,
        position: place_of(row)?,
        accuracy_m: row.opt_real("accuracy_m")?,
        sha256: row.text("sha256")?,
        received_bytes: row.int("received_bytes")?,
        width_px: row.int("width_px")?,
        height_px: row.int("height_px")?,
        state: row.tag("state")?,
        ended_at_us: row.opt_micros("ended_at_us")?,
        end_reason: row.opt_text("end_reason")?,
        withdraw_until_us: received_at_us.plus(WITHDRAW_US),
        day: row.int("day")?,
        order_ended_at: row.opt_micros("order_ended_at_us")?,
    })
}

pub async fn one(store: &Store, id: PhotoId) -> Result<Option<Photo>, StoreError> {
    store.fetch_opt(&format!("{PHOTO} WHERE p.id = $1"), params![id]).await?.as_ref().map(photo_of).transpose()
}

/// Of an incident and of its reports, in the order in which they arrived: those whose line its log has, and those of its orders.
pub async fn of_incident(store: &Store, id: IncidentId) -> Result<Vec<Photo>, StoreError> {
    let ours = "(SELECT id FROM dispatch_incident WHERE id = $1 OR merged_into = $1)";
    let sql = format!("{PHOTO} WHERE p.incident IN {ours} OR a.incident IN {ours} ORDER BY p.received_at_us, p.id");
    store.fetch(&sql, params![id]).await?.iter().map(photo_of).collect()
}

/// The photo of that id, if it was sent before by this person for this assignment.
async fn sent_before(store: &Store, by: &Person, assignment: AssignmentId, id: PhotoId) -> Result<Option<Photo>, PhotoError> {
    match one(store, id).await? {
        Some(photo) if photo.assignment == assignment && photo.by == by.id => Ok(Some(photo)),
        Some(_) => Err(PhotoError::IdTaken),
        None => Ok(None),
    }
}

async fn count(tx: &mut Tx, assignment: AssignmentId) -> Result<i64, StoreError> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) AS n FROM dispatch_photo WHERE assignment = $1";
    tx.fetch_one(sql, params![assignment]).await?.int("n")
}

fn may_send(state: AssignmentState, ended_at: Option<Micros>, now: Micros) -> Result<(), PhotoError> {
    match (state, ended_at) {
        (AssignmentState::Declined, _) => Err(PhotoError::Declined),
        (_, Some(ended_at)) if now.since(ended_at) > AFTER_END_US => Err(PhotoError::TooLate),
        _ => Ok(()),
    }
}

/// Decodes beside the threads that answer. A decoder that fails in a way that nobody foresaw has met a damaged picture.
async fn prepared(bytes: Bytes) -> Result<(Prepared, String, i64), PhotoError> {
    let damaged = |detail: &str| PictureError::Damaged { detail: detail.to_owned() };
    let place = tokio::time::timeout(DECODING_WAIT, DECODING.acquire()).await;
    let _place = place.map_err(|_| PhotoError::Busy)?.map_err(|_| damaged("the server is stopping"))?;
    let work = tokio::task::spawn_blocking(move || {
        let length = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        picture::prepare(&bytes).map(|prepared| (prepared, hex::encode(Sha256::digest(&bytes)), length))
    });
    Ok(work.await.map_err(|_| damaged("its decoder gave up"))??)
}

/// Keeps a photo of the crew's own assignment; the same one again changes nothing. Durable when it returns.
///
/// # Errors
/// When the assignment is not the crew's or too long over, or the picture cannot be kept.
pub async fn keep(store: &Store, blobs: &Blobs, by: &Person, assignment: AssignmentId, new: &NewPhoto, bytes: impl Into<Bytes>) -> Result<Photo, PhotoError> {
    new.check()?;
    let known = store::assignment(store, assignment).await?.ok_or(PhotoError::NotFound)?;
    if by.unit != Some(known.unit) && !has_worked(store, by, &known).await? {
        return Err(PhotoError::NotFound);
    }
    if let Some(photo) = sent_before(store, by, assignment, new.id).await? {
        return Ok(photo);
    }
    let arrived_at = store.env().now();
    may_send(known.state, known.closed_at_us, arrived_at)?;
    let (picture, sha256, received_bytes) = prepared(bytes.into()).await?;
    let day = arrived_at.day();
    let (width_px, height_px) = (picture.width_px, picture.height_px);
    blobs.put_named(&blob_of(new.id, &sha256, day, PhotoSize::Large), picture.large_jpeg).await?;
    blobs.put_named(&blob_of(new.id, &sha256, day, PhotoSize::Small), picture.small_jpeg).await?;
    let file = File { sha256, received_bytes, width_px, height_px, day };
    match enter(store, by, assignment, new, &file).await {
        Ok(()) => {}
        Err(refused @ PhotoError::IdTaken) => {
            remove_unless_kept(store, blobs, new.id, &file).await?;
            return Err(refused);
        }
        // Nobody will ask for it under this id again; after any other failure the phone sends it again and finds its files.
        Err(refused @ (PhotoError::TooMany | PhotoError::TooLate | PhotoError::Declined | PhotoError::NotFound)) => {
            remove(blobs, new.id, &file.sha256, day).await?;
            return Err(refused);
        }
        Err(error) => return Err(error),
    }
    remove_unless_kept(store, blobs, new.id, &file).await
}

/// Whether the person crewed the unit during the order: it joined a shift of it then, or took one of its steps. A photo that waited
/// in a phone for a network may come when its officer has gone home.
async fn has_worked(store: &Store, by: &Person, order: &Assignment) -> Result<bool, StoreError> {
    let ended_at = order.closed_at_us.unwrap_or_else(|| store.env().now());
    let shift = "SELECT id FROM dispatch_shift WHERE actor = $1 AND unit = $2 AND joined_at_us IS NOT NULL AND removed_at_us IS NULL \
         AND from_us <= $3 AND until_us >= $4 LIMIT 1";
    if store.fetch_opt(shift, params![by.id, order.unit, ended_at, order.offered_at_us]).await?.is_some() {
        return Ok(true);
    }
    let steps = "SELECT l.params FROM dispatch_log l JOIN dispatch_assignment a ON a.incident = l.incident WHERE a.id = $1 AND l.by_actor = $2 \
         AND l.log_key IN ('assignment_accepted', 'assignment_en_route', 'assignment_on_scene', 'assignment_reply', 'assignment_closed', 'photo_added') \
         AND l.at_us >= $3 AND l.at_us <= $4";
    for row in store.fetch(steps, params![order.id, by.id, order.offered_at_us, ended_at]).await? {
        let said: serde_json::Value = serde_json::from_str(&row.text("params")?).unwrap_or_default();
        if said.get("call_sign").and_then(|sign| sign.as_str()) == Some(order.call_sign.as_str()) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The row of an id. What was just written is removed where the row is about other files, or its photo has ended: the same photo on
/// its first way was faster, and may have been taken back since.
async fn remove_unless_kept(store: &Store, blobs: &Blobs, id: PhotoId, file: &File) -> Result<Photo, PhotoError> {
    let photo = one(store, id).await?.ok_or(PhotoError::NotFound)?;
    if photo.state != PhotoState::Kept || photo.sha256 != file.sha256 || photo.day != file.day {
        remove(blobs, id, &file.sha256, file.day).await?;
    }
    Ok(photo)
}

/// What lies on the disk.
struct File {
    sha256: String,
    received_bytes: i64,
    width_px: u32,
    height_px: u32,
    day: i64,
}

/// The row, the line of the log and the fact, in one transaction.
async fn enter(store: &Store, by: &Person, assignment: AssignmentId, new: &NewPhoto, file: &File) -> Result<(), PhotoError> {
    let (mut tx, incident, held) = write::hold(store, assignment).await?.ok_or(PhotoError::NotFound)?;
    let now = store.env().now();
    let row = tx.fetch_opt("SELECT assignment FROM dispatch_photo WHERE id = $1", params![new.id]).await?;
    if row.is_some() {
        // The same photo on its second way came first.
        drop(tx);
        return sent_before(store, by, assignment, new.id).await?.map(|_| ()).ok_or(PhotoError::IdTaken);
    }
    let ended_at = tx.fetch_one("SELECT ended_at_us FROM dispatch_assignment WHERE id = $1", params![assignment]).await?;
    may_send(held.state, ended_at.opt_micros("ended_at_us")?, now)?;
    if count(&mut tx, assignment).await? >= PHOTOS_MAX {
        return Err(PhotoError::TooMany);
    }
    let caption = new.caption.trim();
    let sql = "INSERT INTO dispatch_photo (id, assignment, incident, by_actor, by_name, received_at_us, taken_at_us, caption, lon, lat, \
         accuracy_m, sha256, received_bytes, width_px, height_px, day, state) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, 'kept')";
    let (lon, lat) = (new.position.map(|place| place.lon), new.position.map(|place| place.lat));
    let values = params![
        new.id, assignment, incident.id, by.id, by.name.clone(), now, new.taken_at(now), caption, lon, lat, new.accuracy_m,
        file.sha256.clone(), file.received_bytes, i64::from(file.width_px), i64::from(file.height_px), file.day
    ];
    tx.execute(sql, values).await?;
    let values = json!({ "call_sign": held.call_sign, "photo": new.id, "text": caption, "sha256": file.sha256, "bytes": file.received_bytes });
    write::log(&mut tx, incident.id, now, by, "photo_added", values).await?;
    tell(&mut tx, &incident, &held).await?;
    tx.commit().await?;
    Ok(())
}

/// As for a reply in words: whoever looks at the incident reads it again.
async fn tell(tx: &mut Tx, incident: &Locked, held: &Held) -> Result<(), StoreError> {
    let event = Event::AssignmentChanged { assignment: held.id, incident: incident.id, unit: held.unit, state: held.state };
    tx.emit(&event).await?;
    Ok(())
}

/// Both files of a photo.
async fn remove(blobs: &Blobs, id: PhotoId, sha256: &str, day: i64) -> Result<(), BlobError> {
    for size in PhotoSize::ALL {
        blobs.remove(&blob_of(id, sha256, day, size)).await?;
    }
    Ok(())
}

/// Removes the files of a photo that has ended, and notes that they are gone.
///
/// # Errors
/// When disk or database refuse; it may be done again.
pub async fn erase(store: &Store, blobs: &Blobs, id: PhotoId, sha256: &str, day: i64) -> Result<(), PhotoError> {
    remove(blobs, id, sha256, day).await?;
    let sql = "UPDATE dispatch_photo SET erased_at_us = $1 WHERE id = $2 AND state <> 'kept' AND erased_at_us IS NULL";
    let mut tx = store.begin().await?;
    tx.execute(sql, params![store.env().now(), id]).await?;
    tx.commit().await?;
    Ok(())
}

impl Photo {
    /// The picture as JPEG.
    ///
    /// # Errors
    /// `Destroyed` with the reason when there is none any more.
    pub async fn picture(&self, blobs: &Blobs, size: PhotoSize) -> Result<Vec<u8>, PhotoError> {
        if self.state != PhotoState::Kept {
            return Err(PhotoError::Destroyed { reason: self.end_reason.clone().unwrap_or_default() });
        }
        Ok(blobs.get(&blob_of(self.id, &self.sha256, self.day, size)).await?)
    }
}

/// Takes back a photo that was sent by mistake: it is destroyed at once, its line and this one stay. Again changes nothing.
///
/// # Errors
/// When it is somebody else's, its five minutes are over, or no reason is given.
pub async fn withdraw(store: &Store, blobs: &Blobs, by: &Person, id: PhotoId, reason: &str) -> Result<Photo, PhotoError> {
    let reason = reason.trim();
    if reason.is_empty() || reason.chars().count() > NOTE_MAX {
        return Err(PhotoError::Reason);
    }
    let photo = one(store, id).await?.filter(|photo| photo.by == by.id).ok_or(PhotoError::NotFound)?;
    let (mut tx, incident, held) = write::hold(store, photo.assignment).await?.ok_or(PhotoError::NotFound)?;
    let now = store.env().now();
    let sql = "UPDATE dispatch_photo SET state = $1, ended_at_us = $2, end_reason = $3, lon = NULL, lat = NULL, accuracy_m = NULL \
         WHERE id = $4 AND state = 'kept' AND received_at_us >= $5";
    let values = params![tag_of(&PhotoState::Withdrawn), now, reason, id, now.plus(-WITHDRAW_US)];
    if tx.execute(sql, values).await? == 1 {
        let values = json!({ "call_sign": held.call_sign, "photo": id, "reason": reason });
        write::log(&mut tx, incident.id, now, by, "photo_withdrawn", values).await?;
        tell(&mut tx, &incident, &held).await?;
        tx.commit().await?;
    } else {
        drop(tx);
    }
    let photo = one(store, id).await?.ok_or(PhotoError::NotFound)?;
    match photo.state {
        PhotoState::Kept => return Err(PhotoError::WithdrawLate),
        // Also when an earlier try was cut off between the row and the disk.
        PhotoState::Withdrawn => erase(store, blobs, photo.id, &photo.sha256, photo.day).await?,
        PhotoState::Destroyed => {}
    }
    Ok(photo)
}
