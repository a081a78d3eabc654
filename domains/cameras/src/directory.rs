//! Where every camera stands, in memory: asked once per sighting, so it must not ask the database; and which of them stand near
//! something that happened.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::Envelope;
use shouhu_ids::{CameraId, Micros};
use shouhu_module::ports::{CameraPlace, CameraPlaces, CamerasNear, NearCamera, Recording};
use shouhu_module::{App, Reaction};
use shouhu_store::{Store, StoreError};
use shouhu_place::Wgs84;
use tokio::sync::Mutex;

use crate::model::CameraKind;
use crate::{register, store};

/// Half the width of what a usual street camera sees, with some for how roughly headings are written down, degrees.
const LOOKS_WITHIN_DEG: f64 = 45.0;

/// Another server wrote, or this one: read again. A few thousand rows take some milliseconds, so the whole directory is read and an
/// import needs one fact for all its cameras.
pub const REFRESH: Reaction = Reaction { name: "cameras.refresh_directory", kinds: &["camera_changed"], run: refresh };

struct Known {
    place: CameraPlace,
    /// In service, and no car's that only sleeps there.
    stands: bool,
    recording: Recording,
}

/// Cheap to clone. Inactive cameras stay in it: what they still send has a place.
#[derive(Clone, Default)]
pub struct Directory {
    places: Arc<RwLock<HashMap<CameraId, Known>>>,
    /// Passages of stopped cameras, since this server's start.
    destroyed: Arc<RwLock<HashMap<CameraId, u64>>>,
    /// Held while reading, so that an older reading never replaces a newer one.
    reading: Arc<Mutex<()>>,
}

impl Directory {
    /// # Errors
    /// When the database fails; the directory then stays as it was.
    pub async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let _alone = self.reading.lock().await;
        let began_at = register::began_at(store).await?;
        let reviews = register::by_camera(register::reviews(store, None).await?);
        let places = store::all(store).await?.into_iter().map(|camera| {
            let stands = camera.is_active && camera.kind == CameraKind::Fixed;
            let of_camera = reviews.get(&camera.id).map_or(&[][..], Vec::as_slice);
            let recording = register::recording(camera.created_at_us, began_at, of_camera);
            let place = CameraPlace { name: camera.name, position: camera.position, heading_deg: camera.heading_deg };
            (camera.id, Known { place, stands, recording })
        });
        let places = places.collect();
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = places;
        Ok(())
    }

    #[must_use]
    pub fn destroyed_of(&self, camera: CameraId) -> u64 {
        self.destroyed.read().unwrap_or_else(PoisonError::into_inner).get(&camera).copied().unwrap_or_default()
    }

    /// Cameras that record nothing now, of those in service.
    #[must_use]
    pub fn stopped(&self, now: Micros) -> usize {
        let known = self.places.read().unwrap_or_else(PoisonError::into_inner);
        known.values().filter(|camera| camera.stands && !camera.recording.holds(now)).count()
    }
}

impl CameraPlaces for Directory {
    fn place(&self, camera: CameraId) -> Option<CameraPlace> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(&camera).map(|known| known.place.clone())
    }

    fn recording(&self, camera: CameraId) -> Recording {
        let known = self.places.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&camera).map_or_else(Recording::always, |known| known.recording.clone())
    }

    fn destroyed(&self, camera: CameraId, passages: u64) {
        *self.destroyed.write().unwrap_or_else(PoisonError::into_inner).entry(camera).or_default() += passages;
    }
}

/// Whether a camera that looks along `heading_deg` has `towards_deg` before it.
fn looks_along(heading_deg: f64, towards_deg: f64) -> bool {
    let apart = (heading_deg - towards_deg).rem_euclid(360.0);
    apart.min(360.0 - apart) <= LOOKS_WITHIN_DEG
}

impl CamerasNear for Directory {
    fn near(&self, place: Wgs84, k: usize) -> Vec<NearCamera> {
        let known = self.places.read().unwrap_or_else(PoisonError::into_inner);
        let mut near: Vec<(f64, CameraId, &CameraPlace)> =
            known.iter().filter(|(_, camera)| camera.stands).map(|(id, camera)| (camera.place.position.distance_m(place), *id, &camera.place)).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        near.truncate(k);
        let told = |(distance_m, id, camera): (f64, CameraId, &CameraPlace)| NearCamera {
            id,
            name: camera.name.clone(),
            position: camera.position,
            distance_m,
            bearing_deg: place.bearing_deg(camera.position),
            heading_deg: camera.heading_deg,
            is_looking_here: camera.heading_deg.map(|heading| looks_along(heading, camera.position.bearing_deg(place))),
        };
        near.into_iter().map(told).collect()
    }
}

fn refresh(app: App, _: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        app.room::<Directory>().reload(&app.store).await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::looks_along;

    #[test]
    fn a_camera_looks_along_what_is_before_it_across_north_too() {
        for (heading_deg, towards_deg) in [(0.0, 0.0), (350.0, 10.0), (10.0, 350.0), (90.0, 134.0), (359.9, 44.0)] {
            assert!(looks_along(heading_deg, towards_deg), "{heading_deg} {towards_deg}");
        }
        for (heading_deg, towards_deg) in [(0.0, 180.0), (90.0, 136.0), (350.0, 60.0), (0.0, 314.0)] {
            assert!(!looks_along(heading_deg, towards_deg), "{heading_deg} {towards_deg}");
        }
    }
}
