//! Which hits a person may see: the control room all, a crew those that concern it.

use std::collections::BTreeSet;

use shouhu_ids::{HitId, IncidentId, Micros};
use shouhu_module::ports::{IncidentSightPort, NEARBY_M, UnitPlacesPort};
use shouhu_module::{App, Person, Problem};
use shouhu_wire::{Hit, Role};

use crate::hits::{self, Near};

/// A crew sees what was raised within this time.
pub const CREW_SEES_US: i64 = Micros::HOUR;

/// What bounds a person's view of hits.
pub enum Sight {
    All,
    /// Around the crew's unit.
    Near(Near),
    /// A crew whose place nobody knows.
    Nothing,
}

/// What this person may list.
#[must_use]
pub fn of(app: &App, person: &Person) -> Sight {
    if person.role != Role::Officer {
        return Sight::All;
    }
    let place = person.unit.zip(app.try_room::<UnitPlacesPort>()).and_then(|(unit, places)| places.0.place(unit));
    place.map_or(Sight::Nothing, |(place, _)| Sight::Near(Near { place, radius_m: NEARBY_M }))
}

impl Sight {
    /// Whether a listed hit is within the bounds.
    #[must_use]
    pub fn covers(&self, hit: &Hit, now: Micros) -> bool {
        match self {
            Self::All => true,
            Self::Nothing => false,
            Self::Near(near) => {
                now.since(hit.raised_at_us) <= CREW_SEES_US
                    && hit.position.is_some_and(|p| p.distance_m(near.place) <= near.radius_m)
            }
        }
    }
}

/// The hit, if this person may see it: within sight, or because the person's unit was sent to its incident.
///
/// # Errors
/// Not found, also when it exists and may not be seen.
pub async fn hit(app: &App, person: &Person, id: HitId) -> Result<Hit, Problem> {
    let hit = hits::hit(&app.store, id).await?.ok_or_else(|| Problem::not_found("hit"))?;
    if of(app, person).covers(&hit, app.env.now()) {
        return Ok(hit);
    }
    match person.unit {
        Some(unit) if hits::was_sent(&app.store, id, unit).await? => Ok(hit),
        _ => Err(Problem::not_found("hit")),
    }
}

/// Takes out of hits that are told the incidents which a force's rules hide from whoever looks; all of them where nobody can say. He may see the hit: it follows its
/// camera.
///
/// # Errors
/// When it cannot be said which are hidden.
pub async fn leave_out_hidden_incidents(app: &App, hits: &mut [Hit]) -> Result<(), Problem> {
    let named: BTreeSet<IncidentId> = hits.iter().filter_map(|hit| hit.incident).collect();
    if named.is_empty() || app.store.guards().sight().is_whole() {
        return Ok(());
    }
    let shown = match app.try_room::<IncidentSightPort>() {
        Some(port) => port.0.shown_of(named).await?,
        None => BTreeSet::new(),
    };
    for hit in hits {
        hit.incident = hit.incident.filter(|incident| shown.contains(incident));
    }
    Ok(())
}
