//! What other rooms may ask of watchlists.

use shouhu_env::BoxFuture;
use shouhu_ids::HitId;
use shouhu_module::Problem;
use std::sync::Arc;

use shouhu_module::ports::{ConfirmedHit, ConfirmedHits, Reading, WatchMatcher};
use shouhu_store::Store;
use shouhu_wire::HitState;

use crate::hits;
use crate::index::ActiveList;

/// Asked for every batch before its receipt: one read of the list's version, and a look into memory per reading.
pub struct Matcher {
    pub store: Store,
    pub list: Arc<ActiveList>,
}

impl WatchMatcher for Matcher {
    fn refresh(&self) -> BoxFuture<'static, Result<(), Problem>> {
        let (store, list) = (self.store.clone(), self.list.clone());
        Box::pin(async move { Ok(list.refresh(&store).await?) })
    }

    fn may_match(&self, readings: &mut dyn Iterator<Item = Reading<'_>>) -> Vec<usize> {
        self.list.may_match(readings)
    }
}

/// Nobody is sent for a hit that no person has confirmed: any other state has no answer here.
pub struct Confirmed(pub Store);

impl ConfirmedHits for Confirmed {
    fn confirmed(&self, hit: HitId) -> BoxFuture<'static, Result<Option<ConfirmedHit>, Problem>> {
        let db = self.0.clone();
        Box::pin(async move {
            let hit = hits::hit(&db, hit).await?.filter(|hit| hit.state == HitState::Confirmed);
            Ok(hit.and_then(|hit| {
                Some(ConfirmedHit {
                    plate_display: hit.plate_display,
                    place_name: hit.place_name,
                    position: hit.position,
                    confirmed_at: hit.decided_at_us?,
                    raised_at: hit.raised_at_us,
                })
            }))
        })
    }
}
