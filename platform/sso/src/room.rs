//! What single sign-on keeps in memory: the key that signs, the one by which people are named, and whose turn it is.

use std::sync::Arc;

use shouhu_bus::ReactionError;
use shouhu_module::App;
use shouhu_oidc::op::{ProviderSigner, SubjectKey};
use tokio::sync::Mutex;

/// Files of the secrets in the folder of keys. They are apart because one may be renewed at any time, and with the other everybody would be a stranger to every tool.
const SIGNING_KEY: &str = "sso";
const SUBJECT_KEY: &str = "sso-subjects";

pub struct Room {
    pub signer: ProviderSigner,
    pub subjects: SubjectKey,
    /// To write down that a used code was shown again.
    pub shown_again: Mutex<()>,
}

impl Room {
    pub fn open(app: &App) -> Result<Self, ReactionError> {
        let keys = app.blobs.keys();
        Ok(Self {
            signer: ProviderSigner::of(&keys.lasting(SIGNING_KEY)?)?,
            subjects: SubjectKey::new(keys.lasting(SUBJECT_KEY)?),
            shown_again: Mutex::default(),
        })
    }

    pub fn of(app: &App) -> Arc<Self> {
        app.room::<Self>()
    }
}
