//! The rooms that keep something of a plate outside the lake, for a restore that must forget it again.

use shouhu_backup::{ForgetsPlates, Reopened};
use shouhu_env::BoxFuture;

pub struct Rooms;

impl ForgetsPlates for Rooms {
    fn forget(&self, house: Reopened) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move {
            let Reopened { store, blobs, gone, is_forgotten } = house;
            shouhu_sightings::forgotten::forget_again(&store, &blobs, &gone, &*is_forgotten).await.map_err(|error| error.to_string())
        })
    }
}
