//! From a request to signals. What cannot be known is `None`, and trusts.

use std::net::IpAddr;

use shouhu_ids::Micros;
use shouhu_module::ports::{RostersPort, Serving, UnitPlacesPort};
use shouhu_module::{App, Person};
use shouhu_trust::{Passkey, Signals};

use super::settings;
use super::store::SessionRow;
use crate::passkeys::{self, settings::Demand};
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
        passkey: passkey_of(app, person, row),
        address: row.verified_from.zip(from).map(|(before, now_from)| settings.networks.moved(before, now_from)),
        is_threat_listed: from.and_then(|ip| settings.networks.is_threat(ip)),
        is_on_rota: is_on_rota(app, person, now).await,
        jump_km_per_h: jump(app, person, now),
        reads_per_minute: Some(counted.in_minute),
        reads_per_hour: Some(counted.in_hour),
        usual_reads_per_hour: counted.usual,
        doubts: Some(counted.doubts),
        told: Some(row.told),
    }
}

/// Where nobody asks for an attestation, a key without one says nothing about the session.
fn passkey_of(app: &App, person: &Person, row: &SessionRow) -> Option<Passkey> {
    if row.is_untouched {
        return Some(Passkey::Untouched);
    }
    let (facts, rule) = (row.passkey?, passkeys::settings::of(app));
    match rule.demand(person.role) {
        Demand::Attested => Some(if rule.takes(person.role, &facts) { Passkey::Attested } else { Passkey::Unattested }),
        Demand::NotSynced | Demand::Nothing => facts.is_attested.then_some(Passkey::Attested),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::collections::HashMap;
    use std::sync::Arc;

    use shouhu_env::BoxFuture;
    use shouhu_ids::ActorId;
    use shouhu_module::Problem;
    use shouhu_module::ports::{Rosters, Span};
    use shouhu_trust::{AddressMove, SignalName, assess};
    use shouhu_wire::Role;

    use super::*;
    use crate::harness::{Harness, SimPerson, on_each};
    use crate::passkeys::soft_maker::{AAGUID, Maker, rule_of};
    use crate::trust::{TrustSettings, store};

    /// Everybody asked about has this shift, or nobody is on a roster.
    struct Roster(Option<Span>);

    impl Rosters for Roster {
        fn shifts_of(&self, people: Vec<Serving>, _: Micros, _: Micros) -> BoxFuture<'static, Result<HashMap<ActorId, Vec<Span>>, Problem>> {
            let span = self.0;
            Box::pin(async move { Ok(people.into_iter().filter_map(|one| Some((one.id, vec![span?]))).collect()) })
        }
    }

    async fn seen(h: &Harness, person: &SimPerson) -> Signals {
        let token = person.cookie.split_once('=').unwrap().1;
        let known = crate::session::known(&h.app, token).await.unwrap().unwrap().person;
        let row = store::row(&h.app.store, known.session).await.unwrap().unwrap();
        signals(&h.app, &known, "192.0.2.1".parse().ok(), &row, true).await
    }

    #[tokio::test]
    async fn a_house_without_lists_and_rosters_knows_little_and_suspects_nothing() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        let found = assess(&seen(&h, &person).await);
        assert_eq!((found.score, found.reasons.len()), (100, 0));
        for name in [SignalName::Passkey, SignalName::Address, SignalName::ThreatList, SignalName::Rota, SignalName::Place, SignalName::Habit] {
            assert!(found.unknown.contains(&name), "{name:?} in {:?}", found.unknown);
        }
    }

    #[tokio::test]
    async fn a_key_that_proves_nothing_speaks_against_a_session_only_where_it_had_to() {
        on_each(|h| async move {
            let maker = Maker::new("One", 1);
            let (old, free) = (h.person(Role::Operator).await, h.person(Role::Officer).await);
            assert_eq!((seen(&h, &old).await.passkey, seen(&h, &free).await.passkey), (None, None), "nobody asks");
            h.app.put(rule_of(&maker, "roles = [\"operator\"]\n"));
            let proved = h.person_on(Role::Operator, &maker.batch(AAGUID).model()).await;
            assert_eq!(seen(&h, &old).await.passkey, Some(Passkey::Unattested));
            assert_eq!(seen(&h, &free).await.passkey, None);
            assert_eq!(seen(&h, &proved).await.passkey, Some(Passkey::Attested));
            let found = assess(&seen(&h, &old).await);
            assert_eq!((found.score, found.reasons.len()), (95, 1), "listed, and let in");
        })
        .await;
    }

    #[tokio::test]
    async fn who_works_near_his_shift_is_on_and_who_is_on_no_roster_is_not_off() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        let now = h.app.env.now();
        let ago = |hours: i64| now.plus(-hours * Micros::HOUR);
        for (shift, is_on) in [(Some((ago(9), ago(4))), Some(false)), (Some((ago(9), ago(2))), Some(true)), (None, None)] {
            h.app.put(RostersPort(Arc::new(Roster(shift))));
            assert_eq!(seen(&h, &person).await.is_on_rota, is_on, "{shift:?}");
            h.advance(10 * Micros::MINUTE);
            assert_eq!(h.get_with_cookie(&person.cookie, "/v1/identity/me").await.status, 200);
        }
    }

    #[tokio::test]
    async fn an_address_is_compared_with_that_of_the_last_verification() {
        let h = Harness::simulated().await;
        let person = h.person(Role::Officer).await;
        let session = h.session_of(&person.cookie).await;
        h.app.put(TrustSettings::parse("[networks]\noffice = [\"10.1.0.0/16\"]").unwrap());
        let mut tx = h.app.store.begin().await.unwrap();
        assert!(store::verified(&mut tx, h.app.env.now(), session, "10.1.0.4".parse().ok()).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(seen(&h, &person).await.address, Some(AddressMove::OutOfListed));
    }
}
