//! What TAK clients are sent: all clients of one network together are one partner in the ledger of sharing, and are judged together.
//!
//! **Invariant:** no byte is given to a connection that was not counted in the ledger before. The switch is read with each count, which is made every
//! second as long as anybody is connected, also while no unit moves: who is switched off loses the connections that he has with the next one.

use std::collections::HashMap;

use shouhu_ids::{Micros, UnitId};
use shouhu_module::ports::{Direction, Partner, Sharing, SharingPort, UnitNow};
use shouhu_module::{App, Problem};
use shouhu_wire::UnitState;
use tokio::sync::{mpsc, oneshot};

use super::SEND_EVERY;
use crate::ops::cot_out::event_of;
use crate::ops::units::units;

/// Kinds in the ledger: a connection, and one position of one unit to one client.
pub const CONNECTION: &str = "tak_connection";
pub const POSITION: &str = "tak_position";
/// A unit that stands still is sent again after this: clients drop what becomes stale.
const REPEAT_US: i64 = 30 * Micros::SECOND;

/// When a unit's position was measured that a client has, and when it was sent.
type Sent = HashMap<UnitId, (Micros, Micros)>;

/// One that is connected, as whoever sends sees it.
pub struct Client {
    partner: Partner,
    sent: Sent,
    texts: mpsc::Sender<String>,
    end: oneshot::Sender<Problem>,
}

/// The other side of a [`Client`].
pub struct Line {
    /// One at a time: a client that has not read the last is sent the newest when it has.
    pub texts: mpsc::Receiver<String>,
    /// Told when the ledger lets nothing pass any more.
    pub ended: oneshot::Receiver<Problem>,
}

impl Client {
    pub fn new(partner: Partner) -> (Self, Line) {
        let (texts, texts_here) = mpsc::channel(1);
        let (end, ended) = oneshot::channel();
        (Self { partner, sent: Sent::default(), texts, end }, Line { texts: texts_here, ended })
    }
}

/// Asks the ledger before anything of a kind goes to a partner.
///
/// Where crews are is no call for help. An agreement that is over therefore ends it for a partner whom the operator has named. The clients of a network
/// without a name are the force's own as far as anybody knows, officers with ATAK on their phones, and crews that lose sight of each other because of a
/// date on a paper would be put in danger by it: as with `GET /v1/positions/cot`, which they may fetch instead, the ledger knows no date for those.
///
/// # Errors
/// As `SharingGate::pass`.
pub async fn pass(app: &App, partner: &Partner, kind: &str, count: u32) -> Result<(), Problem> {
    let Some(port) = app.try_room::<SharingPort>() else { return Ok(()) };
    port.0.pass_many(Sharing { partner: partner.clone(), direction: Direction::Out, kind: kind.to_owned(), is_life: false }, count).await
}

/// Sends to whoever joins, until nobody can join any more. Asks once for all, and only while there are some.
pub async fn send(app: App, mut joined: mpsc::Receiver<Client>) {
    let mut crowds: HashMap<String, Vec<Client>> = HashMap::new();
    loop {
        if crowds.is_empty() {
            let Some(first) = joined.recv().await else { return };
            crowds.entry(first.partner.key.clone()).or_default().push(first);
        }
        while let Ok(client) = joined.try_recv() {
            crowds.entry(client.partner.key.clone()).or_default().push(client);
        }
        let units = units(&app).await.unwrap_or_else(|problem| {
            tracing::warn!(key = problem.key, "units are not known; TAK clients keep what they have");
            Vec::new()
        });
        for crowd in crowds.values_mut() {
            crowd.retain(|client| !client.texts.is_closed());
            tell(&app, crowd, &units).await;
        }
        crowds.retain(|_, crowd| !crowd.is_empty());
        tokio::time::sleep(SEND_EVERY).await;
    }
}

/// One partner's clients are sent what is due, or lose their connections.
async fn tell(app: &App, crowd: &mut Vec<Client>, units: &[UnitNow]) {
    let Some(partner) = crowd.first().map(|client| client.partner.clone()) else { return };
    let now = app.env.now();
    let mut parts = Vec::with_capacity(crowd.len());
    for Client { texts, sent, .. } in crowd.iter_mut() {
        let Ok(place) = texts.try_reserve() else { continue };
        let due = due(units, sent, now);
        parts.push((place, sent, due));
    }
    let count = parts.iter().map(|(_, _, due)| due.len()).sum::<usize>();
    match pass(app, &partner, POSITION, u32::try_from(count).unwrap_or(u32::MAX)).await {
        Ok(()) => {
            for (place, sent, due) in parts.into_iter().filter(|(_, _, due)| !due.is_empty()) {
                sent.extend(due.iter().map(|event| (event.unit, (event.measured_at, now))));
                place.send(due.into_iter().map(|event| event.text + "\n").collect());
            }
        }
        // A ledger that cannot be written is no refusal: what is due stays due, and nothing passes until it can.
        Err(problem) if problem.status >= 500 => tracing::warn!(key = problem.key, "the ledger of sharing is not there; TAK clients get nothing"),
        Err(refused) => {
            drop(parts);
            for client in crowd.drain(..) {
                // Whoever has hung up meanwhile is not told.
                drop(client.end.send(refused.clone()));
            }
        }
    }
}

struct Due {
    unit: UnitId,
    measured_at: Micros,
    text: String,
}

/// Events of units that moved since they were sent, or were sent long ago. Whoever went home is nobody's friend on a map.
fn due(units: &[UnitNow], sent: &Sent, now: Micros) -> Vec<Due> {
    let is_due = |unit: UnitId, measured_at: Micros| {
        sent.get(&unit).is_none_or(|(measured, at)| *measured != measured_at || now.since(*at) >= REPEAT_US)
    };
    let on_duty = units.iter().filter(|unit| unit.state != UnitState::OffDuty);
    on_duty
        .filter_map(|unit| {
            let measured_at = unit.fix?.measured_at;
            if !is_due(unit.unit, measured_at) {
                return None;
            }
            Some(Due { unit: unit.unit, measured_at, text: event_of(unit)? })
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_sent_when_it_moved_and_again_before_it_becomes_stale() {
        let fix = |at| shouhu_module::ports::UnitFix {
            position: shouhu_place::Wgs84::new(120.2, 23.0).unwrap(),
            measured_at: Micros(at),
            accuracy_m: None,
            heading_deg: None,
        };
        let unit = |at, state| UnitNow {
            unit: UnitId::new(Micros(1), [1; 16]),
            call_sign: "x".into(),
            kind: shouhu_wire::UnitKind::Car,
            state,
            fix: Some(fix(at)),
        };
        let mut sent = Sent::default();
        let mut count = |at, now| {
            let due = due(&[unit(at, UnitState::Available)], &sent, Micros(now));
            assert!(due.iter().all(|event| event.text.contains("<event")));
            sent.extend(due.iter().map(|event| (event.unit, (event.measured_at, Micros(now)))));
            due.len()
        };
        assert_eq!([count(1, 1), count(1, 2), count(2, 3), count(2, 4), count(2, 3 + REPEAT_US)], [1, 0, 1, 0, 1]);
        assert!(due(&[unit(1, UnitState::OffDuty)], &Sent::default(), Micros(1)).is_empty());
    }
}
