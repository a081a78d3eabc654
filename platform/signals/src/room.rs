//! What signals keep in memory: the key that signs what the house tells.

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_module::App;
use shouhu_secevent::SetSigner;

/// File of the secret in the folder of keys.
const KEY_NAME: &str = "signals";

pub struct Room {
    pub signer: SetSigner,
}

impl Room {
    pub fn open(app: &App) -> Result<Self, ReactionError> {
        Ok(Self { signer: SetSigner::of(&app.blobs.keys().lasting(KEY_NAME)?)? })
    }

    pub fn of(app: &App) -> Arc<Self> {
        app.room::<Self>()
    }
}
