//! What the room keeps in memory: under which name it signs, for whom, and whom it asks.

use shouhu_blobs::KeyError;
use shouhu_module::App;
use shouhu_tlog::{Cosigner, NoteError};

use crate::settings::{AskedWitness, Settings};
use crate::witnessed::Signing;

/// File of the witness's secret in the folder of keys. It must sign nothing else (C2SP tlog-cosignature).
const SECRET: &str = "witness";

pub struct Room {
    /// `None`: this server is nobody's witness.
    pub signing: Option<Signing>,
    pub witnesses: Vec<AskedWitness>,
    /// Of the witnesses must have signed.
    pub needed: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    #[error("key of the witness: {0}")]
    Secret(#[from] KeyError),
    #[error("name of the witness: {0}")]
    Name(#[from] NoteError),
    #[error("{0} is this server's own witness key: a log that witnesses itself proves nothing")]
    Own(String),
}

impl Room {
    /// # Errors
    /// When the secret cannot be read or made, or the server would ask itself.
    pub fn open(app: &App, settings: &Settings) -> Result<Self, RoomError> {
        let mut signing = None;
        if let Some(name) = &settings.name {
            let cosigner = Cosigner::new(name, &app.blobs.keys().lasting(SECRET)?)?;
            let own = cosigner.verifier();
            if settings.witnesses.iter().any(|witness| witness.key.is_same_key_as(&own)) {
                return Err(RoomError::Own(own.to_string()));
            }
            signing = Some(Signing { cosigner, logs: settings.logs.clone() });
        }
        Ok(Self { signing, witnesses: settings.witnesses.clone(), needed: settings.needed })
    }
}
