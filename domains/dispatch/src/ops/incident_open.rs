//! Opens an incident: a 110 call, what an officer reports, or a hit that a person has confirmed.
//!
//! **Invariant:** a hit has at most one incident; asking again gives the same one, so a second click sends nobody twice.

use axum::extract::State;
use axum::http::StatusCode;
use serde_json::json;
use shouhu_events::Event;
use shouhu_ids::{IncidentId, UnitId};
use shouhu_module::ports::{ConfirmedHit, ConfirmedHitsPort};
use shouhu_module::{App, Audit, Audited, Body, Keyed, Load, Person, Problem, Route};
use shouhu_store::{Store, StoreError, Tx, params, tag_of};
use shouhu_wire::{Incident, IncidentOrigin, IncidentState, OpenIncident};

use super::duplicates;
use crate::catalogue::Unusable;
use crate::model::{ADDRESS_MAX, SUMMARY_MAX};
use crate::write::By;
use crate::{catalogue, number, panic, store, write};

pub const ROUTE: Route =
    Route::post("/v1/incidents", "Open an incident from a call, a report or a confirmed hit", || axum::routing::post(handle))
        .permission("incidents.open")
        .audit(Audit::Write)
        .load(Load::Life)
        .takes::<OpenIncident>()
        .gives::<Incident>();

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("hit is not confirmed: a person compares it with the picture first")]
    HitNotConfirmed,
    #[error("somebody works on it already, where a rule of this house does not let you look")]
    Hidden,
    #[error("origin and hit disagree: a hit belongs to the origin \"hit\" and to no other")]
    OriginAndHitDisagree,
    #[error("incident kind {0:?} is not in the catalogue")]
    UnknownKind(String),
    #[error("incident kind {0:?} is retired: the catalogue in force has it no more")]
    RetiredKind(String),
    #[error("incident kind {0:?} does not hold yet")]
    KindNotYet(String),
    #[error("priority {0} is not within 1 and 4")]
    Priority(u8),
    #[error("summary is empty: say what happened")]
    SummaryEmpty,
    #[error("{field} has {length} characters, {max} are the most")]
    TooLong { field: &'static str, length: usize, max: usize },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Keyed for OpenError {
    fn key(&self) -> &'static str {
        match self {
            Self::HitNotConfirmed => "dispatch.open.hit_not_confirmed",
            Self::Hidden => "dispatch.open.hidden",
            Self::OriginAndHitDisagree => "dispatch.open.origin_and_hit_disagree",
            Self::UnknownKind(_) => "dispatch.open.unknown_kind",
            Self::RetiredKind(_) => "dispatch.open.retired_kind",
            Self::KindNotYet(_) => "dispatch.open.kind_not_yet",
            Self::Priority(_) => "dispatch.open.priority",
            Self::SummaryEmpty => "dispatch.open.summary_empty",
            Self::TooLong { .. } => "dispatch.open.too_long",
            Self::Store(error) => error.key(),
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::HitNotConfirmed | Self::Hidden => StatusCode::CONFLICT,
            Self::Store(error) => error.status(),
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// Whether it is whole, and its kind is in the catalogue in force.
pub(crate) async fn check(store: &Store, body: &OpenIncident) -> Result<(), OpenError> {
    well_formed(body)?;
    usable_kind(store, &body.kind).await
}

/// Whether an incident may be of this kind now.
pub(crate) async fn usable_kind(store: &Store, key: &str) -> Result<(), OpenError> {
    let kind = || key.chars().take(40).collect();
    match catalogue::current(store).await?.usable(key, store.env().now()) {
        Ok(_) => Ok(()),
        Err(Unusable::Unknown) => Err(OpenError::UnknownKind(kind())),
        Err(Unusable::Retired) => Err(OpenError::RetiredKind(kind())),
        Err(Unusable::NotYet) => Err(OpenError::KindNotYet(kind())),
    }
}

fn well_formed(body: &OpenIncident) -> Result<(), OpenError> {
    if (body.origin == IncidentOrigin::Hit) != body.hit.is_some() {
        return Err(OpenError::OriginAndHitDisagree);
    }
    if !(1..=4).contains(&body.priority.0) {
        return Err(OpenError::Priority(body.priority.0));
    }
    for (field, text, max) in [("summary", &body.summary, SUMMARY_MAX), ("address", &body.address, ADDRESS_MAX)] {
        let length = text.chars().count();
        if length > max {
            return Err(OpenError::TooLong { field, length, max });
        }
    }
    Ok(())
}

/// Opens it; a hit that has an incident gives that one.
///
/// # Errors
/// When the request is not whole.
pub async fn open(store: &Store, by: &Person, body: OpenIncident, hit: Option<ConfirmedHit>) -> Result<Incident, OpenError> {
    open_with(store, by.into(), body, hit, None).await
}

/// As [`open`]; with `calling` the incident is that crew's call for help, in the same transaction.
///
/// # Errors
/// When the request is not whole, or the crew has an open call for help (`Duplicate`).
pub async fn open_with(
    store: &Store,
    by: By<'_>,
    mut body: OpenIncident,
    hit: Option<ConfirmedHit>,
    calling: Option<UnitId>,
) -> Result<Incident, OpenError> {
    check(store, &body).await?;
    if body.hit.is_some() && hit.is_none() {
        return Err(OpenError::HitNotConfirmed);
    }
    if let Some(hit) = &hit {
        body.position = body.position.or(hit.position);
        if body.address.trim().is_empty() {
            body.address.clone_from(&hit.place_name);
        }
        if body.summary.trim().is_empty() {
            body.summary = format!("{} {}", hit.plate_display, hit.place_name);
        }
    }
    if body.summary.trim().is_empty() {
        return Err(OpenError::SummaryEmpty);
    }
    let mut tx = store.begin().await?;
    let Some((id, number)) = insert(&mut tx, store, by, &body, hit.as_ref()).await? else {
        drop(tx);
        let known = match body.hit {
            Some(hit) => store::incident_of_hit(store, hit).await?,
            None => None,
        };
        return known.ok_or_else(|| not_found(store));
    };
    if let Some(unit) = calling {
        panic::begin(&mut tx, id, unit, store.env().now()).await?;
    }
    tx.commit().await?;
    tracing::info!(incident = number, kind = body.kind, priority = body.priority.0, "incident opened");
    Ok(store::incident(store, id).await?.ok_or(StoreError::NotOne { found: 0 })?)
}

/// Why an incident that there must be is not found: a rule hides it from whoever asks, or else something is broken.
pub(crate) fn not_found(store: &Store) -> OpenError {
    if store.guards().sight().narrows("dispatch_incident") { OpenError::Hidden } else { StoreError::NotOne { found: 0 }.into() }
}

/// Writes a new incident, its first log line and the fact; `None` when its hit has an incident, and nothing may then be
/// committed.
pub(crate) async fn insert(
    tx: &mut Tx,
    store: &Store,
    by: By<'_>,
    body: &OpenIncident,
    hit: Option<&ConfirmedHit>,
) -> Result<Option<(IncidentId, String)>, StoreError> {
    let now = store.env().now();
    let id = store.env().id(IncidentId::new);
    let day = number::day_of(now);
    // The row of the day is held until the commit: whoever opens next waits, and a number that is rolled back is not lost.
    let running = tx
        .fetch_one(
            "INSERT INTO dispatch_number (day, last) VALUES ($1, 1) \
             ON CONFLICT (day) DO UPDATE SET last = dispatch_number.last + 1 RETURNING last",
            params![&day],
        )
        .await?
        .int("last")?;
    let number = number::number(&day, running);
    let inserted = tx
        .execute(
            "INSERT INTO dispatch_incident (id, number, revision, origin, state, priority, kind, summary, address, lon, lat, hit, \
             hit_raised_at_us, hit_confirmed_at_us, opened_at_us, opened_by) \
             VALUES ($1, $2, 0, $3, 'open', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (hit) DO NOTHING",
            params![
                id,
                &number,
                tag_of(&body.origin),
                u32::from(body.priority.0),
                &body.kind,
                body.summary.trim(),
                body.address.trim(),
                body.position.map(|p| p.lon),
                body.position.map(|p| p.lat),
                body.hit,
                hit.map(|h| h.raised_at),
                hit.map(|h| h.confirmed_at),
                now,
                by.id
            ],
        )
        .await?;
    if inserted == 0 {
        return Ok(None);
    }
    let values = json!({ "number": number, "origin": tag_of(&body.origin), "kind": body.kind, "priority": body.priority.0 });
    write::log(tx, id, now, by, "incident_opened", values).await?;
    if let Some(like) = duplicates::on_opening(tx, id, body, now).await?.first() {
        let values = json!({ "number": like.number, "incident": like.incident, "percent": (like.resemblance.score * 100.0).round() });
        write::log(tx, id, now, by, "incident_resembles", values).await?;
    }
    tx.emit(&Event::IncidentChanged { incident: id, state: IncidentState::Open, hit: body.hit }).await?;
    Ok(Some((id, number)))
}

async fn handle(State(app): State<App>, person: Person, Body(mut body): Body<OpenIncident>) -> Result<Audited<Incident>, Problem> {
    // Hot spots are learned from citizens' calls: what a crew finds says where the crew was sent, and would send it there again.
    if body.origin == IncidentOrigin::Call && person.unit.is_some() {
        body.origin = IncidentOrigin::Officer;
    }
    let confirmed = match body.hit {
        None => None,
        Some(hit) => {
            if let Some(known) = store::incident_of_hit(&app.store, hit).await? {
                return Ok(Audited::new(known.number.clone(), known));
            }
            match app.try_room::<ConfirmedHitsPort>() {
                Some(port) => port.0.confirmed(hit).await?,
                None => None,
            }
        }
    };
    let incident = open(&app.store, &person, body, confirmed).await?;
    Ok(Audited::new(incident.number.clone(), incident))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use shouhu_ids::{HitId, Micros};
    use shouhu_store::testing::on_each_database;
    use shouhu_wire::Priority;

    use super::*;
    use crate::MODULE;
    use crate::testing::{call, dispatcher};

    fn confirmed(store: &Store) -> Option<ConfirmedHit> {
        let now = store.env().now();
        Some(ConfirmedHit {
            plate_display: "ABC-1234".into(),
            place_name: "永康區中正路".into(),
            position: None,
            confirmed_at: now,
            raised_at: now.plus(-Micros::SECOND),
        })
    }

    fn of_hit(hit: HitId) -> OpenIncident {
        OpenIncident { origin: IncidentOrigin::Hit, hit: Some(hit), summary: String::new(), address: String::new(), ..call("stolen_vehicle") }
    }

    #[tokio::test]
    async fn numbers_run_through_the_day_without_a_gap_even_when_thirty_open_at_once() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let mut opening = tokio::task::JoinSet::new();
            for _ in 0..30 {
                let store = store.clone();
                opening.spawn(async move { open(&store, &dispatcher(&store), call("noise"), None).await.unwrap().number });
            }
            let numbers: BTreeSet<String> = opening.join_all().await.into_iter().collect();
            let running: Vec<i64> = numbers.iter().map(|n| n.rsplit('-').next().unwrap().parse().unwrap()).collect();
            assert_eq!(running, (1..=30).collect::<Vec<_>>());
        })
        .await;
    }

    #[tokio::test]
    async fn two_dispatchers_who_open_for_one_hit_at_once_get_one_incident_and_no_number_is_lost() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let hit = store.env().id(HitId::new);
            let mut opening = tokio::task::JoinSet::new();
            for _ in 0..8 {
                let store = store.clone();
                opening.spawn(async move {
                    open(&store, &dispatcher(&store), of_hit(hit), confirmed(&store)).await.unwrap().number
                });
            }
            let numbers: BTreeSet<String> = opening.join_all().await.into_iter().collect();
            assert_eq!(numbers.len(), 1);
            let next = open(&store, &dispatcher(&store), call("noise"), None).await.unwrap();
            assert!(next.number.ends_with("-0002"), "{}", next.number);
        })
        .await;
    }

    #[tokio::test]
    async fn a_hit_that_nobody_confirmed_opens_nothing() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let hit = store.env().id(HitId::new);
            let refused = open(&store, &dispatcher(&store), of_hit(hit), None).await.unwrap_err();
            assert_eq!((refused.key(), refused.status()), ("dispatch.open.hit_not_confirmed", StatusCode::CONFLICT));
        })
        .await;
    }

    #[tokio::test]
    async fn an_incident_of_a_hit_takes_its_place_and_words_from_the_hit() {
        on_each_database(&[MODULE.schema()], |store| async move {
            let hit = store.env().id(HitId::new);
            let opened = open(&store, &dispatcher(&store), of_hit(hit), confirmed(&store)).await.unwrap();
            assert_eq!((opened.summary.as_str(), opened.address.as_str()), ("ABC-1234 永康區中正路", "永康區中正路"));
        })
        .await;
    }

    #[test]
    fn a_request_that_is_not_whole_says_what_is_wrong() {
        let hit = HitId::new(Micros(1), [0; 16]);
        let cases = [
            (OpenIncident { hit: Some(hit), ..call("noise") }, "dispatch.open.origin_and_hit_disagree"),
            (OpenIncident { origin: IncidentOrigin::Hit, ..call("noise") }, "dispatch.open.origin_and_hit_disagree"),
            (OpenIncident { priority: Priority(0), ..call("noise") }, "dispatch.open.priority"),
            (OpenIncident { address: "號".repeat(301), ..call("noise") }, "dispatch.open.too_long"),
        ];
        for (body, key) in cases {
            assert_eq!(well_formed(&body).unwrap_err().key(), key);
        }
    }
}
