//! From a request to signals. What cannot be known is `None`, and trusts.

use std::net::IpAddr;

use shouhu_ids::Micros;
use shouhu_module::ports::{RostersPort, Serving, UnitPlacesPort};
use shouhu_module::{App, Person};
use shouhu_trust::Signals;

use super::settings;
use super::store::SessionRow;
use crate::room::Room;

/// Work begins before a shift and ends after it.
const SHIFT_MARGIN_US: i64 = 3 * Micros::HOUR;
/// Whoever has no shift within so long is on no roster.
const ROTA_REACH_US: i64 = Micros::DAY;

pub async fn signals(app: &App, person: &Person, from: Option<IpAddr>, row: &SessionRow, is_question: bool) -> Signals {
    let (room, now, settings) = (Room::of(app), app.env.now(), settings::of(app));
    let counted = room.keeper.counted(now, person.session, person.id, is_question);
    Signals {
        verified_ago_us: Some(now.since(row.verified_at)),
        session_age_us: Some(now.since(row.created_at)),
        // Nobody is asked for an attestation when a passkey is made.
        passkey: None,
        address: row.verified_from.zip(from).map(|(before, now_from)| settings.networks.moved(before, now_from)),
        is_threat_listed: from.and_then(|ip| settings.networks.is_threat(ip)),
        is_on_rota: is_on_rota(app, person, now).await,
        jump_km_per_h: jump(app, person, now),
        reads_per_minute: Some(counted.in_minute),
        reads_per_hour: Some(counted.in_hour),
        usual_reads_per_hour: counted.usual,
        doubts: Some(counted.doubts),
    }
}

fn jump(app: &App, person: &Person, now: Micros) -> Option<u32> {
    let unit = person.unit?;
    let (place, measured_at) = app.try_room::<UnitPlacesPort>()?.0.place(unit)?;
    Room::of(app).keeper.placed(now, person.session, unit, place, measured_at)
}

/// Rosters are asked now and then: a shift lasts hours. Where they cannot say, nothing is known.
async fn is_on_rota(app: &App, person: &Person, now: Micros) -> Option<bool> {
    let room = Room::of(app);
    if let Some(known) = room.keeper.rota(now, person.session) {
        return known;
    }
    let rosters = app.try_room::<RostersPort>()?;
    let serving = Serving { id: person.id, name: person.name.clone(), role: person.role, office: person.office.clone() };
    let asked = rosters.0.shifts_of(vec![serving], now.plus(-ROTA_REACH_US), now.plus(ROTA_REACH_US)).await;
    let shifts = asked.unwrap_or_else(|problem| {
        tracing::warn!(key = problem.key, "rosters not asked; taken for unknown");
        std::collections::HashMap::new()
    });
    let is_on = shifts.get(&person.id).map(|spans| {
        spans.iter().any(|(from, until)| from.plus(-SHIFT_MARGIN_US) <= now && now <= until.plus(SHIFT_MARGIN_US))
    });
    room.keeper.set_rota(now, person.session, is_on);
    is_on
}
