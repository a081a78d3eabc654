//! Trackers in memory: a request each second from each of them must not be a question to the database.

use std::collections::HashMap;
use std::sync::Arc;

use shouhu_ids::{TrackerId, UnitId};

use crate::model::Protocol;
use crate::secret::{Hash, is_same};

/// What a message of a tracker is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: TrackerId,
    pub name: String,
    pub protocol: Protocol,
    pub is_gateway: bool,
    pub gateway: Option<TrackerId>,
    pub device: Option<String>,
    pub unit: Option<UnitId>,
}

/// Trackers in use, as of one version of the register.
#[derive(Default)]
pub struct Book {
    pub version: i64,
    /// Found by eight bytes of the hash, then compared whole in constant time. What looking up tells by its time is about a
    /// hash, from which nobody gets back to a secret.
    by_secret: HashMap<[u8; 8], Vec<(Hash, Arc<Known>)>>,
    by_device: HashMap<TrackerId, HashMap<String, Arc<Known>>>,
    by_id: HashMap<TrackerId, Arc<Known>>,
}

fn head(hash: &Hash) -> [u8; 8] {
    let [a, b, c, d, e, f, g, h, ..] = *hash;
    [a, b, c, d, e, f, g, h]
}

impl Book {
    #[must_use]
    pub fn of(version: i64, trackers: Vec<(Known, Option<Hash>)>) -> Self {
        let mut book = Self { version, ..Self::default() };
        for (known, hash) in trackers {
            let known = Arc::new(known);
            if let Some(hash) = hash {
                book.by_secret.entry(head(&hash)).or_default().push((hash, known.clone()));
            }
            if let Some((gateway, device)) = known.gateway.zip(known.device.clone()) {
                book.by_device.entry(gateway).or_default().insert(device, known.clone());
            }
            book.by_id.insert(known.id, known);
        }
        book
    }

    #[must_use]
    pub fn by_secret(&self, hash: &Hash) -> Option<Arc<Known>> {
        let among = self.by_secret.get(&head(hash))?;
        among.iter().find(|(known, _)| is_same(known, hash)).map(|(_, known)| known.clone())
    }

    #[must_use]
    pub fn behind(&self, gateway: TrackerId, device: &str) -> Option<Arc<Known>> {
        self.by_device.get(&gateway)?.get(device).cloned()
    }

    #[must_use]
    pub fn name(&self, id: TrackerId) -> Option<String> {
        self.by_id.get(&id).map(|known| known.name.clone())
    }
}
