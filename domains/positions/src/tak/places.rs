//! Places of TAK clients: each partner has as many as any other, so that one who takes all of his shuts nobody else out.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Allowed;

/// Clients of one partner at once; his next one is closed. Partners are no more than the networks that the operator has written down.
pub const OF_ONE: usize = 32;

/// By the partner's key.
#[derive(Debug, Clone)]
pub struct Places(Arc<HashMap<String, Arc<Semaphore>>>);

impl Places {
    pub fn of(allow: &[Allowed]) -> Self {
        let places = allow.iter().map(|allowed| (allowed.partner().key, Arc::new(Semaphore::new(OF_ONE))));
        Self(Arc::new(places.collect()))
    }

    /// A place of the partner with this key, until it is dropped; none while all of his are taken.
    pub fn take(&self, key: &str) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.0.get(key)?).try_acquire_owned().ok()
    }

    pub fn taken(&self) -> usize {
        self.0.values().map(|places| OF_ONE.saturating_sub(places.available_permits())).sum()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn networks_of_one_partner_share_his_places_and_others_have_theirs() {
        let allow: Vec<Allowed> = ["10.8.0.0/16", "消防局=10.9.0.0/16", "消防局=10.10.0.0/16"].map(|said| said.parse::<Allowed>().unwrap()).into();
        let places = Places::of(&allow);
        let taken: Vec<_> = (0..=OF_ONE).filter_map(|_| places.take("named 消防局")).collect();
        assert_eq!((taken.len(), places.taken()), (OF_ONE, OF_ONE));
        assert!(places.take("unnamed TAK 10.8.0.0 16").is_some());
        assert!(places.take("named 縣府").is_none(), "who is not allowed has none");
        drop(taken);
        assert!(places.take("named 消防局").is_some());
        assert_eq!(places.taken(), 0);
    }
}
