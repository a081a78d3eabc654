//! Where every camera stands, in memory: asked once per sighting, so it must not ask the database.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use shouhu_bus::ReactionError;
use shouhu_env::BoxFuture;
use shouhu_events::Envelope;
use shouhu_ids::CameraId;
use shouhu_module::ports::{CameraPlace, CameraPlaces};
use shouhu_module::{App, Reaction};
use shouhu_store::{Store, StoreError};
use tokio::sync::Mutex;

use crate::store;

/// Other processes wrote: read again. A few thousand rows take some milliseconds, so the whole directory is read and an
/// import needs one fact for all its cameras.
pub const REFRESH: Reaction = Reaction { name: "cameras.refresh_directory", kinds: &["camera_changed"], run: refresh };

/// Cheap to clone. Inactive cameras stay in it: what they still send has a place.
#[derive(Clone, Default)]
pub struct Directory {
    places: Arc<RwLock<HashMap<CameraId, CameraPlace>>>,
    /// Held while reading, so that an older reading never replaces a newer one.
    reading: Arc<Mutex<()>>,
}

impl Directory {
    /// # Errors
    /// When the database fails; the directory then stays as it was.
    pub async fn reload(&self, store: &Store) -> Result<(), StoreError> {
        let _alone = self.reading.lock().await;
        let places = store::all(store).await?.into_iter().map(|camera| {
            (camera.id, CameraPlace { name: camera.name, position: camera.position, heading_deg: camera.heading_deg })
        });
        let places = places.collect();
        *self.places.write().unwrap_or_else(PoisonError::into_inner) = places;
        Ok(())
    }
}

impl CameraPlaces for Directory {
    fn place(&self, camera: CameraId) -> Option<CameraPlace> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).get(&camera).cloned()
    }
}

fn refresh(app: App, _: Envelope) -> BoxFuture<'static, Result<(), ReactionError>> {
    Box::pin(async move {
        app.room::<Directory>().reload(&app.store).await?;
        Ok(())
    })
}
