//! How one sighting lies in the log: `origin 16 bytes | length of JSON u32 | JSON | crop JPEG`.
//!
//! Pictures are kept as bytes and become base64 only on the way out; frames have a log of their own, so that the oldest
//! of them can go first when the disk fills.

use serde::{Deserialize, Serialize};
use shouhu_wire::ReportedSighting;

use super::segments::Place;

/// Tells where a sighting came from, so that an input that was interrupted half-way is not sent twice.
pub type Origin = [u8; 16];

/// What the pipeline hands over.
#[derive(Debug, Clone)]
pub struct NewSighting {
    pub origin: Origin,
    /// Version of the recogniser that read it; after an upgrade the queue may hold several.
    pub model: String,
    /// Its sequence is given by the queue; its pictures travel in the two fields below.
    pub sighting: ReportedSighting,
    pub crop_jpeg: Vec<u8>,
    pub frame_jpeg: Option<Vec<u8>>,
}

/// What the uplink takes out, pictures still as bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    pub model: String,
    pub sighting: ReportedSighting,
    pub crop_jpeg: Vec<u8>,
    pub frame_jpeg: Option<Vec<u8>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    pub sighting: ReportedSighting,
    pub frame: Option<Place>,
    pub model: String,
}

pub(super) fn encode(origin: &Origin, stored: &Stored, crop: &[u8]) -> serde_json::Result<Vec<u8>> {
    let json = serde_json::to_vec(stored)?;
    let mut bytes = Vec::with_capacity(20 + json.len() + crop.len());
    bytes.extend_from_slice(origin);
    bytes.extend_from_slice(&u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(&json);
    bytes.extend_from_slice(crop);
    Ok(bytes)
}

pub(super) fn origin(payload: &[u8]) -> Option<Origin> {
    payload.get(..16)?.try_into().ok()
}

pub(super) fn decode(payload: &[u8]) -> Option<(Stored, Vec<u8>)> {
    let len = u32::from_le_bytes(payload.get(16..20)?.try_into().ok()?) as usize;
    let json = payload.get(20..)?.get(..len)?;
    let crop = payload.get(20 + len..)?.to_vec();
    Some((serde_json::from_slice(json).ok()?, crop))
}
