//! What other rooms may ask of watchlists.

use shouhu_env::BoxFuture;
use shouhu_ids::{HitId, Micros};
use shouhu_module::Problem;
use shouhu_place::Wgs84;
use std::sync::Arc;

use shouhu_module::ports::{ConfirmedHit, ConfirmedHits, HitTally, NEARBY_M, NearbyWanted, Reading, Tallied, TalliedHits, WantedAs, WantedNear, WatchMatcher};
use shouhu_store::Store;
use shouhu_wire::{Hit, HitState};

use crate::hits::{self, Filter, Near};
use crate::index::ActiveList;
use crate::sight::{CREW_SEES_US, Sight};

/// Nobody at a box reads more vehicles than these.
const WANTED_MAX: usize = 10;
/// A search looks at so many hits around a place; of those, the corners of its square are dropped.
const WANTED_LOOKED_AT: i64 = 40;

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

/// Hits as they are counted by place: no plate is among them.
pub struct Tally(pub Store);

impl HitTally for Tally {
    fn hits(&self, from: Micros, until: Micros) -> BoxFuture<'static, Result<Tallied<TalliedHits>, Problem>> {
        let db = self.0.clone();
        Box::pin(async move { Ok(hits::tallied(&db, from, until).await?) })
    }
}

/// Nobody is sent for a hit that no person has confirmed: any other state has no answer here.
pub struct Confirmed(pub Store);

impl ConfirmedHits for Confirmed {
    fn confirmed(&self, hit: HitId) -> BoxFuture<'static, Result<Option<ConfirmedHit>, Problem>> {
        let db = self.0.clone();
        Box::pin(async move {
            let now = db.env().now();
            let hit = hits::hit(&db, hit).await?.filter(|hit| hit.state == HitState::Confirmed && !hits::is_sealed(&db, hit, now));
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

    fn is_visible(&self, hit: HitId) -> BoxFuture<'static, Result<bool, Problem>> {
        let db = self.0.clone();
        Box::pin(async move { Ok(hits::hit(&db, hit).await?.is_some()) })
    }
}

/// What a crew that stands at a place may be told: by the bounds of its own list of hits, less what is not looked for any more.
pub struct WantedNearby(pub Store);

impl NearbyWanted for WantedNearby {
    fn near(&self, place: Wgs84) -> BoxFuture<'static, Result<Vec<WantedNear>, Problem>> {
        let db = self.0.clone();
        Box::pin(async move {
            let (now, near) = (db.env().now(), Near { place, radius_m: NEARBY_M });
            let filter = Filter { since: Some(now.plus(-CREW_SEES_US)), near: Some(near), wanted_at: Some(now), ..Filter::default() };
            let found = hits::hits(&db, &filter, WANTED_LOOKED_AT).await?;
            let sight = Sight::Near(near);
            Ok(found.into_iter().filter(|hit| sight.covers(hit, now)).filter_map(|hit| told(hit, place)).take(WANTED_MAX).collect())
        })
    }
}

fn told(hit: Hit, from: Wgs84) -> Option<WantedNear> {
    let distance_m = hit.position?.distance_m(from);
    let (is_confirmed, entry) = (hit.state == HitState::Confirmed, hit.entry);
    let known = WantedAs {
        action: entry.action,
        vehicle_class: entry.vehicle_class,
        vehicle_colour: entry.vehicle_colour,
        vehicle_note: entry.vehicle_note,
    };
    Some(WantedNear {
        hit: hit.id,
        plate_display: hit.plate_display,
        seen_at: hit.captured_at_us,
        place_name: hit.place_name,
        distance_m,
        confirmed: is_confirmed.then_some(known),
    })
}
